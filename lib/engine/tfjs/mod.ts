/**
 * The engine on TensorFlow.js: the equations of `tfjs/equations` as they stand, with tfjs' own derivatives. It shares no
 * backward pass with the other engines, and runs on any tfjs backend; it takes some hundred times as long as the cpu
 * engine.
 */
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { clipDerivative } from "./equations/clip_derivative.ts";
import { lstmStep } from "./equations/lstm.ts";
import { mixtureLoss, squaredErrors } from "./equations/mixture_density.ts";
import { softmaxErrors, softmaxLoss } from "./equations/softmax.ts";
import type {
  Engine,
  Lstm,
  LstmBackward,
  MatmulOptions,
  MixtureLoss,
  SoftmaxLoss,
  Tensor,
  Values,
  WindowLstm,
  WindowLstmBackward,
} from "../engine.ts";
import {
  lstmInputOf,
  lstmLayer,
  type LstmStep,
  stateOf,
  textOf,
  weightsOf,
  windowLayer,
  windowStateOf,
  windowWeightsOf,
} from "./layers.ts";
import { flat, of, TfjsTensor } from "./tensors.ts";
import {
  adam,
  adaptiveNoiseGradient,
  adaptiveNoiseSums,
  addNoise,
  dropout,
  rmsprop,
  sgd,
} from "./updates.ts";

/**
 * Opens the engine on a tfjs backend: "cpu" (plain JavaScript), "wasm", or one that the caller has registered. A process
 * has one backend at a time: opening with another moves all of tfjs over to it. Throws if there is no such backend.
 */
