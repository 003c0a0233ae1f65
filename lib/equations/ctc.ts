/** Connectionist temporal classification (Graves et al. 2006): the probability that a network which reads a line point by
 * point gives its text, whatever the points at which it names the characters. Not of this paper: the reader that
 * measures legibility is trained with it. */
import { softmax } from "./softmax.ts";

/** What is to be read and the outputs of one line. Outputs are time-major, so that lines lie side by side. */
export interface Labelling {
  /** ŷ of all lines, `[T, B, K]`; the last of the K classes is the blank. */
  outputs: ArrayLike<number> & { [index: number]: number };
  /** K */
  classes: number;
  /** Where the line's first step begins in `outputs`, and how far its steps are apart: B·K. */
  offset: number;
  stride: number;
  /** Steps of the line, ≤ T. */
  steps: number;
}

/** The class that is most probable at every step, repetitions taken once and blanks left out: best path decoding. */
export function bestPath({ outputs, classes, offset, stride, steps }: Labelling): number[] {
  const read: number[] = [];
  let before = classes - 1;
  for (let t = 0; t < steps; t++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (outputs[offset + t * stride + k] > outputs[offset + t * stride + best]) best = k;
    }
    if (best !== before && best !== classes - 1) read.push(best);
    before = best;
  }
  return read;
}

/**
 * −ln Pr(labels | line) in nats, Infinity where the line has too few steps for its labels. `outputs` of the line are
 * replaced by the loss' derivatives ∂L/∂ŷ.
 *
 * A path goes through the labels with a blank before, between and after them: s = 0 … 2U. From one step to the next it stays,
 * goes on by one, or, over a blank between two labels that differ, by two. Forward and backward probabilities are
 * normalised at every step.
 */
export function ctcLoss(line: Labelling, labels: ArrayLike<number>): number {
  const { outputs, classes, offset, stride, steps } = line;
  const blank = classes - 1, states = 2 * labels.length + 1;
  const label = (s: number) => s % 2 ? labels[(s - 1) / 2] : blank;
  const skips = (s: number) => s % 2 === 1 && s > 1 && label(s) !== label(s - 2);
  const y = probabilities(line);
  const alpha = new Float64Array(steps * states);
  let loss = 0;
  for (let t = 0; t < steps; t++) {
    const now = alpha.subarray(t * states), past = (t - 1) * states;
    let sum = 0;
    for (let s = 0; s < states; s++) {
      let reached = t === 0 ? +(s < 2) : alpha[past + s];
      if (t > 0 && s > 0) reached += alpha[past + s - 1];
      if (t > 0 && skips(s)) reached += alpha[past + s - 2];
      sum += now[s] = reached * y[t * classes + label(s)];
    }
    if (t === steps - 1) sum = now[states - 1] + (states > 1 ? now[states - 2] : 0);
    for (let s = 0; s < states; s++) now[s] /= sum;
    loss -= Math.log(sum);
  }
  if (!Number.isFinite(loss)) return Infinity;
  let beta = new Float64Array(states), next = new Float64Array(states);
  beta[states - 1] = 1;
  if (states > 1) beta[states - 2] = 1;
  for (let t = steps - 1; t >= 0; t--) {
    const row = offset + t * stride;
    for (let k = 0; k < classes; k++) outputs[row + k] = y[t * classes + k];
    // Pr(state s at step t | labels) is α β over its sum; each takes its share from the derivative y − share.
    let both = 0;
    for (let s = 0; s < states; s++) both += alpha[t * states + s] * beta[s];
    for (let s = 0; s < states; s++) outputs[row + label(s)] -= alpha[t * states + s] * beta[s] / both;
    let sum = 0;
    for (let s = 0; s < states; s++) {
      const leads = (to: number) => beta[to] * y[t * classes + label(to)];
      next[s] = leads(s) + (s + 1 < states ? leads(s + 1) : 0) +
        (s + 2 < states && skips(s + 2) ? leads(s + 2) : 0);
      sum += next[s];
    }
    for (let s = 0; s < states; s++) next[s] /= sum;
    [beta, next] = [next, beta];
  }
  return loss;
}

/** The probabilities of a line's classes, `[T, K]`. */
function probabilities({ outputs, classes, offset, stride, steps }: Labelling): Float64Array {
  const y = new Float64Array(steps * classes), row = new Float64Array(classes);
  for (let t = 0; t < steps; t++) {
    for (let k = 0; k < classes; k++) row[k] = outputs[offset + t * stride + k];
    y.set(softmax(row), t * classes);
  }
  return y;
}
