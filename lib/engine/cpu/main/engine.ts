import type * as contract from "../../engine.ts";
import type { Engine, Tensor } from "../../engine.ts";
import { dropoutThreshold } from "../../../random.ts";
import { orderAffine, type Term } from "./affine.ts";
import { Layers } from "./layers.ts";
import { Packs } from "./packs.ts";
import type { Ranks } from "./ranks.ts";
import { columnsOf, expectShape, type Tensors } from "./tensors.ts";

/** Checks the tensors of each operation, then gives the ranks the command for it. */
export class CpuEngine implements Engine {
  readonly name = "cpu";
  readonly #tensors: Tensors;
  readonly #workers: Ranks;
  readonly #packs: Packs;
  readonly #layers: Layers;

  constructor(tensors: Tensors, readonly description: string) {
    this.#tensors = tensors;
    this.#workers = tensors.workers;
    this.#packs = new Packs(tensors);
    this.#layers = new Layers(this.#packs);
  }

  tensor(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    if (values) return this.#tensors.createWith(shape, "float32", values);
    const tensor = this.empty(shape);
    this.fill(tensor, 0);
    return tensor;
  }
  empty(shape: readonly number[]): Tensor {
    return this.#tensors.create(shape, "float32");
  }
  integers(shape: readonly number[], values: ArrayLike<number>): Tensor {
    return this.#tensors.createWith(shape, "int32", values);
  }
  rows(tensor: Tensor, from: number, to: number): Tensor {
    return this.#tensors.rows(tensor, from, to);
  }
  write(tensor: Tensor, values: ArrayLike<number>): void {
    this.#tensors.write(tensor, values);
  }
  read(tensor: Tensor): Promise<Float32Array> {
    return this.#tensors.read(tensor);
  }
  free(...tensors: Tensor[]): void {
    this.#tensors.free(...tensors);
  }
  get bytes(): number {
    return this.#tensors.bytes;
  }
  async close(): Promise<void> {
    await this.#workers.end(new Error("The cpu engine is closed."));
  }

