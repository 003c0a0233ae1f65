/** One of the threads that share out every operation. */
import type { Blas } from "./blas.ts";
import type { Channel } from "./channel.ts";
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

export class Rank {
  readonly index: number;
  readonly ranks: number;
  readonly kernels: Kernels;
  readonly blas?: Blas;
  readonly work: number;
  readonly #channel: Channel;

  constructor({ index, ranks, channel, kernels, blas, work }: RankOptions) {
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
  share(n: number, unit = 1): [number, number] {
    const units = Math.ceil(n / unit);
    const cut = (index: number) => Math.min(n, Math.floor(units * index / this.ranks) * unit);
    return [cut(this.index), cut(this.index + 1)];
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

  /** The whole work of `run` from command 0 on, until the run is ended. */
  serve(run: (rank: Rank, command: Float64Array) => void): never {
    for (let index = 0;; index = (index + 1) | 0) {
      run(this, this.#channel.next(index));
      this.barrier();
      if (this.index === 0) this.#channel.complete(index);
    }
  }
}
