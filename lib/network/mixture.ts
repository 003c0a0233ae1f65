/** The mixture density output layer on the host: network outputs ŷ_t to the parameters of Pr(x_{t+1} | y_t). */

/** One time step's distribution over the next point: y_t of Eq. 16. Arrays have one entry per component, length M. */
export interface Mixture {
  /** e_t: the probability that the next point ends a stroke. */
  endOfStroke: number;
  /** π^j; their sum is 1. */
  weights: Float64Array;
  /** μ^j₁, the Δx means. */
  mean1: Float64Array;
  /** μ^j₂, the Δy means. */
  mean2: Float64Array;
  /** σ^j₁ > 0 */
  std1: Float64Array;
  /** σ^j₂ > 0 */
  std2: Float64Array;
  /** ρ^j in (−1, 1) */
  correlation: Float64Array;
}

/**
 * Eqs. 18–22; with a probability bias b > 0, Eqs. 61–62 in place of 19 and 21.
 *
 * @param outputs ŷ_t, length 6M + 1, in blocks ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂ (Eq. 17).
 * @throws RangeError if the length is not 6M + 1 or the bias is negative.
 */
export function mixtureOf(outputs: ArrayLike<number>, bias = 0): Mixture {
  const components = (outputs.length - 1) / 6;
  if (!Number.isInteger(components) || components < 1) {
    throw new RangeError(`A mixture has 6M + 1 outputs (1, then six blocks of M); found ${outputs.length}.`);
  }
  if (!(bias >= 0)) {
    throw new RangeError(`The probability bias must be 0 or greater (Eq. 61); found ${bias}.`);
  }
  // Plain loops: a point is drawn from each of many lanes at every step.
  const M = components;
  const { buffer } = new Float64Array(6 * M);
  const block = (index: number) => new Float64Array(buffer, 8 * index * M, M);
  const weights = block(0), mean1 = block(1), mean2 = block(2);
  const std1 = block(3), std2 = block(4), correlation = block(5);
  for (let j = 0; j < M; j++) {
    weights[j] = outputs[1 + j] * (1 + bias);
    mean1[j] = outputs[1 + M + j];
    mean2[j] = outputs[1 + 2 * M + j];
    std1[j] = Math.exp(outputs[1 + 3 * M + j] - bias);
    std2[j] = Math.exp(outputs[1 + 4 * M + j] - bias);
    correlation[j] = Math.tanh(outputs[1 + 5 * M + j]);
  }
  toSoftmax(weights);
  return { endOfStroke: 1 / (1 + Math.exp(outputs[0])), weights, mean1, mean2, std1, std2, correlation };
}

/** Replaces values by their softmax. */
function toSoftmax(values: Float64Array): void {
  let largest = -Infinity, total = 0;
  for (let j = 0; j < values.length; j++) largest = Math.max(largest, values[j]);
  for (let j = 0; j < values.length; j++) total += values[j] = Math.exp(values[j] - largest);
  for (let j = 0; j < values.length; j++) values[j] /= total;
}

/** N(x | μ^j, σ^j, ρ^j) of component j at the offset (x₁, x₂) (Eqs. 24–25). */
export function componentDensity(mixture: Mixture, j: number, x1: number, x2: number): number {
  const std1 = mixture.std1[j], std2 = mixture.std2[j], correlation = mixture.correlation[j];
  const d1 = (x1 - mixture.mean1[j]) / std1;
  const d2 = (x2 - mixture.mean2[j]) / std2;
  const rest = 1 - correlation * correlation;
  const z = d1 * d1 + d2 * d2 - 2 * correlation * d1 * d2;
  return Math.exp(-z / (2 * rest)) / (2 * Math.PI * std1 * std2 * Math.sqrt(rest));
}

/** Σ_j π^j N(x | μ^j, σ^j, ρ^j): the density of the next pen offset (the first factor of Eq. 23). */
export function mixtureDensity(mixture: Mixture, x1: number, x2: number): number {
  let density = 0;
  for (let j = 0; j < mixture.weights.length; j++) {
    density += mixture.weights[j] * componentDensity(mixture, j, x1, x2);
  }
  return density;
}