  fill(tensor: Tensor, value: number): void {
    this.#workers.post("fill", { to: this.#tensors.at(tensor), size: tensor.size, value });
  }
  copy(from: Tensor, to: Tensor): void {
    this.#workers.post("copy", this.#tensors.alike({ from, to }));
  }
  axpy(alpha: number, x: Tensor, y: Tensor): void {
    this.#workers.post("axpy", { alpha, ...this.#tensors.alike({ x, y }) });
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: contract.MatmulOptions = {}): void {
    const { transposeA = false, transposeB = false, accumulate = false, precise = false } = options;
    const M = columnsOf(out), N = out.size / M;
    const K = transposeA ? a.size / N : columnsOf(a);
    const fits = a.size === N * K && columnsOf(a) === (transposeA ? N : K);
    if (!fits || b.size !== K * M || columnsOf(b) !== (transposeB ? K : M)) {
      throw new Error(`Shapes do not fit: [${a.shape}] × [${b.shape}] into [${out.shape}].`);
    }
    const factors = precise
      ? { ...this.#tensors.inputs({ a, b }), bfloat16: 0 }
      : this.#packs.inBfloat16({ a, b }, [N, M, K]);
    const addresses = { ...factors, out: this.#tensors.at(out) };
    const flags = { transposeA: +transposeA, transposeB: +transposeB, accumulate: +accumulate };
    this.#workers.post("matmul", { ...addresses, ...flags, N, M, K });
  }
  affine(out: Tensor, bias: Tensor, terms: readonly Term[]): void {
    orderAffine(this.#packs, out, bias, terms);
  }
  addColumnSums(x: Tensor, out: Tensor): void {
    this.#workers.post("addColumnSums", { ...this.#tensors.addresses({ x, out }), ...rowsOf(out, x) });
  }
  addLookup(table: Tensor, ids: Tensor, out: Tensor): void {
    const N = ids.size, M = columnsOf(table), C = table.size / M;
    expectShape("out", out, [N, M]);
    this.#workers.post("addLookup", { ...this.#tensors.addresses({ table, ids, out }), N, M, C });
  }
  addLookupGradient(dOut: Tensor, ids: Tensor, dTable: Tensor): void {
    const N = ids.size, M = columnsOf(dTable), C = dTable.size / M;
    expectShape("dOut", dOut, [N, M]);
    this.#workers.post("addLookupGradient", { ...this.#tensors.addresses({ dOut, ids, dTable }), N, M, C });
  }

  lstmForward(layer: contract.Lstm): void {
    this.#layers.forward(layer);
  }
  lstmBackward(layer: contract.Lstm, backward: contract.LstmBackward): void {
    this.#layers.backward(layer, backward);
  }
  windowLstmForward(layer: contract.WindowLstm): void {
    this.#layers.windowForward(layer);
  }
  windowLstmBackward(layer: contract.WindowLstm, backward: contract.WindowLstmBackward): void {
    this.#layers.windowBackward(layer, backward);
  }

  softmaxLoss({ outputs, targets, losses, errors }: contract.SoftmaxLoss): void {
    const C = columnsOf(outputs), N = outputs.size / C;
    for (const [name, tensor] of Object.entries({ targets, losses, errors })) expectShape(name, tensor, [N]);
    const addresses = this.#tensors.addresses({ outputs, targets, losses, errors });
    this.#workers.post("softmaxLoss", { ...addresses, N, C });
  }
  mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip }: contract.MixtureLoss): void {
    const columns = columnsOf(outputs), N = outputs.size / columns, M = (columns - 1) / 6;
    expectShape("targets", targets, [N, 3]);
    for (const [name, tensor] of Object.entries({ mask, losses, squaredErrors })) {
      expectShape(name, tensor, [N]);
    }
    const addresses = this.#tensors.addresses({ outputs, targets, mask, losses, squaredErrors });
    this.#workers.post("mixtureLoss", { ...addresses, clip, N, M });
  }

  sgd(weights: Tensor, gradient: Tensor, velocity: Tensor, options: contract.SgdOptions): void {
    const { rate, momentum, scale } = options;
    const tensors = this.#tensors.alike({ weights, gradient, velocity });
    this.#workers.post("sgd", { ...tensors, rate, momentum, scale });
  }
  rmsprop(
    weights: Tensor,
    gradient: Tensor,
    n: Tensor,
    g: Tensor,
    delta: Tensor,
    options: contract.RmspropOptions,
  ): void {
    const { aleph, beth, gimel, daleth, scale } = options;
    const tensors = this.#tensors.alike({ weights, gradient, n, g, delta });
    this.#workers.post("rmsprop", { ...tensors, aleph, beth, gimel, daleth, scale });
  }
  adam(weights: Tensor, gradient: Tensor, m: Tensor, v: Tensor, options: contract.AdamOptions): void {
    const { rate, beta1, beta2, epsilon, update, scale } = options;
    const tensors = this.#tensors.alike({ weights, gradient, m, v });
    this.#workers.post("adam", { ...tensors, rate, beta1, beta2, epsilon, update, scale });
  }

  addNoise(mean: Tensor, logVariance: Tensor | number, out: Tensor, seed: number, stream: number): void {
    const tensors = this.#tensors.alike({ mean, out });
    const variance = typeof logVariance === "number"
      ? { logVariance: 0, std: Math.exp(logVariance / 2) }
      : { logVariance: this.#tensors.alike({ mean, logVariance }).logVariance, std: 0 };
    this.#workers.post("addNoise", { ...tensors, ...variance, seed: seed | 0, stream: stream | 0 });
  }
  dropout(x: Tensor, { rate, seed, stream }: contract.DropoutOptions): void {
    const threshold = dropoutThreshold(rate);
    this.#workers.post("dropout", { ...this.#tensors.alike({ x }), rate, threshold, seed, stream });
  }
  adaptiveNoiseGradient(
    mean: Tensor,
    logVariance: Tensor,
    gradient: Tensor,
    dLogVariance: Tensor,
    { priorMean, priorVariance, sequences, scale }: contract.AdaptiveNoiseOptions,
  ): void {
    const tensors = this.#tensors.alike({ mean, logVariance, gradient, dLogVariance });
    this.#workers.post("adaptiveNoiseGradient", { ...tensors, priorMean, priorVariance, sequences, scale });
  }
  async adaptiveNoiseSums(mean: Tensor, logVariance: Tensor) {
    const tensors = this.#tensors.alike({ mean, logVariance });
    const { count, memory } = this.#workers.options;
    return await this.#tensors.receive(
      64 * count,
      (sums) => this.#workers.post("adaptiveNoiseSums", { ...tensors, sums }),
      (sums) => {
        const parts = new Float64Array(memory.buffer, sums, 8 * count);
        const total = (k: number) => parts.reduce((sum, part, i) => i % 8 === k ? sum + part : sum, 0);
        return { mean: total(0), meanSquare: total(1), variance: total(2), logVariance: total(3) };
      },
    );
  }
}

/** The number of rows N of a matrix whose rows are as long as `row`, M. */
function rowsOf(row: Tensor, matrix: Tensor): { M: number; N: number } {
  const M = row.size, N = matrix.size / M;
  if (!Number.isInteger(N)) throw new Error(`[${matrix.shape}] has no rows of ${M}.`);
  return { M, N };
}
