/** A Worker's program: one rank. */
import { parentPort, workerData } from "node:worker_threads";
import { Aborted, Channel } from "../shared/channel.ts";
import { instantiateKernels } from "../shared/kernels.ts";
import type { WorkerReport, WorkerStart } from "../shared/messages.ts";
import { openBfloat16 } from "./bfloat16.ts";
import { openBlas } from "./blas.ts";
import { run } from "./operations.ts";
import { Rank } from "./rank.ts";
import { flushSubnormals } from "./subnormals.ts";

const { index, ranks, memory, module, blas: library, work, room } = workerData as WorkerStart;
const report = (report: WorkerReport) => parentPort!.postMessage(report);

const channel = new Channel(memory);
flushSubnormals();
try {
  const kernels = await instantiateKernels(module, memory);
  const blas = library && openBlas(library, memory);
  const bfloat16 = library?.bfloat16 ? openBfloat16(library, kernels, memory, room!) : undefined;
  report("ready");
  new Rank({ index, ranks, channel, kernels, blas, bfloat16, work }).serve(run);
} catch (error) {
  if (!(error instanceof Aborted)) {
    report({ error: `rank ${index} failed: ${error instanceof Error ? error.stack : error}` });
    channel.abort();
  }
}
