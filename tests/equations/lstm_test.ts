/** Eqs. 7–11. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { lstmStep, lstmStepDerivatives } from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, finiteDifferences, gaussians } from "./finite_differences.ts";

Deno.test("one cell is Eqs. 7–11, computed here the plain way", () => {
  const [x_i, x_f, x_c, x_o] = [0.3, -0.2, 0.9, 0.1], [h, c] = [0.4, -1.1];
  const [W_hi, W_hf, W_hc, W_ho] = [0.5, -0.6, 0.7, 0.8], [W_ci, W_cf, W_co] = [1.5, -0.7, 2];
  const sigma = (x: number) => 1 / (1 + Math.exp(-x));
  const i = sigma(x_i + W_hi * h + W_ci * c), f = sigma(x_f + W_hf * h + W_cf * c);
  const z = Math.tanh(x_c + W_hc * h), next = f * c + i * z;
  const o = sigma(x_o + W_ho * h + W_co * next);

  const gates = Float64Array.of(x_i, x_f, x_c, x_o);
  const weights = {
    recurrent: Float64Array.of(W_hi, W_hf, W_hc, W_ho),
    peepholes: Float64Array.of(W_ci, W_cf, W_co),
  };
  const now = { hidden: new Float64Array(1), cell: new Float64Array(1) };
  lstmStep(gates, weights, { hidden: Float64Array.of(h), cell: Float64Array.of(c) }, now);
  assertClose(gates, [i, f, z, o], 1e-15);
  assertAlmostEquals(now.cell[0], next, 1e-15);
  assertAlmostEquals(now.hidden[0], o * Math.tanh(next), 1e-15);
});

Deno.test("the step's derivatives are those of finite differences; a limit clips those of the arguments", () => {
  const random = new Random(4, "lstm"), H = 3;
  const peepholes = gaussians(3 * H, random), recurrent = gaussians(4 * H * H, random);
  const before = { hidden: gaussians(H, random), cell: gaussians(H, random) };
  const dHidden = gaussians(H, random), dCell = gaussians(H, random);
  const run = (gates: Float64Array, cell: Float64Array, peepholes: Float64Array) => {
    const now = { hidden: new Float64Array(H), cell: new Float64Array(H) }, activations = gates.slice();
    lstmStep(activations, { recurrent, peepholes }, { hidden: before.hidden, cell }, now);
    const loss = now.hidden.reduce((sum, h, j) => sum + h * dHidden[j] + now.cell[j] * dCell[j], 0);
    return { activations, now, loss };
  };
  const gates = gaussians(4 * H, random), { activations, now } = run(gates, before.cell, peepholes);
  const derivatives = (limit: number) => {
    const dGates = activations.slice(), dBefore = dCell.slice(), dPeepholes = new Float64Array(3 * H);
    lstmStepDerivatives(dGates, peepholes, before.cell, now.cell, dHidden, dBefore, dPeepholes, limit);
    return { dGates, dBefore, dPeepholes };
  };
  const { dGates, dBefore, dPeepholes } = derivatives(Infinity);
  assertClose(dGates, finiteDifferences((x) => run(x, before.cell, peepholes).loss, gates), 1e-8);
  assertClose(dBefore, finiteDifferences((x) => run(gates, x, peepholes).loss, before.cell), 1e-8);
  assertClose(dPeepholes, finiteDifferences((x) => run(gates, before.cell, x).loss, peepholes), 1e-8);
  const largest = Math.max(...derivatives(0.01).dGates.map(Math.abs));
  assertEquals(largest, 0.01);
});
