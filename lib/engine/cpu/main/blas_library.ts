/** Finds the BLAS that the ranks are to use: the main thread does so once, before they start. */
import { installedFile } from "../../../python.ts";
import type { BlasLibrary } from "../shared/messages.ts";

/** Where a system's BLAS with the C interface is usually found. */
const systemLibraries: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0", "libopenblaso.so.0", "libblis.so.4"],
  darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate", "libopenblas.dylib"],
  windows: ["libopenblas.dll", "openblas.dll"],
};

/** What is asked of a library before it is chosen; a rank asks for the products themselves. */
const symbolsOf = (prefix: string) => ({
  cblas_sgemm: { name: `${prefix}cblas_sgemm`, type: "pointer" },
  cblas_sgemv: { name: `${prefix}cblas_sgemv`, type: "pointer" },
  openblas_get_corename: {
    name: `${prefix}openblas_get_corename`,
    parameters: [],
    result: "pointer",
    optional: true,
  },
} as const);

type Opened = Deno.DynamicLibrary<ReturnType<typeof symbolsOf>>;

/** Libraries stay open: their kernels are chosen when they are loaded, and the ranks are to find the same. */
const found = new Map<string, BlasLibrary>();

/**
 * The BLAS that is named, or else the first there is: the one that `deno task blas` put into `.venv`, or the
 * system's. Throws if the one that is named cannot be used.
 */
export async function findBlas(named: string): Promise<BlasLibrary>;
export async function findBlas(named?: string): Promise<BlasLibrary | undefined>;
export async function findBlas(named?: string): Promise<BlasLibrary | undefined> {
  // Some builds read this once, when loaded: the ranks share out the work already.
  for (const name of ["OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS"]) {
    if (!Deno.env.has(name)) Deno.env.set(name, "1");
  }
  if (named) return inspect(named);
  const installed = await installedBlas();
  for (const path of [...installed ? [installed] : [], ...systemLibraries[Deno.build.os] ?? []]) {
    try {
      return inspect(path);
    } catch {
      // Not on this system, or without the C interface: the next one.
    }
  }
}

/**
 * The BLAS with products in bfloat16 that is named, or the one that `deno task blas --mkl` put into `.venv`, or the
 * system's. Throws if there is none, or if the processor has no instructions for them, since without these they would
 * take longer than in float32.
 */
export async function findBfloat16Blas(named?: string): Promise<BlasLibrary> {
  const features = processorFeatures(), instructions = ["amx_bf16", "avx512_bf16"];
  if (!instructions.some((name) => features.has(name))) {
    throw new Error(
      `Expected a processor that multiplies in bfloat16 (Linux; ${
        instructions.join(" or ")
      } among its flags in ` +
        "/proc/cpuinfo), found another: compute with --precision float32.",
    );
  }
  // The ranks are the threads.
  if (!Deno.env.has("MKL_THREADING_LAYER")) Deno.env.set("MKL_THREADING_LAYER", "SEQUENTIAL");
  const installed = await installedMkl();
  for (
    const path of named ? [named] : [...installed ? [installed] : [], "libmkl_rt.so.3", "libmkl_rt.so.2"]
  ) {
    try {
      Deno.dlopen(path, bfloat16Symbols);
      return { ...inspect(path), bfloat16: true };
    } catch {
      // Not on this system, or without these products: the next one.
    }
  }
  throw new Error(
    `Expected a BLAS that multiplies in bfloat16, found ${named ? `${named}, which does not` : "none"}. ` +
      "`deno task blas --mkl` installs Intel's MKL (Linux on x86-64); or compute with --precision float32.",
  );
}

const bfloat16Symbols = {
  cblas_gemm_bf16bf16f32_pack_get_size: { parameters: ["i32", "i32", "i32", "i32"], result: "usize" },
} as const;

