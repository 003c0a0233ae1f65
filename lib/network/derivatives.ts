/**
 * The derivatives that the paper writes out, each as code of its own in float64: Eq. 14 (softmax), Eqs. 27–37 (mixture
 * density) and Eqs. 56–60 (soft window). One point, symbol or step at a time; nothing here knows of tensors.
 */

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

/** log(1 + eˣ), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** log Σ_k exp(x_k) over x[from..to), without overflow. */
function logSumExp(x: Float64Array, from = 0, to = x.length): number {
  let largest = -Infinity;
  for (let k = from; k < to; k++) largest = Math.max(largest, x[k]);
  let sum = 0;
  for (let k = from; k < to; k++) sum += Math.exp(x[k] - largest);
  return largest + Math.log(sum);
}

/**
 * The softmax's loss and its derivative for one step (Eqs. 12–14).
 *
 * @param outputs ŷ_t `[C]`
 * @param target the symbol x_{t+1}, 0..C-1
 * @param dOutputs receives ∂L/∂ŷ_t; may be `outputs` itself
 * @returns −ln Pr(target) in nats, and whether another symbol (the first of equals) was the most probable
 */
export function softmaxDerivatives(
  outputs: Float64Array,
  target: number,
  dOutputs: Float64Array,
): { loss: number; error: 0 | 1 } {
  const normaliser = logSumExp(outputs);
  const loss = normaliser - outputs[target]; // Eq. 13
  let best = 0;
  for (let k = 1; k < outputs.length; k++) if (outputs[k] > outputs[best]) best = k;
  for (let k = 0; k < outputs.length; k++) {
    const y = Math.exp(outputs[k] - normaliser); // Eq. 12
    dOutputs[k] = y - (k === target ? 1 : 0); // Eq. 14
  }
  return { loss, error: best === target ? 0 : 1 };
}

/** The distances of a point from one component's mean in standard deviations, and the component's correlation. */
function component(outputs: Float64Array, target: ArrayLike<number>, M: number, j: number) {
  const d1 = (target[0] - outputs[1 + M + j]) * Math.exp(-outputs[1 + 3 * M + j]); // (x₁ − μ₁)/σ₁, Eqs. 20, 21
  const d2 = (target[1] - outputs[1 + 2 * M + j]) * Math.exp(-outputs[1 + 4 * M + j]);
  const { rho, oneMinusRhoSquare } = correlation(outputs[1 + 5 * M + j]);
  // Eq. 25 is d₁² + d₂² − 2ρd₁d₂; in this form nothing cancels where |ρ| is near 1.
  const Z = (d1 - rho * d2) ** 2 + oneMinusRhoSquare * d2 * d2;
  return { d1, d2, rho, oneMinusRhoSquare, Z };
}

/** log N(x | μ, σ, ρ) of component j (Eq. 24). */
function logNormal(outputs: Float64Array, target: ArrayLike<number>, M: number, j: number): number {
  const { oneMinusRhoSquare, Z } = component(outputs, target, M, j);
  const logSigmas = outputs[1 + 3 * M + j] + outputs[1 + 4 * M + j];
  return -Z / (2 * oneMinusRhoSquare) - Math.log(2 * Math.PI) - logSigmas - Math.log(oneMinusRhoSquare) / 2;
}

/**
 * The mixture density's loss and its derivatives for one point (Eqs. 18–37).
 *
 * @param outputs ŷ_t `[6M + 1]` in blocks ê | π̂ (M) | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂
 * @param target the point x_{t+1}: Δx, Δy, end of stroke (0 or 1)
 * @param dOutputs receives ∂L/∂ŷ_t, not clipped; may be `outputs` itself
 * @returns the loss in nats (Eq. 26, finite however far the target), and the squared distance between (Δx, Δy) and the
 * mixture's mean Σ π^j μ^j
 */
