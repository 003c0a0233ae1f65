/** A Worker's program: one rank. */
import { parentPort, workerData } from "node:worker_threads";
import { type Blas, openBlas } from "./blas.ts";
import { Aborted, Channel } from "./channel.ts";
import { instantiateKernels } from "./kernels.ts";
import { run } from "./operations.ts";
import { Rank } from "./rank.ts";

export interface WorkerStart {
  index: number;
  ranks: number;
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  blas: boolean;
  work: number;
}
export type BlasKind = Pick<Blas, "name" | "smallProduct">;
/** First `ready`, with the BLAS that was found; later perhaps `error`. */
export type WorkerReport = { ready: { blas?: BlasKind } } | { error: string };

const { index, ranks, memory, module, blas: useBlas, work } = workerData as WorkerStart;
const report = (report: WorkerReport) => parentPort!.postMessage(report);

const channel = new Channel(memory);
try {
  const kernels = await instantiateKernels(module, memory);
  const blas = useBlas ? openBlas(memory) : undefined;
  report({ ready: { blas: blas && { name: blas.name, smallProduct: blas.smallProduct } } });
  new Rank({ index, ranks, channel, kernels, blas, work }).serve(run);
} catch (error) {
  if (!(error instanceof Aborted)) {
    report({ error: `rank ${index} failed: ${error instanceof Error ? error.stack : error}` });
    channel.abort();
  }
}
