/** Products with weights that may be packed (`shared/packing.ts`). */
import { packedSize, panel, roundUp } from "../shared/packing.ts";
import { shareOf } from "../shared/sharing.ts";
import type { Operations, Rank } from "./rank.ts";

const bytes = 4;

/** Weights `[K, N]`: x `[rows, K]` times these gives `[rows, N]`. */
export interface Factor {
  K: number;
  N: number;
  /** Where it lies, packed or (width 0) as it is, row-major. */
  at: number;
  /** The columns of a slab, 0 if it is not packed, or less: packed in bfloat16, each part in −width bytes. */
  width: number;
  /** Slabs begin anew at each of so many shares of the columns. */
  parts: number;
  /** Not packed: the length of its rows, and whether it lies as its transpose, `[N, K]`. */
  stride: number;
  transposed: boolean;
}

/** Computes columns [from, to) of out `[rows, …]` (+)= x `[rows, K]` · factor. The columns are some of the
 * factor's parts. Rows of x and of out are `xStride` and `outStride` long. */
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
  } else if (width < 0) {
    rank.bfloat16!.convert(rows, K, x, xStride);
    for (let part = 0; part < parts; part++) {
      const [first, last] = shareOf(part, parts, N, panel);
      if (first < from || last > to) continue;
      const to0 = out + first * bytes;
      rank.bfloat16!.multiplyPacked(rows, last - first, K, at - part * width, to0, outStride, accumulate);
    }
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

export const packOperation: Pick<Operations, "pack"> = {
  pack(rank, { from, to, K, N, stride, transposed, width, parts, blocks }) {
    for (let block = 0; block < blocks && width < 0; block++) {
      for (let part = 0; part < parts; part++) {
        const index = block * parts + part;
        if (index % rank.ranks !== rank.index) continue;
        const [first, last] = shareOf(part, parts, N, panel);
        const source = from + (block * N + first * (transposed ? stride : 1)) * bytes;
        rank.bfloat16!.pack(last - first, K, source, stride, transposed !== 0, to - index * width);
      }
    }
    for (let block = 0; block < blocks && width > 0; block++) {
      const source = from + block * N * bytes, target = to + block * packedSize(K, N) * bytes;
      for (let part = 0; part < parts; part++) {
        const [first, last] = shareOf(part, parts, N, panel);
        const [begin, end] = rank.share(last - first, width).map((column) => first + column);
        const columns = source + begin * (transposed ? stride : 1) * bytes;
        rank.kernels.packB(width, end - begin, K, columns, stride, transposed, target + begin * K * bytes);
      }
    }
  },
};
