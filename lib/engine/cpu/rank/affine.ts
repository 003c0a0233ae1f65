/** A rank's share of what enters the units of a layer, out = bias + Σ x W. */
import { commands, termWords } from "../shared/commands.ts";
import { narrow, panel } from "../shared/packing.ts";
import { multiply } from "./multiply.ts";
import type { Operations } from "./rank.ts";

const bytes = 4;

/** Where the terms begin among the command's words. */
const firstTerm = commands.affine.fields.length;

export const affineOperation: Pick<Operations, "affine"> = {
  affine(rank, { out, bias, N, M, parts, terms }, words) {
    const [from, end] = parts ? [0, N] : rank.share(N);
    const columns: [number, number] = parts ? rank.share(M, panel) : [0, M];
    const rows = end - from, first = out + from * M * bytes;
    const termOf = (k: number) => {
      const at = firstTerm + k * termWords;
      const [x, W, K, width, bfloat16] = words.subarray(at, at + termWords);
      return { x: x + from * K * (bfloat16 ? 2 : bytes), W, K, width, bfloat16 };
    };
    let k = 0;
    if (bias) {
      // The few inputs of a pen go together with the bias.
      const inputs = terms > 0 && termOf(0).K <= narrow ? termOf(k++) : { x: 0, W: 0, K: 0 };
      rank.kernels.affineRows(rows, M, ...columns, inputs.K, inputs.x, inputs.W, bias, first);
    }
    for (; k < terms; k++) {
      const { x, W, K, width, bfloat16 } = termOf(k);
      if (bfloat16) {
        rank.bfloat16!.gemm(rows, M, K, x, K, false, W, M, false, first, M, true);
      } else {
        const factor = { K, N: M, at: W, width, parts: parts || 1, stride: M, transposed: false };
        multiply(rank, rows, [x, K], factor, [first, M], true, columns);
      }
    }
  },
};
