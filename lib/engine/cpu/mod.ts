/**
 * The cpu engine: wasm kernels, and BLAS where the system has one, on as many threads as the machine has
 * cores. The main thread only hands out memory and writes orders into a ring; the ranks (`rank/worker.ts`)
 * carry them out.
 */
import type { Engine, Precision } from "../engine.ts";
import { describeBlas, findBfloat16Blas, findBlas, packedBytesOf } from "./main/blas_library.ts";
import { CpuEngine } from "./main/engine.ts";
import { Allocator, maximumPages, pageBytes } from "./main/memory.ts";
import { Tensors } from "./main/tensors.ts";
import { Workers } from "./main/workers.ts";
import { roomBytes } from "./rank/bfloat16.ts";
import { channelEnd } from "./shared/channel.ts";
import { compileKernels, instantiateKernels } from "./shared/kernels.ts";

export interface CpuOptions {
  /** Number of ranks; by default what the environment's `GRAVES_THREADS` says, or one per core. */
  threads?: number;
  /** Whether to use a BLAS where there is one; by default what the environment's `GRAVES_BLAS` says: 0, a
   * library's path, or nothing for the first that is found. */
  blas?: boolean;
  /** In what the products of a training's matrices are computed; `bfloat16` (`rank/bfloat16.ts`) needs Intel's MKL. */
  precision?: Precision;
  /** One thread alone does what is less work than this, in multiplications: a meeting of all threads would
   * take longer. Default 1e6. */
  littleWork?: number;
}

/** What the environment's `GRAVES_THREADS` says, or one for each core. */
const defaultThreads = () => Number(Deno.env.get("GRAVES_THREADS") || navigator.hardwareConcurrency);

/** Opens the cpu engine. Close it when done: its threads keep the process alive. */
export async function openCpuEngine(options: CpuOptions = {}): Promise<Engine> {
  const { threads = defaultThreads(), precision = "float32", littleWork = 1e6 } = options;
  const named = Deno.env.get("GRAVES_BLAS"), { blas = named !== "0" } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(
      `The cpu engine needs a whole number of threads, 1 or more, as its option or in GRAVES_THREADS; found ${threads}.`,
    );
  }
  const lower = precision === "bfloat16";
  const library = lower
    ? await findBfloat16Blas(named)
    : blas
    ? await findBlas(named === "0" ? undefined : named)
    : undefined;
  const pages = Math.ceil(channelEnd / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
  const allocator = new Allocator(memory, pages * pageBytes);
  const module = await compileKernels();
  const kernels = await instantiateKernels(module, memory);
  const works = Array.from({ length: threads }, () => allocator.take(kernels.gemmWorkBytes()));
  const rooms = lower ? works.map(() => allocator.take(roomBytes)) : undefined;
  const workers = await Workers.start({
    count: threads,
    blas: library,
    bfloat16Bytes: lower ? packedBytesOf(library!) : undefined,
    littleWork,
    memory,
    module,
    works,
    rooms,
  });
  const described = `${threads === 1 ? "1 thread" : `${threads} threads`}, wasm`;
  return new CpuEngine(
    new Tensors(allocator, workers),
    `cpu: ${described}${library ? ` and BLAS: ${describeBlas(library)}` : ""}${lower ? ", bfloat16" : ""}`,
  );
}
