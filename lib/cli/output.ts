/** What commands print while they work. That it cannot be printed, because a disk is full or a terminal has closed, is
 * no reason to lose the work: the command goes on, and ends with exit code 1. */
let hasFailed = false;

/** Prints a line, if it can be. */
export function print(line: string): void {
  attempt(() => console.log(line));
}

/** Prints text without ending the line, if it can be. */
export function printPart(text: string): void {
  attempt(() => Deno.stdout.writeSync(new TextEncoder().encode(text)));
}

function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (hasFailed) return;
    hasFailed = true;
    Deno.exitCode = 1;
    try {
      console.error(`The work goes on, but not all can be printed: ${(error as Error).message}`);
    } catch {
      // Then there is nobody to tell.
    }
  }
}

/** Until it is disposed of, the closing of the terminal does not end a command whose result goes to a file. */
export function outliveTerminal(): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  const onHangup = () => {};
  Deno.addSignalListener("SIGHUP", onHangup);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", onHangup) };
}

/** Whether the closing of the terminal is no business of this process, as `nohup` says. To be asked before any signal
 * is listened to: from then on Deno ends at SIGHUP unless that is listened to as well. */
export function isHangupIgnored(): boolean {
  if (Deno.build.os !== "linux") return false;
  const [, ignored] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
  // The lowest bit is signal 1, SIGHUP.
  return ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n;
}
