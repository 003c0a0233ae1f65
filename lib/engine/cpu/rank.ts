/** One of the threads that share out every operation. */
import type { Blas } from "./blas.ts";
import type { Channel, Command } from "./channel.ts";
import type { Kernels } from "./kernels.ts";

export interface RankOptions {
  index: number;
  ranks: number;
  channel: Channel;
  kernels: Kernels;
  blas?: Blas;
  /** Address of this rank's own memory, `Kernels.gemmWorkBytes` long. */
  work: number;
}

/** Part `index` of 0..n in `parts`, cut at multiples of `unit`. */
export function shareOf(index: number, parts: number, n: number, unit = 1): [number, number] {
  const units = Math.ceil(n / unit);
  const cut = (index: number) => Math.min(n, Math.floor(units * index / parts) * unit);
  return [cut(index), cut(index + 1)];
}

export class Rank {
  readonly index: number;
  readonly ranks: number;
  readonly kernels: Kernels;
  readonly blas?: Blas;
  readonly work: number;
  readonly #channel: Channel;
  readonly #options: RankOptions;

  constructor(options: RankOptions) {
    const { index, ranks, channel, kernels, blas, work } = options;
    this.#options = options;
    this.index = index;
    this.ranks = ranks;
    this.kernels = kernels;
    this.blas = blas;
    this.work = work;
    this.#channel = channel;
  }

  barrier(): void {
    this.#channel.barrier(this.ranks);
  }

  /** This rank's part [from, to) of 0..n, cut at multiples of `unit`. */
  share(n: number, unit?: number): [number, number] {
    return shareOf(this.index, this.ranks, n, unit);
  }

  /** C[m × n] (+)= op(A) op(B), by this rank alone; addresses in bytes, leading dimensions in elements. */
  gemm(
    m: number,
    n: number,
    k: number,
    a: number,
    lda: number,
    transposeA: boolean,
    b: number,
    ldb: number,
    transposeB: boolean,
    c: number,
    ldc: number,
    accumulate: boolean,
  ): void {
    if (m <= 0 || n <= 0) return;
    const { kernels, blas } = this;
    if (blas) {
      blas.gemm(m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc, accumulate);
    } else if (m === 1 && !transposeA) {
      const gemv = transposeB ? kernels.gemvTransposed : kernels.gemv;
      gemv(n, k, a, b, ldb, c, +accumulate);
    } else {
      kernels.sgemm(
        m,
        n,
        k,
        a,
        lda,
        +transposeA,
        b,
        ldb,
        +transposeB,
        c,
        ldc,
        +accumulate,
        this.work,
      );
    }
  }

  /** Carries out commands from the first on, until the run is ended. */
  serve(run: (rank: Rank, command: Command) => void): never {
    const channel = this.#channel;
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
