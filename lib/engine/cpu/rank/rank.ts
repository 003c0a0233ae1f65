/** A rank: one of the threads that share out every command. */
import type { Channel, Command } from "../shared/channel.ts";
import type { CommandName, Parameters } from "../shared/commands.ts";
import type { Kernels } from "../shared/kernels.ts";
import { shareOf } from "../shared/sharing.ts";
import type { Bfloat16 } from "./bfloat16.ts";
import type { Blas } from "./blas.ts";

/** A rank's share of a command. `words` are all its arguments, in the order of its fields, and what follows these. */
export type Operation<Name extends CommandName> = (
  rank: Rank,
  parameters: Parameters<Name>,
  words: Float64Array,
) => void;
export type Operations = { [Name in CommandName]: Operation<Name> };

export interface RankOptions {
  index: number;
  ranks: number;
  /** How it gets commands and meets the others; none where it is alone and is called. */
  channel?: Channel;
  kernels: Kernels;
  blas?: Blas;
  /** Its products in bfloat16, where they are wanted. */
  bfloat16?: Bfloat16;
  /** Address of this rank's own memory, `Kernels.gemmWorkBytes` long. */
  work: number;
}

export class Rank {
  readonly index: number;
  readonly ranks: number;
  readonly kernels: Kernels;
  readonly blas?: Blas;
  readonly bfloat16?: Bfloat16;
  readonly work: number;
  readonly #channel?: Channel;
  readonly #options: RankOptions;

  constructor(options: RankOptions) {
    const { index, ranks, channel, kernels, blas, bfloat16, work } = options;
    this.#options = options;
    this.index = index;
    this.ranks = ranks;
    this.kernels = kernels;
    this.blas = blas;
    this.bfloat16 = bfloat16;
    this.work = work;
    this.#channel = channel;
  }

  barrier(): void {
    this.#channel?.barrier(this.ranks);
  }

  /** This rank's part [from, to) of 0..n, cut at multiples of `unit`. */
  share(n: number, unit?: number): [number, number] {
    return shareOf(this.index, this.ranks, n, unit);
  }

  /** Computes C[m × n] (+)= op(A) op(B), by this rank alone. Addresses are in bytes, leading dimensions in
   * elements. */
  // deno-fmt-ignore
  gemm(
    m: number, n: number, k: number,
    a: number, lda: number, transposeA: boolean,
    b: number, ldb: number, transposeB: boolean,
    c: number, ldc: number, accumulate: boolean,
  ): void {
    if (m <= 0 || n <= 0) return;
    const { kernels, blas } = this;
    if (blas) {
      blas.gemm(m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc, accumulate);
    } else if (m === 1 && !transposeA) {
      const gemv = transposeB ? kernels.gemvTransposed : kernels.gemv;
      gemv(n, k, a, b, ldb, c, +accumulate);
    } else {
      // deno-fmt-ignore
      kernels.sgemm(m, n, k, a, lda, +transposeA, b, ldb, +transposeB, c, ldc, +accumulate, this.work);
    }
  }

  /** Products of factors in float32, or in bfloat16, and the bytes of a number of these. */
  productsOf(bfloat16: number): { gemm: Blas["gemm"]; bytes: number } {
    return bfloat16
      ? { gemm: this.bfloat16!.gemm, bytes: 2 }
      : { gemm: (...parameters) => this.gemm(...parameters), bytes: 4 };
  }

  /** Carries out commands from the first on, until the run is ended. */
  serve(run: (rank: Rank, command: Command) => void): never {
    const channel = this.#channel!;
    const single = new Rank({ ...this.#options, ranks: 1 });
    // Whether rank 0 may have done something that the others have not waited for.
    let ahead = false;
    for (let index = 0;; index = (index + 1) | 0) {
      const command = channel.next(index, this.index);
      if (command.alone) {
        if (this.index === 0) run(single, command);
        ahead = true;
      } else {
        if (ahead) this.barrier();
        ahead = false;
        run(this, command);
        if (command.chained) continue;
        this.barrier();
      }
      if (this.index === 0) channel.complete(index);
    }
  }
}
