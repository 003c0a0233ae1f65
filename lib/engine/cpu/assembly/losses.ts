// The two output layers: loss and derivative of rows of network outputs ŷ.
import { clip as clipped, exp, exp1, largest, load4, load4Or, log, log1, madd, softplus, splat, store4, sum, tanh } from "./vector";

const NEGLIGIBLE: f32 = -1e30;

/** max and Σ exp(x − max) as ln Σ exp x over a row. */
function logSumExp(x: usize, n: i32): f32 {
  let top = splat(NEGLIGIBLE);
  for (let k = 0; k < n; k += 4) top = f32x4.max(top, load4Or(x + (usize(k) << 2), n - k, NEGLIGIBLE));
  const highest = largest(top);
  let total = splat(0);
  for (let k = 0; k < n; k += 4) {
    const left = n - k;
    let e = exp(f32x4.sub(load4Or(x + (usize(k) << 2), left, NEGLIGIBLE), splat(highest)));
    total = f32x4.add(total, e);
  }
  return highest + log1(sum(total));
}

/** Eqs. 12–14 for N rows of C outputs; see `SoftmaxLoss` in engine.ts. Returns the first target that is too large, or −1. */
export function softmaxLoss(N: i32, C: i32, outputs: usize, targets: usize, losses: usize, errors: usize): i32 {
  for (let r = 0; r < N; r++) {
    const q = usize(r) << 2, row = outputs + usize(r) * (usize(C) << 2);
    const target = load<i32>(targets + q);
    if (target >= C) return target;
    if (target < 0) {
      memory.fill(row, 0, usize(C) << 2);
      store<f32>(losses + q, 0);
      store<f32>(errors + q, 0);
      continue;
    }
    const expected = row + (usize(target) << 2);
    const score = load<f32>(expected);
    const normaliser = logSumExp(row, C);
    // The first of equals counts as the most probable.
    let error: f32 = 0;
    for (let k = 0; k < C; k++) {
      const other = load<f32>(row + (usize(k) << 2));
      if (other > score || (other == score && k < target)) { error = 1; break; }
    }
    for (let k = 0; k < C; k += 4) {
      const p = row + (usize(k) << 2);
      store4(p, exp(f32x4.sub(load4(p, C - k), splat(normaliser))), C - k); // Eq. 12
    }
    store<f32>(expected, load<f32>(expected) - 1); // Eq. 14
    store<f32>(losses + q, normaliser - score); // Eq. 13
    store<f32>(errors + q, error);
  }
  return -1;
}

/** |ρ̂| counts as no more than this, as `correlationLimit` in lib/equations/mixture_density.ts. */
const CORRELATION_LIMIT: f32 = 8;
const LOG_2_PI: f32 = 1.8378770664;

/** Eqs. 18–37 for N rows of 6M + 1 outputs; see `MixtureLoss` in engine.ts. `scratch`: M + 3 floats. */
export function mixtureLoss(
  N: i32, M: i32, outputs: usize, targets: usize, mask: usize, losses: usize, squaredErrors: usize, clip: f32, scratch: usize,
): void {
  const rowBytes = usize(6 * M + 1) << 2;
  for (let r = 0; r < N; r++) {
    const q = usize(r) << 2;
    if (load<i32>(mask + q) != 0) {
      mixtureRow(M, outputs, targets, losses + q, squaredErrors + q, clip, scratch);
    } else {
      memory.fill(outputs, 0, rowBytes);
      store<f32>(losses + q, 0);
      store<f32>(squaredErrors + q, 0);
    }
    outputs += rowBytes; targets += 12;
  }
}

