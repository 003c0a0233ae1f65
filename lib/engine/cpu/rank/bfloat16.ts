/**
 * Products in mixed precision (Micikevicius et al. 2018): factors are rounded to bfloat16, which has the exponents of
 * float32 and 8 bits of its fraction, and their products summed in float32. A processor with AMX computes them five
 * times as fast, and weights that meet few rows at a time are half as long.
 */
import type { BlasLibrary } from "../shared/messages.ts";
import type { Kernels } from "../shared/kernels.ts";
import { pieceSize } from "../shared/packing.ts";
import { baseOf, noTranspose, rowMajor, transpose } from "./blas.ts";

const integer = "i32", address = "usize", real = "f32";
// deno-fmt-ignore
const product = [
  integer, integer, integer, integer, integer, integer, real, address, integer, address, integer, real, address, integer,
] as const;
/** MKL's. (An index's and a leading dimension's type is that of its 32-bit interface.) */
const symbols = {
  cblas_gemm_bf16bf16f32: { parameters: product, result: "void" },
  cblas_gemm_bf16bf16f32_compute: { parameters: product, result: "void" },
  cblas_gemm_bf16bf16f32_pack: {
    parameters: [integer, integer, integer, integer, integer, integer, address, integer, address],
    result: "void",
  },
} as const;
type Routine = (...parameters: number[]) => void;
const factorB = 162, packed = 151;

/** The longest sums of one piece, so that it has columns enough. */
const longestSum = 2048;
/** Bytes that a rank converts factors in. */
export const conversionBytes = 2 * 2 * pieceSize;

export interface Bfloat16 {
  /** As `Blas.gemm`. */
  // deno-fmt-ignore
  gemm(
    m: number, n: number, k: number,
    a: number, lda: number, transposeA: boolean,
    b: number, ldb: number, transposeB: boolean,
    c: number, ldc: number, accumulate: boolean,
  ): void;
  /** Packs B `[k × n]`, or its transpose, to `to`. */
  pack(n: number, k: number, b: number, ldb: number, transposed: boolean, to: number): void;
  /** Converts A `[m × k]` for `multiplyPacked`. */
  convert(m: number, k: number, a: number, lda: number): void;
  /** C[m × n] (+)= A B: the A that was converted last, and a packed B. */
  multiplyPacked(
    m: number,
    n: number,
    k: number,
    b: number,
    c: number,
    ldc: number,
    accumulate: boolean,
  ): void;
}

/** Whether a product is large enough for the conversion of its factors. */
export const isWorthConverting = (m: number, n: number, k: number) => Math.min(m, n, k) >= 32;

/** Opens the products of a library that has them; `room` is the address of `conversionBytes`. */
export function openBfloat16(
  library: BlasLibrary,
  kernels: Kernels,
  memory: WebAssembly.Memory,
  room: number,
): Bfloat16 {
  const base = baseOf(memory);
  const routines = Deno.dlopen(library.path, symbols).symbols as unknown as Record<string, Routine>;
  const { cblas_gemm_bf16bf16f32, cblas_gemm_bf16bf16f32_compute, cblas_gemm_bf16bf16f32_pack } = routines;
  const roomA = room, roomB = room + 2 * pieceSize;
  const at = (matrix: number, row: number, column: number, ld: number) => matrix + 4 * (row * ld + column);
  /** op(matrix)'s rows from `row` and columns from `column` on; returns its leading dimension. */
  // deno-fmt-ignore
  const convert = (
    rows: number, columns: number, matrix: number, row: number, column: number, ld: number, transposed: boolean, to: number,
  ) => {
    if (transposed) kernels.toBfloat16(columns, rows, at(matrix, column, row, ld), ld, to);
    else kernels.toBfloat16(rows, columns, at(matrix, row, column, ld), ld, to);
    return transposed ? rows : columns;
  };
  const flag = (transposed: boolean) => transposed ? transpose : noTranspose;
  return {
    gemm(m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc, accumulate) {
      for (let k0 = 0; k0 < k; k0 += longestSum) {
        const depth = Math.min(longestSum, k - k0), most = Math.floor(pieceSize / depth);
        for (let n0 = 0; n0 < n; n0 += most) {
          const columns = Math.min(most, n - n0);
          const ldB = convert(depth, columns, b, k0, n0, ldb, transposeB, roomB);
          for (let m0 = 0; m0 < m; m0 += most) {
            const rows = Math.min(most, m - m0);
            const ldA = convert(rows, depth, a, m0, k0, lda, transposeA, roomA);
            // deno-fmt-ignore
            cblas_gemm_bf16bf16f32(
              rowMajor, flag(transposeA), flag(transposeB), rows, columns, depth, 1, base + roomA, ldA,
              base + roomB, ldB, accumulate || k0 > 0 ? 1 : 0, base + at(c, m0, n0, ldc), ldc,
            );
          }
        }
      }
    },
    pack(n, k, b, ldb, transposed, to) {
      const ld = convert(k, n, b, 0, 0, ldb, transposed, room);
      cblas_gemm_bf16bf16f32_pack(rowMajor, factorB, flag(transposed), 1, n, k, base + room, ld, base + to);
    },
    convert(m, k, a, lda) {
      kernels.toBfloat16(m, k, a, lda, room);
    },
    multiplyPacked(m, n, k, b, c, ldc, accumulate) {
      // deno-fmt-ignore
      cblas_gemm_bf16bf16f32_compute(
        rowMajor, noTranspose, packed, m, n, k, 1, base + room, k, base + b, k, accumulate ? 1 : 0, base + c, ldc,
      );
    },
  };
}
