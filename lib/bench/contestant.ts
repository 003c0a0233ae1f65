/** A process that is measured, as the bench sees it. */
import { parseAnswer, readLines } from "./protocol.ts";

export interface Program {
  /** Command and arguments. */
  command: string[];
  env?: Record<string, string>;
}

export class Contestant {
  /** What it said it is. */
  description = "";
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #complaints = "";

  private constructor({ command: [path, ...args], env }: Program) {
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(path, { args, env, ...pipes }).spawn();
    this.#lines = readLines(this.#process.stdout);
    this.#input = this.#process.stdin.getWriter();
    this.#listen();
  }

  /** Starts it; rejects, with its own words, if it cannot do its work here, or is not ready in `limit` seconds. */
  static async start(program: Program, limit: number): Promise<Contestant> {
    const contestant = new Contestant(program);
    try {
      const { ready } = await contestant.#answer<{ ready: string }>(limit);
      contestant.description = ready;
      return contestant;
    } catch (error) {
      await contestant.close();
      throw error;
    }
  }

  /** Gives a command. Rejects if it fails, dies, or takes more than `limit` seconds; it is ended then. */
  async ask<Answer>(command: { do: string } & Record<string, unknown>, limit: number): Promise<Answer> {
    try {
      await this.#input.write(new TextEncoder().encode(JSON.stringify(command) + "\n"));
      return await this.#answer<Answer>(limit);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #answer<Answer>(limit: number): Promise<Answer> {
    let timer;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limit} s`)), 1000 * limit);
    });
    try {
      return await Promise.race([this.#next<Answer>(), late]);
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
