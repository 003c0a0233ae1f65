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
/** Without a bias (0) the terms are added to `out`. The ranks share out the columns in `parts`, or (0) the rows. */
const fields = [
  ...["out", "bias", "N", "M", "parts"] as const,
  ...([0, 1, 2, 3] as const).flatMap((k) => termFields.map((field) => `${field}${k}` as const)),
] as const;
type Order = Record<(typeof fields)[number], number>;

/** Fewer rows a rank are multiplied slowly: then the columns are shared out, and each rank fetches only its own weights. */
const leastRows = 4;
/** For more rows a rank, packed weights (`factor.ts`) are no quicker. */
const mostRows = 96;
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
      const [from, end] = parts ? [0, N] : rank.share(N);
      const columns: [number, number] = parts ? rank.share(M, panel) : [0, M];
      const rows = end - from, first = out + from * M * bytes;
      if (bias) {
        const inputs = terms[0]?.K <= narrow ? terms.shift() : undefined;
        const { x, W, K } = inputs ?? { x: 0, W: 0, K: 0 };
        rank.kernels.affineRows(rows, M, ...columns, K, x + from * K * bytes, W, bias, first);
      }
      for (const { x, W, K, width } of terms) {
        const factor = { K, N: M, at: W, width, parts: parts || 1, stride: M, transposed: false };
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
  const { count } = ranks.options, byRows = N >= leastRows * count;
  const parts = byRows ? 0 : count, rows = byRows ? Math.ceil(N / count) : N;
  const orderOf = ([x, weights]: Term): TermOrder => {
    const K = columnsOf(x);
    if (x.size !== N * K || weights.size !== K * M || columnsOf(weights) !== M) {
      throw new Error(`Shapes do not fit: [${x.shape}] × [${weights.shape}] into [${out.shape}].`);
    }
    const packed = rows <= mostRows && K > narrow
      ? packs.of(weights, rows, { K, N: M, stride: M, parts: parts || 1 })
      : { at: tensors.inputs({ weights }).weights, width: 0 };
    return { x: tensors.inputs({ x }).x, W: packed.at, K, width: packed.width };
  };
  for (let first = 0; first === 0 || first < terms.length; first += most) {
    const some = terms.slice(first, first + most).map(orderOf);
    const [a = none, b = none, c = none, d = none] = some;
    const order = {
      out: tensors.at(out),
      bias: first === 0 ? tensors.inputs({ bias }).bias : 0,
      N,
      M,
      parts,
    };
    ranks.post(
      "affine",
      {
        ...{
          ...order,
          x0: a.x,
          W0: a.W,
          K0: a.K,
          width0: a.width,
          x1: b.x,
          W1: b.W,
          K1: b.K,
          width1: b.width,
        },
        ...{ x2: c.x, W2: c.W, K2: c.K, width2: c.width, x3: d.x, W3: d.W, K3: d.K, width3: d.width },
      },
      byRows
        ? {
          rows: N,
          reads: some.map(({ x, K }) => [x, K * bytes]),
          writes: [[order.out, M * bytes]],
          whole: [[order.bias, M * bytes], ...some.map(({ W, K }): [number, number] => [W, K * M * bytes])],
        }
        : undefined,
    );
  }
}
