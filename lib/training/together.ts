/** One training by several processes: each computes on its part of a batch's sequences, and sums make the whole of that. */
import { partOfBatch } from "../data/mod.ts";
import type { Engine, Tensor, Values } from "../engine/mod.ts";
import { type Group, partOf } from "../mpi.ts";
import type { Batch } from "../network/network.ts";

/** This process' sequences of a batch; nothing where there are fewer than processes. */
export function ownPart(group: Group, batch: Batch): Batch | undefined {
  const [from, to] = partOf(group, batch.size);
  if (to - from === batch.size) return batch;
  return to > from ? partOfBatch(batch, from, to) : undefined;
}

/** Replaces tensors by their sums over all processes, in one exchange. */
export async function sumTensors(group: Group, engine: Engine, tensors: Tensor[]): Promise<void> {
  if (group.count === 1) return;
  const values = await Promise.all(tensors.map((tensor) => engine.read(tensor)));
  const size = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
  const all = values[0] instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  let at = 0;
  for (const part of values) {
    all.set(part, at);
    at += part.length;
  }
  await group.sum(all);
  at = 0;
  for (const tensor of tensors) engine.write(tensor, all.subarray(at, at += tensor.size));
}

/** The sums of numbers over all processes. */
export async function sumNumbers(group: Group, ...numbers: number[]): Promise<number[]> {
  const values = Float64Array.from(numbers);
  await group.sum(values);
  return [...values];
}

/** What the streams of all processes carry on, from this one's `[1, own, H]`: `[1, all, H]`. */
export async function gatherStreams(group: Group, streams: number, own: Values): Promise<Values> {
  if (group.count === 1) return own;
  const [from, to] = partOf(group, streams), width = own.length / (to - from);
  const all = new Float64Array(streams * width);
  all.set(own, from * width);
  await group.sum(all);
  return own instanceof Float64Array ? all : Float32Array.from(all);
}
