/** The one rank of an engine without Workers: a command is carried out when it is given. */
import { run } from "./rank/operations.ts";
import { Rank } from "./rank/rank.ts";
import { type CommandName, encode, type Parameters } from "./shared/commands.ts";
import type { Kernels } from "./shared/kernels.ts";
import type { Ranks, RanksOptions } from "./main/ranks.ts";

export class OwnThread implements Ranks {
  readonly options: RanksOptions;
  failure?: Error;
  posted = 0;
  readonly #rank: Rank;

  /** `work`: the address of the rank's own memory, `Kernels.gemmWorkBytes` long. */
  constructor(memory: WebAssembly.Memory, kernels: Kernels, work: number) {
    this.options = { count: 1, memory };
    this.#rank = new Rank({ index: 0, ranks: 1, kernels, work });
  }

  post<Name extends CommandName>(
    name: Name,
    parameters: Parameters<Name>,
    { more }: { more?: readonly number[] } = {},
  ): number {
    if (this.failure) throw this.failure;
    const { number: operation, values } = encode(name, parameters, more);
    try {
      run(this.#rank, { alone: true, chained: false, operation, parameters: Float64Array.from(values) });
    } catch (error) {
      // As with Workers, whoever waits for the command is told.
      this.failure = new Error(`The cpu engine has stopped: ${(error as Error).message}`, { cause: error });
    }
    return ++this.posted;
  }

  sharers(): number {
    return 1;
  }
  endRun(): void {}
  isDone(): boolean {
    return true;
  }
  done(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
  end(error: Error): Promise<void> {
    this.failure ??= error;
    return Promise.resolve();
  }
}
