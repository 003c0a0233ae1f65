/** tfjs-node's backend over the binding, registered with the TensorFlow.js of this library. */
import { createRequire } from "node:module";
import { join } from "node:path";
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { type OpAttribute, TensorflowBinding } from "./binding.ts";
import { findInstallation } from "./installed.ts";

/** The part of tfjs-node's `NodeJSKernelBackend` that is used directly. */
export interface TensorflowBackend extends tf.KernelBackend {
  readonly binding: TensorflowBinding;
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  createOutputTensor(metadata: ReturnType<TensorflowBinding["executeOp"]>[number]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** Environment variables that TensorFlow reads as it starts; the user's own come first. */
const settings = {
  TF_CPP_MIN_LOG_LEVEL: "2", // errors only, but for a notice about oneDNN that comes before it reads this
  TF_FORCE_GPU_ALLOW_GROWTH: "true", // takes the GPU memory that it uses, not all there is
  NVIDIA_TF32_OVERRIDE: "0", // products in float32: TF32 would keep three digits, and the engines would not agree
};

let opened: { backend: TensorflowBackend; library: string } | undefined;

/** Makes TensorFlow the backend of tfjs. It is loaded once and stays for the life of the process. */
export async function useTensorflowBackend(): Promise<{ backend: TensorflowBackend; library: string }> {
  opened ??= await load();
  await tf.setBackend("tensorflow");
  return opened;
}

async function load() {
  const { library, scripts } = await findInstallation();
  for (const [name, value] of Object.entries(settings)) {
    if (!Deno.env.has(name)) Deno.env.set(name, value);
  }
  // tfjs-node calls a function that Node dropped in version 23 and Deno never brought back.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  const require = createRequire(import.meta.url);
  const { NodeJSKernelBackend } = require(join(scripts, "nodejs_kernel_backend.js"));
  require(join(scripts, "register_all_kernels.js"));
  const backend = new NodeJSKernelBackend(new TensorflowBinding(library), "@tensorflow/tfjs-node");
  tf.registerBackend("tensorflow", () => backend);
  return { backend, library };
}
