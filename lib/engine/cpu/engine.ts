import type {
  AdamOptions,
  AdaptiveNoiseOptions,
  Engine,
  Lstm,
  LstmBackward,
  MatmulOptions,
  MixtureLoss,
  RmspropOptions,
  SgdOptions,
  SoftmaxLoss,
  Tensor,
  WindowLstm,
  WindowLstmBackward,
} from "../engine.ts";
import { channelEnd } from "./channel.ts";
import { compileKernels, instantiateKernels } from "./kernels.ts";
import { backwardScratch, factorSize } from "./lstm.ts";
import { Allocator, maximumPages, pageBytes } from "./memory.ts";
import { Ranks, type RanksOptions } from "./ranks.ts";
import { Staging } from "./staging.ts";

/** A block of the shared memory, or a part of one (`rows`). */
class Block implements Tensor {
  readonly size: number;
  /** The block that owns the memory. */
  readonly owner: Block;
  live = true;
  constructor(
    readonly shape: readonly number[],
    readonly type: "float32" | "int32",
    readonly at: number,
    readonly home: CpuEngine,
    owner?: Block,
  ) {
    this.size = sizeOf(shape);
    this.owner = owner ?? this;
  }
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const columnsOf = (tensor: Tensor) => tensor.shape[tensor.shape.length - 1];

export type CpuSettings = Pick<RanksOptions, "count" | "blas" | "littleWork" | "patience">;

export class CpuEngine implements Engine {
  readonly name = "cpu";
  readonly description: string;
  #bytes = 0;
  readonly #memory: WebAssembly.Memory;
  readonly #allocator: Allocator;
  readonly #staging: Staging;
  readonly #ranks: Ranks;
  readonly #threads: number;

  private constructor(memory: WebAssembly.Memory, allocator: Allocator, ranks: Ranks) {
    this.#memory = memory;
    this.#allocator = allocator;
    this.#ranks = ranks;
    this.#threads = ranks.options.count;
    this.#staging = new Staging(allocator, (count) => ranks.isDone(count));
    const threads = this.#threads === 1 ? "1 thread" : `${this.#threads} threads`;
    this.description = `cpu: ${threads}, ${ranks.blas ? `wasm and ${ranks.blas} (BLAS)` : "wasm"}`;
  }