export async function openTfjsEngine({ backend = "cpu" }: { backend?: string } = {}): Promise<TfjsEngine> {
  if (backend === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(fileURLToPath(new URL("./", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));
  }
  const known = Object.keys(tf.engine().registryFactory);
  if (!known.includes(backend) || !await tf.setBackend(backend)) {
    throw new Error(`TensorFlow.js has no working backend '${backend}' here. It knows: ${known.join(", ")}.`);
  }
  await tf.ready();
  return new TfjsEngine("tfjs", `TensorFlow.js ${tf.version_core}, backend ${backend}, plain operations`);
}

export class TfjsEngine implements Engine {
  readonly #live = new Set<TfjsTensor>();
  #closed = false;

  /** `step` computes one time step of an LSTM, by default in plain operations. */
  constructor(readonly name: string, readonly description: string, readonly step: LstmStep = lstmStep) {}

  tensor(shape: readonly number[], values?: ArrayLike<number>): Tensor {
    return this.#add(shape, "float32", values);
  }
  empty(shape: readonly number[]): Tensor {
    return this.#add(shape, "float32");
  }
  integers(shape: readonly number[], values: ArrayLike<number>): Tensor {
    return this.#add(shape, "int32", values);
  }
  rows(tensor: Tensor, from: number, to: number): Tensor {
    const { shape: [all, ...rest], size, type, slot, offset } = of(tensor);
    return new TfjsTensor([to - from, ...rest], type, slot, offset + from * size / all);
  }
  write(tensor: Tensor, values: ArrayLike<number>): void {
    of(tensor).set(() => flat(tensor.shape, tensor.type, values));
  }
  async read(tensor: Tensor): Promise<Values> {
    if (this.#closed) throw new Error("The tfjs engine is closed.");
    const now = of(tensor).get();
    const values = Float32Array.from(await now.data());
    now.dispose();
    return values;
  }
  free(...tensors: Tensor[]): void {
    for (const tensor of tensors) {
      if (!this.#live.delete(of(tensor))) {
        throw new Error(`Freed a tensor of shape [${tensor.shape}] that is a view, or was free already.`);
      }
      tf.dispose([of(tensor).slot.value, of(tensor).slot.lstmInput ?? []]);
    }
  }
  get bytes(): number {
    let sum = 0;
    for (const { slot } of this.#live) sum += 4 * (slot.size + (slot.lstmInput?.size ?? 0));
    return sum;
  }
  close(): Promise<void> {
    this.#closed = true;
    this.free(...this.#live);
    return Promise.resolve();
  }
  #add(shape: readonly number[], type: "float32" | "int32", values?: ArrayLike<number>): Tensor {
    if (this.#closed) throw new Error("The tfjs engine is closed.");
    const value = flat(shape, type, values);
    const tensor = new TfjsTensor([...shape], type, { value: tf.keep(value), size: value.size });
    this.#live.add(tensor);
    return tensor;
  }

  fill(tensor: Tensor, value: number): void {
    of(tensor).set(() => tf.fill([tensor.size], value, tensor.type));
  }
  copy(from: Tensor, to: Tensor): void {
    of(to).set(() => of(from).get());
  }
  axpy(alpha: number, x: Tensor, y: Tensor): void {
    of(y).set(() => of(y).get().add(of(x).get().mul(alpha)));
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, options: MatmulOptions = {}): void {
    const { transposeA = false, transposeB = false, accumulate = false } = options;
    of(out).set(() => {
      const product = tf.matMul(of(a).matrix(), of(b).matrix(), transposeA, transposeB);
      return accumulate ? of(out).matrix().add(product) : product;
    });
  }
  affine(out: Tensor, bias: Tensor, terms: readonly (readonly [Tensor, Tensor])[]): void {
    of(out).set(() => of(bias).get([1, bias.size]).tile([out.size / bias.size, 1]));
    for (const [x, weights] of terms) this.matmul(x, weights, out, { accumulate: true });
  }
  addColumnSums(x: Tensor, out: Tensor): void {
    of(out).set(() => of(out).get([out.size]).add(of(x).get([-1, out.size]).sum(0)));
  }
  addLookup(table: Tensor, ids: Tensor, out: Tensor): void {
    of(out).set(() => {
      const { rows, real } = lookup(ids);
      return of(out).matrix().add(of(table).matrix().gather(rows).mul(real));
    });
  }
  addLookupGradient(dOut: Tensor, ids: Tensor, dTable: Tensor): void {
    of(dTable).set(() => {
      const { rows, real } = lookup(ids);
      const table = of(dTable).matrix();
      return table.add(tf.scatterND(rows.expandDims(1), of(dOut).matrix().mul(real), table.shape));
    });
  }

  lstmForward(layer: Lstm): void {
    const { gates, hidden, cell } = tf.tidy(() => {
      return lstmLayer(of(layer.gates).get(), stateOf(layer), weightsOf(layer), Infinity, this.step);
    });
    this.#finishForward(layer, { gates, hidden, cell });
  }
  lstmBackward(layer: Lstm, { dHidden, dPeepholes, clip }: LstmBackward): void {
    const [dInput, dP] = tf.tidy(() => {
      const { recurrent, peepholes } = weightsOf(layer), state = stateOf(layer);
      const hiddenOf = (input: tf.Tensor, peepholes: tf.Tensor) =>
        lstmLayer(input, state, { recurrent, peepholes }, clip, this.step).hidden;
      return tf.grads(hiddenOf)([lstmInputOf(layer), peepholes], of(dHidden).get());
    });
    of(layer.gates).set(() => dInput);
    of(dPeepholes).set(() => of(dPeepholes).get().add(dP));
    tf.dispose([dInput, dP]);
  }

  windowLstmForward(layer: WindowLstm): void {
    const { gates, hidden, cell, window, parameters } = tf.tidy(() => {
      return windowLayer(
        of(layer.gates).get(),
        windowStateOf(layer),
        windowWeightsOf(layer),
        textOf(layer),
        Infinity,
        this.step,
      );
    });
    this.#finishForward(layer, { gates, hidden, cell });
    this.#setFromRow1(layer.window, window);
    this.#setFromRow1(layer.windowParameters, parameters);
  }
  windowLstmBackward(layer: WindowLstm, backward: WindowLstmBackward): void {
    const { dHidden, dPeepholes, dWindow, dWindowParameters, clip } = backward;
    const gradients = tf.tidy(() => {
      const weights = windowWeightsOf(layer), state = windowStateOf(layer), text = textOf(layer);
      // One tensor [T, B, H + A] holds all that the layers above use of this one.
      const results = (input: tf.Tensor, peepholes: tf.Tensor, parameters: tf.Tensor, window: tf.Tensor) => {
        const zeros = { parameters, window };
        const result = windowLayer(input, state, { ...weights, peepholes }, text, clip, this.step, zeros);
        return tf.concat([result.hidden, result.window], 2);
      };
      const dResults = tf.concat([of(dHidden).get(), of(dWindow).get()], 2);
      const zeros = [dWindowParameters, dWindow].map(({ shape }) => tf.zeros([...shape]));
      return tf.grads(results)([lstmInputOf(layer), weights.peepholes, ...zeros], dResults);
    });
    const [dInput, dP, dParameters, dW] = gradients;
    of(layer.gates).set(() => dInput);
    of(dPeepholes).set(() => of(dPeepholes).get().add(dP));
    of(dWindowParameters).set(() => dParameters);
    of(dWindow).set(() => dW);
    tf.dispose(gradients);
  }

  softmaxLoss({ outputs, targets, losses, errors }: SoftmaxLoss): void {
    const classes = of(targets).get([targets.size]);
    const real = classes.greaterEqual(0);
    of(errors).set(() => maskRows(softmaxErrors(of(outputs).matrix(), classes), real));
    this.#loss(outputs, losses, real, (outputs) => softmaxLoss(outputs, classes));
    tf.dispose([classes, real]);
  }
  mixtureLoss({ outputs, targets, mask, losses, squaredErrors: errors, clip }: MixtureLoss): void {
    const points = of(targets).matrix();
    const real = tf.tidy(() => of(mask).get([mask.size]).cast("bool"));
    of(errors).set(() => maskRows(squaredErrors(of(outputs).matrix(), points), real));
    this.#loss(outputs, losses, real, (outputs) => {
      return mixtureLoss(clipDerivative(outputs, clip) as tf.Tensor2D, points);
    });
    tf.dispose([points, real]);
  }

  readonly sgd = sgd;
  readonly rmsprop = rmsprop;
  readonly adam = adam;
  readonly addNoise = addNoise;
  readonly dropout = dropout;
  readonly adaptiveNoiseGradient = adaptiveNoiseGradient;
  readonly adaptiveNoiseSums = adaptiveNoiseSums;

  #setFromRow1(sequence: Tensor, values: tf.Tensor): void {
    of(this.rows(sequence, 1, sequence.shape[0])).set(() => values);
    values.dispose();
  }
  #finishForward(layer: Lstm, { gates, hidden, cell }: Record<"gates" | "hidden" | "cell", tf.Tensor>): void {
    const { slot } = of(layer.gates);
    slot.lstmInput?.dispose();
    slot.lstmInput = tf.keep(of(layer.gates).get());
    of(layer.gates).set(() => gates);
    gates.dispose();
    this.#setFromRow1(layer.hidden, hidden);
    this.#setFromRow1(layer.cell, cell);
  }
  /** Replaces `outputs` by the derivative of the losses' sum, and writes the losses; both 0 in rows that are not real. */
  #loss(outputs: Tensor, losses: Tensor, real: tf.Tensor, lossOf: (outputs: tf.Tensor2D) => tf.Tensor): void {
    const { value, grad } = tf.tidy(() => {
      const y = of(outputs).matrix();
      return tf.valueAndGrad((y) => lossOf(y as tf.Tensor2D))(y, tf.ones([y.shape[0]]));
    });
    of(losses).set(() => maskRows(value, real));
    of(outputs).set(() => maskRows(grad, real));
    tf.dispose([value, grad]);
  }
}

/** Rows of a table to look up, and 1 or 0 `[N, 1]` for those that exist. */
function lookup(ids: Tensor): { rows: tf.Tensor1D; real: tf.Tensor } {
  const all = of(ids).get([ids.size]);
  return {
    rows: all.maximum(tf.scalar(0, "int32")),
    real: all.greaterEqual(0).cast("float32").expandDims(1),
  };
}

/** Rows of `x` `[N, …]` where `real` `[N]` is false become zero. */
function maskRows(x: tf.Tensor, real: tf.Tensor): tf.Tensor {
  return tf.where(x.rank === 1 ? real : real.expandDims(1), x, tf.zerosLike(x));
}
