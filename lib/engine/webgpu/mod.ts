/** The engine on a GPU through WebGPU: any maker's, no CUDA needed. */
import type * as contract from "../engine.ts";
import type { Engine, Tensor, Values } from "../engine.ts";
import { expectCount, sizeOf } from "../shape.ts";
import { loadBeforeDrivers } from "../tensorflow/installed.ts";
import { affine } from "./kernels/affine.ts";
import * as elements from "./kernels/elementwise.ts";
import { matmul } from "./kernels/gemm.ts";
import { mixtureLoss, softmaxLoss } from "./kernels/losses.ts";
import { lstmBackward, lstmForward } from "./kernels/lstm.ts";
import { adaptiveNoiseSums, addNoise, dropout } from "./kernels/noise.ts";
import { scaleByNorm } from "./kernels/norm.ts";
import { addColumnSums, addLookup, addLookupGradient } from "./kernels/rows.ts";
import { windowLstmBackward, windowLstmForward } from "./kernels/window.ts";
import { DeviceTensor, type OnDevice } from "./memory.ts";
import { Runtime } from "./runtime.ts";

export interface WebgpuOptions {
  /** "hardware" refuses adapters that compute on the processor, such as Mesa's llvmpipe. Default: "any". */
  adapter?: "any" | "hardware";
  /** Bytes of a tensor that a kernel may see at once, if less than what the adapter allows. */
  bindingLimit?: number;
}

/** Finds the fastest adapter that WebGPU has on this machine; undefined if there is none. A `software` one
 * computes on the processor. */
export async function findAdapter(): Promise<
  { adapter: GPUAdapter; name: string; software: boolean } | undefined
