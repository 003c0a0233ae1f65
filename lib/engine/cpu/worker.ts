/** A Worker's program: one rank. */
import { parentPort, workerData } from "node:worker_threads";
import { openBlas } from "./blas.ts";
import type { BlasLibrary } from "./blas_library.ts";
import { Aborted, Channel } from "./channel.ts";
import { instantiateKernels } from "./kernels.ts";
import { run } from "./operations.ts";
import { Rank } from "./rank.ts";

export interface WorkerStart {
  index: number;
  ranks: number;
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  blas?: BlasLibrary;
  work: number;
}
/** First that it is ready; later perhaps an error. */
export type WorkerReport = "ready" | { error: string };

const { index, ranks, memory, module, blas: library, work } = workerData as WorkerStart;
const report = (report: WorkerReport) => parentPort!.postMessage(report);

const channel = new Channel(memory);
try {
  const kernels = await instantiateKernels(module, memory);
  const blas = library && openBlas(library, memory);
  report("ready");
  new Rank({ index, ranks, channel, kernels, blas, work }).serve(run);
} catch (error) {
  if (!(error instanceof Aborted)) {
    report({ error: `rank ${index} failed: ${error instanceof Error ? error.stack : error}` });
    channel.abort();
  }
}
