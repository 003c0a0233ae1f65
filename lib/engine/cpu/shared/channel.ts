/**
 * How commands get from the main thread to the ranks: a ring of them in the shared memory. The main thread
 * writes commands and counts them. Every rank carries out its share of every command and then meets the
 * others at a barrier, unless the next command is chained to this one. A small command is rank 0's alone: it
 * is done before the others would have met.
 */

import { Patience } from "./patience.ts";

/** The number of commands that the ring holds. */
const slots = 4096;
/** One command in so many has to be shared: ranks that skip those of rank 0 must not fall a whole ring
 * behind. */
export const sharedEvery = slots / 4;
/** Words of one command: how it is done, its number, the arguments. */
const slotWords = 32;
/** The arguments that a command has room for. */
export const slotArguments = slotWords - 2;
const controlAt = 65536;
const commandsAt = controlAt + 4096;
/** First address not taken by the channel (nor, below it, by the kernels' own data). */
export const channelEnd = commandsAt + slots * slotWords * 8;

/** The places of the control block's words, a cache line apart. */
const POSTED = 0, POSTED_SHARED = 16, COMPLETED = 32, TARGET = 48, SIGNAL = 64, ABORTED = 80;
const SLEEPING = 96, SLEEPING_SHARED = 112, ARRIVED = 128, ROUND = 144;

/** Word 0 of a command: rank 0 does it alone; the ranks need not meet after it. */
const ALONE = 1, CHAINED = 2;

export interface Command {
  alone: boolean;
  chained: boolean;
  operation: number;
  parameters: Float64Array;
}

/** Tells that the run was ended, by a failing rank or by `close`. */
export class Aborted extends Error {}

export class Channel {
  readonly #control: Int32Array;
  readonly #words: Float64Array;

  /** How long a rank watches for the next command: longer than the main thread takes between two steps of
   * sampling. */
  readonly #forCommands = new Patience(1);
  readonly #forRanks = new Patience(0.5);
  readonly #forCompletion = new Patience(0.5);
  /** Main: commands posted so far, and the last of them if the ranks have not been told of it. */
  #posted = 0;
  #held?: { at: number; alone: boolean };

  constructor(readonly memory: WebAssembly.Memory) {
    this.#control = new Int32Array(memory.buffer, controlAt, 1024);
    this.#words = new Float64Array(memory.buffer, commandsAt, slots * slotWords);
  }

