/** Engine tensors over tfjs tensors: those never change, so an engine's tensor is a slot that holds one after another. */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../engine.ts";
import { expectCount, sizeOf } from "../shape.ts";

/** One block of memory; its tfjs tensor is flat. */
interface Slot {
  value: tf.Tensor;
  size: number;
  /** What an LSTM's gates held before its forward pass: the backward pass starts from there again. */
  lstmInput?: tf.Tensor;
}

/** A tensor, or some rows of one. */
export class TfjsTensor implements Tensor {
  readonly size: number;
  constructor(
    readonly shape: readonly number[],
    readonly type: "float32" | "int32",
    readonly slot: Slot,
    readonly offset = 0,
  ) {
    this.size = sizeOf(shape);
  }

  /** The tfjs tensor in this tensor's shape or another; the caller (or its tidy) disposes of it. */
  get<S extends number[] = number[]>(shape = this.shape as S): tf.Tensor<RankOf<S>> {
    return tf.tidy(() => {
      const { slot, offset, size } = this;
      const own = size === slot.size ? slot.value : slot.value.slice([offset], [size]);
      return own.reshape(shape);
    });
  }
  /** As a matrix `[N, n]`, leading axes flattened. */
  matrix(): tf.Tensor2D {
    return this.get([-1, this.shape[this.shape.length - 1]] as [number, number]);
  }

  /** Puts what `compute` gives in place of what was there. */
  set(compute: () => tf.Tensor): void {
    const { slot, offset, size } = this;
    const value = tf.tidy(() => {
      const flat = compute().reshape([-1]);
      if (flat.size !== size) throw new Error(`Cannot put ${flat.size} values into a tensor of ${size}.`);
      if (size === slot.size) return flat;
      const end = offset + size;
      return tf.concat([
        slot.value.slice([0], [offset]),
        flat,
        slot.value.slice([end], [slot.size - end]),
      ]);
    });
    slot.value.dispose();
    slot.value = tf.keep(value);
  }
}

type RankOf<S extends number[]> = S["length"] extends 1 ? tf.Rank.R1
  : S["length"] extends 2 ? tf.Rank.R2
  : tf.Rank;

export const of = (tensor: Tensor): TfjsTensor => tensor as TfjsTensor;

/** `values`, or zeros, as a flat tfjs tensor of their own. */
export function flat(
  shape: readonly number[],
  type: "float32" | "int32",
  values?: ArrayLike<number>,
): tf.Tensor1D {
  if (!values) return tf.zeros([sizeOf(shape)], type);
  expectCount(shape, values);
  return tf.tensor1d(type === "int32" ? Int32Array.from(values) : Float32Array.from(values), type);
}