> {
  // On Linux drivers complain where this variable is not set, though none of them needs it to compute.
  if (Deno.build.os === "linux" && !Deno.env.has("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  await loadBeforeDrivers();
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const { description, device, vendor, isFallbackAdapter } = adapter.info;
  const software = isFallbackAdapter ||
    /llvmpipe|swiftshader|softpipe|warp|basic render/i.test(`${vendor} ${device} ${description}`);
  return { adapter, name: description || device || vendor || "unnamed adapter", software };
}

/** A device of the fastest adapter, with all the memory that it gives. Throws if there is no adapter of that kind; the
 * message says what was found and what to do. */
export async function openDevice(
  { adapter: kind }: Pick<WebgpuOptions, "adapter"> = {},
): Promise<{ device: GPUDevice; description: string; software: boolean }> {
  const found = await findAdapter();
  if (!found) {
    throw new Error(
      "WebGPU found no adapter: install the graphics card's driver with Vulkan (Linux), or use another engine. " +
        "Debian's libvulkan1 and mesa-vulkan-drivers give a slow one in software.",
    );
  }
  const { adapter, name, software } = found;
  if (kind === "hardware" && software) {
    throw new Error(
      `WebGPU found no graphics card, only ${name}, which computes on the processor: use the cpu engine.`,
    );
  }
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  return { device, description: `WebGPU on ${name}${software ? " (software)" : ""}`, software };
}

/** Opens the engine. Throws as `openDevice` does. */
export async function openWebgpuEngine(options: WebgpuOptions = {}): Promise<Engine> {
  const { device, description } = await openDevice(options);
  return engineOn(device, description, options.bindingLimit);
}

/** The engine on a device, which it destroys when it is closed. */
export function engineOn(device: GPUDevice, description: string, bindingLimit?: number): Engine {
  return new WebgpuEngine(new Runtime(device, bindingLimit), description);
}

const on = (tensor: Tensor) => tensor as DeviceTensor;
/** A layer's or a loss's tensors, which all came from this engine. */
const all = <L>(tensors: L) => tensors as OnDevice<L>;

class WebgpuEngine implements Engine {
  readonly name = "webgpu";
  readonly #runtime: Runtime;
  readonly #live = new Set<Tensor>();
  #bytes = 0;

  constructor(runtime: Runtime, readonly description: string) {
    this.#runtime = runtime;
  }

  tensor(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    if (values) expectCount(shape, values);
    const tensor = this.empty(shape);
    if (values) this.write(tensor, values);
    else this.fill(tensor, 0);
    return tensor;
  }
  empty(shape: readonly number[]): Tensor {
    return this.#allocate(shape, "float32");
  }
  integers(shape: readonly number[], values: ArrayLike<number>): Tensor {
    expectCount(shape, values);
    const tensor = this.#allocate(shape, "int32");
    this.write(tensor, values);
    return tensor;
  }
  rows(tensor: Tensor, from: number, to: number): Tensor {
    return on(tensor).rows(from, to);
  }
  write(tensor: Tensor, values: ArrayLike<number>): void {
    expectCount(tensor.shape, values);
    const kind = tensor.type === "int32" ? Int32Array : Float32Array;
    this.#runtime.upload(on(tensor), values instanceof kind ? values : kind.from(values));
  }
  async read(tensor: Tensor): Promise<Values> {
    const content = await this.#runtime.download(on(tensor));
    return tensor.type === "int32" ? Float32Array.from(new Int32Array(content)) : new Float32Array(content);
  }
  free(...tensors: Tensor[]): void {
    for (const tensor of tensors) {
      if (!this.#live.delete(tensor)) throw new Error(`Freed a tensor of shape [${tensor.shape}] twice.`);
      this.#bytes -= 4 * tensor.size;
      this.#runtime.release(on(tensor).block);
    }
  }
  get bytes(): number {
    return this.#bytes;
  }
  close(): Promise<void> {
    this.#live.clear();
    this.#bytes = 0;
    return this.#runtime.close();
  }
  #allocate(shape: readonly number[], type: "float32" | "int32"): Tensor {
    const size = sizeOf(shape);
    const tensor = new DeviceTensor([...shape], type, this.#runtime.allocate(size));
    this.#live.add(tensor);
    this.#bytes += 4 * size;
    return tensor;
  }

  fill(tensor: Tensor, value: number): void {
    elements.fill(this.#runtime, on(tensor), value);
  }
  copy(from: Tensor, to: Tensor): void {
    this.#runtime.copy(on(from), on(to));
  }
  axpy(alpha: number, x: Tensor, y: Tensor): void {
    elements.axpy(this.#runtime, alpha, on(x), on(y));
  }
  scaleByNorm(x: Tensor, y: Tensor, power: number): void {
    scaleByNorm(this.#runtime, on(x), on(y), power);
  }
  matmul(a: Tensor, b: Tensor, out: Tensor, options: contract.MatmulOptions = {}): void {
    matmul(this.#runtime, on(a), on(b), on(out), options);
  }
  affine(out: Tensor, bias: Tensor, terms: readonly (readonly [Tensor, Tensor])[]): void {
    affine(this.#runtime, on(out), on(bias), terms.map(([x, weights]) => [on(x), on(weights)] as const));
  }
  addColumnSums(x: Tensor, out: Tensor): void {
    addColumnSums(this.#runtime, on(x), x.size / out.size, on(out));
  }
  addLookup(table: Tensor, ids: Tensor, out: Tensor): void {
    addLookup(this.#runtime, on(table), on(ids), on(out));
  }
  addLookupGradient(dOut: Tensor, ids: Tensor, dTable: Tensor): void {
    addLookupGradient(this.#runtime, on(dOut), on(ids), on(dTable));
  }

  lstmForward(layer: contract.Lstm): void {
    lstmForward(this.#runtime, all(layer));
  }
  lstmBackward(layer: contract.Lstm, backward: contract.LstmBackward): void {
    lstmBackward(this.#runtime, all(layer), all(backward));
  }
  windowLstmForward(layer: contract.WindowLstm): void {
    windowLstmForward(this.#runtime, all(layer));
  }
  windowLstmBackward(layer: contract.WindowLstm, backward: contract.WindowLstmBackward): void {
    windowLstmBackward(this.#runtime, all(layer), all(backward));
  }
  softmaxLoss(loss: contract.SoftmaxLoss): void {
    softmaxLoss(this.#runtime, all(loss));
  }
  mixtureLoss(loss: contract.MixtureLoss): void {
    mixtureLoss(this.#runtime, all(loss));
  }

  sgd(weights: Tensor, gradient: Tensor, velocity: Tensor, options: contract.SgdOptions): void {
    elements.sgd(this.#runtime, all({ weights, gradient, velocity }), options);
  }
  rmsprop(
    weights: Tensor,
    gradient: Tensor,
    n: Tensor,
    g: Tensor,
    delta: Tensor,
    options: contract.RmspropOptions,
  ): void {
    elements.rmsprop(this.#runtime, all({ weights, gradient, n, g, delta }), options);
  }
  adam(weights: Tensor, gradient: Tensor, m: Tensor, v: Tensor, options: contract.AdamOptions): void {
    elements.adam(this.#runtime, all({ weights, gradient, m, v }), options);
  }
  addNoise(mean: Tensor, logVariance: Tensor | number, out: Tensor, seed: number, stream: number): void {
    const shared = typeof logVariance === "number";
    addNoise(this.#runtime, on(mean), shared ? logVariance : on(logVariance), on(out), seed, stream);
  }
  dropout(x: Tensor, options: contract.DropoutOptions): void {
    dropout(this.#runtime, on(x), options);
  }
  adaptiveNoiseGradient(
    mean: Tensor,
    logVariance: Tensor,
    gradient: Tensor,
    dLogVariance: Tensor,
    options: contract.AdaptiveNoiseOptions,
  ): void {
    const tensors = all({ mean, logVariance, gradient, dLogVariance });
    elements.adaptiveNoiseGradient(this.#runtime, tensors, options);
  }
  adaptiveNoiseSums(mean: Tensor, logVariance: Tensor) {
    return adaptiveNoiseSums(this.#runtime, on(mean), on(logVariance));
  }
}
