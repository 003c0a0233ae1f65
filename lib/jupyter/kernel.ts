/** Deno's Jupyter kernel, started and spoken to over the Jupyter protocol (version 5.3), one request at a time. */
import { createHmac } from "node:crypto";
import { ZmtpSocket } from "./zmtp.ts";

/** The content of a Jupyter message. */
export type Content = Record<string, unknown>;
/** Takes the outputs of a cell as they arrive: the message's type and content. */
export type OnOutput = (type: string, content: Content) => void;
/** How a cell ended; `status` "error" comes with `ename`, `evalue` and `traceback`. */
export interface Reply {
  status: "ok" | "error" | "aborted";
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
export interface KernelOptions {
  /** The kernel's working directory; the nearest deno.json upward applies. */
  directory: string;
  /** Added to the environment. */
  env?: Record<string, string>;
}

const DELIMITER = "<IDS|MSG>";
const START_LIMIT = 60_000; // milliseconds: a cold start on a busy machine
const TAIL = 4000; // characters kept of what the process wrote itself
const guard = new URL("./guard.ts", import.meta.url).href;

interface Message {
  type: string;
  /** The id of the request that this answers. */
  parent?: string;
  content: Content;
}

export class Kernel {
  readonly #key = crypto.randomUUID();
  readonly #session = crypto.randomUUID();
  readonly #connectionFile: string;
  readonly #process: Deno.ChildProcess;
  #written = "";
  #ended = false;
  #iopub?: ZmtpSocket;
  #shell?: ZmtpSocket;
  #onMessage: (message: Message) => void = () => {};
  /** Rejects when the kernel dies or says something unreadable. */
  readonly #failure = Promise.withResolvers<never>();

