/** What enters the units of a layer: out = bias + Σ x W, in one pass over `out`, which is the largest tensor of a training. */
import { kernel, remembered, repeat } from "../kernel.ts";
import type { DeviceTensor, View } from "../memory.ts";
import type { Runtime } from "../runtime.ts";
import { matmul, tilesKeepBusy } from "./gemm.ts";
import { broadcastRow } from "./rows.ts";
import { sideOf, tileOf } from "./tile.ts";

/** With bias and `out` as many tensors as every GPU lets a kernel see. */
const mostTerms = 3;

const affineKernel = remembered((terms: number, quads: number) => {
  const { declarations, begin, addProduct, store } = tileOf(quads);
  const each = (code: (term: number) => string) => repeat(terms, code);
  const named = <T>(names: string[], value: T) =>
    Object.fromEntries(names.flatMap((name) => Array.from({ length: terms }, (_, k) => [name + k, value])));
  return kernel({
    name: `affine of ${terms}, ${sideOf(quads)}`,
    reads: { ...named(["x", "weights"], "f32"), bias: "f32" } as Record<string, "f32">,
    writes: { out: "f32" },
    numbers: { N: "u32", M: "u32", ...named(["K"], "u32") } as Record<string, "u32">,
    declarations: `
      ${declarations}
      ${
      each((term) => `
        fn loadX${term}(row: u32, k: u32, to: u32) -> f32 {
          if (row >= p.N || k >= to) { return 0.0; }
          return x${term}[p.x${term} + row * to + k];
        }
        fn loadWeights${term}(column: u32, k: u32, to: u32) -> f32 {
          if (column >= p.M || k >= to) { return 0.0; }
          return weights${term}[p.weights${term} + k * p.M + column];
        }`)
    }
      fn store(row: u32, column: u32, sum: vec4f) {
        if (row >= p.N) { return; }
        for (var i = 0u; i < min(4u, max(column, p.M) - column); i++) {
          out[p.out + row * p.M + column + i] = bias[p.bias + column + i] + sum[i];
        }
      }`,
    body: `
      ${begin}
      ${
      each((term) =>
        addProduct(
          { load: `loadX${term}`, along: "depth" },
          { load: `loadWeights${term}`, along: "rows" },
          "0u",
          `p.K${term}`,
        )
      )
    }
      ${store((row, column, sum) => `store(${row}, ${column}, ${sum});`)}`,
  });
});

/** out `[N, M]` = bias `[M]` + Σ x W over pairs of x `[N, K]` and weights `[K, M]`. */
export function affine(
  runtime: Runtime,
  out: DeviceTensor,
  bias: DeviceTensor,
  terms: readonly (readonly [x: DeviceTensor, weights: DeviceTensor])[],
): void {
  const M = out.columns, N = out.size / M;
  const fits = terms.length > 0 && terms.length <= mostTerms &&
    terms.every(([, weights]) => 4 * weights.size <= runtime.bindingLimit);
  const quads = [2, 1].find((quads) => tilesKeepBusy(N, M, quads));
  if (!fits || !quads) {
    broadcastRow(runtime, bias, out);
    for (const [x, weights] of terms) matmul(runtime, x, weights, out, { accumulate: true });
    return;
  }
  const widest = Math.max(M, ...terms.map(([x]) => x.columns));
  for (const [from, to] of runtime.spans(N, 4 * widest)) {
    const tensors: Record<string, View> = { bias, out: out.part(from * M, (to - from) * M) };
    const numbers: Record<string, number> = { N: to - from, M };
    terms.forEach(([x, weights], k) => {
      const K = x.size / N;
      if (weights.size !== K * M) {
        throw new RangeError(`Shapes do not fit: [${x.shape}] × [${weights.shape}] into [${out.shape}].`);
      }
      tensors[`x${k}`] = x.part(from * K, (to - from) * K);
      tensors[`weights${k}`] = weights;
      numbers[`K${k}`] = K;
    });
    runtime.run(affineKernel(terms.length, quads), tensors, numbers, [
      Math.ceil(M / sideOf(quads)),
      Math.ceil((to - from) / sideOf(quads)),
    ]);
  }
}
