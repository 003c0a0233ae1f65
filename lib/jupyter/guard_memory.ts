/** What the guard and its worker share. */
import type { Content } from "./kernel.ts";

/**
 * Words of the shared memory: the last mark seen, the number of messages received, whether the channel is closed, the
 * last cell that has ended well, and how often the kernel's thread has answered the worker.
 */
export const SEEN = 0, RECEIVED = 1, CLOSED = 2, ENDED = 3, ANSWERED = 4;
export const WORDS = 5;

/** What the worker needs to listen to the kernel's outputs and to end its cells. */
export interface Listening {
  hostname: string;
  iopubPort: number;
  controlPort: number;
  key: string;
  /** Marks are display ids: this prefix, then a number that grows. */
  prefix: string;
  shared: Int32Array;
  /** See `lib/stop.ts`. */
  stopMemory: Int32Array;
}

/** What the worker asks of the kernel's thread: to answer, or to show an error. */
export type Asking = "answer" | Content;
