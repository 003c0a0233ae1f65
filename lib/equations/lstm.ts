/** The LSTM cell of Figure 2, with peepholes: one step of one sequence in a layer of H cells. */
import { addProduct, blocks, clip, sigmoid } from "./elementary.ts";

/** The weights of a layer that do not belong to its input. */
export interface LstmWeights {
  /** W_hi | W_hf | W_hc | W_ho `[H, 4H]` */
  recurrent: Float64Array;
  /** W_ci | W_cf | W_co `[3H]`: from each cell to its own gates, as a matrix would be diagonal. */
  peepholes: Float64Array;
}

/** What goes from one step to the next. */
export interface LstmState {
  /** h_t `[H]` */
  hidden: Float64Array;
  /** c_t `[H]` */
  cell: Float64Array;
}

/**
 * Eqs. 7–11.
 *
 * @param gates i | f | z | o `[4H]`, z being the tanh of Eq. 9. On entry the part of their arguments that does not come
 * from the layer itself, W_x x_t + b; on return the activations
 * @param before h_{t−1} and c_{t−1}
 * @param now receives h_t and c_t
 */
export function lstmStep(
  gates: Float64Array,
  { recurrent, peepholes }: LstmWeights,
  before: LstmState,
  now: LstmState,
): void {
  addProduct(before.hidden, recurrent, gates); // W_h h_{t−1} in Eqs. 7–10
  const [i, f, z, o] = blocks(gates, 4), [W_ci, W_cf, W_co] = blocks(peepholes, 3);
  const { hidden: h, cell: c } = now;
  for (let j = 0; j < c.length; j++) {
    i[j] = sigmoid(i[j] + W_ci[j] * before.cell[j]); // Eq. 7
    f[j] = sigmoid(f[j] + W_cf[j] * before.cell[j]); // Eq. 8
    z[j] = Math.tanh(z[j]);
    c[j] = f[j] * before.cell[j] + i[j] * z[j]; // Eq. 9
    o[j] = sigmoid(o[j] + W_co[j] * c[j]); // Eq. 10
    h[j] = o[j] * Math.tanh(c[j]); // Eq. 11
  }
}

/**
 * The derivatives of Eqs. 7–11 with respect to the arguments of σ and tanh, clipped before they flow on (Section 2.1).
 *
 * @param gates i | f | z | o; replaced by the derivatives with respect to their arguments
 * @param before c_{t−1}
 * @param cell c_t
 * @param dHidden ∂L/∂h_t, from above and from step t + 1
 * @param dCell on entry what flows into c_t from step t + 1, on return what flows into c_{t−1}
 * @param dPeepholes the peepholes' gradient is added to it
 */
export function lstmStepDerivatives(
  gates: Float64Array,
  peepholes: Float64Array,
  before: Float64Array,
  cell: Float64Array,
  dHidden: Float64Array,
  dCell: Float64Array,
  dPeepholes: Float64Array,
  limit: number,
): void {
  const [i, f, z, o] = blocks(gates, 4), [W_ci, W_cf, W_co] = blocks(peepholes, 3);
  const [dW_ci, dW_cf, dW_co] = blocks(dPeepholes, 3);
  for (let j = 0; j < cell.length; j++) {
    const tanh = Math.tanh(cell[j]);
    const dO = clip(dHidden[j] * tanh * o[j] * (1 - o[j]), limit);
    const dC = dCell[j] + dHidden[j] * o[j] * (1 - tanh ** 2) + dO * W_co[j];
    const dI = clip(dC * z[j] * i[j] * (1 - i[j]), limit);
    const dF = clip(dC * before[j] * f[j] * (1 - f[j]), limit);
    const dZ = clip(dC * i[j] * (1 - z[j] ** 2), limit);
    dCell[j] = dC * f[j] + dI * W_ci[j] + dF * W_cf[j];
    dW_ci[j] += dI * before[j];
    dW_cf[j] += dF * before[j];
    dW_co[j] += dO * cell[j];
    i[j] = dI;
    f[j] = dF;
    z[j] = dZ;
    o[j] = dO;
  }
}