/** Tells how many bytes a `[K, N]` takes that the library packs in bfloat16. */
export function packedBytesOf({ path }: BlasLibrary): (K: number, N: number) => number {
  const factorB = 162;
  const { symbols } = Deno.dlopen(path, bfloat16Symbols);
  return (K, N) => Number(symbols.cblas_gemm_bf16bf16f32_pack_get_size(factorB, 1, N, K));
}

/** The library of PyPI's `mkl`, if it is installed. */
export async function installedMkl(): Promise<string | undefined> {
  return await installedFile("../../libmkl_rt.so.3");
}

function inspect(path: string): BlasLibrary {
  const known = found.get(path);
  if (known) return known;
  const problems: string[] = [];
  for (const prefix of ["", "scipy_"]) {
    try {
      const core = coreOf(openForProcessor(path, prefix));
      const name = path.split(/[\\/]/).at(-1)!.replace(/^lib(scipy_)?|\.(so|dylib|dll).*$/g, "");
      const library = { path, prefix, name, core };
      found.set(path, library);
      return library;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(`${path} is no BLAS with the C interface (cblas_sgemm): ${problems[0]}`);
}

/** A library's name, with the core whose kernels it uses: `openblas (SkylakeX)`. */
export function describeBlas({ name, core }: BlasLibrary): string {
  return core ? `${name} (${core})` : name;
}

/** The library of PyPI's `scipy-openblas32`, if it is installed. */
export async function installedBlas(): Promise<string | undefined> {
  const ending = { windows: "dll", darwin: "dylib" }[Deno.build.os as string] ?? "so";
  return await installedFile(`scipy_openblas32/lib/libscipy_openblas.${ending}`);
}

/**
 * Opens a library. An OpenBLAS older than the processor takes it for one of 2004 and is five times slower:
 * then it is loaded again, and told the processor. It reads `OPENBLAS_CORETYPE` only when it is loaded; what
 * the user has set stays.
 */
function openForProcessor(path: string, prefix: string): Opened {
  const library = Deno.dlopen(path, symbolsOf(prefix));
  const chosen = coreOf(library);
  const better = chosen && !Deno.env.has(coreVariable) && betterCore(chosen, processorFeatures());
  if (!better) return library;
  library.close();
  Deno.env.set(coreVariable, better);
  try {
    return Deno.dlopen(path, symbolsOf(prefix));
  } finally {
    Deno.env.delete(coreVariable); // Another program that this one starts may have a newer OpenBLAS.
  }
}

const coreVariable = "OPENBLAS_CORETYPE";

function coreOf(library: Opened): string | undefined {
  const name = library.symbols.openblas_get_corename?.();
  return name ? new Deno.UnsafePointerView(name).getCString() : undefined;
}

/** OpenBLAS' names for processors of x86-64 without AVX2, one of which it takes for a processor that it does
 * not know. */
const coresWithoutAvx2 = new Set(
  ("Unknown Generic Prescott Core2 Penryn Dunnington Atom Nano Nehalem Sandybridge Athlon Opteron Opteron_SSE3 Barcelona " +
    "Bobcat Bulldozer Piledriver Steamroller").split(" ").map((name) => name.toLowerCase()),
);

/** The core whose kernels fit a processor with these features, where the library has chosen one that is below
 * them. */
export function betterCore(chosen: string, features: ReadonlySet<string>): string | undefined {
  if (!coresWithoutAvx2.has(chosen.toLowerCase())) return undefined;
  const has = (...names: string[]) => names.every((name) => features.has(name));
  if (!has("avx2", "fma")) return undefined;
  return has("avx512f", "avx512bw", "avx512dq", "avx512vl") ? "SkylakeX" : "Haswell";
}

/** The processor's features as Linux names them; none where they cannot be learned. */
function processorFeatures(): Set<string> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return new Set();
  try {
    const flags = Deno.readTextFileSync("/proc/cpuinfo").match(/^flags\s*:(.*)$/m)?.[1] ?? "";
    return new Set(flags.trim().split(/\s+/));
  } catch {
    return new Set();
  }
}
