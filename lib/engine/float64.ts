/**
 * The definition of every operation: plain loops in float64, one line an equation. Slow and exact, it is what the
 * other engines are held against, and what a finite difference can be taken of.
 */
import { mixtureDerivatives, softmaxDerivatives, softWindowDerivatives } from "../network/derivatives.ts";
import { dropoutMask, gaussianNoise } from "../random.ts";
import {
  addRowProduct,
  addTransposedRowProduct,
  Block,
  cellBackward,
  cellForward,
  clipped,
  data,
  integers,
  rowOf,
  textOf,
  windowForward,
} from "./float64_layers.ts";
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
  readonly description = "float64: plain loops in double precision, the reference";
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
    const [T, B] = layer.gates.shape;
    for (let t = 0; t < T; t++) for (let b = 0; b < B; b++) cellForward(layer, t, b);
  }
  lstmBackward(layer: Lstm, { dHidden, dPeepholes, clip }: LstmBackward): void {
    const [T, B, H] = dHidden.shape;
    for (let b = 0; b < B; b++) {
      const dCell = new Float64Array(H);
      for (let t = T - 1; t >= 0; t--) {
        const dh = rowOf(dHidden, t, b).slice();
        if (t + 1 < T) addTransposedRowProduct(rowOf(layer.gates, t + 1, b), data(layer.recurrent), dh);
        cellBackward(layer, t, b, dh, dCell, data(dPeepholes), clip);
      }
    }
  }

  windowLstmForward(layer: WindowLstm): void {
    const [T, B] = layer.gates.shape;
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) {
        // Eq. 52: the window of the step before joins the gates
        addRowProduct(rowOf(layer.window, t, b), data(layer.windowInput), rowOf(layer.gates, t, b));
        cellForward(layer, t, b);
        windowForward(layer, t, b);
      }
    }
  }
  windowLstmBackward(layer: WindowLstm, backward: WindowLstmBackward): void {
    const { dHidden, dPeepholes, dWindow, dWindowParameters, clip } = backward;
    const [T, B, H] = dHidden.shape;
    const K = layer.windowBias.size / 3;
    for (let b = 0; b < B; b++) {
      const dCell = new Float64Array(H);
      const dKappa = new Float64Array(K);
      for (let t = T - 1; t >= 0; t--) {
        const dh = rowOf(dHidden, t, b).slice();
        const dw = rowOf(dWindow, t, b);
        if (t + 1 < T) {
          addTransposedRowProduct(rowOf(layer.gates, t + 1, b), data(layer.recurrent), dh);
          addTransposedRowProduct(rowOf(layer.gates, t + 1, b), data(layer.windowInput), dw);
        }
        const parameters = rowOf(layer.windowParameters, t + 1, b);
        const before = rowOf(layer.windowParameters, t, b);
        const kappaStep = Float64Array.from(
          { length: K },
          (_, k) => parameters[2 * K + k] - before[2 * K + k],
        );
        const dParameters = rowOf(dWindowParameters, t, b);
        softWindowDerivatives(parameters, kappaStep, textOf(layer, b), dw, dKappa, dParameters);
        addTransposedRowProduct(dParameters, data(layer.windowWeights), dh);
        cellBackward(layer, t, b, dh, dCell, data(dPeepholes), clip);
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
  mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip }: MixtureLoss): void {
    const C = (outputs as Block).columns;
    const derivatives = new Float64Array(C);
    integers(mask).forEach((real, n) => {
      const row = data(outputs).subarray(n * C, (n + 1) * C);
      const target = data(targets).subarray(3 * n, 3 * n + 3);
      const { loss, squaredError } = real
        ? mixtureDerivatives(row, target, derivatives)
        : { loss: 0, squaredError: 0 };
      for (let i = 0; i < C; i++) row[i] = real ? clipped(derivatives[i], clip) : 0;
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
    const { aleph, beth, gimel, daleth, scale } = options;
    const w = data(weights), e = data(gradient), N = data(n), G = data(g), D = data(delta);
    for (let i = 0; i < w.length; i++) {
      const epsilon = scale * e[i];
      N[i] = aleph * N[i] + (1 - aleph) * epsilon ** 2; // Eq. 38
      G[i] = aleph * G[i] + (1 - aleph) * epsilon; // Eq. 39
      D[i] = beth * D[i] - gimel * epsilon / Math.sqrt(N[i] - G[i] ** 2 + daleth); // Eq. 40
      w[i] += D[i]; // Eq. 41
    }
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
    { priorMean, priorVariance, sequences, scale }: AdaptiveNoiseOptions,
  ): void {
    const mu = data(mean), g = data(gradient), dLog = data(dLogVariance);
    for (let i = 0; i < mu.length; i++) {
      const slope = scale * g[i], curvature = scale * g[i] ** 2;
      const variance = Math.exp(data(logVariance)[i]);
      g[i] = slope + (mu[i] - priorMean) / (sequences * priorVariance);
      dLog[i] = variance * (curvature / 2 + (1 / priorVariance - 1 / variance) / (2 * sequences));
    }
  }
  adaptiveNoiseSums(mean: Tensor, logVariance: Tensor) {
    const sums = { mean: 0, meanSquare: 0, variance: 0, logVariance: 0 };
    for (const mu of data(mean)) {
      sums.mean += mu;
      sums.meanSquare += mu ** 2;
    }
    for (const log of data(logVariance)) {
      sums.variance += Math.exp(log);
      sums.logVariance += log;
    }
    return Promise.resolve(sums);
  }
}
