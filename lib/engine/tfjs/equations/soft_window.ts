/** The soft window of Section 5.1: how the synthesis network reads its text. For B sequences, in plain tfjs operations. */
import * as tf from "@tensorflow/tfjs";

/** The K Gaussians of the window at one time step, each `[B, K]`. */
export interface WindowParameters {
  /** The importance of each Gaussian. */
  alpha: tf.Tensor;
  /** Its sharpness. */
  beta: tf.Tensor;
  /** Its place in the text; the first character is at 1. */
  kappa: tf.Tensor;
}

/**
 * Where the window stands at time t (Eqs. 49–51).
 *
 * @param outputs α̂_t | β̂_t | κ̂_t `[B, 3K]` (Eq. 48)
 * @param kappaBefore κ_{t−1} `[B, K]`: the window only ever moves forward from there
 */
export function windowParameters(outputs: tf.Tensor, kappaBefore: tf.Tensor): WindowParameters {
  const [alphaHat, betaHat, kappaHat] = tf.split(outputs, 3, 1);
  return {
    alpha: tf.exp(alphaHat), // Eq. 49
    beta: tf.exp(betaHat), // Eq. 50
    kappa: kappaBefore.add(tf.exp(kappaHat)), // Eq. 51
  };
}

/** φ(t, u) `[B, U]`, the weight of each character u = 1..U (Eq. 46). */
export function windowWeights({ alpha, beta, kappa }: WindowParameters, U: number): tf.Tensor {
  const u = tf.range(1, U + 1);
  const distance = kappa.expandDims(2).sub(u); // [B, K, U]
  const gaussians = alpha.expandDims(2).mul(tf.exp(beta.expandDims(2).mul(distance.square()).neg()));
  return gaussians.sum(1);
}

/**
 * w_t = Σ_u φ(t, u) c_u `[B, A]` (Eq. 47).
 *
 * @param weights φ(t, u) `[B, U]`
 * @param text the one-hot characters c_u `[B, U, A]`; zeros where there is none
 */
export function windowVector(weights: tf.Tensor, text: tf.Tensor): tf.Tensor {
  return weights.expandDims(1).matMul(text).squeeze([1]);
}

/**
 * Texts as one-hot vectors c_u `[B, U, A]`.
 *
 * @param characters int32 `[B, U]`, indices into the alphabet; others become zeros
 * @param lengths int32 `[B]`: what comes after a text's end becomes zeros
 * @param alphabet the number of characters, A
 */
export function oneHotText(characters: tf.Tensor2D, lengths: tf.Tensor, alphabet: number): tf.Tensor {
  const U = characters.shape[1];
  const within = tf.range(0, U, 1, "int32").less(lengths.expandDims(1)); // [B, U]
  const each = tf.range(0, alphabet, 1, "int32");
  const oneHot = characters.expandDims(2).equal(each); // [B, U, A]
  return oneHot.logicalAnd(within.expandDims(2)).cast("float32");
}
