/** The soft window on the host: how strongly each character of the text is being looked at. */

/**
 * φ(t, u) for u = 1..U (Eq. 46); entry u − 1 of the result belongs to character u.
 *
 * @param parameters one step's window parameters α | β | κ, three blocks of K (after Eqs. 49–51).
 * @param U number of positions; give the text's length, or one more for the stopping rule of Section 5.3.
 * @throws RangeError if the parameters are not three blocks.
 */
export function softWindowWeights(parameters: ArrayLike<number>, U: number): Float64Array {
  const components = parameters.length / 3;
  if (!Number.isInteger(components) || components < 1) {
    throw new RangeError(
      `Window parameters are three blocks of K (α | β | κ); found ${parameters.length} numbers.`,
    );
  }
  const weights = new Float64Array(U);
  for (let u = 1; u <= U; u++) weights[u - 1] = softWindowWeight(parameters, u);
  return weights;
}

/** φ(t, u) for one u; see `softWindowWeights`. */
export function softWindowWeight(parameters: ArrayLike<number>, u: number): number {
  const components = parameters.length / 3;
  let weight = 0;
  for (let k = 0; k < components; k++) {
    const distance = parameters[2 * components + k] - u;
    weight += parameters[k] * Math.exp(-parameters[components + k] * distance * distance);
  }
  return weight;
}