  /** Main: commands posted so far; counts wrap around at 2³². */
  get posted(): number {
    return this.#posted;
  }
  get completed(): number {
    return Atomics.load(this.#control, COMPLETED);
  }
  /** Whether the first `count` commands are done. */
  isDone(count: number): boolean {
    return ((this.completed - count) | 0) >= 0;
  }
  get aborted(): boolean {
    return Atomics.load(this.#control, ABORTED) !== 0;
  }
  /** Ends the run: ranks leave as soon as they notice. */
  abort(): void {
    Atomics.store(this.#control, ABORTED, 1);
    for (const word of [POSTED, POSTED_SHARED, COMPLETED, SIGNAL, ROUND]) Atomics.notify(this.#control, word);
  }

  /**
   * Main: appends a command; returns the count of commands including it. Waits while the ring is full. If it
   * is `held`, the ranks are told of it only with the next, which may be `chained` to it: they do not meet
   * between the two.
   */
  post(
    operation: number,
    parameters: readonly number[],
    { alone = false, held = false, chained = false }: { alone?: boolean; held?: boolean; chained?: boolean },
  ): number {
    if (parameters.length > slotArguments) {
      throw new RangeError(`A command has room for ${slotArguments} arguments, found ${parameters.length}.`);
    }
    this.#tell(chained);
    const index = this.#posted;
    for (;;) {
      const completed = this.completed;
      if (((index - completed) | 0) < slots / 2) break;
      if (this.aborted) throw new Aborted("The cpu engine has stopped: one of its ranks has failed.");
      Atomics.wait(this.#control, COMPLETED, completed, 5);
    }
    const at = (index & (slots - 1)) * slotWords;
    this.#words[at] = alone ? ALONE : 0;
    this.#words[at + 1] = operation;
    for (let k = 0; k < parameters.length; k++) this.#words[at + 2 + k] = parameters[k];
    this.#posted = (index + 1) | 0;
    this.#held = { at, alone };
    if (!held) this.#tell(false);
    return this.#posted;
  }
  /** Main: tells the ranks of the last command; `chained` if another follows that is chained to it. */
  #tell(chained: boolean): void {
    if (!this.#held) return;
    const { at, alone } = this.#held;
    this.#held = undefined;
    if (chained) this.#words[at] = CHAINED;
    Atomics.store(this.#control, POSTED, this.#posted);
    if (Atomics.load(this.#control, SLEEPING) > 0) Atomics.notify(this.#control, POSTED);
    if (alone) return;
    Atomics.store(this.#control, POSTED_SHARED, this.#posted);
    if (Atomics.load(this.#control, SLEEPING_SHARED) > 0) Atomics.notify(this.#control, POSTED_SHARED);
  }

  /** Main: resolves when the first `count` commands are done, the run was ended, or `timeout` ms have passed.
   * With an `idleCore` it watches for that before it sleeps. */
  async completion(count: number, idleCore: boolean, timeout: number): Promise<void> {
    this.#tell(false);
    const over = () => this.isDone(count) || this.aborted;
    if (idleCore && this.#forCompletion.lookOut(over)) return;
    const start = performance.now();
    Atomics.store(this.#control, TARGET, count);
    const signal = Atomics.load(this.#control, SIGNAL);
    if (this.isDone(count)) return;
    await Atomics.waitAsync(this.#control, SIGNAL, signal, timeout).value;
    if (idleCore) this.#forCompletion.learn(performance.now() - start);
  }

  /** Rank: waits until there is a command `index`, or a shared one after it for a rank other than 0. */
  next(index: number, rank: number): Command {
    const [word, sleeping] = rank === 0 ? [POSTED, SLEEPING] : [POSTED_SHARED, SLEEPING_SHARED];
    for (;;) {
      if (this.aborted) throw new Aborted("The run was ended.");
      const count = Atomics.load(this.#control, word);
      if (((count - index) | 0) > 0) break;
      if (this.#forCommands.lookOut(() => Atomics.load(this.#control, word) !== count)) continue;
      const start = performance.now();
      Atomics.add(this.#control, sleeping, 1);
      if (!this.aborted) Atomics.wait(this.#control, word, count, 500);
      Atomics.sub(this.#control, sleeping, 1);
      this.#forCommands.learn(performance.now() - start);
    }
    const at = (index & (slots - 1)) * slotWords;
    const [how, operation] = this.#words.subarray(at, at + 2);
    const parameters = this.#words.subarray(at + 2, at + slotWords);
    return { alone: how === ALONE, chained: how === CHAINED, operation, parameters };
  }

  /** Rank 0: command `index` is done. */
  complete(index: number): void {
    const count = (index + 1) | 0;
    Atomics.store(this.#control, COMPLETED, count);
    if (Atomics.load(this.#control, TARGET) === count) {
      Atomics.add(this.#control, SIGNAL, 1);
      Atomics.notify(this.#control, SIGNAL);
    }
  }

  /** Rank: waits until all of the `ranks` have come here. */
  barrier(ranks: number): void {
    if (ranks === 1) return;
    const round = Atomics.load(this.#control, ROUND);
    if (Atomics.add(this.#control, ARRIVED, 1) === ranks - 1) {
      Atomics.store(this.#control, ARRIVED, 0);
      Atomics.store(this.#control, ROUND, (round + 1) | 0);
      Atomics.notify(this.#control, ROUND);
      return;
    }
    const over = () => Atomics.load(this.#control, ROUND) !== round;
    if (this.#forRanks.lookOut(over)) return;
    const start = performance.now();
    while (!over()) {
      if (this.aborted) throw new Aborted("The run was ended.");
      Atomics.wait(this.#control, ROUND, round, 500);
    }
    this.#forRanks.learn(performance.now() - start);
  }
}
