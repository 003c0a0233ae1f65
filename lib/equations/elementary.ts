/** What the equations are made of: scalar functions that do not overflow, and products of vectors with matrices. */

/** σ(x) = 1 / (1 + e⁻ˣ) */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + eˣ), without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** log Σ_k exp(x_k), without overflow. */
export function logSumExp(x: ArrayLike<number>): number {
  let largest = -Infinity, sum = 0;
  for (let k = 0; k < x.length; k++) largest = Math.max(largest, x[k]);
  for (let k = 0; k < x.length; k++) sum += Math.exp(x[k] - largest);
  return largest + Math.log(sum);
}

/** The index of the greatest, the first of equals. */
export function argMax(x: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < x.length; k++) if (x[k] > x[best]) best = k;
  return best;
}

/** A derivative clipped to [−limit, limit] (Section 2.1). */
export function clip(derivative: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, derivative));
}

/** An array's `count` parts of equal length, one behind the other, sharing its memory. */
export function blocks(x: Float64Array, count: number): Float64Array[] {
  const length = x.length / count, parts: Float64Array[] = [];
  for (let k = 0; k < count; k++) parts.push(x.subarray(k * length, (k + 1) * length));
  return parts;
}

/** y `[M]` += x `[K]` W `[K, M]` */
export function addProduct(x: Float64Array, W: Float64Array, y: Float64Array): void {
  const M = y.length;
  for (let k = 0; k < x.length; k++) {
    if (x[k] !== 0) { for (let m = 0; m < M; m++) y[m] += x[k] * W[k * M + m]; }
  }
}

/** y `[K]` += x `[M]` Wᵀ, W `[K, M]` */
export function addTransposedProduct(x: Float64Array, W: Float64Array, y: Float64Array): void {
  const M = x.length;
  for (let k = 0; k < y.length; k++) {
    for (let m = 0; m < M; m++) y[k] += x[m] * W[k * M + m];
  }
}