  private constructor(options: KernelOptions, ports: number[]) {
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
    this.#connectionFile = Deno.makeTempFileSync({ prefix: "kernel-", suffix: ".json" });
    const connection = { shell_port, iopub_port, stdin_port, control_port, hb_port, ip: "127.0.0.1" };
    const signing = { transport: "tcp", signature_scheme: "hmac-sha256", key: this.#key };
    Deno.writeTextFileSync(this.#connectionFile, JSON.stringify({ ...connection, ...signing }));
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--quiet", "--kernel", "--conn", this.#connectionFile],
      cwd: options.directory,
      env: { NO_COLOR: "1", ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#failure.promise.catch(() => {});
    this.#watch();
  }

  /**
   * Starts a kernel whose cells end after their outputs (see guard.ts). Tries again when another program takes a port
   * between its choice and the kernel's start.
   */
  static async start(options: KernelOptions, choosePorts = freePorts): Promise<Kernel> {
    for (let attempt = 1;; attempt++) {
      const ports = choosePorts();
      const kernel = new Kernel(options, ports);
      try {
        await kernel.#connect(ports[0], ports[1]);
        const reply = await kernel.execute(`await import(${JSON.stringify(guard)});`, { silent: true });
        if (reply.status !== "ok") throw new Error(`${reply.ename}: ${reply.evalue}`);
        return kernel;
      } catch (error) {
        await kernel.stop();
        if (attempt === 3 || !(error as Error).message.includes("AddrInUse")) throw error;
      }
    }
  }

  /**
   * Runs one cell; resolves when it has ended and all its outputs have been given to `onOutput`. Rejects when the
   * kernel dies, or after `timeout` seconds; the kernel must then be stopped.
   */
  async execute(
    code: string,
    options: { silent?: boolean; timeout?: number; onOutput?: OnOutput } = {},
  ): Promise<Reply> {
    const { silent = false, timeout = 600, onOutput = () => {} } = options;
    const content = { code, silent, store_history: !silent, user_expressions: {}, allow_stdin: false };
    return await this.#ask("execute_request", content, timeout * 1000, onOutput) as unknown as Reply;
  }

  /** Ends the kernel's process, and all that it holds. */
  async stop(): Promise<void> {
    const kill = (signal: Deno.Signal) => {
      try {
        this.#process.kill(signal);
      } catch {
        // It has ended already.
      }
    };
    kill("SIGTERM");
    const late = setTimeout(() => kill("SIGKILL"), 2000);
    await this.#process.status;
    clearTimeout(late);
    this.#shell?.close();
    this.#iopub?.close();
    await Deno.remove(this.#connectionFile).catch(() => {});
  }

  async #connect(shellPort: number, iopubPort: number): Promise<void> {
    const open = async (port: number, type: "DEALER" | "SUB") => {
      for (const start = Date.now();;) {
        try {
          return await Promise.race([ZmtpSocket.connect("127.0.0.1", port, type), this.#failure.promise]);
        } catch (error) {
          if (this.#ended) await this.#failure.promise;
          if (Date.now() - start > START_LIMIT) throw error;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    };
    this.#iopub = await open(iopubPort, "SUB");
    this.#shell = await open(shellPort, "DEALER");
    this.#receive(this.#iopub);
    this.#receive(this.#shell);
    // The kernel drops what it publishes before our subscription is in: ask until an "idle" comes through.
    for (let patience = 50;; patience *= 2) {
      try {
        return void await this.#ask("kernel_info_request", {}, patience);
      } catch (error) {
        if (this.#ended || patience > START_LIMIT) throw error;
      }
    }
  }

  /** Sends a request; resolves with its reply when both the reply and the "idle" status have come. */
  async #ask(
    type: string,
    content: Content,
    timeout: number,
    onOutput: OnOutput = () => {},
  ): Promise<Content> {
    const id = crypto.randomUUID();
    const done = Promise.withResolvers<Content>();
    let reply: Content | undefined, idle = false;
    this.#onMessage = ({ type, parent, content }) => {
      if (parent !== id) return;
      if (type.endsWith("_reply")) reply = content;
      else if (type !== "status") onOutput(type, content);
      else if (content.execution_state === "idle") idle = true;
      if (reply && idle) done.resolve(reply);
    };
    const late = setTimeout(() => done.reject(new Error(`no end after ${timeout / 1000} s`)), timeout);
    try {
      await this.#shell!.send(this.#sign(id, type, content));
      return await Promise.race([done.promise, this.#failure.promise]);
    } finally {
      clearTimeout(late);
    }
  }

  #sign(id: string, type: string, content: Content): string[] {
    const about = {
      session: this.#session,
      username: "graves",
      date: new Date().toISOString(),
      version: "5.3",
    };
    const parts = [{ msg_id: id, msg_type: type, ...about }, {}, {}, content].map((part) =>
      JSON.stringify(part)
    );
    return [DELIMITER, this.#signature(parts), ...parts];
  }

  #signature(parts: (string | Uint8Array)[]): string {
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  async #receive(socket: ZmtpSocket): Promise<void> {
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    try {
      for await (const frames of socket) {
        const at = frames.findIndex((frame) =>
          frame.length === DELIMITER.length && decode(frame) === DELIMITER
        );
        const signed = frames.slice(at + 2, at + 6);
        if (at < 0 || signed.length < 4 || this.#signature(signed) !== decode(frames[at + 1])) {
          throw new Error("the kernel sent a damaged message");
        }
        const [header, parent, , content] = signed.map((part) => JSON.parse(decode(part)));
        this.#onMessage({ type: header.msg_type, parent: parent?.msg_id, content });
      }
    } catch (error) {
      this.#failure.reject(error);
    }
  }

  /** Keeps the end of what the process writes past the protocol, and says how it died. */
  async #watch(): Promise<void> {
    const keep = async (stream: ReadableStream<Uint8Array>) => {
      for await (
        const text of stream.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>
      ) {
        this.#written = (this.#written + text).slice(-TAIL);
      }
    };
    const kept = Promise.all([keep(this.#process.stdout), keep(this.#process.stderr)]);
    const { code, signal } = await this.#process.status;
    this.#ended = true;
    // A process that the kernel started may hold the pipes open.
    await Promise.race([kept, new Promise((resolve) => setTimeout(resolve, 200))]);
    const how = signal ? `signal ${signal}` : `exit code ${code}`;
    this.#failure.reject(
      new Error(`the kernel died (${how})${this.#written && `:\n${this.#written.trim()}`}`),
    );
  }
}

/** Five ports that nobody listens to now. */
export function freePorts(): number[] {
  const listeners = Array.from({ length: 5 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  });
}
