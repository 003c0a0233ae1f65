/**
 * TensorFlow's LSTM block operations, with peepholes: `BlockLSTMV2` computes the steps of a layer in one
 * call, and `LSTMBlockCellGrad` is one step's derivative.
 *
 * - `BlockLSTMV2` packs its gates as this project does (i, f, cell input, o); the older operations,
 *   `LSTMBlockCellGrad` among them, as i, cell input, f, o. V2 has no `forget_bias` and clips no cells.
 * - It multiplies the layer's inputs by their weights itself, and here that is done already: so they get the
 *   identity as their weights. On a GPU the larger product costs less than the dozen operations that it saves
 *   at each step.
 * - TensorFlow's gradient of a whole layer knows no derivative clipping, so the steps are taken one by one.
 *   With peepholes `LSTMBlockCellGrad` would let derivatives that are not clipped yet flow through them to
 *   the cell. So it is called without, and what flows through the peepholes is added here, from the clipped
 *   derivatives.
 */
import * as tf from "@tensorflow/tfjs";
import type { LstmState, LstmWeights } from "../tfjs/equations/lstm.ts";
import type { LstmStep } from "../tfjs/layers.ts";
import type { TensorflowBackend } from "./backend.ts";

/** What a backward step must know of its forward step; each `[B, H]`. */
interface Step {
  i: tf.Tensor;
  f: tf.Tensor;
  z: tf.Tensor;
  o: tf.Tensor;
  cell: tf.Tensor;
  /** c_{t−1} */
  cellBefore: tf.Tensor;
}

/** The recurrent weights under an identity of the gates' size: `[4H + H, 4H]`. */
export function joinedWeights(recurrent: tf.Tensor): tf.Tensor {
  return tf.concat([tf.eye(recurrent.shape[1]!), recurrent]);
}

/**
 * T steps of a layer (Eqs. 7–11).
 *
 * @param input `[T, B, 4H]`, as in `lstmStep`
 * @param joined from `joinedWeights`
 * @returns i | f | z | o `[T, B, 4H]`, cell and hidden `[T, B, H]`
 */
export function blockLstm(
  backend: TensorflowBackend,
  input: tf.Tensor,
  { hidden, cell }: LstmState,
  joined: tf.Tensor,
  peepholes: tf.Tensor,
): { gates: tf.Tensor; hidden: tf.Tensor; cell: tf.Tensor } {
  const { binding } = backend;
  const inputs = [input, cell, hidden, joined, ...tf.unstack(peepholes), tf.zeros([joined.shape[1]!])];
  const steps = binding.createTensor([], binding.TF_INT64, BigInt64Array.of(BigInt(input.shape[0])));
  const usePeephole = { name: "use_peephole", type: binding.TF_ATTR_BOOL, value: true };
  const ids = [steps, ...backend.getInputTensorIds(inputs)];
  const [i, cells, f, o, z, , hiddens] = binding.executeOp("BlockLSTMV2", [usePeephole], ids, 7)
    .map((metadata) => backend.createOutputTensor(metadata));
  binding.deleteTensor(steps);
  return { gates: tf.concat([i, f, z, o], 2), hidden: hiddens, cell: cells };
}

/**
 * One step back, with derivative clipping.
 *
 * @param dHidden ∂L/∂h_t and dCell ∂L/∂c_t from after the step
 * @returns the clipped derivatives with respect to the pre-activations i | f | z | o `[B, 4H]`, and
 * ∂L/∂c_{t−1}
 */
function stepBackward(
  backend: TensorflowBackend,
  { i, f, z, o, cell, cellBefore }: Step,
  dHidden: tf.Tensor,
  dCell: tf.Tensor,
  { recurrent, peepholes }: LstmWeights,
  clip: number,
): { dGates: tf.Tensor; dCellBefore: tf.Tensor } {
  const clipped = (x: tf.Tensor) => clip === Infinity ? x : x.clipByValue(-clip, clip);
  const [W_ci, W_cf, W_co] = tf.unstack(peepholes);
  const squashed = tf.tanh(cell);
  const dO = clipped(dHidden.mul(squashed).mul(o.sub(o.square())));
  // Its sizes are checked, but a step's derivative does not depend on x, h_{t−1}, the weights and the bias.
  const [batch] = i.shape, [, gates] = recurrent.shape;
  const x = tf.zeros([batch, 0]), bias = tf.zeros([gates!]);
  const noPeephole = { name: "use_peephole", type: backend.binding.TF_ATTR_BOOL, value: false };
  const inputs = [x, cellBefore, cellBefore, recurrent, W_ci, W_cf, W_co, bias];
  const [throughCell, unclipped] = backend.executeMultipleOutputs(
    "LSTMBlockCellGrad",
    [noPeephole],
    [...inputs, i, cell, f, o, z, squashed, dCell.add(dO.mul(W_co)), dHidden],
    5,
  );
  const [dI, dZ, dF] = tf.split(clipped(unclipped), 4, 1);
  return {
    dGates: tf.concat([dI, dF, dZ, dO], 1),
    dCellBefore: throughCell.add(dI.mul(W_ci)).add(dF.mul(W_cf)),
  };
}

