/** What the guard and its worker share. */

/** Words of the shared memory: the last mark seen, the number of messages received, whether the channel is closed. */
export const SEEN = 0, RECEIVED = 1, CLOSED = 2;

/** What the worker needs to listen to the kernel's outputs. */
export interface Listening {
  hostname: string;
  port: number;
  /** Marks are display ids: this prefix, then a number that grows. */
  prefix: string;
  shared: Int32Array;
}
