/** A Worker's program: one rank. */
import { openBlas } from "./blas.ts";
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
/** First `ready`, with the BLAS that was found; later perhaps `error`. */
export type WorkerReport = { ready: { blas?: string } } | { error: string };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<WorkerStart>) => void;
  postMessage(report: WorkerReport): void;
};

scope.onmessage = async ({ data: { index, ranks, memory, module, blas: useBlas, work } }) => {
  const channel = new Channel(memory);
  try {
    const kernels = await instantiateKernels(module, memory);
    const blas = useBlas ? openBlas(memory) : undefined;
    scope.postMessage({ ready: { blas: blas?.name } });
    new Rank({ index, ranks, channel, kernels, blas, work }).serve(run);
  } catch (error) {
    if (!(error instanceof Aborted)) {
      scope.postMessage({ error: `rank ${index} failed: ${error instanceof Error ? error.stack : error}` });
      // The others would wait for this rank; the main thread ends them all once it has read the message.
      channel.abort();
    }
  }
};
