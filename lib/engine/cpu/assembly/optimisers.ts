// One update of n weights; `scale` multiplies the gradient first.
import { exp, load4, madd, splat, store4 } from "./vector";

export function sgd(n: i32, weights: usize, gradient: usize, velocity: usize, rate: f32, momentum: f32, scale: f32): void {
  const step = splat(-rate * scale);
  for (let i = 0; i < n; i += 4) {
    const q = usize(i) << 2, left = n - i;
    const v = madd(splat(momentum), load4(velocity + q, left), f32x4.mul(step, load4(gradient + q, left)));
    store4(velocity + q, v, left);
    store4(weights + q, f32x4.add(load4(weights + q, left), v), left);
  }
}

export function rmsprop(
  n: i32, weights: usize, gradient: usize, n1: usize, g1: usize, delta: usize,
  aleph: f32, oneMinusAleph: f32, beth: f32, gimel: f32, daleth: f32, scale: f32,
): void {
  for (let i = 0; i < n; i += 4) {
    const q = usize(i) << 2, left = n - i;
    const epsilon = f32x4.mul(splat(scale), load4(gradient + q, left));
    const fresh = f32x4.mul(splat(oneMinusAleph), epsilon);
    const square = madd(splat(aleph), load4(n1 + q, left), f32x4.mul(fresh, epsilon)); // Eq. 38
    const mean = madd(splat(aleph), load4(g1 + q, left), fresh); // Eq. 39
    const spread = f32x4.sqrt(f32x4.add(f32x4.sub(square, f32x4.mul(mean, mean)), splat(daleth)));
    const push = f32x4.div(f32x4.mul(splat(gimel), epsilon), spread);
    const d = f32x4.sub(f32x4.mul(splat(beth), load4(delta + q, left)), push); // Eq. 40
    store4(n1 + q, square, left);
    store4(g1 + q, mean, left);
    store4(delta + q, d, left);
    store4(weights + q, f32x4.add(load4(weights + q, left), d), left); // Eq. 41
  }
}

/** `rate` is divided by 1 − β₁ᵘ already; `perCorrection2` is 1 / (1 − β₂ᵘ). */
export function adam(
  n: i32, weights: usize, gradient: usize, m: usize, v: usize,
  rate: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32, oneMinusBeta2: f32, epsilon: f32, perCorrection2: f32, scale: f32,
): void {
  for (let i = 0; i < n; i += 4) {
    const q = usize(i) << 2, left = n - i;
    const sum = load4(gradient + q, left), slope = f32x4.mul(splat(scale), sum);
    const mean = madd(splat(beta1), load4(m + q, left), f32x4.mul(splat(oneMinusBeta1), slope));
    const square = madd(splat(beta2), load4(v + q, left), f32x4.mul(splat(oneMinusBeta2), f32x4.mul(slope, slope)));
    const spread = f32x4.add(f32x4.sqrt(f32x4.mul(square, splat(perCorrection2))), splat(epsilon));
    store4(m + q, mean, left);
    store4(v + q, square, left);
    store4(weights + q, f32x4.sub(load4(weights + q, left), f32x4.div(f32x4.mul(splat(rate), mean), spread)), left);
  }
}

/** See `adaptiveNoiseGradient` in engine.ts; `pull` = 1 / (N σ_α²), `perSequences` = 1 / (2N). */
export function adaptiveNoiseGradient(
  n: i32, mean: usize, logVariance: usize, gradient: usize, dLogVariance: usize,
  priorMean: f32, pull: f32, perSequences: f32, scale: f32,
): void {
  for (let i = 0; i < n; i += 4) {
    const q = usize(i) << 2, left = n - i;
    const sum = load4(gradient + q, left), slope = f32x4.mul(splat(scale), sum);
    const variance = exp(load4(logVariance + q, left));
    store4(gradient + q, madd(f32x4.sub(load4(mean + q, left), splat(priorMean)), splat(pull), slope), left);
    // σ² (B ḡ²/2 + (1/σ_α² − 1/σ²) / 2N)
    const half = madd(f32x4.mul(slope, sum), splat(0.5), splat(<f32>0.5 * pull));
    store4(dLogVariance + q, f32x4.sub(f32x4.mul(variance, half), splat(perSequences)), left);
  }
}

/** Σμ, Σμ², Σσ², Σ log σ² as four doubles at `out`. */
export function adaptiveNoiseSums(n: i32, mean: usize, logVariance: usize, out: usize): void {
  let total: f64 = 0, square: f64 = 0, variance: f64 = 0, logs: f64 = 0;
  for (let i = 0; i < n; i += 4) {
    const q = usize(i) << 2, left = min(4, n - i);
    const e = exp(load4(logVariance + q, left));
    store4(out + 32, e, 4);
    for (let k = 0; k < left; k++) {
      const mu = <f64>load<f32>(mean + q + (usize(k) << 2));
      total += mu;
      square += mu * mu;
      variance += <f64>load<f32>(out + 32 + (usize(k) << 2));
      logs += <f64>load<f32>(logVariance + q + (usize(k) << 2));
    }
  }
  store<f64>(out, total);
  store<f64>(out, square, 8);
  store<f64>(out, variance, 16);
  store<f64>(out, logs, 24);
}
