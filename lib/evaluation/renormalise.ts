/** Nats and squared errors of handwriting depend on what the offsets were normalised with: one network, two units. */
import type { Line } from "../data/mod.ts";
import type { Weights } from "../network/parameters.ts";

/** Of offsets in sensor units; x, y. */
export interface Normalisation {
  mean: [number, number];
  std: [number, number];
}

/** What was x in units of `from` is `scale · x + shift` in units of `to`. */
function affine(from: Normalisation, to: Normalisation): { scale: number[]; shift: number[] } {
  const axes = [0, 1];
  return {
    scale: axes.map((k) => from.std[k] / to.std[k]),
    shift: axes.map((k) => (from.mean[k] - to.mean[k]) / to.std[k]),
  };
}

/**
 * The same network for offsets normalised otherwise: it reads points in units of `to` and predicts their density
 * there. With x' = a x + b, the input weights take up x = (x' − b) / a; the mixture's means become a μ + b, its
 * standard deviations a σ. The losses differ from those in units of `from` by ln a₁ + ln a₂ a point, as the density's
 * Jacobian says. The null vector is not a point: it becomes `nullVector(from, to)`.
 */
export function renormalise(weights: Weights, from: Normalisation, to: Normalisation): Weights {
  const { scale, shift } = affine(from, to);
  const changed: Weights = {};
  for (const [name, { shape, values }] of Object.entries(weights)) {
    changed[name] = { shape, values: values.slice() };
  }
  for (const name of Object.keys(changed)) {
    const layer = /^W_ih(\d+)$/.exec(name)?.[1];
    if (!layer) continue;
    const { values, shape: [, columns] } = changed[name];
    const bias = changed[`b_h${layer}`].values;
    for (let axis = 0; axis < 2; axis++) {
      for (let j = 0; j < columns; j++) {
        values[axis * columns + j] /= scale[axis];
        bias[j] -= shift[axis] * values[axis * columns + j];
      }
    }
  }
  const outputBias = changed.b_y.values;
  const components = (outputBias.length - 1) / 6;
  for (let axis = 0; axis < 2; axis++) {
    const means = 1 + (1 + axis) * components, deviations = 1 + (3 + axis) * components;
    for (const [name, { values }] of Object.entries(changed)) {
      if (!/^(W_h\d+|b_)y$/.test(name)) continue;
      for (let row = 0; row < values.length; row += outputBias.length) {
        for (let k = 0; k < components; k++) values[row + means + k] *= scale[axis];
      }
    }
    for (let k = 0; k < components; k++) {
      outputBias[means + k] += shift[axis];
      outputBias[deviations + k] += Math.log(scale[axis]);
    }
  }
  return changed;
}

/** What a renormalised network must be given for the null vector that begins every line. */
export function nullVector(from: Normalisation, to: Normalisation): [number, number, number] {
  const { shift } = affine(from, to);
  return [shift[0], shift[1], 0];
}

/** Lines' mean length in points. */
export function meanLength(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + line.points.length / 3, 0) / lines.length;
}