  static async open(settings: CpuSettings): Promise<CpuEngine> {
    const pages = Math.ceil(channelEnd / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
    const allocator = new Allocator(memory, pages * pageBytes);
    const kernels = await instantiateKernels(await compileKernels(), memory);
    const works = Array.from({ length: settings.count }, () => allocator.take(kernels.gemmWorkBytes()));
    const work = (index: number) => works[index];
    const ranks = await Ranks.start({ ...settings, memory, work });
    return new CpuEngine(memory, allocator, ranks);
  }

  tensor(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    const tensor = this.#new(shape, "float32");
    if (values) this.#writeNew(tensor, values);
    else this.fill(tensor, 0);
    return tensor;
  }
  empty(shape: readonly number[]): Tensor {
    return this.#new(shape, "float32");
  }
  integers(shape: readonly number[], values: ArrayLike<number>): Tensor {
    const tensor = this.#new(shape, "int32");
    this.#writeNew(tensor, values);
    return tensor;
  }
  #new(shape: readonly number[], type: "float32" | "int32"): Block {
    if (this.#ranks.failure) throw this.#ranks.failure;
    const at = this.#allocator.take(4 * sizeOf(shape));
    const tensor = new Block([...shape], type, at, this);
    this.#bytes += 4 * tensor.size;
    return tensor;
  }
  #writeNew(tensor: Block, values: ArrayLike<number>): void {
    try {
      this.write(tensor, values);
    } catch (error) {
      this.free(tensor);
      throw error;
    }
  }
  rows(tensor: Tensor, from: number, to: number): Tensor {
    const { at, type, owner } = this.#block(tensor);
    const [all, ...rest] = tensor.shape;
    if (!(0 <= from && from <= to && to <= all)) {
      throw new RangeError(`Rows ${from} to ${to} do not lie in a tensor of shape [${tensor.shape}].`);
    }
    return new Block([to - from, ...rest], type, at + 4 * from * sizeOf(rest), this, owner);
  }
  write(tensor: Tensor, values: ArrayLike<number>): void {
    const { at, size, shape, type } = this.#block(tensor);
    if (values.length !== size) {
      throw new Error(`A tensor of shape [${shape}] needs ${size} values, found ${values.length}.`);
    }
    // While orders are under way, some may still use this memory: the values take their turn.
    const idle = this.#ranks.isDone(this.#ranks.posted);
    const stage = idle ? undefined : this.#staging.take(4 * size);
    this.#view(type, stage?.at ?? at, size).set(values);
    if (stage) stage.until = this.#ranks.post("copy", { from: stage.at, to: at, size });
  }
  read(tensor: Tensor): Promise<Float32Array> {
    try {
      const { at, size, type } = this.#block(tensor);
      const stage = this.#staging.take(4 * size);
      stage.until = this.#ranks.post("copy", { from: at, to: stage.at, size });
      stage.held = true;
      return this.#ranks.done(stage.until).then(
        () => Float32Array.from(this.#view(type, stage.at, size)),
      ).finally(() => stage.held = false);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  free(...tensors: Tensor[]): void {
    for (const tensor of tensors) {
      const block = this.#block(tensor, "free");
      if (block.owner !== block) {
        throw new Error("Rows of a tensor are freed with the tensor, not by themselves.");
      }
      block.live = false;
      this.#bytes -= 4 * block.size;
      this.#allocator.give(block.at);
    }
  }
  get bytes(): number {
    return this.#bytes;
  }
  close(): Promise<void> {
    this.#ranks.fail(new Error("The cpu engine is closed."));
    return Promise.resolve();
  }

  fill(tensor: Tensor, value: number): void {
    this.#ranks.post("fill", { to: this.#at(tensor), size: tensor.size, value });
  }
  copy(from: Tensor, to: Tensor): void {
    this.#sameSize(from, to);
    this.#ranks.post("copy", { from: this.#at(from), to: this.#at(to), size: to.size });
  }
  axpy(alpha: number, x: Tensor, y: Tensor): void {
    this.#sameSize(x, y);
    this.#ranks.post("axpy", { alpha, x: this.#at(x), y: this.#at(y), size: y.size });
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: MatmulOptions = {}): void {
    const { transposeA = false, transposeB = false, accumulate = false } = options;
    const M = columnsOf(out), N = out.size / M;
    const K = transposeA ? a.size / N : columnsOf(a);
    const fits = a.size === N * K && columnsOf(a) === (transposeA ? N : K);
    if (!fits || b.size !== K * M || columnsOf(b) !== (transposeB ? K : M)) {
      throw new Error(`Shapes do not fit: [${a.shape}] × [${b.shape}] into [${out.shape}].`);
    }
    this.#ranks.post("matmul", {
      ...{ a: this.#at(a), b: this.#at(b), out: this.#at(out), N, M, K },
      ...{ transposeA: +transposeA, transposeB: +transposeB, accumulate: +accumulate },
    });
  }
  broadcastRow(row: Tensor, out: Tensor): void {
    const { M, N } = this.#rowsOf(row, out);
    this.#ranks.post("broadcastRow", { row: this.#at(row), out: this.#at(out), N, M });
  }
  addColumnSums(x: Tensor, out: Tensor): void {
    const { M, N } = this.#rowsOf(out, x);
    this.#ranks.post("addColumnSums", { x: this.#at(x), out: this.#at(out), N, M });
  }
  addLookup(table: Tensor, ids: Tensor, out: Tensor): void {
    const N = ids.size, M = columnsOf(table);
    this.#shaped("out", out, [N, M]);
    this.#ranks.post("addLookup", {
      ...{ table: this.#at(table), ids: this.#at(ids), out: this.#at(out), N, M },
    });
  }
  addLookupGradient(dOut: Tensor, ids: Tensor, dTable: Tensor): void {
    const N = ids.size, M = columnsOf(dTable);
    this.#shaped("dOut", dOut, [N, M]);
    this.#ranks.post("addLookupGradient", {
      ...{ dOut: this.#at(dOut), ids: this.#at(ids), dTable: this.#at(dTable), N, M },
    });
  }

