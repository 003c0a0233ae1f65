/** The process of a Jupyter kernel: its start, its death with the cause, and its end when its runner is gone. */
import { fileURLToPath } from "node:url";

const TAIL = 4000; // characters kept of what the process wrote itself
const TERM_LIMIT = 2000; // milliseconds from asking it to end to ending it
const PIPE_LIMIT = 2000; // milliseconds from its end to that of its pipes, on a busy machine
const reaper = fileURLToPath(new URL("./reaper.ts", import.meta.url));

export interface ProcessOptions {
  /** The kernel's working directory; the nearest deno.json upward applies. */
  directory: string;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** A program and its arguments, to which the connection file is added. Default: the kernel of the Deno that runs. */
  command?: string[];
}

export class KernelProcess {
  /** Resolves when the process has ended: how, and the last that it wrote past the protocol. */
  readonly death: Promise<Error>;
  readonly #connectionFile: string;
  readonly #process: Deno.ChildProcess;
  readonly #reaper: Deno.ChildProcess;
  #written = "";
  #ended = false;

  /** Starts the process with `connection` in its connection file. */
  constructor(connection: Record<string, unknown>, options: ProcessOptions) {
    const { command = [Deno.execPath(), "jupyter", "--quiet", "--kernel", "--conn"] } = options;
    this.#connectionFile = Deno.makeTempFileSync({ prefix: "kernel-", suffix: ".json" });
    // The reaper is there before there is something for it to do.
    this.#reaper = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--allow-run", "--allow-write", reaper, this.#connectionFile],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    Deno.writeTextFileSync(this.#connectionFile, JSON.stringify(connection));
    try {
      this.#process = new Deno.Command(command[0], {
        args: [...command.slice(1), this.#connectionFile],
        cwd: options.directory,
        env: { NO_COLOR: "1", ...options.env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      kill(this.#reaper, "SIGKILL");
      Deno.removeSync(this.#connectionFile);
      throw error;
    }
    this.death = this.#watch();
  }

  /** Whether the process has ended; `death` may still be reading what it wrote. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Removes the connection file, once the kernel and all in it have read it. */
  async removeConnectionFile(): Promise<void> {
    await Deno.remove(this.#connectionFile).catch(() => {});
  }

  /** Ends the process, and all that it holds. */
  async stop(): Promise<void> {
    kill(this.#process, "SIGTERM");
    const late = setTimeout(() => kill(this.#process, "SIGKILL"), TERM_LIMIT);
    await this.death;
    clearTimeout(late);
    await this.removeConnectionFile();
  }

  async #watch(): Promise<Error> {
    const toReaper = this.#reaper.stdin.getWriter();
    toReaper.write(new TextEncoder().encode(`${this.#process.pid}`)).catch(() => {});
    const kept = Promise.all([this.#keep(this.#process.stdout), this.#keep(this.#process.stderr)]);
    const { code, signal } = await this.#process.status;
    this.#ended = true;
    // The reaper must not wait longer: another process may get this one's id.
    kill(this.#reaper, "SIGKILL");
    await this.#reaper.status;
    await toReaper.close().catch(() => {});
    // A process that the kernel started may hold the pipes open.
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, PIPE_LIMIT);
    await Promise.race([kept, late.promise]);
    clearTimeout(timer);
    const how = signal ? `signal ${signal}` : `exit code ${code}`;
    return new Error(`the kernel died (${how})${this.#written && `:\n${this.#written.trim()}`}`);
  }

  /** Keeps the end of what comes out of a pipe. */
  async #keep(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.#written = (this.#written + decoder.decode(bytes, { stream: true })).slice(-TAIL);
    }
  }
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended already.
  }
}
