/** The mixture density output layer for handwriting (Section 4), in plain tfjs operations. */
import * as tf from "@tensorflow/tfjs";
import { correlationLimit } from "../../../equations/mixture_density.ts";

/** y_t of Eq. 16 for N points; every array but `endOfStroke` is `[N, M]`. Where a logarithm is what is needed, it is kept
 * instead: exp would overflow or vanish. */
export interface MixtureDensity {
  /** ê_t `[N]`; e_t = 1 / (1 + exp(ê_t)), Eq. 18. */
  endOfStroke: tf.Tensor;
  /** log π^j */
  logWeights: tf.Tensor;
  mean1: tf.Tensor;
  mean2: tf.Tensor;
  /** log σ₁^j = σ̂₁^j */
  logStd1: tf.Tensor;
  logStd2: tf.Tensor;
  /** ρ^j */
  correlation: tf.Tensor;
  /** 1 − (ρ^j)² */
  oneMinusRhoSquare: tf.Tensor;
}

/** ρ̂ within ±`correlationLimit`; the derivative passes as if there were no limit. */
const limited = tf.customGrad((rhoHat) => ({
  value: (rhoHat as tf.Tensor).clipByValue(-correlationLimit, correlationLimit),
  gradFunc: (derivative: tf.Tensor) => derivative,
}));

/** The outputs ŷ_t `[N, 6M + 1]`, blocks ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂, as a mixture (Eqs. 17–22). */
export function mixtureDensity(outputs: tf.Tensor2D): MixtureDensity {
  const M = (outputs.shape[1] - 1) / 6;
  const [eHat, piHat, mu1, mu2, sigma1Hat, sigma2Hat, rhoHat] = tf.split(outputs, [1, M, M, M, M, M, M], 1);
  const rho = limited(rhoHat);
  return {
    endOfStroke: eHat.squeeze([1]),
    logWeights: tf.logSoftmax(piHat), // Eq. 19
    mean1: mu1, // Eq. 20
    mean2: mu2,
    logStd1: sigma1Hat, // Eq. 21
    logStd2: sigma2Hat,
    correlation: tf.sigmoid(rho.mul(2)).mul(2).sub(1), // Eq. 22: tanh, which in TensorFlow is 1 from 7.9 on
    oneMinusRhoSquare: tf.cosh(rho).square().reciprocal(), // = 1 − tanh², which would cancel near |ρ| = 1
  };
}

/** log N(x | μ^j, σ^j, ρ^j) `[N, M]` of points (x₁, x₂), each `[N, 1]` (Eqs. 24, 25). */
export function logNormal(mixture: MixtureDensity, x1: tf.Tensor, x2: tf.Tensor): tf.Tensor {
  const { mean1, mean2, logStd1, logStd2, correlation, oneMinusRhoSquare } = mixture;
  const d1 = x1.sub(mean1).mul(tf.exp(logStd1.neg())); // (x₁ − μ₁)/σ₁
  const d2 = x2.sub(mean2).mul(tf.exp(logStd2.neg()));
  // Eq. 25 is d₁² + d₂² − 2ρd₁d₂; in this form nothing cancels where |ρ| is near 1.
  const Z = d1.sub(correlation.mul(d2)).square().add(oneMinusRhoSquare.mul(d2.square()));
  return Z.div(oneMinusRhoSquare.mul(-2))
    .sub(Math.log(2 * Math.PI)).sub(logStd1).sub(logStd2).sub(tf.log(oneMinusRhoSquare).div(2));
}

/**
 * The loss of N predictions in nats `[N]` (Eq. 26).
 *
 * @param outputs ŷ_t `[N, 6M + 1]`
 * @param targets the points that came next, x_{t+1} `[N, 3]`: Δx, Δy, end of stroke (0 or 1)
 */
export function mixtureLoss(outputs: tf.Tensor2D, targets: tf.Tensor): tf.Tensor {
  const mixture = mixtureDensity(outputs);
  const [x1, x2, x3] = tf.split(targets, 3, 1);
  const logDensity = tf.logSumExp(mixture.logWeights.add(logNormal(mixture, x1, x2)), 1);
  // −log e = log(1 + exp(ê)) and −log(1 − e) = log(1 + exp(−ê))
  const eHat = mixture.endOfStroke;
  const endLoss = tf.where(x3.squeeze([1]).greater(0.5), tf.softplus(eHat), tf.softplus(eHat.neg()));
  return endLoss.sub(logDensity);
}

/** The squared distance of each target from its mixture's mean Σ π^j μ^j `[N]`. */
export function squaredErrors(outputs: tf.Tensor2D, targets: tf.Tensor): tf.Tensor {
  const { logWeights, mean1, mean2 } = mixtureDensity(outputs);
  const [x1, x2] = tf.split(targets, 3, 1);
  const weights = tf.exp(logWeights);
  const error1 = x1.squeeze([1]).sub(weights.mul(mean1).sum(1));
  const error2 = x2.squeeze([1]).sub(weights.mul(mean2).sum(1));
  return error1.square().add(error2.square());
}
