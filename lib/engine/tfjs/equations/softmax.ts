/** The output layer for text (Section 3): one of C symbols, in plain tfjs operations. */
import * as tf from "@tensorflow/tfjs";

/**
 * The loss of N predictions, −log Pr(x_{t+1} | y_t) in nats `[N]` (Eqs. 12, 13).
 *
 * @param outputs ŷ_t `[N, C]`
 * @param targets int32 `[N]`: the symbol that came next, x_{t+1}; with one that does not exist (−1) the loss is 0
 */
export function softmaxLoss(outputs: tf.Tensor2D, targets: tf.Tensor): tf.Tensor {
  const logY = tf.logSoftmax(outputs); // Eq. 12
  const target = tf.range(0, outputs.shape[1], 1, "int32").equal(targets.expandDims(1)); // one-hot, [N, C]
  return tf.where(target, logY, tf.zerosLike(logY)).sum(1).neg(); // Eq. 13
}

/** 1 where the most probable symbol (the first of equals) is not the target, else 0 `[N]`. */
export function softmaxErrors(outputs: tf.Tensor2D, targets: tf.Tensor): tf.Tensor {
  return outputs.argMax(1).notEqual(targets).cast("float32");
}
