/** Matrix products by a BLAS, through FFI. */
import type { BlasLibrary } from "../shared/messages.ts";
import { smallProductOf } from "../shared/packing.ts";

const symbolsOf = (prefix: string) => ({
  cblas_sgemm: {
    name: `${prefix}cblas_sgemm`,
    // deno-fmt-ignore
    parameters: [
      "i32", "i32", "i32", "i32", "i32", "i32", "f32", "usize", "i32", "usize", "i32", "f32", "usize", "i32",
    ],
    result: "void",
  },
  cblas_sgemv: {
    name: `${prefix}cblas_sgemv`,
    parameters: ["i32", "i32", "i32", "i32", "f32", "usize", "i32", "usize", "i32", "f32", "usize", "i32"],
    result: "void",
  },
  openblas_set_num_threads: {
    name: `${prefix}openblas_set_num_threads`,
    parameters: ["i32"],
    result: "void",
    optional: true,
  },
} as const);

/** Addresses may come as numbers, which is quicker than the bigints of Deno's types. */
type Routine = (...parameters: number[]) => void;

/** CBLAS' names for orders. */
export const rowMajor = 101, noTranspose = 111, transpose = 112;

export interface Blas {
  /** C[m × n] (+)= op(A) op(B), addresses and leading dimensions as in `Kernels.sgemm`. */
  // deno-fmt-ignore
  gemm(
    m: number, n: number, k: number,
    a: number, lda: number, transposeA: boolean,
    b: number, ldb: number, transposeB: boolean,
    c: number, ldc: number, accumulate: boolean,
  ): void;
}

/** Where a memory begins. A shared one grows in place: its base stays. */
export function baseOf({ buffer }: WebAssembly.Memory): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(buffer))));
}

/** Opens a BLAS, set to one thread (the ranks are the threads); its operands are addresses in `memory`. */
export function openBlas(library: BlasLibrary, memory: WebAssembly.Memory): Blas {
  const { symbols } = Deno.dlopen(library.path, symbolsOf(library.prefix));
  symbols.openblas_set_num_threads?.(1);
  const base = baseOf(memory);
  const small = smallProductOf(library);
  const { cblas_sgemm, cblas_sgemv } = symbols as unknown as Record<string, Routine>;
  return {
    gemm(m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc, accumulate) {
      const beta = accumulate ? 1 : 0;
      const isSmall = !transposeB && n * k <= small;
      if (m === 1 && !transposeA && !isSmall) {
        // One row: y = op(B)ᵀ x
        const [rows, columns] = transposeB ? [n, k] : [k, n];
        const flag = transposeB ? noTranspose : transpose;
        cblas_sgemv(rowMajor, flag, rows, columns, 1, base + b, ldb, base + a, 1, beta, base + c, 1);
        return;
      }
      const flagA = transposeA ? transpose : noTranspose, flagB = transposeB ? transpose : noTranspose;
      cblas_sgemm(rowMajor, flagA, flagB, m, n, k, 1, base + a, lda, base + b, ldb, beta, base + c, ldc);
    },
  };
}
