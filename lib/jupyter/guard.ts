/**
 * The guard of a notebook's outputs. Import this module in a notebook's first cell (`lib/notebook.ts` does).
 *
 * The kernel of Deno 2.8.2 to 2.9.6 writes a cell's outputs and its "idle" status from two loops, so that "idle" comes
 * before outputs still in the queue, and an error is written into the middle of a large one: front ends then lose,
 * misplace or refuse outputs. The guard lets a cell end only when all that it sent has left: it sends a mark behind
 * the outputs and waits until a worker, listening to the kernel as front ends do, has seen the mark come by.
 *
 * Its worker also hears of Stop (`lib/stop.ts`), and of cells that the kernel does not run, a syntax error being in them:
 * of those the kernel shows nothing, so the guard says what was wrong. That comes behind the cell's end; where the next
 * cell has begun by then it is shown there, and names the cell it means.
 *
 * It leans on two details of Deno's kernel, and says so at once when the first is gone: `broadcastResult`, called at
 * the end of every cell that succeeds; and the JSON of `{ name, message, stack }` made at the end of one that throws.
 */
import { forgetStop, stopMemory } from "../stop.ts";
import {
  ANSWERED,
  type Asking,
  CLOSED,
  ENDED,
  type Listening,
  RECEIVED,
  SEEN,
  WORDS,
} from "./guard_memory.ts";

const PINNED_DENO = "2.9.6";
const QUIET_LIMIT = 30_000; // milliseconds without a single message after which a mark counts as lost

type BroadcastResult = (executionCount: number, result: unknown) => Promise<void>;
const installed = Symbol.for("graves.jupyter.guard");

/**
 * Makes every cell end after its outputs. Does nothing outside a Deno kernel, or when it is installed already.
 * Throws when this Deno's kernel is not the one it knows, or when the kernel's connection file cannot be found.
 */
export async function installGuard(): Promise<void> {
  const state = globalThis as typeof globalThis & { [installed]?: true };
  if (!insideKernel() || state[installed]) return;
  const { internal } = Deno as unknown as { internal: symbol };
  const kernel =
    (Deno as unknown as Record<symbol, { jupyter?: { broadcastResult?: BroadcastResult } }>)[internal]
      ?.jupyter;
  const broadcastResult = kernel?.broadcastResult;
  if (typeof broadcastResult !== "function") {
    throw new Error(
      `This kernel (Deno ${Deno.version.deno}) has no Deno[Deno.internal].jupyter.broadcastResult, on which this ` +
        `project leans to keep every output of a notebook: use the Deno it is made for, ${PINNED_DENO}.`,
    );
  }
  const barrier = await listen();
  kernel!.broadcastResult = async (executionCount, result) => {
    await broadcastResult(executionCount, result);
    try {
      barrier(executionCount);
    } catch (error) {
      // An exception thrown here would vanish in the kernel.
      const { name, message } = error as Error;
      await Deno.jupyter.broadcast("error", { ename: name, evalue: message, traceback: [message] });
    }
  };
  const stringify = JSON.stringify;
  JSON.stringify = ((value: unknown, ...rest: []) => {
    if (isErrorReport(value)) barrier();
    return stringify(value, ...rest);
  }) as typeof stringify;
  state[installed] = true;
}

function insideKernel(): boolean {
  try {
    return typeof Deno.jupyter === "object";
  } catch {
    return false; // Elsewhere Deno.jupyter throws.
  }
}

/** Whether the value is what the kernel makes of a cell's exception. A likeness elsewhere costs a needless wait. */
function isErrorReport(value: unknown): boolean {
  return typeof value === "object" && value !== null && "stack" in value &&
    Object.keys(value).join() === "name,message,stack";
}

/** Starts the worker; returns the function that waits until all that the cell of that number sent has left the kernel. */
async function listen(): Promise<(cell?: number) => void> {
  const connection = JSON.parse(await Deno.readTextFile(connectionFile(await commandLine())));
  const { ip, iopub_port: iopubPort, control_port: controlPort, key } = connection;
  const shared = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
  const prefix = `graves-mark-${crypto.randomUUID()}-`;
  const hostname = ip === "0.0.0.0" ? "127.0.0.1" : ip;
  const worker = new Worker(new URL("./guard_worker.ts", import.meta.url), { type: "module" });
  const listening: Listening = { hostname, iopubPort, controlPort, key, prefix, shared, stopMemory };
  worker.postMessage(listening);
  worker.addEventListener("message", ({ data }: MessageEvent<Asking>) => {
    if (data === "answer") Atomics.add(shared, ANSWERED, 1);
    else Deno.jupyter.broadcast("error", data);
  });

  let mark = 0;
  const sendMark = () => {
    const content = { data: {}, metadata: {}, transient: { display_id: `${prefix}${++mark}` } };
    Deno.jupyter.broadcast("update_display_data", content);
  };
  return (cell = 0) => {
    forgetStop();
    Atomics.store(shared, ENDED, cell);
    sendMark();
    for (const target = mark;;) {
      const seen = Atomics.load(shared, SEEN);
      if (seen >= target) return;
      // The kernel drops what it publishes before the worker, which takes a second to start, has subscribed.
      const patience = seen === 0 ? 50 : QUIET_LIMIT;
      const received = Atomics.load(shared, RECEIVED);
      const late = Atomics.wait(shared, SEEN, seen, patience) === "timed-out";
      const stuck = seen === 0 ? mark * patience > QUIET_LIMIT : Atomics.load(shared, RECEIVED) === received;
      if (late && stuck || Atomics.load(shared, CLOSED)) {
        throw new Error(
          `The kernel's output channel (${hostname}:${iopubPort}) stands still: outputs may be missing.`,
        );
      }
      if (late && seen === 0) sendMark();
    }
  };
}

/** This process's command line, arguments separated by blanks. */
export async function commandLine(os: typeof Deno.build.os = Deno.build.os): Promise<string> {
  if (os === "linux") return (await Deno.readTextFile("/proc/self/cmdline")).replaceAll("\0", " ");
  const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${Deno.pid}").CommandLine`;
  const [command, ...args] = os === "windows"
    ? ["powershell", "-NoProfile", "-Command", query]
    : ["ps", "-ww", "-o", "args=", "-p", String(Deno.pid)];
  const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** The connection file named in a kernel's command line. */
export function connectionFile(commandLine: string): string {
  const file = commandLine.match(/--conn[ =]"?(.+?\.json)"?(?:\s|$)/)?.[1];
  if (file) return file;
  throw new Error(
    `No "--conn FILE.json" in the kernel's command line "${commandLine.trim()}": ` +
      "start it with a kernelspec of Deno's (deno jupyter --install).",
  );
}

await installGuard();
