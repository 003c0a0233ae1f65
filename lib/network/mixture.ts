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
  const block = (index: number, map: (value: number) => number) => {
    const values = new Float64Array(components);
    for (let j = 0; j < components; j++) values[j] = map(outputs[1 + index * components + j]);
    return values;
  };
  return {
    endOfStroke: 1 / (1 + Math.exp(outputs[0])),
    weights: softmax(block(0, (hat) => hat * (1 + bias))),
    mean1: block(1, (hat) => hat),
    mean2: block(2, (hat) => hat),
    std1: block(3, (hat) => Math.exp(hat - bias)),
    std2: block(4, (hat) => Math.exp(hat - bias)),
    correlation: block(5, Math.tanh),
  };
}

function softmax(values: Float64Array): Float64Array {
  const largest = values.reduce((a, b) => Math.max(a, b));
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
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