  lstmForward(layer: Lstm): void {
    const parameters = this.#layer(layer);
    this.#withScratch(factorSize(parameters.H), (factors) => {
      this.#ranks.post("lstmForward", { ...parameters, factors });
    });
  }
  lstmBackward(layer: Lstm, backward: LstmBackward): void {
    const parameters = { ...this.#layer(layer), ...this.#backward(layer, backward) };
    const { B, H } = parameters;
    this.#withScratch(factorSize(H), (factors) => {
      this.#withScratch(backwardScratch(this.#threads, B, H), (scratch) => {
        this.#ranks.post("lstmBackward", { ...parameters, factors, scratch });
      });
    });
  }
  windowLstmForward(layer: WindowLstm): void {
    const parameters = { ...this.#layer(layer), ...this.#window(layer) };
    this.#withScratch(factorSize(parameters.H, parameters.A, parameters.K), (factors) => {
      this.#ranks.post("windowLstmForward", { ...parameters, factors });
    });
  }
  windowLstmBackward(layer: WindowLstm, backward: WindowLstmBackward): void {
    const parameters = {
      ...{ ...this.#layer(layer), ...this.#window(layer), ...this.#backward(layer, backward) },
      ...{ dWindow: this.#at(backward.dWindow), dWindowParameters: this.#at(backward.dWindowParameters) },
    };
    const { T, B, H, A, K } = parameters;
    this.#shaped("dWindow", backward.dWindow, [T, B, A]);
    this.#shaped("dWindowParameters", backward.dWindowParameters, [T, B, 3 * K]);
    this.#withScratch(factorSize(H, A, K), (factors) => {
      this.#withScratch(backwardScratch(this.#threads, B, H, K), (scratch) => {
        this.#ranks.post("windowLstmBackward", { ...parameters, factors, scratch });
      });
    });
  }
  #layer({ gates, recurrent, peepholes, hidden, cell }: Lstm) {
    const [T, B] = gates.shape, H = columnsOf(gates) / 4;
    this.#shaped("recurrent", recurrent, [H, 4 * H]);
    this.#shaped("peepholes", peepholes, [3, H]);
    this.#shaped("hidden", hidden, [T + 1, B, H]);
    this.#shaped("cell", cell, [T + 1, B, H]);
    return {
      ...{ gates: this.#at(gates), recurrent: this.#at(recurrent), peepholes: this.#at(peepholes) },
      ...{ hidden: this.#at(hidden), cell: this.#at(cell), T, B, H },
    };
  }
  #window(layer: WindowLstm) {
    const [T, B] = layer.gates.shape, H = columnsOf(layer.gates) / 4;
    const { windowInput, windowWeights, windowBias, characters, textLengths, window, windowParameters } =
      layer;
    const A = columnsOf(window), U = characters.size / B, K = windowBias.size / 3;
    this.#shaped("windowInput", windowInput, [A, 4 * H]);
    this.#shaped("windowWeights", windowWeights, [H, 3 * K]);
    this.#shaped("textLengths", textLengths, [B]);
    this.#shaped("window", window, [T + 1, B, A]);
    this.#shaped("windowParameters", windowParameters, [T + 1, B, 3 * K]);
    return {
      ...{ windowInput: this.#at(windowInput), windowWeights: this.#at(windowWeights) },
      ...{ windowBias: this.#at(windowBias), characters: this.#at(characters) },
      ...{ textLengths: this.#at(textLengths), window: this.#at(window) },
      ...{ windowParameters: this.#at(windowParameters), A, U, K },
    };
  }
  #backward({ gates: { shape: [T, B, gates] } }: Lstm, { dHidden, dPeepholes, clip }: LstmBackward) {
    const H = gates / 4;
    this.#shaped("dHidden", dHidden, [T, B, H]);
    this.#shaped("dPeepholes", dPeepholes, [3, H]);
    return { dHidden: this.#at(dHidden), dPeepholes: this.#at(dPeepholes), clip };
  }
  /** `order` with the address of `size` floats that are its own until the ranks have carried it out. */
  #withScratch(size: number, order: (at: number) => void): void {
    const at = this.#allocator.take(4 * size);
    try {
      order(at);
    } finally {
      this.#allocator.give(at);
    }
  }

  softmaxLoss({ outputs, targets, losses, errors }: SoftmaxLoss): void {
    const C = columnsOf(outputs), N = outputs.size / C;
    for (const [name, tensor] of Object.entries({ targets, losses, errors })) this.#shaped(name, tensor, [N]);
    this.#ranks.post("softmaxLoss", {
      ...{ outputs: this.#at(outputs), targets: this.#at(targets) },
      ...{ losses: this.#at(losses), errors: this.#at(errors), N, C },
    });
  }
  mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip }: MixtureLoss): void {
    const columns = columnsOf(outputs), N = outputs.size / columns, M = (columns - 1) / 6;
    this.#shaped("targets", targets, [N, 3]);
    for (const [name, tensor] of Object.entries({ mask, losses, squaredErrors })) {
      this.#shaped(name, tensor, [N]);
    }
    this.#ranks.post("mixtureLoss", {
      ...{ outputs: this.#at(outputs), targets: this.#at(targets), mask: this.#at(mask) },
      ...{ losses: this.#at(losses), squaredErrors: this.#at(squaredErrors), clip, N, M },
    });
  }

  sgd(weights: Tensor, gradient: Tensor, velocity: Tensor, { rate, momentum, scale }: SgdOptions): void {
    this.#ranks.post("sgd", { ...this.#same({ weights, gradient, velocity }), rate, momentum, scale });
  }
  rmsprop(
    weights: Tensor,
    gradient: Tensor,
    n: Tensor,
    g: Tensor,
    delta: Tensor,
    options: RmspropOptions,
  ): void {
    const { aleph, beth, gimel, daleth, scale } = options;
    const tensors = this.#same({ weights, gradient, n, g, delta });
    this.#ranks.post("rmsprop", { ...tensors, aleph, beth, gimel, daleth, scale });
  }
  adam(weights: Tensor, gradient: Tensor, m: Tensor, v: Tensor, options: AdamOptions): void {
    const { rate, beta1, beta2, epsilon, update, scale } = options;
    const tensors = this.#same({ weights, gradient, m, v });
    this.#ranks.post("adam", { ...tensors, rate, beta1, beta2, epsilon, update, scale });
  }

  addNoise(mean: Tensor, logVariance: Tensor | number, out: Tensor, seed: number, stream: number): void {
    const { size, ...tensors } = this.#same({ mean, out });
    const variance = typeof logVariance === "number"
      ? { logVariance: 0, std: Math.exp(logVariance / 2) }
      : { logVariance: this.#same({ mean, logVariance }).logVariance, std: 0 };
    this.#ranks.post("addNoise", { ...tensors, ...variance, size, seed: seed | 0, stream: stream | 0 });
  }
  adaptiveNoiseGradient(
    mean: Tensor,
    logVariance: Tensor,
    gradient: Tensor,
    dLogVariance: Tensor,
    { priorMean, priorVariance, sequences, scale }: AdaptiveNoiseOptions,
  ): void {
    const tensors = this.#same({ mean, logVariance, gradient, dLogVariance });
    this.#ranks.post("adaptiveNoiseGradient", { ...tensors, priorMean, priorVariance, sequences, scale });
  }
  async adaptiveNoiseSums(mean: Tensor, logVariance: Tensor) {
    const tensors = this.#same({ mean, logVariance });
    const stage = this.#staging.take(64 * this.#threads);
    const parts = new Float64Array(this.#memory.buffer, stage.at, 8 * this.#threads).fill(0);
    stage.until = this.#ranks.post("adaptiveNoiseSums", { ...tensors, sums: stage.at });
    stage.held = true;
    try {
      await this.#ranks.done(stage.until);
      const total = (k: number) => parts.reduce((sum, part, i) => i % 8 === k ? sum + part : sum, 0);
      return { mean: total(0), meanSquare: total(1), variance: total(2), logVariance: total(3) };
    } finally {
      stage.held = false;
    }
  }

  /** A tensor's memory, if it is this engine's and not freed. */
  #block(tensor: Tensor, action = "use"): Block {
    if (!(tensor instanceof Block) || tensor.home !== this) {
      throw new Error(`Cannot ${action} a tensor of shape [${tensor.shape}]: it belongs to another engine.`);
    }
    if (!tensor.owner.live) {
      throw new Error(`Cannot ${action} a tensor of shape [${tensor.shape}]: it is freed.`);
    }
    return tensor;
  }
  #at(tensor: Tensor): number {
    return this.#block(tensor).at;
  }
  #view(type: "float32" | "int32", at: number, size: number): Float32Array | Int32Array {
    const { buffer } = this.#memory;
    return type === "int32" ? new Int32Array(buffer, at, size) : new Float32Array(buffer, at, size);
  }
  #sameSize(a: Tensor, b: Tensor): void {
    if (a.size !== b.size) throw new Error(`Sizes differ: [${a.shape}] and [${b.shape}].`);
  }
  /** The addresses of tensors that must be of one size, and that size. */
  #same<Name extends string>(tensors: Record<Name, Tensor>): Record<Name | "size", number> {
    const list = Object.entries<Tensor>(tensors);
    for (const [, tensor] of list) this.#sameSize(list[0][1], tensor);
    return Object.fromEntries([
      ["size", list[0][1].size],
      ...list.map(([name, tensor]) => [name, this.#at(tensor)]),
    ]);
  }
  #rowsOf(row: Tensor, matrix: Tensor): { M: number; N: number } {
    const M = row.size, N = matrix.size / M;
    if (!Number.isInteger(N)) throw new Error(`[${matrix.shape}] has no rows of ${M}.`);
    return { M, N };
  }
  #shaped(name: string, tensor: Tensor, shape: number[]): void {
    if (tensor.size !== sizeOf(shape)) {
      throw new Error(`Expected \`${name}\` of shape [${shape}], found [${tensor.shape}].`);
    }
  }
}
