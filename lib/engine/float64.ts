/**
 * The definition of every operation: plain loops in float64 over the equations of `lib/equations`. Slow and exact, it is
 * what the other engines are held against, and what a finite difference can be taken of.
 */
import { addProduct, addTransposedProduct, clip } from "../equations/elementary.ts";
import {
  descriptionLengthDerivatives,
  lstmStep,
  lstmStepDerivatives,
  mixtureDerivatives,
  posteriorSums,
  rmspropUpdate,
  softmaxDerivatives,
  softWindow,
  softWindowDerivatives,
  softWindowParameters,
} from "../equations/mod.ts";
import { dropoutMask, gaussianNoise } from "../random.ts";
import { Block, data, integers, rowOf, stateOf, textOf, weightsOf } from "./float64_tensors.ts";
import type {
  AdamOptions,
  AdaptiveNoiseOptions,
  DropoutOptions,
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
} from "./engine.ts";
import { expectCount, sizeOf } from "./shape.ts";

export class Float64Engine implements Engine {
  readonly name = "float64";
  readonly description = "float64: plain loops in double precision, the definition";
  #live = new Set<Tensor>();
  #closed = false;

  tensor(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    const tensor = this.empty(shape);
    if (values) this.write(tensor, values);
    return tensor;
  }
  empty(shape: readonly number[]): Tensor {
    return this.#add(new Block([...shape], "float32", new Float64Array(sizeOf(shape))));
  }
  integers(shape: readonly number[], values: ArrayLike<number>): Tensor {
    const tensor = new Block([...shape], "int32", new Int32Array(sizeOf(shape)));
    this.write(tensor, values);
    return this.#add(tensor);
  }
  rows(tensor: Tensor, from: number, to: number): Tensor {
    const [all, ...rest] = tensor.shape;
    const n = tensor.size / all;
    return new Block([to - from, ...rest], tensor.type, (tensor as Block).data.subarray(from * n, to * n));
  }
  write(tensor: Tensor, values: ArrayLike<number>): void {
    expectCount(tensor.shape, values);
    (tensor as Block).data.set(values);
  }
  read(tensor: Tensor): Promise<Float64Array> {
    if (this.#closed) return Promise.reject(new Error("The float64 engine is closed."));
    return Promise.resolve(Float64Array.from((tensor as Block).data));
  }
  free(...tensors: Tensor[]): void {
    for (const tensor of tensors) {
      if (!this.#live.delete(tensor)) throw new Error(`Freed a tensor of shape [${tensor.shape}] twice.`);
    }
  }
  get bytes(): number {
    return this.#live.values().reduce((sum, tensor) => sum + (tensor as Block).data.byteLength, 0);
  }
  close(): Promise<void> {
    this.#closed = true;
    this.#live.clear();
    return Promise.resolve();
  }
  #add(tensor: Block): Tensor {
    this.#live.add(tensor);
    return tensor;
  }

  fill(tensor: Tensor, value: number): void {
    data(tensor).fill(value);
  }
  copy(from: Tensor, to: Tensor): void {
    data(to).set(data(from));
  }
  axpy(alpha: number, x: Tensor, y: Tensor): void {
    const from = data(x), to = data(y);
    for (let i = 0; i < to.length; i++) to[i] += alpha * from[i];
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: MatmulOptions = {}): void {
    const { transposeA = false, transposeB = false, accumulate = false } = options;
    const A = data(a), B = data(b), C = data(out);
    const M = (out as Block).columns, N = out.size / M;
    const K = transposeA ? a.size / N : (a as Block).columns;
    if (a.size !== N * K || b.size !== K * M) {
      throw new Error(`Shapes do not fit: [${a.shape}] × [${b.shape}] into [${out.shape}].`);
    }
    if (!accumulate) C.fill(0);
    for (let i = 0; i < N; i++) {
      for (let k = 0; k < K; k++) {
        const x = transposeA ? A[k * N + i] : A[i * K + k];
        if (x === 0) continue;
        for (let j = 0; j < M; j++) C[i * M + j] += x * (transposeB ? B[j * K + k] : B[k * M + j]);
      }
    }
  }
  affine(out: Tensor, bias: Tensor, terms: readonly (readonly [Tensor, Tensor])[]): void {
    const to = data(out);
    for (let i = 0; i < out.size; i += bias.size) to.set(data(bias), i);
    for (const [x, weights] of terms) this.matmul(x, weights, out, { accumulate: true });
  }
  addColumnSums(x: Tensor, out: Tensor): void {
    const from = data(x), to = data(out);
    for (let i = 0; i < from.length; i++) to[i % out.size] += from[i];
  }
  addLookup(table: Tensor, ids: Tensor, out: Tensor): void {
    const rows = data(table), to = data(out), M = (table as Block).columns;
    integers(ids).forEach((id, n) => {
      if (id >= 0) { for (let m = 0; m < M; m++) to[n * M + m] += rows[id * M + m]; }
    });
  }
  addLookupGradient(dOut: Tensor, ids: Tensor, dTable: Tensor): void {
    const from = data(dOut), rows = data(dTable), M = (dTable as Block).columns;
    integers(ids).forEach((id, n) => {
      if (id >= 0) { for (let m = 0; m < M; m++) rows[id * M + m] += from[n * M + m]; }
    });
  }

  lstmForward(layer: Lstm): void {
    const [T, B] = layer.gates.shape, weights = weightsOf(layer);
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        lstmStep(rowOf(layer.gates, t, b), weights, stateOf(layer, t, b), stateOf(layer, t + 1, b));
      }
    }
  }
  lstmBackward(layer: Lstm, { dHidden, dPeepholes, clip: limit }: LstmBackward): void {
    const [T, B, H] = dHidden.shape;
    for (let b = 0; b < B; b++) {
      const dCell = new Float64Array(H);
      for (let t = T - 1; t >= 0; t--) {
        const dh = rowOf(dHidden, t, b).slice();
        if (t + 1 < T) addTransposedProduct(rowOf(layer.gates, t + 1, b), data(layer.recurrent), dh);
        this.#cellBackward(layer, t, b, dh, dCell, data(dPeepholes), limit);
      }
    }
  }
  #cellBackward(
    layer: Lstm,
    t: number,
    b: number,
    dHidden: Float64Array,
    dCell: Float64Array,
    dPeepholes: Float64Array,
    limit: number,
  ): void {
    const gates = rowOf(layer.gates, t, b),
      before = rowOf(layer.cell, t, b),
      cell = rowOf(layer.cell, t + 1, b);
    lstmStepDerivatives(gates, data(layer.peepholes), before, cell, dHidden, dCell, dPeepholes, limit);
  }

  windowLstmForward(layer: WindowLstm): void {
    const [T, B] = layer.gates.shape, weights = weightsOf(layer);
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        const gates = rowOf(layer.gates, t, b), now = stateOf(layer, t + 1, b);
        addProduct(rowOf(layer.window, t, b), data(layer.windowInput), gates); // W_wh1 w_{t−1} in Eq. 52
        lstmStep(gates, weights, stateOf(layer, t, b), now);
        const hats = data(layer.windowBias).slice();
        addProduct(now.hidden, data(layer.windowWeights), hats); // Eq. 48
        const parameters = rowOf(layer.windowParameters, t + 1, b);
        softWindowParameters(hats, rowOf(layer.windowParameters, t, b), parameters);
        softWindow(parameters, textOf(layer, b), rowOf(layer.window, t + 1, b));
      }
    }
  }
  windowLstmBackward(layer: WindowLstm, backward: WindowLstmBackward): void {
    const { dHidden, dPeepholes, dWindow, dWindowParameters, clip: limit } = backward;
    const [T, B, H] = dHidden.shape;
    const K = layer.windowBias.size / 3;
    for (let b = 0; b < B; b++) {
      const dCell = new Float64Array(H);
      const dKappa = new Float64Array(K);
      for (let t = T - 1; t >= 0; t--) {
        const dh = rowOf(dHidden, t, b).slice();
        const dw = rowOf(dWindow, t, b);
        if (t + 1 < T) {
          addTransposedProduct(rowOf(layer.gates, t + 1, b), data(layer.recurrent), dh);
          addTransposedProduct(rowOf(layer.gates, t + 1, b), data(layer.windowInput), dw);
        }
        const parameters = rowOf(layer.windowParameters, t + 1, b);
        const before = rowOf(layer.windowParameters, t, b);
        const kappaStep = Float64Array.from(
          { length: K },
          (_, k) => parameters[2 * K + k] - before[2 * K + k],
        );
        const dParameters = rowOf(dWindowParameters, t, b);
        softWindowDerivatives(parameters, kappaStep, textOf(layer, b), dw, dKappa, dParameters);
        addTransposedProduct(dParameters, data(layer.windowWeights), dh);
        this.#cellBackward(layer, t, b, dh, dCell, data(dPeepholes), limit);
      }
    }
  }

  softmaxLoss({ outputs, targets, losses, errors }: SoftmaxLoss): void {
    const C = (outputs as Block).columns;
    const derivatives = new Float64Array(C);
    integers(targets).forEach((target, n) => {
      const row = data(outputs).subarray(n * C, (n + 1) * C);
      const { loss, error } = target < 0
        ? { loss: 0, error: 0 }
        : softmaxDerivatives(row, target, derivatives);
      if (target < 0) row.fill(0);
      else row.set(derivatives);
      data(losses)[n] = loss;
      data(errors)[n] = error;
    });
  }
  mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip: limit }: MixtureLoss): void {
    const C = (outputs as Block).columns;
    const derivatives = new Float64Array(C);
    integers(mask).forEach((real, n) => {
      const row = data(outputs).subarray(n * C, (n + 1) * C);
      const target = data(targets).subarray(3 * n, 3 * n + 3);
      const { loss, squaredError } = real
        ? mixtureDerivatives(row, target, derivatives)
        : { loss: 0, squaredError: 0 };
      for (let i = 0; i < C; i++) row[i] = real ? clip(derivatives[i], limit) : 0;
      data(losses)[n] = loss;
      data(squaredErrors)[n] = squaredError;
    });
  }

  sgd(weights: Tensor, gradient: Tensor, velocity: Tensor, { rate, momentum, scale }: SgdOptions): void {
    const w = data(weights), e = data(gradient), v = data(velocity);
    for (let i = 0; i < w.length; i++) {
      v[i] = momentum * v[i] - rate * scale * e[i];
      w[i] += v[i];
    }
  }
  rmsprop(
    weights: Tensor,
    gradient: Tensor,
    n: Tensor,
    g: Tensor,
    delta: Tensor,
    options: RmspropOptions,
  ): void {
    rmspropUpdate(data(weights), data(gradient), [data(n), data(g), data(delta)], options);
  }
  adam(weights: Tensor, gradient: Tensor, m: Tensor, v: Tensor, options: AdamOptions): void {
    const { rate, beta1, beta2, epsilon, update, scale } = options;
    const w = data(weights), e = data(gradient), M = data(m), V = data(v);
    const correction1 = 1 - beta1 ** update, correction2 = 1 - beta2 ** update;
    for (let i = 0; i < w.length; i++) {
      const slope = scale * e[i];
      M[i] = beta1 * M[i] + (1 - beta1) * slope;
      V[i] = beta2 * V[i] + (1 - beta2) * slope ** 2;
      w[i] -= rate * (M[i] / correction1) / (Math.sqrt(V[i] / correction2) + epsilon);
    }
  }

  addNoise(mean: Tensor, logVariance: Tensor | number, out: Tensor, seed: number, stream: number): void {
    const noise = new Float32Array(mean.size);
    gaussianNoise(seed, stream, noise);
    const mu = data(mean), to = data(out);
    for (let i = 0; i < to.length; i++) {
      const variance = Math.exp(typeof logVariance === "number" ? logVariance : data(logVariance)[i]);
      to[i] = mu[i] + Math.sqrt(variance) * noise[i];
    }
  }
  dropout(x: Tensor, { rate, seed, stream }: DropoutOptions): void {
    const mask = new Float32Array(x.size), values = data(x);
    dropoutMask(seed, stream, rate, mask);
    for (let i = 0; i < values.length; i++) values[i] *= mask[i];
  }
  adaptiveNoiseGradient(
    mean: Tensor,
    logVariance: Tensor,
    gradient: Tensor,
    dLogVariance: Tensor,
    options: AdaptiveNoiseOptions,
  ): void {
    descriptionLengthDerivatives(data(mean), data(logVariance), data(gradient), data(dLogVariance), options);
  }
  adaptiveNoiseSums(mean: Tensor, logVariance: Tensor) {
    return Promise.resolve(posteriorSums(data(mean), data(logVariance)));
  }
}
