/**
 * Adaptive weight noise (Graves 2011, *Practical Variational Inference for Neural Networks*): every weight has a posterior
 * N(μ_i, σ_i²), all share the prior N(μ_α, σ_α²), and what is minimised is the description length, the data's loss
 * under weights drawn from the posterior plus KL(posterior ‖ prior).
 */

/** Sums over all weights: Σ μ, Σ μ², Σ σ² and Σ log σ². */
export interface PosteriorSums {
  mean: number;
  meanSquare: number;
  variance: number;
  logVariance: number;
}

/** The prior and KL(posterior ‖ prior) in nats. */
export interface Prior {
  mean: number;
  variance: number;
  divergence: number;
}

export function posteriorSums(means: Iterable<number>, logVariances: Iterable<number>): PosteriorSums {
  const sums: PosteriorSums = { mean: 0, meanSquare: 0, variance: 0, logVariance: 0 };
  for (const mu of means) {
    sums.mean += mu;
    sums.meanSquare += mu ** 2;
  }
  for (const log of logVariances) {
    sums.variance += Math.exp(log);
    sums.logVariance += log;
  }
  return sums;
}

/** The prior at its optimum, μ_α = mean(μ_i) and σ_α² = mean(σ_i² + (μ_i − μ_α)²), for `count` weights. */
export function optimalPrior(count: number, sums: PosteriorSums): Prior {
  const mean = sums.mean / count;
  const variance = (sums.meanSquare + sums.variance) / count - mean ** 2;
  // KL = Σ log(σ_α/σ_i) + ((μ_i − μ_α)² + σ_i² − σ_α²) / 2σ_α²: at the optimum the second terms' sum is 0.
  return { mean, variance, divergence: (count * Math.log(variance) - sums.logVariance) / 2 };
}

/** What all weights share: μ_α, σ_α², N and 1 / the sequences of a batch. */
interface Shared {
  priorMean: number;
  priorVariance: number;
  sequences: number;
  scale: number;
}

/**
 * The derivatives of the description length for one of N training sequences: ∂/∂μ_i = g_i + (μ_i − μ_α) / Nσ_α² and
 * ∂/∂ log σ_i² = σ_i² ∂/∂σ_i² = σ_i² (g_i²/2 + (1/σ_α² − 1/σ_i²) / 2N).
 *
 * @param gradient g_i, summed over the batch; replaced by ∂/∂μ_i
 * @param dLogVariances receives ∂/∂ log σ_i². Of a batch only the sum of its sequences' g is known, whose square is in
 * expectation that of all of them: `scale` times it stands for the mean of their squares
 */
export function descriptionLengthDerivatives(
  means: Float64Array,
  logVariances: Float64Array,
  gradient: Float64Array,
  dLogVariances: Float64Array,
  { priorMean, priorVariance, sequences, scale }: Shared,
): void {
  for (let i = 0; i < means.length; i++) {
    const slope = scale * gradient[i], curvature = scale * gradient[i] ** 2;
    const variance = Math.exp(logVariances[i]);
    gradient[i] = slope + (means[i] - priorMean) / (sequences * priorVariance);
    dLogVariances[i] = variance * (curvature / 2 + (1 / priorVariance - 1 / variance) / (2 * sequences));
  }
}
