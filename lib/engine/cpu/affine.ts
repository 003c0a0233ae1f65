/** What enters the units of a layer: out = bias + Σ x W. */
import type { Tensor } from "../engine.ts";
import { multiply, panel } from "./factor.ts";
import { operation } from "./operation.ts";
import type { Packs } from "./packs.ts";
import { columnsOf } from "./tensors.ts";

export type Term = readonly [x: Tensor, weights: Tensor];

/** Terms of one command. */
const most = 4;
const termFields = ["x", "W", "K", "width"] as const;
type TermOrder = Record<(typeof termFields)[number], number>;
const none: TermOrder = { x: 0, W: 0, K: 0, width: 0 };
/** Without a bias (0) the terms are added to `out`. With many rows (`parts` 0) these are shared out, else the columns. */
const fields = [
  ...["out", "bias", "N", "M", "parts"] as const,
  ...([0, 1, 2, 3] as const).flatMap((k) => termFields.map((field) => `${field}${k}` as const)),
] as const;
type Order = Record<(typeof fields)[number], number>;

/** Up to so many rows share out the columns, so that each rank fetches only its own weights. */
const fewRows = 96;
/** A pen's three inputs: to go through `out` for them takes longer than to multiply. */
const narrow = 4;
const bytes = 4;

function termsOf(order: Order): TermOrder[] {
  const all = ([0, 1, 2, 3] as const).map((k) => {
    return { x: order[`x${k}`], W: order[`W${k}`], K: order[`K${k}`], width: order[`width${k}`] };
  });
  return all.filter(({ K }) => K > 0);
}

export const affineOperation = {
  affine: operation(
    fields,
    ({ N, M, K0, K1, K2, K3 }) => N * M * (30 + K0 + K1 + K2 + K3),
    (rank, order) => {
      const { out, bias, N, M, parts } = order;
      const terms = termsOf(order);
      const [from, end] = parts ? [0, N] : rank.share(N, panel);
      const columns: [number, number] = parts ? rank.share(M, panel) : [0, M];
      const rows = end - from, first = out + from * M * bytes;
      if (bias) {
        const inputs = terms[0]?.K <= narrow ? terms.shift() : undefined;
        const { x, W, K } = inputs ?? { x: 0, W: 0, K: 0 };
        rank.kernels.affineRows(rows, M, ...columns, K, x + from * K * bytes, W, bias, first);
      }
      for (const { x, W, K, width } of terms) {
        const factor = { K, N: M, at: W, width, parts, stride: M, transposed: false };
        multiply(rank, rows, [x + from * K * bytes, K], factor, [first, M], true, columns);
      }
    },
  ),
};

/** Orders it of the ranks, in as many commands as its terms need. */
export function orderAffine(packs: Packs, out: Tensor, bias: Tensor, terms: readonly Term[]): void {
  const { tensors } = packs, { ranks } = tensors;
  const M = bias.size, N = out.size / M;
  if (!Number.isInteger(N)) throw new Error(`[${out.shape}] has no rows of ${M}.`);
  const parts = N <= fewRows ? ranks.options.count : 0;
  const orderOf = ([x, weights]: Term): TermOrder => {
    const K = columnsOf(x);
    if (x.size !== N * K || weights.size !== K * M || columnsOf(weights) !== M) {
      throw new Error(`Shapes do not fit: [${x.shape}] × [${weights.shape}] into [${out.shape}].`);
    }
    const packed = parts > 0 && K > narrow
      ? packs.of(weights, N, { K, N: M, stride: M, parts })
      : { at: tensors.inputs({ weights }).weights, width: 0 };
    return { x: tensors.inputs({ x }).x, W: packed.at, K, width: packed.width };
  };
  for (let first = 0; first === 0 || first < terms.length; first += most) {
    const some = terms.slice(first, first + most).map(orderOf);
    const numbers = [0, 1, 2, 3].flatMap((k) =>
      Object.entries(some[k] ?? none).map(([name, value]) => [`${name}${k}`, value])
    );
    ranks.post("affine", {
      ...Object.fromEntries(numbers) as Order,
      ...{ out: tensors.at(out), bias: first === 0 ? tensors.inputs({ bias }).bias : 0, N, M, parts },
    });
  }
}
