/** The recurrent layers: their tensors are checked, then the ranks get the commands for a pass
 * (`rank/lstm.ts`). */
import type { Lstm, LstmBackward, WindowLstm, WindowLstmBackward } from "../../engine.ts";
import { layerWork, type Parameters } from "../shared/commands.ts";
import { groupsOf, scratchSize } from "../shared/sharing.ts";
import type { Rowwise } from "./chain.ts";
import type { Packs } from "./packs.ts";
import type { Ranks } from "./ranks.ts";
import { columnsOf, expectShape } from "./tensors.ts";

export class Layers {
  constructor(readonly packs: Packs) {}

  forward(layer: Lstm): void {
    const order = { ...this.#layer(layer), ...this.#weights(layer) };
    this.packs.tensors.workers.post("lstmForward", order, { rowwise: this.#oneStep(layer, order) });
  }

  backward(layer: Lstm, backward: LstmBackward): void {
    const weights = this.#turnedWeights(layer);
    const order = { ...this.#layer(layer), ...weights, ...this.#backward(layer, backward) };
    this.#withScratch(layer, 0, (scratch, workers) => workers.post("lstmBackward", { ...order, scratch }));
  }

  windowForward(layer: WindowLstm): void {
    const state = { ...this.#layer(layer), ...this.#window(layer) };
    const { B, H, A, U, K } = state, { members, rows, windowRows } = this.#sharing(layer);
    const input = this.packs.of(layer.windowInput, rows, gates(A, H, members));
    const weights = this.packs.of(layer.windowWeights, windowRows, { K: H, N: 3 * K, stride: 3 * K });
    const order = {
      ...state,
      ...this.#weights(layer),
      windowInput: input.at,
      inputWidth: input.width,
      windowWeights: weights.at,
      weightsWidth: weights.width,
    };
    const { window, windowParameters, windowBias } = order, stride = 3 * K;
    const rowwise = this.#oneStep(layer, order);
    rowwise?.reads.push([window, 4 * A], [windowParameters, 4 * stride]);
    rowwise?.reads.push([order.characters, 4 * U], [order.textLengths, 4]);
    rowwise?.writes.push([window + 4 * B * A, 4 * A], [windowParameters + 4 * B * stride, 4 * stride]);
    rowwise?.whole.push([input.at, 16 * A * H], [weights.at, 4 * H * stride], [windowBias, 4 * stride]);
    this.packs.tensors.workers.post("windowLstmForward", order, { rowwise });
  }

  windowBackward(layer: WindowLstm, backward: WindowLstmBackward): void {
    const { tensors } = this.packs, { dWindow, dWindowParameters } = backward;
    const state = { ...this.#layer(layer), ...this.#window(layer) };
    const order = { ...state, ...this.#turnedWeights(layer), ...this.#backward(layer, backward) };
    const { T, B, H, A, K } = order, { members, rows, windowRows } = this.#sharing(layer);
    expectShape("dWindow", dWindow, [T, B, A]);
    expectShape("dWindowParameters", dWindowParameters, [T, B, 3 * K]);
    const outputs = tensors.addresses({ dWindow, dWindowParameters });
    // Eq. 60 needs κ̂_t, which is computed once more (Eq. 48): κ_t − κ_{t−1} would have lost most of its
    // digits.
    tensors.workers.post("matmul", {
      a: order.hidden + 4 * B * H,
      b: order.windowWeights,
      out: outputs.dWindowParameters,
      N: T * B,
      K: H,
      M: 3 * K,
      transposeA: 0,
      transposeB: 0,
      accumulate: 0,
      bfloat16: 0,
    });
    const inputLayout = { K: 4 * H, N: A, stride: 4 * H, transposed: true };
    const input = this.packs.of(layer.windowInput, windowRows, inputLayout);
    const weightsLayout = { K: 3 * K, N: H, stride: 3 * K, transposed: true, parts: members };
    const weights = this.packs.of(layer.windowWeights, rows, weightsLayout);
    this.#withScratch(layer, K, (scratch, workers) =>
      workers.post("windowLstmBackward", {
        ...order,
        ...outputs,
        scratch,
        windowInput: input.at,
        inputWidth: input.width,
        windowWeights: weights.at,
        weightsWidth: weights.width,
      }));
  }

  /** What one step reads and writes by rows, if it has sequences enough for all ranks. */
  #oneStep(layer: Lstm, order: Parameters<"lstmForward">): Rowwise | undefined {
    const { T, B, H, gates, hidden, cell, recurrent, peepholes } = order;
    if (T > 1 || this.#sharing(layer).members > 1) return undefined;
    const row = 4 * H, next = B * row;
    return {
      rows: B,
      reads: [[hidden, row], [cell, row]],
      writes: [[gates, 4 * row], [hidden + next, row], [cell + next, row]],
      whole: [[recurrent, 4 * H * row], [peepholes, 3 * row]],
    };
  }
  /** How many ranks share out the units, and the most rows with which a rank multiplies in the layer and for
   * the window. */
  #sharing({ gates: { shape: [T, B, columns] } }: Lstm) {
    const ranks = this.packs.tensors.workers.sharers(layerWork({ T, B, H: columns / 4 }));
    const { groups, members } = groupsOf(ranks, B);
    return { members, rows: Math.ceil(B / groups), windowRows: Math.ceil(B / ranks) };
  }
  #weights(layer: Lstm) {
    const { members, rows } = this.#sharing(layer), H = columnsOf(layer.hidden);
    const { at, width } = this.packs.of(layer.recurrent, rows, gates(H, H, members));
    return { recurrent: at, recurrentWidth: width, members };
  }
  #turnedWeights(layer: Lstm) {
    const { members, rows } = this.#sharing(layer), H = columnsOf(layer.hidden);
    const layout = { K: 4 * H, N: H, stride: 4 * H, transposed: true, parts: members };
    const { at, width } = this.packs.of(layer.recurrent, rows, layout);
    return { recurrent: at, recurrentWidth: width, members };
  }
  #withScratch(
    { gates: { shape: [, B, columns] } }: Lstm,
    K: number,
    order: (scratch: number, workers: Ranks) => void,
  ): void {
    const { tensors } = this.packs, { workers } = tensors;
    const size = scratchSize(workers.options.count, B, columns / 4, K);
    tensors.withScratch(size, (scratch) => order(scratch, workers));
  }

  #layer({ gates, recurrent, peepholes, hidden, cell }: Lstm) {
    const { tensors } = this.packs;
    const [T, B] = gates.shape, H = columnsOf(gates) / 4;
    expectShape("recurrent", recurrent, [H, 4 * H]);
    expectShape("peepholes", peepholes, [3, H]);
    expectShape("hidden", hidden, [T + 1, B, H]);
    expectShape("cell", cell, [T + 1, B, H]);
    return { ...tensors.addresses({ gates, hidden, cell }), ...tensors.inputs({ peepholes }), T, B, H };
  }
  #window({ gates, ...layer }: WindowLstm) {
    const { tensors } = this.packs;
    const { windowInput, windowWeights, windowBias, characters, textLengths, window, windowParameters } =
      layer;
    const [T, B] = gates.shape, H = columnsOf(gates) / 4;
    const A = columnsOf(window), U = characters.size / B, K = windowBias.size / 3;
    expectShape("windowInput", windowInput, [A, 4 * H]);
    expectShape("windowWeights", windowWeights, [H, 3 * K]);
    expectShape("textLengths", textLengths, [B]);
    expectShape("window", window, [T + 1, B, A]);
    expectShape("windowParameters", windowParameters, [T + 1, B, 3 * K]);
    const inputs = tensors.inputs({ windowInput, windowWeights, windowBias, characters, textLengths });
    return { ...inputs, ...tensors.addresses({ window, windowParameters }), A, U, K };
  }
  #backward({ gates: { shape: [T, B, gates] } }: Lstm, { dHidden, dPeepholes, clip }: LstmBackward) {
    const { tensors } = this.packs;
    expectShape("dHidden", dHidden, [T, B, gates / 4]);
    expectShape("dPeepholes", dPeepholes, [3, gates / 4]);
    return { ...tensors.inputs({ dHidden }), ...tensors.addresses({ dPeepholes }), clip };
  }
}

/** How weights `[K, 4H]` for gates are packed: whole, or one block a gate where `members` share out the
 * units. */
function gates(K: number, H: number, members: number) {
  return members === 1
    ? { K, N: 4 * H, stride: 4 * H }
    : { K, N: H, stride: 4 * H, blocks: 4, parts: members };
}
