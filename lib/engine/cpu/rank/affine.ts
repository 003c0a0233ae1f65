/** A rank's share of what enters the units of a layer, out = bias + Σ x W. */
import { termWords } from "../shared/commands.ts";
import { narrow, panel } from "../shared/packing.ts";
import { multiply } from "./multiply.ts";
import type { Operations } from "./rank.ts";

const bytes = 4;

export const affineOperation: Pick<Operations, "affine"> = {
  affine(rank, { out, bias, N, M, parts, terms }, more) {
    const [from, end] = parts ? [0, N] : rank.share(N);
    const columns: [number, number] = parts ? rank.share(M, panel) : [0, M];
    const rows = end - from, first = out + from * M * bytes;
    const [x, W, K] = more;
    // The few inputs of a pen go together with the bias.
    const together = bias > 0 && terms > 0 && K <= narrow;
    if (together) {
      rank.kernels.affineRows(rows, M, ...columns, K, x + from * K * bytes, W, bias, first);
    } else if (bias) {
      rank.kernels.affineRows(rows, M, ...columns, 0, 0, 0, bias, first);
    }
    for (let term = together ? 1 : 0; term < terms; term++) {
      const [x, W, K, width] = more.subarray(term * termWords, (term + 1) * termWords);
      const factor = { K, N: M, at: W, width, parts: parts || 1, stride: M, transposed: false };
      multiply(rank, rows, [x + from * K * bytes, K], factor, [first, M], true, columns);
    }
  },
};
