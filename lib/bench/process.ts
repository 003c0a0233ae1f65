/**
 * Both ends of the line to a process that is measured: a command in, an answer out, each a JSON object in a
 * line of its own. A process first says `{"ready": "what it is"}`; an answer with `error` says what went
 * wrong.
 */

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
  for await (const text of reader) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** An answer; undefined for anything else on standard output, such as a library's greeting. */
export function parseAnswer(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export interface Command {
  /** The name of the handler that answers it. */
  do: string;
  [argument: string]: unknown;
}

/** The bench's end. */
export class MeasuredProcess {
  /** What the process said it is. */
  description = "";
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #complaints = "";

  private constructor([program, ...args]: string[], env: Record<string, string>) {
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(program, { args, env, ...pipes }).spawn();
    this.#lines = readLines(this.#process.stdout);
    this.#input = this.#process.stdin.getWriter();
    this.#listen();
  }

  /** Starts it; rejects, with its own words, if it cannot do its work here, or is not ready in `limit`
   * seconds. */
  static async start(
    command: string[],
    limit: number,
    env: Record<string, string> = {},
  ): Promise<MeasuredProcess> {
    const process = new MeasuredProcess(command, env);
    process.description = (await process.#answer<{ ready: string }>(limit)).ready;
    return process;
  }

  /** Gives a command. Rejects if it fails, dies, or takes more than `limit` seconds; the process is ended
   * then. */
  async ask<Answer>(command: Command, limit: number): Promise<Answer> {
    // One that has died does not read; `#answer` tells why.
    await this.#input.write(new TextEncoder().encode(JSON.stringify(command) + "\n")).catch(() => {});
    return await this.#answer<Answer>(limit);
  }

  async #answer<Answer>(limit: number): Promise<Answer> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${limit} s`)), 1000 * limit);
    try {
      return await Promise.race([this.#next<Answer>(), late.promise]);
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #next<Answer>(): Promise<Answer> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) {
        const { code } = await this.#process.status;
        const reason = this.#complaints.trim().split("\n").at(-1);
        throw new Error(`its process ended with code ${code}${reason ? `: ${reason}` : ""}`);
      }
      const answer = parseAnswer(value);
      if (answer && "error" in answer) throw new Error(String(answer.error));
      if (answer) return answer as Answer;
    }
  }

  async #listen(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#complaints = (this.#complaints + text).slice(-2000);
    }
  }

  async close(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
  }
}

type Handler = (command: never) => unknown;

/** The other end: the process says what it is, then answers commands until its input ends. */
export async function serve(open: () => Promise<{ ready: string; handlers: Record<string, Handler> }>) {
  const say = (answer: unknown) => console.log(JSON.stringify(answer));
  const failed = (error: unknown) => say({ error: error instanceof Error ? error.message : String(error) });
  try {
    const { ready, handlers } = await open();
    say({ ready });
    for await (const line of readLines(Deno.stdin.readable)) {
      const command = JSON.parse(line);
      try {
        const handler = handlers[command.do];
        if (!handler) throw new Error(`No such command: ${line}`);
        say(await handler(command as never) ?? {});
      } catch (error) {
        failed(error);
      }
    }
  } catch (error) {
    failed(error);
  }
  Deno.exit(0);
}
