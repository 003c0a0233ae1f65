/**
 * Stop, pressed in a notebook's front end. Deno's kernel cannot end a cell that awaits (2.9.6: it hangs for good), so what
 * goes on for long asks whether to end: every pass through a network does, and every point or symbol of a sample, before
 * anything has changed.
 */

/** Words of `stopMemory`: whether Stop was pressed in the cell that runs; how often it has asked. */
export const STOPPED = 0, ASKED = 1;

/** A web page, which has no such worker, may have no shared memory either. */
function wordsFor(count: number): ArrayBufferLike {
  const bytes = count * Int32Array.BYTES_PER_ELEMENT;
  return typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

/** Shared with the guard's worker, which hears of Stop while this thread computes (`lib/jupyter/guard_worker.ts`). */
export const stopMemory = new Int32Array(wordsFor(2));

/** Stop was pressed. */
export class StopError extends Error {
  override name = "Stopped";
}

/** Throws `StopError` if Stop was pressed in the cell that runs; it goes on being thrown until that cell ends. */
export function throwIfStopped(): void {
  Atomics.add(stopMemory, ASKED, 1);
  if (Atomics.load(stopMemory, STOPPED)) {
    throw new StopError("Stop was pressed. What was done before this step is kept.");
  }
}

/** Forgets Stop, when a cell ends. */
export function forgetStop(): void {
  stopMemory.fill(0);
}
