/** The Workers: started, ordered about and ended by the main thread. */
import { Channel } from "./channel.ts";
import { encode, type OperationName, type Parameters } from "./operations.ts";
import type { WorkerReport, WorkerStart } from "./worker.ts";

export interface RanksOptions {
  count: number;
  blas: boolean;
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  /** The addresses of the ranks' own memory. */
  works: number[];
  /** Rank 0 alone does what is less work than this, in multiplications. */
  littleWork: number;
  /** Seconds without any progress after which the ranks are given up. */
  patience: number;
}

export class Ranks {
  /** The BLAS that the ranks found. */
  blas?: string;
  /** Why the ranks have stopped. */
  failure?: Error;
  readonly #channel: Channel;
  readonly #workers: Worker[] = [];
  readonly #patience: number;
  /** Who waits, in order of the command they wait for. */
  #waiting: { count: number; resolve(): void; reject(error: Error): void }[] = [];

  private constructor(readonly options: RanksOptions) {
    this.#channel = new Channel(options.memory);
    this.#patience = options.patience * 1000;
  }

  static async start(options: RanksOptions): Promise<Ranks> {
    const ranks = new Ranks(options);
    try {
      const ready = Array.from({ length: options.count }, (_, index) => ranks.#startWorker(index));
      ranks.blas = (await Promise.all(ready))[0];
    } catch (error) {
      ranks.fail(error as Error);
      throw error;
    }
    return ranks;
  }

  #startWorker(index: number): Promise<string | undefined> {
    const { count: ranks, blas, memory, module, works } = this.options;
    const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      const failed = (reason: string) => {
        const error = new Error(`The cpu engine has stopped: ${reason}`);
        this.fail(error);
        reject(error);
      };
      worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
        if ("ready" in data) resolve(data.ready.blas);
        else failed(data.error);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        failed(`rank ${index} failed: ${event.message}`);
      };
      const start: WorkerStart = { index, ranks, memory, module, blas, work: works[index] };
      worker.postMessage(start);
    });
  }

  /** Orders an operation; returns the count of commands up to and including it. Throws if the ranks have stopped. */
  post<Name extends OperationName>(name: Name, parameters: Parameters<Name>): number {
    if (this.failure) throw this.failure;
    const { number, values, work } = encode(name, parameters);
    return this.#channel.post(number, values, work < this.options.littleWork);
  }

  /** Commands posted so far. */
  get posted(): number {
    return this.#channel.posted;
  }
  /** Whether the first `count` commands are done. */
  isDone(count: number): boolean {
    return this.#channel.isDone(count);
  }

  /** Resolves when the first `count` commands are done; rejects if the ranks stop before. */
  done(count: number): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.isDone(count)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count, resolve, reject });
      if (this.#waiting.length === 1) this.#watch();
    });
  }

  async #watch(): Promise<void> {
    let progress = this.#channel.completed, since = performance.now();
    while (this.#waiting.length > 0) {
      if (this.isDone(this.#waiting[0].count)) {
        this.#waiting.shift()!.resolve();
        continue;
      }
      await this.#channel.completion(this.#waiting[0].count, Math.min(1000, this.#patience));
      if (this.#channel.completed !== progress) {
        progress = this.#channel.completed;
        since = performance.now();
      } else if (performance.now() - since > this.#patience) {
        const seconds = this.#patience / 1000;
        this.fail(
          new Error(`The cpu engine has stopped: no operation ended for ${seconds} s; a rank has died.`),
        );
      }
    }
  }

  /** Ends the ranks; everybody who waits gets `error`. */
  fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.#channel.abort();
    for (const worker of this.#workers) worker.terminate();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