export function mixtureDerivatives(
  outputs: Float64Array,
  target: ArrayLike<number>,
  dOutputs: Float64Array,
): { loss: number; squaredError: number } {
  const M = (outputs.length - 1) / 6;
  const piNormaliser = logSumExp(outputs, 1, 1 + M);
  const logGammaHat = new Float64Array(M); // log γ̂^j = log π^j + log N^j, Eq. 28
  let mean1 = 0, mean2 = 0;
  for (let j = 0; j < M; j++) {
    const logPi = outputs[1 + j] - piNormaliser; // Eq. 19
    logGammaHat[j] = logPi + logNormal(outputs, target, M, j);
    mean1 += Math.exp(logPi) * outputs[1 + M + j];
    mean2 += Math.exp(logPi) * outputs[1 + 2 * M + j];
  }
  const logDensity = logSumExp(logGammaHat);
  const eHat = outputs[0], endOfStroke = target[2];
  const loss = -logDensity + (endOfStroke === 1 ? softplus(eHat) : softplus(-eHat)); // Eqs. 18, 26

  dOutputs[0] = endOfStroke - 1 / (1 + Math.exp(eHat)); // Eq. 27
  for (let j = 0; j < M; j++) {
    const { d1, d2, rho, oneMinusRhoSquare, Z } = component(outputs, target, M, j);
    const sigma1 = Math.exp(outputs[1 + 3 * M + j]), sigma2 = Math.exp(outputs[1 + 4 * M + j]);
    const gamma = Math.exp(logGammaHat[j] - logDensity); // Eq. 29
    const C = 1 / oneMinusRhoSquare; // Eq. 37
    dOutputs[1 + j] = Math.exp(outputs[1 + j] - piNormaliser) - gamma; // Eq. 30
    // Eq. 31 with Eqs. 32–36:
    dOutputs[1 + M + j] = -gamma * (C / sigma1) * (d1 - rho * d2);
    dOutputs[1 + 2 * M + j] = -gamma * (C / sigma2) * (d2 - rho * d1);
    dOutputs[1 + 3 * M + j] = -gamma * (C * d1 * (d1 - rho * d2) - 1);
    dOutputs[1 + 4 * M + j] = -gamma * (C * d2 * (d2 - rho * d1) - 1);
    dOutputs[1 + 5 * M + j] = -gamma * (d1 * d2 + rho * (1 - C * Z));
  }
  return { loss, squaredError: (target[0] - mean1) ** 2 + (target[1] - mean2) ** 2 };
}

/**
 * The soft window's derivatives for one step of one sequence (Eqs. 56–60).
 *
 * @param parameters α_t | β_t | κ_t `[3K]`
 * @param kappaStep exp(κ̂_t) `[K]`
 * @param characters the text as indices into the alphabet, U of them; one outside 0..A-1 adds nothing to the window
 * @param dWindow ∂L/∂w_t `[A]`
 * @param dKappa ∂L/∂κ_{t+1} `[K]` on entry, ∂L/∂κ_t on return: the step before continues from it
 * @param dParameters receives ∂L/∂(α̂, β̂, κ̂)_t `[3K]`
 */
export function softWindowDerivatives(
  parameters: Float64Array,
  kappaStep: Float64Array,
  characters: ArrayLike<number>,
  dWindow: Float64Array,
  dKappa: Float64Array,
  dParameters: Float64Array,
): void {
  const K = parameters.length / 3;
  for (let k = 0; k < K; k++) {
    const alpha = parameters[k], beta = parameters[K + k], kappa = parameters[2 * K + k];
    let sum = 0, sumOfSquares = 0, sumOfDistances = 0;
    for (let u = 1; u <= characters.length; u++) {
      // Eq. 56: with one-hot c_u, the sum over j picks the derivative at the text's u-th character.
      const dPhi = dWindow[characters[u - 1]] ?? 0;
      const epsilon = alpha * Math.exp(-beta * (kappa - u) ** 2) * dPhi;
      sum += epsilon;
      sumOfSquares += epsilon * (kappa - u) ** 2;
      sumOfDistances += epsilon * (u - kappa);
    }
    dParameters[k] = sum; // Eq. 57
    dParameters[K + k] = -beta * sumOfSquares; // Eq. 58
    dKappa[k] += 2 * beta * sumOfDistances; // Eq. 59
    dParameters[2 * K + k] = kappaStep[k] * dKappa[k]; // Eq. 60
  }
}
