/**
 * The mixture density output layer for handwriting (Sections 4.1 and 5.4): the network's outputs ŷ_t as the parameters of
 * M Gaussians over the next pen offset and of a Bernoulli variable for the end of the stroke.
 */
import { blocks, logSumExp, sigmoid, softplus } from "./elementary.ts";
import { softmax } from "./softmax.ts";

/** One time step's distribution over the next point: y_t of Eq. 16. Arrays have one entry for each component. */
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
  /** 1 − ρ², more exact than ρ tells it where |ρ| is near 1. */
  oneMinusRhoSquare: Float64Array;
}

/**
 * ρ̂ counts as no further from 0 than this: 1 − ρ² stays above 4.5e-7. A component that thin is far below the pen
 * data's resolution, and past it the density of three points in a line would grow without end. Eq. 36 is used as
 * written beyond the limit too, so that a derivative still leads back. Every engine keeps the same limit.
 */
export const correlationLimit = 8;

/** ρ (Eq. 22) and 1 − ρ², the latter without the cancellation that tanh would bring near |ρ| = 1. */
export function correlation(rhoHat: number): { rho: number; oneMinusRhoSquare: number } {
  const limited = Math.max(-correlationLimit, Math.min(correlationLimit, rhoHat));
  const decay = Math.exp(-2 * Math.abs(limited));
  return { rho: Math.tanh(limited), oneMinusRhoSquare: 4 * decay / (1 + decay) ** 2 };
}

/** π̂, μ̂, σ̂ and ρ̂ `[M]` of ŷ_t (Eq. 17), copied. Throws RangeError unless there are 6M + 1 outputs. */
function hatsOf(outputs: ArrayLike<number>) {
  const { length } = outputs;
  if (length < 7 || length % 6 !== 1) {
    throw new RangeError(`A mixture has 6M + 1 outputs (1, then six blocks of M); found ${length}.`);
  }
  const [piHat, muHat1, muHat2, sigmaHat1, sigmaHat2, rhoHat] = blocks(
    new Float64Array(outputs).subarray(1),
    6,
  );
  return { piHat, muHat1, muHat2, sigmaHat1, sigmaHat2, rhoHat };
}

/**
 * The distribution that ŷ_t stands for (Eqs. 18–22); with a probability bias b > 0 Eqs. 61–62 in place of 21 and 19.
 *
 * @param outputs ŷ_t `[6M + 1]` in blocks ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂ (Eq. 17)
 * @throws RangeError if the length is not 6M + 1 or the bias is negative.
 */
export function mixtureOf(outputs: ArrayLike<number>, bias = 0): Mixture {
  if (!(bias >= 0)) {
    throw new RangeError(`The probability bias must be 0 or greater (Eq. 61); found ${bias}.`);
  }
  const { piHat, muHat1, muHat2, sigmaHat1, sigmaHat2, rhoHat } = hatsOf(outputs);
  return {
    endOfStroke: sigmoid(-outputs[0]), // Eq. 18
    weights: softmax(piHat.map((hat) => hat * (1 + bias))), // Eq. 19; Eq. 62
    mean1: muHat1, // Eq. 20
    mean2: muHat2,
    std1: sigmaHat1.map((hat) => Math.exp(hat - bias)), // Eq. 21; Eq. 61
    std2: sigmaHat2.map((hat) => Math.exp(hat - bias)),
    correlation: rhoHat.map((hat) => correlation(hat).rho), // Eq. 22
    oneMinusRhoSquare: rhoHat.map((hat) => correlation(hat).oneMinusRhoSquare),
  };
}

/** Z (Eq. 25) of a point that lies d₁ and d₂ standard deviations from the mean. The paper's d₁² + d₂² − 2ρd₁d₂ is written
 * so that nothing cancels where |ρ| is near 1. */
function squaredDistance(d1: number, d2: number, rho: number, oneMinusRhoSquare: number): number {
  return (d1 - rho * d2) ** 2 + oneMinusRhoSquare * d2 * d2; // Eq. 25
}

/** log N(x | μ, σ, ρ) (Eq. 24), of log σ₁ + log σ₂. */
function logNormal(Z: number, logSigmas: number, oneMinusRhoSquare: number): number {
  return -Z / (2 * oneMinusRhoSquare) - Math.log(2 * Math.PI) - logSigmas - Math.log(oneMinusRhoSquare) / 2;
}

/** One component of a mixture. */
export interface Gaussian {
  mean1: number;
  mean2: number;
  std1: number;
  std2: number;
  rho: number;
  oneMinusRhoSquare: number;
}

/** N(x | μ, σ, ρ) as a function of the point (Eqs. 24, 25). */
export function normal({ mean1, mean2, std1, std2, rho, oneMinusRhoSquare }: Gaussian) {
  const logSigmas = Math.log(std1) + Math.log(std2);
  return (x1: number, x2: number): number => {
    const Z = squaredDistance((x1 - mean1) / std1, (x2 - mean2) / std2, rho, oneMinusRhoSquare);
    return Math.exp(logNormal(Z, logSigmas, oneMinusRhoSquare)); // Eq. 24
  };
}

