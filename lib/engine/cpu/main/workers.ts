/** The Workers, one for each rank: the main thread starts them, gives them commands and ends them. */
// Node's Worker tells when its thread has ended, for whatever reason; a web Worker may die in silence.
import { Worker } from "node:worker_threads";
import { Channel, sharedEvery } from "../shared/channel.ts";
import { type CommandName, encode, type Parameters } from "../shared/commands.ts";
import type { WorkerReport, WorkerStart } from "../shared/messages.ts";
import { Chain, type Rowwise } from "./chain.ts";
import type { Ranks, RanksOptions } from "./ranks.ts";

export interface WorkersOptions extends RanksOptions {
  module: WebAssembly.Module;
  /** The addresses of the ranks' own memory. */
  works: number[];
  /** And of the memory that they convert factors to bfloat16 in. */
  rooms?: number[];
  /** Rank 0 alone does what is less work than this, in multiplications. */
  littleWork: number;
}

/** A wait for one of so many commands in a row becomes a wait for the last: being woken takes longer than
 * they do. */
const neighbours = 3;

export class Workers implements Ranks {
  failure?: Error;
  readonly #channel: Channel;
  readonly #chain = new Chain();
  /** The count of the last command that is not rank 0's alone. */
  #shared = 0;
  readonly #workers: Worker[] = [];
  readonly #exits: Promise<void>[] = [];
  #end = Promise.resolve();
  /** The callers who wait, in order of the command they wait for. */
  #waiting: { count: number; resolve(): void; reject(error: Error): void }[] = [];

  private constructor(readonly options: WorkersOptions) {
    this.#channel = new Channel(options.memory);
  }

  static async start(options: WorkersOptions): Promise<Workers> {
    const workers = new Workers(options);
    try {
      await Promise.all(Array.from({ length: options.count }, (_, index) => workers.#startWorker(index)));
    } catch (error) {
      await workers.end(error as Error);
      throw error;
    }
    return workers;
  }

  #startWorker(index: number): Promise<void> {
    const { count: ranks, blas, memory, module, works, rooms } = this.options;
    const own = { work: works[index], room: rooms?.[index] };
    const start: WorkerStart = { index, ranks, memory, module, blas, ...own };
    const worker = new Worker(new URL("../rank/worker.ts", import.meta.url), { workerData: start });
    this.#workers.push(worker);
    this.#exits.push(new Promise((resolve) => worker.once("exit", () => resolve())));
    return new Promise((resolve, reject) => {
      const failed = (reason: string) => {
        const error = new Error(`The cpu engine has stopped: ${reason}`);
        this.fail(error);
        reject(error);
      };
      worker.on("message", (report: WorkerReport) => {
        if (report === "ready") resolve();
        else failed(report.error);
      });
      worker.on("error", (error: Error) => failed(`rank ${index} failed: ${error.message}`));
      // A last message may come a moment later than this.
      worker.on("exit", () => this.failure ?? setTimeout(() => failed(`rank ${index} has died.`), 10));
    });
  }

  post<Name extends CommandName>(
    name: Name,
    parameters: Parameters<Name>,
    { rowwise, more }: { rowwise?: Rowwise; more?: readonly number[] } = {},
  ): number {
    if (this.failure) throw this.failure;
    const { number, values, work } = encode(name, parameters, more);
    const alone = this.sharers(work) === 1;
    if (alone && this.#channel.posted % sharedEvery === 0) {
      // All meet over nothing. To share out this very command would make its rounding depend on what came
      // before.
      const nothing = encode("fill", { to: 0, size: 0, value: 0 });
      this.#chain.end();
      this.#channel.post(nothing.number, nothing.values, {});
    }
    const held = rowwise !== undefined && !alone;
    const chained = held && this.#chain.take(rowwise);
    if (!held) this.#chain.end();
    const count = this.#channel.post(number, values, { alone, held, chained });
    if (!alone) this.#shared = count;
    return count;
  }

  sharers(work: number): number {
    return work < this.options.littleWork ? 1 : this.options.count;
  }

  endRun(): void {
    this.#chain.end();
  }

  get posted(): number {
    return this.#channel.posted;
  }
  isDone(count: number): boolean {
    return this.#channel.isDone(count);
  }

  done(count: number): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.isDone(count)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count, resolve, reject });
      if (this.#waiting.length === 1) this.#watch();
    });
  }

  async #watch(): Promise<void> {
    await null; // Callers that are about to wait for a neighbouring command join this one.
    while (this.#waiting.length > 0) {
      const [{ count: first }] = this.#waiting;
      const { count } = this.#waiting.findLast(({ count }) => ((count - first) | 0) <= neighbours)!;
      await this.#channel.completion(count, this.#idleCore(), 1000);
      while (this.#waiting.length > 0 && this.isDone(this.#waiting[0].count)) {
        this.#waiting.shift()!.resolve();
      }
      // The rank that ended the run says why in a message, which needs a moment in which nothing else
      // happens.
      if (this.#channel.aborted) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  /** Whether the ranks at work leave a core to the main thread. */
  #idleCore(): boolean {
    const busy = this.isDone(this.#shared) ? 1 : this.options.count;
    return busy < navigator.hardwareConcurrency;
  }

  /** Tells the ranks to end; every waiting caller gets `error`. */
  fail(error: Error): void {
    this.#stop(error);
    for (const { reject } of this.#waiting.splice(0)) reject(this.failure!);
  }

  /** Ends the ranks and waits until they are gone; then every waiting caller gets `error`. */
  async end(error: Error): Promise<void> {
    this.#stop(error);
    await this.#end;
    this.fail(error);
  }

  #stop(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.#channel.abort();
    this.#end = this.#awaitExits();
  }

  /** The ranks leave by themselves after the command they are at: a process that ends while a thread is in a
   * library such as BLAS may crash. One that does not is cut off. */
  async #awaitExits(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, 5000);
    await Promise.race([Promise.all(this.#exits), late.promise]);
    clearTimeout(timer);
    for (const worker of this.#workers) worker.terminate();
  }
}
