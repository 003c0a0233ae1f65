/**
 * How the bench talks to the processes it measures: one JSON object a line, a command in, an answer out. A process first
 * says `{"ready": "what it is"}`; an answer with `error` says what went wrong.
 */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
  for await (const text of reader) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** An answer; anything else on standard output, such as a library's greeting, is no business of ours. */
export function parseAnswer(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

type Handler = (command: never) => unknown;

/** A measured process's life: says what it is, then answers commands (`do` names the handler) until its input ends. */
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

/** Most bytes of memory that this process has had (resident), where the system says so; else what it has now. */
export function peakMemory(): number {
  if (Deno.build.os === "linux") {
    const peak = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s+(\d+) kB/);
    if (peak) return 1024 * Number(peak[1]);
  }
  return Deno.memoryUsage().rss;
}
