/** What enters the units of a layer, out = bias + Σ x W: the shapes are checked, then the terms become
 * commands. */
import type { Tensor } from "../../engine.ts";
import { slotArguments } from "../shared/channel.ts";
import { commands, termWords } from "../shared/commands.ts";
import { narrow } from "../shared/packing.ts";
import { fewRows } from "../shared/sharing.ts";
import type { Packs } from "./packs.ts";
import { columnsOf } from "./tensors.ts";

export type Term = readonly [x: Tensor, weights: Tensor];

/** The most terms of one command. */
const most = Math.floor((slotArguments - commands.affine.fields.length) / termWords);
/** With more rows than this for each rank, packed weights are no quicker. */
const mostRows = 96;
const bytes = 4;

/** Gives the ranks as many commands as the terms need. Throws if shapes do not fit. */
export function orderAffine(packs: Packs, out: Tensor, bias: Tensor, terms: readonly Term[]): void {
  const { tensors } = packs, { workers } = tensors;
  const M = bias.size, N = out.size / M;
  if (!Number.isInteger(N)) throw new Error(`[${out.shape}] has no rows of ${M}.`);
  // With few rows the columns are shared out, and each rank fetches only its own weights.
  const { count } = workers.options, byRows = N >= fewRows * count;
  const parts = byRows ? 0 : count, rows = byRows ? Math.ceil(N / count) : N;
  const place = ([x, weights]: Term) => {
    const K = columnsOf(x);
    if (x.size !== N * K || weights.size !== K * M || columnsOf(weights) !== M) {
      throw new Error(`Shapes do not fit: [${x.shape}] × [${weights.shape}] into [${out.shape}].`);
    }
    const plain = { ...tensors.inputs({ x, W: weights }), K, width: 0, bfloat16: 0 };
    if (K <= narrow) return plain;
    if (rows > mostRows) return { ...plain, ...packs.inBfloat16({ x, W: weights }, [rows, M, K]) };
    const { at: W, width } = packs.of(weights, rows, { K, N: M, stride: M, parts: parts || 1 });
    return { ...plain, W, width };
  };
  for (let first = 0; first === 0 || first < terms.length; first += most) {
    const some = terms.slice(first, first + most).map(place);
    const order = {
      out: tensors.at(out),
      bias: first === 0 ? tensors.inputs({ bias }).bias : 0,
      N,
      M,
      K: some.reduce((sum, { K }) => sum + K, 0),
      parts,
      terms: some.length,
    };
    const rowwise = () => ({
      rows: N,
      reads: some.map(({ x, K, bfloat16 }) => [x, bfloat16 ? K * 2 : K * bytes] as const),
      writes: [[order.out, M * bytes] as const],
      whole: [[order.bias, M * bytes] as const, ...some.map(({ W, K }) => [W, K * M * bytes] as const)],
    });
    workers.post("affine", order, {
      rowwise: byRows ? rowwise() : undefined,
      more: some.flatMap(({ x, W, K, width, bfloat16 }) => [x, W, K, width, bfloat16]),
    });
  }
}
