/**
 * Products in mixed precision (Micikevicius et al. 2018): factors are rounded to bfloat16, which has the exponents of
 * float32 and 8 bits of its fraction, and their products summed in float32. A processor with AMX computes them five
 * times as fast, and weights that meet few rows at a time are half as long.
 */
import type { Kernels } from "../shared/kernels.ts";
import type { BlasLibrary } from "../shared/messages.ts";
import { roomSize } from "../shared/packing.ts";
import { baseOf, type Blas, noTranspose, rowMajor, transpose } from "./blas.ts";

const integer = "i32", address = "usize", real = "f32";
// deno-fmt-ignore
const product = [
  integer, integer, integer, integer, integer, integer, real, address, integer, address, integer, real, address, integer,
] as const;
/** MKL's, with 32-bit indices. */
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

/** Bytes that a rank converts small factors in. */
export const roomBytes = 2 * roomSize;

export interface Bfloat16 {
  /** A and B are in bfloat16. */
  gemm: Blas["gemm"];
  /** Packs B `[k × n]`, or its transpose, of float32 to `to`. */
  pack(n: number, k: number, b: number, ldb: number, transposed: boolean, to: number): void;
  /** Converts A `[m × k]` of float32 for `multiplyPacked`. */
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

/** Opens the products of a library that has them; `room` is the address of `roomBytes`. */
export function openBfloat16(
  library: BlasLibrary,
  kernels: Kernels,
  memory: WebAssembly.Memory,
  room: number,
): Bfloat16 {
  const base = baseOf(memory), flag = (transposed: boolean) => transposed ? transpose : noTranspose;
  const routines = Deno.dlopen(library.path, symbols).symbols as unknown as Record<string, Routine>;
  const { cblas_gemm_bf16bf16f32, cblas_gemm_bf16bf16f32_compute, cblas_gemm_bf16bf16f32_pack } = routines;
  return {
    gemm(m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc, accumulate) {
      if (m <= 0 || n <= 0) return;
      // deno-fmt-ignore
      cblas_gemm_bf16bf16f32(
        rowMajor, flag(transposeA), flag(transposeB), m, n, k, 1, base + a, lda, base + b, ldb, accumulate ? 1 : 0,
        base + c, ldc,
      );
    },
    pack(n, k, b, ldb, transposed, to) {
      const [rows, columns] = transposed ? [n, k] : [k, n];
      kernels.toBfloat16(rows, columns, b, ldb, room);
      cblas_gemm_bf16bf16f32_pack(
        rowMajor,
        factorB,
        flag(transposed),
        1,
        n,
        k,
        base + room,
        columns,
        base + to,
      );
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
