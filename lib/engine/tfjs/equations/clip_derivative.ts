import * as tf from "@tensorflow/tfjs";

/**
 * The identity, whose derivative is clipped to [−limit, limit] on its way back (Section 2.1): around the arguments of
 * an LSTM's σ and tanh it keeps derivatives bounded at every time step, before they flow on into the past.
 */
export function clipDerivative(x: tf.Tensor, limit: number): tf.Tensor {
  if (limit === Infinity) return x;
  const identity = tf.customGrad((x) => ({
    value: (x as tf.Tensor).clone(),
    gradFunc: (derivative: tf.Tensor) => derivative.clipByValue(-limit, limit),
  }));
  return identity(x);
}
