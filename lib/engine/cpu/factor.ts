/**
 * A matrix that many products with few rows share: the recurrent weights, which meet B rows at every time step. It is
 * prepared once a sequence, since a general matrix product spends most of its time on packing then.
 */
import type { Rank } from "./rank.ts";

const bytes = 4;
/** Columns of a packed panel (assembly/gemm.ts). */
const panel = 8;

/** `[K, N]`: x `[rows, K]` times it gives `[rows, N]`. */
export interface Factor {
  K: number;
  N: number;
  /** Where it lies, row-major, and the length of its rows. */
  at: number;
  stride: number;
  /** It lies as its transpose, `[N, K]`. */
  transposed: boolean;
  /** Whether `at` points to packed panels. */
  packed: boolean;
}

/** Floats that `prepare` needs. */
export function preparedSize(K: number, N: number): number {
  return K * Math.ceil(N / panel) * panel;
}

/**
 * A matrix made ready for products with `rows` rows, in `scratch` memory; every rank prepares a part, and a barrier must
 * follow. Without BLAS it is packed; with one that prefers it so, a transposed matrix is turned.
 */
export function prepare(rank: Rank, rows: number, matrix: Omit<Factor, "packed">, scratch: number): Factor {
  const { K, N, at, stride, transposed } = matrix;
  if (rows === 1) return { ...matrix, packed: false };
  const [from, to] = rank.share(N, panel);
  const first = at + from * (transposed ? stride : 1) * bytes;
  if (!rank.blas) {
    rank.kernels.packB(to - from, K, first, stride, +transposed, scratch + from * K * bytes);
    return { ...matrix, at: scratch, packed: true };
  }
  if (!transposed || !rank.blas.prefersPlain) return { ...matrix, packed: false };
  rank.kernels.transpose(to - from, K, first, stride, scratch + from * bytes, N);
  return { K, N, at: scratch, stride: N, transposed: false, packed: false };
}

/** out `[rows, …]`, columns [from, to) (+)= x `[rows, K]` · factor; `from` a multiple of 8. Rows of x and of out are
 * `xStride` and `outStride` long. */
export function multiply(
  rank: Rank,
  rows: number,
  [x, xStride]: [number, number],
  { K, at, stride, transposed, packed }: Factor,
  [out, outStride]: [number, number],
  accumulate: boolean,
  [from, to]: [number, number],
): void {
  if (to <= from || rows === 0) return;
  if (packed) {
    const panels = at + from * K * bytes, first = out + from * bytes;
    const { kernels, work } = rank;
    kernels.sgemmPacked(rows, to - from, K, x, xStride, panels, first, outStride, +accumulate, work);
    return;
  }
  const first = at + from * (transposed ? stride : 1) * bytes, target = out + from * bytes;
  rank.gemm(rows, to - from, K, x, xStride, false, first, stride, transposed, target, outStride, accumulate);
}