function mixtureRow(M: i32, row: usize, target: usize, loss: usize, squaredError: usize, clip: f32, logGammaHats: usize): void {
  const block = usize(M) << 2, limit = splat(clip), one = splat(1);
  const pi = row + 4, mean1 = pi + block, mean2 = mean1 + block, std1 = mean2 + block, std2 = std1 + block, rho = std2 + block;
  const x1 = splat(load<f32>(target)), x2 = splat(load<f32>(target, 4));
  const endOfStroke = load<f32>(target, 8);
  const piNormaliser = splat(logSumExp(pi, M));
  let mixtureMean1 = splat(0), mixtureMean2 = splat(0);

  for (let j = 0; j < M; j += 4) {
    const n = M - j, p = usize(j) << 2;
    const logPi = f32x4.sub(load4Or(pi + p, n, NEGLIGIBLE), piNormaliser); // Eq. 19
    const mu1 = load4(mean1 + p, n), mu2 = load4(mean2 + p, n); // Eq. 20
    const logSigma1 = load4(std1 + p, n), logSigma2 = load4(std2 + p, n);
    const d1 = f32x4.mul(f32x4.sub(x1, mu1), exp(f32x4.neg(logSigma1))); // Eq. 21
    const d2 = f32x4.mul(f32x4.sub(x2, mu2), exp(f32x4.neg(logSigma2)));
    const rhoHat = clipped(load4(rho + p, n), splat(CORRELATION_LIMIT));
    const correlation = tanh(rhoHat); // Eq. 22
    const rest = oneMinusSquare(rhoHat);
    const side = f32x4.sub(d1, f32x4.mul(correlation, d2));
    // Z / (1 − ρ²), Eq. 25, in the form in which nothing cancels where |ρ| is near 1
    const Z = madd(d2, d2, f32x4.div(f32x4.mul(side, side), rest));
    // Eqs. 24, 28
    let logGammaHat = f32x4.sub(logPi, f32x4.mul(splat(0.5), f32x4.add(Z, log(rest))));
    logGammaHat = f32x4.sub(logGammaHat, f32x4.add(splat(LOG_2_PI), f32x4.add(logSigma1, logSigma2)));
    store4(logGammaHats + p, logGammaHat, n);
    const weight = exp(logPi);
    mixtureMean1 = madd(weight, mu1, mixtureMean1);
    mixtureMean2 = madd(weight, mu2, mixtureMean2);
  }
  const logDensity = logSumExp(logGammaHats, M);
  const eHat = load<f32>(row);
  store<f32>(loss, (endOfStroke == 1 ? softplus(eHat) : softplus(-eHat)) - logDensity); // Eqs. 18, 26
  const miss1 = load<f32>(target) - sum(mixtureMean1), miss2 = load<f32>(target, 4) - sum(mixtureMean2);
  store<f32>(squaredError, miss1 * miss1 + miss2 * miss2);

  const dEnd: f32 = endOfStroke - 1 / (1 + exp1(eHat)); // Eq. 27
  store<f32>(row, max(-clip, min(clip, dEnd)));
  for (let j = 0; j < M; j += 4) {
    const n = M - j, p = usize(j) << 2;
    const perSigma1 = exp(f32x4.neg(load4(std1 + p, n))), perSigma2 = exp(f32x4.neg(load4(std2 + p, n)));
    const d1 = f32x4.mul(f32x4.sub(x1, load4(mean1 + p, n)), perSigma1);
    const d2 = f32x4.mul(f32x4.sub(x2, load4(mean2 + p, n)), perSigma2);
    const rhoHat = clipped(load4(rho + p, n), splat(CORRELATION_LIMIT));
    const correlation = tanh(rhoHat);
    const C = f32x4.div(one, oneMinusSquare(rhoHat)); // Eq. 37
    const gamma = exp(f32x4.sub(load4(logGammaHats + p, n), splat(logDensity))); // Eq. 29
    const weight = exp(f32x4.sub(load4(pi + p, n), piNormaliser));
    const slope = f32x4.neg(gamma);
    const side1 = f32x4.mul(C, f32x4.sub(d1, f32x4.mul(correlation, d2)));
    const side2 = f32x4.mul(C, f32x4.sub(d2, f32x4.mul(correlation, d1)));
    // C Z = C (d₁ − ρ d₂)² + d₂²
    const CZ = madd(d2, d2, f32x4.mul(side1, f32x4.sub(d1, f32x4.mul(correlation, d2))));
    store4(pi + p, clipped(f32x4.sub(weight, gamma), limit), n); // Eq. 30
    store4(mean1 + p, clipped(f32x4.mul(slope, f32x4.mul(perSigma1, side1)), limit), n); // Eqs. 31, 32
    store4(mean2 + p, clipped(f32x4.mul(slope, f32x4.mul(perSigma2, side2)), limit), n); // Eq. 33
    store4(std1 + p, clipped(f32x4.mul(slope, f32x4.sub(f32x4.mul(d1, side1), one)), limit), n); // Eq. 34
    store4(std2 + p, clipped(f32x4.mul(slope, f32x4.sub(f32x4.mul(d2, side2), one)), limit), n); // Eq. 35
    const dRho = madd(d1, d2, f32x4.mul(correlation, f32x4.sub(one, CZ))); // Eq. 36
    store4(rho + p, clipped(f32x4.mul(slope, dRho), limit), n);
  }
}

/** 1 − tanh² x, without the cancellation near |tanh x| = 1. */
@inline function oneMinusSquare(x: v128): v128 {
  const decay = exp(f32x4.mul(splat(-2), f32x4.abs(x)));
  const below = f32x4.add(splat(1), decay);
  return f32x4.div(f32x4.mul(splat(4), decay), f32x4.mul(below, below));
}
