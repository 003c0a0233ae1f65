/** The output layer for text (Section 3): one of C symbols. */
import { argMax, logSumExp } from "./elementary.ts";

/** Pr(x_{t+1} = k | y_t) = y_k `[C]` for the outputs ŷ_t `[C]` (Eq. 12). */
export function softmax(outputs: ArrayLike<number>): Float64Array {
  const normaliser = logSumExp(outputs), y = new Float64Array(outputs.length);
  for (let k = 0; k < y.length; k++) y[k] = Math.exp(outputs[k] - normaliser); // Eq. 12
  return y;
}

/**
 * The loss of one step and its derivative (Eqs. 12–14).
 *
 * @param outputs ŷ_t `[C]`
 * @param target the symbol x_{t+1}, 0..C-1
 * @param dOutputs receives ∂L/∂ŷ_t; may be `outputs` itself
 * @returns −ln Pr(target) in nats, and whether another symbol (the first of equals) was the most probable
 */
export function softmaxDerivatives(
  outputs: Float64Array,
  target: number,
  dOutputs: Float64Array,
): { loss: number; error: 0 | 1 } {
  const loss = logSumExp(outputs) - outputs[target]; // Eq. 13
  const error = argMax(outputs) === target ? 0 : 1;
  dOutputs.set(softmax(outputs));
  dOutputs[target] -= 1; // Eq. 14
  return { loss, error };
}
