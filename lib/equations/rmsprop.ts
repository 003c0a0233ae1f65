/** The optimiser of Section 4.2: rmsprop with the gradient's mean taken off and with momentum. */

/** ℵ, ℶ, ℷ and ℸ, for which the paper has 0.95, 0.9, 0.0001 and 0.0001 (Eqs. 42–45). */
export interface RmspropSettings {
  aleph: number;
  beth: number;
  gimel: number;
  daleth: number;
  /** What the gradient is multiplied by first. */
  scale: number;
}

/**
 * One update of weights (Eqs. 38–41). All arrays have one entry for each weight.
 *
 * @param w the weights; changed
 * @param gradient ε is `scale` times this
 * @param n,g,delta mean square and mean of ε, and the last step; changed
 */
export function rmspropUpdate(
  w: Float64Array,
  gradient: Float64Array,
  [n, g, delta]: Float64Array[],
  { aleph, beth, gimel, daleth, scale }: RmspropSettings,
): void {
  for (let i = 0; i < w.length; i++) {
    const epsilon = scale * gradient[i];
    n[i] = aleph * n[i] + (1 - aleph) * epsilon ** 2; // Eq. 38
    g[i] = aleph * g[i] + (1 - aleph) * epsilon; // Eq. 39
    delta[i] = beth * delta[i] - gimel * epsilon / Math.sqrt(n[i] - g[i] ** 2 + daleth); // Eq. 40
    w[i] += delta[i]; // Eq. 41
  }
}
