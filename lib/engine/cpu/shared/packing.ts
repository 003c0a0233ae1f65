/**
 * How weights are packed that meet few rows at a time: the recurrent ones, at every time step, and all of
 * them in sampling. A general matrix product would spend most of its time on fetching and packing them, so
 * that they are packed once (`main/packs.ts`): into slabs of some columns, each of which lies in one piece.
 */
import type { BlasLibrary } from "./messages.ts";

/** Columns are shared out in multiples of this; without BLAS a slab has so many (assembly/gemm.ts). */
export const panel = 8;
/** So few inputs, as a pen has, take longer to pack, or to be a product of their own, than to multiply. */
export const narrow = 4;
/** Wider slabs are no quicker in BLAS, and for a single row these. */
const widest = 64, widestForOne = 256;

/** OpenBLAS multiplies matrices of up to so many multiplications without packing them where there is AVX-512;
 * else 0. */
export function smallProductOf({ core = "" }: BlasLibrary): number {
  return /^(SkylakeX|Cooperlake|SapphireRapids)$/i.test(core) ? 1e6 : 0;
}

/** The width of slabs for products with `rows` rows, or 0 if they are no use. `smallProduct` is what a BLAS
 * multiplies without packing, in multiplications; it is undefined where there is no BLAS. */
export function slabWidth(rows: number, K: number, transposed: boolean, smallProduct?: number): number {
  // One row meets the rows of a transpose in one piece as they are.
  if (rows === 1 && (transposed || !smallProduct)) return 0;
  if (smallProduct === undefined) return panel;
  return Math.min(rows === 1 ? widestForOne : widest, Math.floor(smallProduct / (rows * K) / 16) * 16);
}

/** Whether weights `[K, N]` are packed in bfloat16, where that is wanted: small ones would not be quicker, and while they
 * are packed they must find room. */
export const isPackedInBfloat16 = (K: number, N: number) => Math.min(K, N) >= 64 && K * N <= roomSize;
/** Numbers in bfloat16 that a rank has room for. */
export const roomSize = 2 ** 23;
/** Whether a product `[N, K]` · `[K, M]` is large enough for its factors to be converted to bfloat16. */
export const isWorthConverting = (N: number, M: number, K: number) => Math.min(N, M, K) >= 32;

/** Floats of a packed `[K, N]`. */
export function packedSize(K: number, N: number): number {
  return K * roundUp(N);
}

/** The columns of whole panels that hold so many. */
export function roundUp(columns: number): number {
  return Math.ceil(columns / panel) * panel;
}
