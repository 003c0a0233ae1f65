/** Tensors of the float64 engine, and the parts of them that belong to one step of one sequence. */
import type { LstmState, LstmWeights } from "../equations/lstm.ts";
import type { Lstm, Tensor, WindowLstm } from "./engine.ts";

export class Block implements Tensor {
  readonly size: number;
  constructor(
    readonly shape: readonly number[],
    readonly type: "float32" | "int32",
    readonly data: Float64Array | Int32Array,
  ) {
    this.size = data.length;
  }
  get columns(): number {
    return this.shape[this.shape.length - 1];
  }
}

export const data = (tensor: Tensor) => (tensor as Block).data as Float64Array;
export const integers = (tensor: Tensor) => (tensor as Block).data as Int32Array;

/** Row (t, b) of a sequence tensor `[T, B, n]`. */
export function rowOf(tensor: Tensor, t: number, b: number): Float64Array {
  const [, B, n] = tensor.shape;
  return data(tensor).subarray((t * B + b) * n, (t * B + b + 1) * n);
}

/** The layer's weights as the equations have them. */
export function weightsOf({ recurrent, peepholes }: Lstm): LstmWeights {
  return { recurrent: data(recurrent), peepholes: data(peepholes) };
}
/** h and c of sequence b in a row of the recurrent tensors: row t + 1 holds those of step t. */
export function stateOf({ hidden, cell }: Lstm, row: number, b: number): LstmState {
  return { hidden: rowOf(hidden, row, b), cell: rowOf(cell, row, b) };
}
/** The indices of text b, without padding. */
export function textOf(layer: WindowLstm, b: number): Int32Array {
  const U = (layer.characters as Block).columns;
  return integers(layer.characters).subarray(b * U, b * U + integers(layer.textLengths)[b]);
}
