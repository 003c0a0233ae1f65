/** The system's BLAS through FFI, if it has one. */

const symbols = {
  cblas_sgemm: {
    parameters: [
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "f32",
      "usize",
      "i32",
      "usize",
      "i32",
      "f32",
      "usize",
      "i32",
    ],
    result: "void",
  },
  cblas_sgemv: {
    parameters: ["i32", "i32", "i32", "i32", "f32", "usize", "i32", "usize", "i32", "f32", "usize", "i32"],
    result: "void",
  },
  openblas_get_corename: { parameters: [], result: "pointer", optional: true },
  openblas_set_num_threads: { parameters: ["i32"], result: "void", optional: true },
} as const;

/** Where a BLAS with the C interface is usually found. */
const candidates: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0", "libopenblaso.so.0", "libblis.so.4"],
  darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate", "libopenblas.dylib"],
  windows: ["libopenblas.dll", "openblas.dll"],
};

/** Addresses may come as numbers, which is quicker than the bigints of Deno's types. */
type Routine = (...parameters: number[]) => void;

const ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112;

export interface Blas {
  name: string;
  /** It multiplies matrices of up to so many multiplications without packing them first, or 0. */
  smallProduct: number;
  /** C[m × n] (+)= op(A) op(B), addresses and leading dimensions as in `Kernels.sgemm`. */
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
  ): void;
}

/** Opens the first BLAS found, set to one thread (the ranks are the threads); `memory`'s addresses are its operands. */
export function openBlas(memory: WebAssembly.Memory): Blas | undefined {
  // Some builds read this once, when loaded: the ranks share out the work already.
  for (const name of ["OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS"]) {
    if (!Deno.env.has(name)) Deno.env.set(name, "1");
  }
  for (const path of candidates[Deno.build.os] ?? []) {
    try {
      return bind(Deno.dlopen(path, symbols).symbols, path, memory);
    } catch {
      // Not on this system, or without the C interface: the next one.
    }
  }
}

function bind(
  library: Deno.DynamicLibrary<typeof symbols>["symbols"],
  path: string,
  memory: WebAssembly.Memory,
): Blas {
  library.openblas_set_num_threads?.(1);
  // A shared memory grows in place: its base stays.
  const base = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(memory.buffer))));
  const name = path.split("/").at(-1)!.replace(/^lib|\.(so|dylib|dll).*$/g, "");
  const { cblas_sgemm, cblas_sgemv } = library as unknown as Record<keyof typeof symbols, Routine>;
  const core = library.openblas_get_corename?.();
  const coreName = core ? new Deno.UnsafePointerView(core).getCString() : "";
  // OpenBLAS does so where there is AVX-512.
  const smallProduct = /^(SkylakeX|Cooperlake|SapphireRapids)$/i.test(coreName) ? 1e6 : 0;
  return {
    name,
    smallProduct,
    gemm(m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc, accumulate) {
      const beta = accumulate ? 1 : 0;
      if (m === 1 && !transposeA) {
        // One row: y = op(B)ᵀ x
        const [rows, columns] = transposeB ? [n, k] : [k, n];
        const flag = transposeB ? PLAIN : TRANSPOSED;
        cblas_sgemv(ROW_MAJOR, flag, rows, columns, 1, base + b, ldb, base + a, 1, beta, base + c, 1);
        return;
      }
      const flagA = transposeA ? TRANSPOSED : PLAIN, flagB = transposeB ? TRANSPOSED : PLAIN;
      cblas_sgemm(ROW_MAJOR, flagA, flagB, m, n, k, 1, base + a, lda, base + b, ldb, beta, base + c, ldc);
    },
  };
}
