/** The soft window of Section 5.1: how the synthesis network reads its text. One step of one sequence, K Gaussians. */
import { blocks } from "./elementary.ts";

/**
 * Where the window stands at time t (Eqs. 49–51).
 *
 * @param outputs α̂_t | β̂_t | κ̂_t `[3K]` (Eq. 48)
 * @param before α | β | κ of step t − 1 `[3K]`, of which κ_{t−1} counts: the window only ever moves forward from there
 * @param parameters receives α_t | β_t | κ_t `[3K]`
 */
export function softWindowParameters(
  outputs: Float64Array,
  before: Float64Array,
  parameters: Float64Array,
): void {
  const [alphaHat, betaHat, kappaHat] = blocks(outputs, 3), kappaBefore = blocks(before, 3)[2];
  const [alpha, beta, kappa] = blocks(parameters, 3);
  for (let k = 0; k < alpha.length; k++) {
    alpha[k] = Math.exp(alphaHat[k]); // Eq. 49
    beta[k] = Math.exp(betaHat[k]); // Eq. 50
    kappa[k] = kappaBefore[k] + Math.exp(kappaHat[k]); // Eq. 51
  }
}

/** What one Gaussian of the window adds to φ(t, u) (Eqs. 46, 56). */
function bump(alpha: number, beta: number, kappa: number, u: number): number {
  return alpha * Math.exp(-beta * (kappa - u) ** 2);
}

/** φ(t, u), the weight of the text's u-th character (Eq. 46); arguments as in `softWindowWeights`. */
export function softWindowWeight(parameters: ArrayLike<number>, u: number): number {
  const K = parameters.length / 3;
  let phi = 0;
  for (let k = 0; k < K; k++) phi += bump(parameters[k], parameters[K + k], parameters[2 * K + k], u); // Eq. 46
  return phi;
}

/**
 * φ(t, u) for u = 1..U (Eq. 46); entry u − 1 of the result belongs to character u.
 *
 * @param parameters α_t | β_t | κ_t `[3K]`
 * @param U number of positions: the text's length, or one more for the stopping rule of Section 5.3
 * @throws RangeError if the parameters are not three blocks.
 */
export function softWindowWeights(parameters: ArrayLike<number>, U: number): Float64Array {
  const { length } = parameters;
  if (length < 3 || length % 3 !== 0) {
    throw new RangeError(`Window parameters are three blocks of K (α | β | κ); found ${length} numbers.`);
  }
  return Float64Array.from({ length: U }, (_, index) => softWindowWeight(parameters, index + 1));
}

/**
 * w_t = Σ_u φ(t, u) c_u (Eq. 47) with one-hot c_u.
 *
 * @param parameters α_t | β_t | κ_t `[3K]`
 * @param characters the text as indices into the alphabet; one outside 0..A-1 adds nothing to the window
 * @param window receives w_t `[A]`
 */
export function softWindow(
  parameters: ArrayLike<number>,
  characters: ArrayLike<number>,
  window: Float64Array,
): void {
  window.fill(0);
  for (let u = 1; u <= characters.length; u++) {
    const character = characters[u - 1];
    if (character in window) window[character] += softWindowWeight(parameters, u); // Eq. 47
  }
}

/**
 * The soft window's derivatives (Eqs. 56–60).
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
      // With one-hot c_u, the sum over j picks the derivative at the text's u-th character.
      const dPhi = dWindow[characters[u - 1]] ?? 0;
      const epsilon = bump(alpha, beta, kappa, u) * dPhi; // Eq. 56
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
