/**
 * Weights that meet few rows at a time: the recurrent ones, at every time step, and all of them in sampling. A general
 * matrix product would spend most of its time on fetching and packing them, so that they are packed once (`packs.ts`):
 * into slabs of some columns, each of which lies in one piece.
 */
import { operation } from "./operation.ts";
import { type Rank, shareOf } from "./rank.ts";

const bytes = 4;
/** Columns are shared out in multiples of this; without BLAS a slab has so many (assembly/gemm.ts). */
export const panel = 8;
/** Wider slabs are no quicker in BLAS. */
const widest = 64;

/** `[K, N]`: x `[rows, K]` times it gives `[rows, N]`. */
export interface Factor {
  K: number;
  N: number;
  /** Where it lies, packed or (width 0) as it is, row-major. */
  at: number;
  /** The columns of a slab, or 0 if it is not packed. */
  width: number;
  /** Slabs begin anew at each of so many shares of the columns. */
  parts: number;
  /** Not packed: the length of its rows, and whether it lies as its transpose, `[N, K]`. */
  stride: number;
  transposed: boolean;
}

/** The width of slabs for products with `rows` rows, or 0 if they are no use. `smallProduct`: see `Blas`; undefined without
 * one. */
export function slabWidth(rows: number, K: number, smallProduct?: number): number {
  if (rows === 1) return 0;
  if (smallProduct === undefined) return panel;
  return Math.min(widest, Math.floor(smallProduct / (rows * K) / 16) * 16);
}

/** Floats of a packed `[K, N]`. */
export function packedSize(K: number, N: number): number {
  return K * roundUp(N);
}
const roundUp = (columns: number) => Math.ceil(columns / panel) * panel;

export const packOperation = {
  /** Packs `blocks` matrices `[K, N]` that lie side by side (or one, transposed). */
  pack: operation(
    ["from", "to", "K", "N", "stride", "transposed", "width", "parts", "blocks"],
    ({ K, N, blocks }) => 10 * K * N * blocks,
    (rank, { from, to, K, N, stride, transposed, width, parts, blocks }) => {
      for (let block = 0; block < blocks; block++) {
        const source = from + block * N * bytes, target = to + block * packedSize(K, N) * bytes;
        for (let part = 0; part < parts; part++) {
          const [first, last] = shareOf(part, parts, N, panel);
          const [begin, end] = rank.share(last - first, width).map((column) => first + column);
          const columns = source + begin * (transposed ? stride : 1) * bytes;
          rank.kernels.packB(width, end - begin, K, columns, stride, transposed, target + begin * K * bytes);
        }
      }
    },
  ),
};

/** out `[rows, …]`, columns [from, to) (+)= x `[rows, K]` · factor. The columns are some of the factor's parts. Rows of x and
 * of out are `xStride` and `outStride` long. */
export function multiply(
  rank: Rank,
  rows: number,
  [x, xStride]: [number, number],
  { K, N, at, width, parts, stride, transposed }: Factor,
  [out, outStride]: [number, number],
  accumulate: boolean,
  [from, to]: [number, number],
): void {
  if (to <= from || rows === 0) return;
  const { kernels, work } = rank;
  if (width === 0) {
    const first = at + from * (transposed ? stride : 1) * bytes, to0 = out + from * bytes;
    rank.gemm(rows, to - from, K, x, xStride, false, first, stride, transposed, to0, outStride, accumulate);
  } else if (!rank.blas) {
    const panels = at + from * K * bytes, first = out + from * bytes;
    kernels.sgemmPacked(rows, to - from, K, x, xStride, panels, first, outStride, +accumulate, work);
  } else {
    for (let part = 0; part < parts; part++) {
      const [first, last] = shareOf(part, parts, N, panel);
      if (first < from || last > to) continue;
      for (let column = first; column < last; column += width) {
        const columns = Math.min(width, last - column);
        const slab = at + column * K * bytes, ld = roundUp(columns), to0 = out + column * bytes;
        rank.gemm(rows, columns, K, x, xStride, false, slab, ld, false, to0, outStride, accumulate);
      }
    }
  }
}