/**
 * A layer's backward pass over all steps.
 *
 * @param forward i | f | z | o `[T, B, 4H]` and c_0 … c_T `[T + 1, B, H]`
 * @param dHidden `[T, B, H]`
 * @returns the clipped derivatives with respect to the pre-activations `[T, B, 4H]` and the peepholes
 * `[3, H]`
 */
export function blockLstmBackward(
  backend: TensorflowBackend,
  forward: { gates: tf.Tensor; cell: tf.Tensor },
  dHidden: tf.Tensor,
  weights: LstmWeights,
  clip: number,
): { dGates: tf.Tensor; dPeepholes: tf.Tensor } {
  const [i, f, z, o] = tf.split(forward.gates, 4, 2).map((gate) => tf.unstack(gate));
  const cells = tf.unstack(forward.cell), dHiddens = tf.unstack(dHidden);
  const dGates: tf.Tensor[] = [];
  let dCell = tf.zerosLike(cells[0]), throughGates = dCell;
  for (let t = i.length - 1; t >= 0; t--) {
    [dCell, throughGates, dGates[t]] = tf.tidy(() => {
      const step = { i: i[t], f: f[t], z: z[t], o: o[t], cell: cells[t + 1], cellBefore: cells[t] };
      const result = stepBackward(backend, step, dHiddens[t].add(throughGates), dCell, weights, clip);
      const before = result.dGates.matMul(weights.recurrent, false, true);
      return [result.dCellBefore, before, result.dGates];
    });
  }
  const all = tf.stack(dGates);
  return { dGates: all, dPeepholes: dPeepholes(all, forward.cell) };
}

/** Derivatives with respect to W_ci, W_cf, W_co `[3, H]`, from those of the gates `[T, B, 4H]` and c_0 …
 * c_T. */
function dPeepholes(dGates: tf.Tensor, cell: tf.Tensor): tf.Tensor {
  const [dI, dF, , dO] = tf.split(dGates, 4, 2);
  const steps = dGates.shape[0];
  const before = cell.slice([0], [steps]), after = cell.slice([1], [steps]);
  return tf.stack([dI.mul(before), dF.mul(before), dO.mul(after)].map((products) => products.sum([0, 1])));
}

/** `lstmStep` by the block operations. It has derivatives with respect to the input, the state and the
 * peepholes, of a loss that depends on the hidden state and the cell, not on the gates it returns; the
 * engine asks for no others. */
export function blockStep(backend: TensorflowBackend): LstmStep {
  const joinedOf = new WeakMap<tf.Tensor, tf.Tensor>();
  return (input, before, { recurrent, peepholes }, clip) => {
    // A layer takes all its steps with one tensor of weights.
    if (!joinedOf.has(recurrent)) joinedOf.set(recurrent, joinedWeights(recurrent));
    const joined = joinedOf.get(recurrent)!;
    const cells = recurrent.shape[0];
    const step = tf.customGrad((...args) => {
      const [input, hidden, cell, peepholes] = args as tf.Tensor[];
      const save = args[4] as unknown as (tensors: tf.Tensor[]) => void;
      const result = blockLstm(backend, input.expandDims(0), { hidden, cell }, joined, peepholes);
      save([result.gates, result.cell, cell, peepholes]);
      return {
        value: tf.concat([result.hidden, result.cell, result.gates], 2).squeeze([0]),
        gradFunc: (dStep: tf.Tensor, saved: tf.Tensor[]) => {
          const [gates, after, cellBefore, peepholes] = saved;
          const [dHidden, dCell] = tf.split(dStep, [cells, cells, 4 * cells], 1);
          const [i, f, z, o] = tf.split(gates.squeeze([0]), 4, 1);
          const steps = { i, f, z, o, cell: after.squeeze<tf.Tensor2D>([0]), cellBefore };
          const { dGates, dCellBefore } = stepBackward(
            backend,
            steps,
            dHidden,
            dCell,
            { recurrent, peepholes },
            clip,
          );
          const cell = tf.concat([cellBefore.expandDims(0), after]);
          return [
            dGates,
            dGates.matMul(recurrent, false, true),
            dCellBefore,
            dPeepholes(dGates.expandDims(0), cell),
          ];
        },
      };
    });
    const [hidden, cell, gates] = tf.split(
      step(input, before.hidden, before.cell, peepholes),
      [cells, cells, 4 * cells],
      1,
    );
    return { hidden, cell, gates };
  };
}