/** Σ_j π^j N(x | μ^j, σ^j, ρ^j): the density of the next pen offset (the first factor of Eq. 23). */
export function mixtureDensity(mixture: Mixture, x1: number, x2: number): number {
  return mixture.weights.reduce((sum, pi, j) => sum + pi * normal(componentOf(mixture, j))(x1, x2), 0); // Eq. 23
}

/** Component j, from 0. */
export function componentOf(mixture: Mixture, j: number): Gaussian {
  return {
    mean1: mixture.mean1[j],
    mean2: mixture.mean2[j],
    std1: mixture.std1[j],
    std2: mixture.std2[j],
    rho: mixture.correlation[j],
    oneMinusRhoSquare: mixture.oneMinusRhoSquare[j],
  };
}

/** Where a point lies in component j: its distances from the mean in standard deviations, and with ρ what Eqs. 24 and
 * 32–36 have of them. */
function standardised(hats: ReturnType<typeof hatsOf>, target: ArrayLike<number>, j: number) {
  const d1 = (target[0] - hats.muHat1[j]) * Math.exp(-hats.sigmaHat1[j]); // (x₁ − μ₁)/σ₁, Eqs. 20, 21
  const d2 = (target[1] - hats.muHat2[j]) * Math.exp(-hats.sigmaHat2[j]);
  const { rho, oneMinusRhoSquare } = correlation(hats.rhoHat[j]); // Eq. 22
  return { d1, d2, rho, oneMinusRhoSquare, Z: squaredDistance(d1, d2, rho, oneMinusRhoSquare) };
}

/**
 * The loss of one point (Eq. 26), in logarithms: finite however far the target.
 *
 * @param outputs ŷ_t `[6M + 1]`, as in `mixtureOf`
 * @param target the point x_{t+1}: Δx, Δy, end of stroke (0 or 1)
 * @returns the loss in nats; the squared distance between (Δx, Δy) and the mixture's mean Σ π^j μ^j; π^j and the
 * responsibilities γ^j `[M]`
 */
export function mixtureLoss(outputs: ArrayLike<number>, target: ArrayLike<number>) {
  const hats = hatsOf(outputs), { piHat, muHat1, muHat2, sigmaHat1, sigmaHat2 } = hats;
  const pi = softmax(piHat), gamma = new Float64Array(pi.length); // Eq. 19
  const normaliser = logSumExp(piHat);
  let mean1 = 0, mean2 = 0;
  for (let j = 0; j < pi.length; j++) {
    const { Z, oneMinusRhoSquare } = standardised(hats, target, j);
    gamma[j] = piHat[j] - normaliser + logNormal(Z, sigmaHat1[j] + sigmaHat2[j], oneMinusRhoSquare); // log of Eq. 28
    mean1 += pi[j] * muHat1[j];
    mean2 += pi[j] * muHat2[j];
  }
  const logDensity = logSumExp(gamma);
  for (let j = 0; j < pi.length; j++) gamma[j] = Math.exp(gamma[j] - logDensity); // Eq. 29
  const loss = -logDensity + softplus(target[2] === 1 ? outputs[0] : -outputs[0]); // Eq. 26, with Eq. 18
  return { loss, squaredError: (target[0] - mean1) ** 2 + (target[1] - mean2) ** 2, pi, gamma };
}

/**
 * The derivatives of one point's loss (Eqs. 27–37).
 *
 * @param dOutputs receives ∂L/∂ŷ_t `[6M + 1]`, not clipped; may be `outputs` itself
 * @returns loss and squared error as of `mixtureLoss`, whose arguments the others are
 */
export function mixtureDerivatives(
  outputs: ArrayLike<number>,
  target: ArrayLike<number>,
  dOutputs: Float64Array,
): { loss: number; squaredError: number } {
  const hats = hatsOf(outputs), { loss, squaredError, pi, gamma } = mixtureLoss(outputs, target);
  const [dPi, dMu1, dMu2, dSigma1, dSigma2, dRho] = blocks(dOutputs.subarray(1), 6);
  dOutputs[0] = target[2] - sigmoid(-outputs[0]); // Eq. 27
  for (let j = 0; j < pi.length; j++) {
    const { d1, d2, rho, oneMinusRhoSquare, Z } = standardised(hats, target, j);
    const sigma1 = Math.exp(hats.sigmaHat1[j]), sigma2 = Math.exp(hats.sigmaHat2[j]);
    const C = 1 / oneMinusRhoSquare; // Eq. 37
    dPi[j] = pi[j] - gamma[j]; // Eq. 30; the others are Eq. 31 with:
    dMu1[j] = -gamma[j] * (C / sigma1) * (d1 - rho * d2); // Eq. 32
    dMu2[j] = -gamma[j] * (C / sigma2) * (d2 - rho * d1); // Eq. 33
    dSigma1[j] = -gamma[j] * (C * d1 * (d1 - rho * d2) - 1); // Eq. 34
    dSigma2[j] = -gamma[j] * (C * d2 * (d2 - rho * d1) - 1); // Eq. 35
    dRho[j] = -gamma[j] * (d1 * d2 + rho * (1 - C * Z)); // Eq. 36
  }
  return { loss, squaredError };
}
