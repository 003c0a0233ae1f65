/** The LSTM layer of Figure 2, with peepholes, for B sequences side by side in plain tfjs operations. */
import * as tf from "@tensorflow/tfjs";
import { clipDerivative } from "./clip_derivative.ts";

export interface LstmWeights {
  /** W_hi | W_hf | W_hc | W_ho `[H, 4H]` */
  recurrent: tf.Tensor;
  /** W_ci, W_cf, W_co `[3, H]`: the weights from a cell to its own gates; a matrix would be diagonal. */
  peepholes: tf.Tensor;
}

/** What goes from one time step to the next. */
export interface LstmState {
  /** h_t `[B, H]` */
  hidden: tf.Tensor;
  /** c_t `[B, H]` */
  cell: tf.Tensor;
}

/**
 * One time step (Eqs. 7–11).
 *
 * @param input the part of the pre-activations that does not come from h_{t−1} `[B, 4H]`: W_xi x_t + b_i | W_xf x_t + b_f
 * | W_xc x_t + b_c | W_xo x_t + b_o
 * @param before h_{t−1} and c_{t−1}
 * @param clip the derivative of the loss with respect to each pre-activation is clipped to [−clip, clip]
 * @returns h_t and c_t, and the activations i | f | z | o `[B, 4H]`, z being the tanh of Eq. 9
 */
export function lstmStep(
  input: tf.Tensor,
  before: LstmState,
  { recurrent, peepholes }: LstmWeights,
  clip: number,
): LstmState & { gates: tf.Tensor } {
  const [W_ci, W_cf, W_co] = tf.unstack(peepholes);
  const [a_i, a_f, a_z, a_o] = tf.split(input.add(before.hidden.matMul(recurrent)), 4, 1);

  const i = tf.sigmoid(clipDerivative(a_i.add(W_ci.mul(before.cell)), clip)); // Eq. 7
  const f = tf.sigmoid(clipDerivative(a_f.add(W_cf.mul(before.cell)), clip)); // Eq. 8
  const z = tf.tanh(clipDerivative(a_z, clip));
  const cell = f.mul(before.cell).add(i.mul(z)); // Eq. 9
  const o = tf.sigmoid(clipDerivative(a_o.add(W_co.mul(cell)), clip)); // Eq. 10
  const hidden = o.mul(tf.tanh(cell)); // Eq. 11

  return { hidden, cell, gates: tf.concat([i, f, z, o], 1) };
}
