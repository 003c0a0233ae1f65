/** Whole-sequence layers out of the equations of `tfjs/equations`; autodiff goes through them. */
import * as tf from "@tensorflow/tfjs";
import type { LstmState, lstmStep, LstmWeights } from "./equations/lstm.ts";
import { oneHotText, windowParameters, windowVector, windowWeights } from "./equations/soft_window.ts";
import type { Lstm, Tensor, WindowLstm } from "../engine.ts";
import { of } from "./tensors.ts";

/** One time step of an LSTM: `lstmStep`, or the same computed by something faster that has a derivative. */
export type LstmStep = typeof lstmStep;

/** An LSTM over T steps; gates `[T, B, 4H]`, hidden and cell `[T, B, H]`. */
export function lstmLayer(
  input: tf.Tensor,
  start: LstmState,
  weights: LstmWeights,
  clip: number,
  lstmStep: LstmStep,
) {
  const steps: ReturnType<LstmStep>[] = [];
  let state = start;
  for (const x of tf.unstack(input)) {
    const step = lstmStep(x, state, weights, clip);
    steps.push(step);
    state = step;
  }
  return {
    gates: tf.stack(steps.map((step) => step.gates)),
    hidden: tf.stack(steps.map((step) => step.hidden)),
    cell: tf.stack(steps.map((step) => step.cell)),
  };
}

export interface WindowWeights extends LstmWeights {
  /** W_wh1 `[A, 4H]` */
  windowInput: tf.Tensor;
  /** W_h1p `[H, 3K]` */
  windowWeights: tf.Tensor;
  /** b_p `[3K]` */
  windowBias: tf.Tensor;
}
export interface WindowState extends LstmState {
  /** w_t `[B, A]` */
  window: tf.Tensor;
  /** κ_t `[B, K]` */
  kappa: tf.Tensor;
}

/**
 * The synthesis network's first layer over T steps (Eqs. 46–52).
 *
 * @param text c_u `[B, U, A]`
 * @param zeros added to (α̂, β̂, κ̂)_t `[T, B, 3K]` and to w_t `[T, B, A]`: the derivative with respect to such a zero is
 * the derivative with respect to what it is added to
 */
export function windowLayer(
  input: tf.Tensor,
  start: WindowState,
  weights: WindowWeights,
  text: tf.Tensor,
  clip: number,
  lstmStep: LstmStep,
  zeros?: { parameters: tf.Tensor; window: tf.Tensor },
) {
  const parameterZeros = zeros && tf.unstack(zeros.parameters),
    windowZeros = zeros && tf.unstack(zeros.window);
  const steps: (ReturnType<LstmStep> & { window: tf.Tensor; parameters: tf.Tensor })[] = [];
  let state = start;
  tf.unstack(input).forEach((x, t) => {
    const step = lstmStep(x.add(state.window.matMul(weights.windowInput)), state, weights, clip); // Eq. 52
    let outputs = step.hidden.matMul(weights.windowWeights).add(weights.windowBias); // Eq. 48
    if (parameterZeros) outputs = outputs.add(parameterZeros[t]);
    const parameters = windowParameters(outputs, state.kappa);
    let window = windowVector(windowWeights(parameters, text.shape[1]!), text);
    if (windowZeros) window = window.add(windowZeros[t]);
    const { alpha, beta, kappa } = parameters;
    steps.push({ ...step, window, parameters: tf.concat([alpha, beta, kappa], 1) });
    state = { hidden: step.hidden, cell: step.cell, window, kappa };
  });
  return {
    gates: tf.stack(steps.map((step) => step.gates)),
    hidden: tf.stack(steps.map((step) => step.hidden)),
    cell: tf.stack(steps.map((step) => step.cell)),
    window: tf.stack(steps.map((step) => step.window)),
    parameters: tf.stack(steps.map((step) => step.parameters)),
  };
}

export function weightsOf({ recurrent, peepholes }: Lstm): LstmWeights {
  return { recurrent: of(recurrent).get(), peepholes: of(peepholes).get() };
}
export function windowWeightsOf(layer: WindowLstm): WindowWeights {
  const { windowInput, windowWeights, windowBias } = layer;
  return {
    ...weightsOf(layer),
    windowInput: of(windowInput).get(),
    windowWeights: of(windowWeights).get(),
    windowBias: of(windowBias).get(),
  };
}
/** Row 0 `[B, n]` of a sequence tensor. */
function firstRow(sequence: Tensor): tf.Tensor {
  return of(sequence).get().gather([0]).squeeze([0]);
}
/** h_0 and c_0. */
export function stateOf({ hidden, cell }: Lstm): LstmState {
  return { hidden: firstRow(hidden), cell: firstRow(cell) };
}
/** h_0, c_0, w_0 and κ_0. */
export function windowStateOf(layer: WindowLstm): WindowState {
  const kappa = tf.split(firstRow(layer.windowParameters), 3, 1)[2];
  return { ...stateOf(layer), window: firstRow(layer.window), kappa };
}
/** The one-hot text `[B, U, A]`. */
export function textOf({ characters, textLengths, window }: WindowLstm): tf.Tensor {
  const alphabet = window.shape[window.shape.length - 1];
  return oneHotText(of(characters).matrix(), of(textLengths).get([textLengths.size]), alphabet);
}
/** What the gates held before the forward pass. */
export function lstmInputOf({ gates }: Lstm): tf.Tensor {
  const input = of(gates).slot.lstmInput;
  if (!input) throw new Error("An LSTM's backward pass needs the gates of its forward pass.");
  return input;
}
