/**
 * Matrix products: out = op(a) op(b), `[N, K]` × `[K, M]`. A workgroup computes a square tile of `out` from
 * strips of a and b in workgroup memory, a thread a square of the tile in registers. Where `out` has few
 * tiles and K is long (the gradients of weights), workgroups share K out among themselves and their sums are
 * added afterwards.
 */
import type { MatmulOptions } from "../../engine.ts";
import { kernel, remembered } from "../kernel.ts";
import type { DeviceTensor, View } from "../memory.ts";
import { mostGroups, type Runtime } from "../runtime.ts";
import { addColumnSums } from "./rows.ts";
import { depth, sideOf, tileOf } from "./tile.ts";

/** Workgroups that keep a large GPU busy; a product with fewer tiles has its K shared out. */
const enoughGroups = 256;
/** No share of K is shorter. */
const shortestShare = 128;

const gemmKernel = remembered((transposeA: boolean, transposeB: boolean, quads: number) => {
  const { declarations, begin, addProduct, store } = tileOf(quads);
  return kernel({
    name: `gemm ${transposeA ? "aᵀ" : "a"} ${transposeB ? "bᵀ" : "b"} ${sideOf(quads)}`,
    reads: { a: "f32", b: "f32" },
    writes: { out: "f32" },
    numbers: {
      N: "u32",
      M: "u32",
      K: "u32",
      /** From a row to the next in memory. */
      pitchA: "u32",
      pitchB: "u32",
      pitchOut: "u32",
      /** K of one workgroup, and from one workgroup's results to those of the next share. */
      share: "u32",
      shareSize: "u32",
      accumulate: "u32",
    },
    declarations: `
      ${declarations}
      fn loadA(row: u32, k: u32, to: u32) -> f32 {
        if (row >= p.N || k >= to) { return 0.0; }
        return a[p.a + ${transposeA ? "k * p.pitchA + row" : "row * p.pitchA + k"}];
      }
      fn loadB(column: u32, k: u32, to: u32) -> f32 {
        if (column >= p.M || k >= to) { return 0.0; }
        return b[p.b + ${transposeB ? "column * p.pitchB + k" : "k * p.pitchB + column"}];
      }
      fn store(row: u32, column: u32, share: u32, sum: vec4f) {
        if (row >= p.N) { return; }
        let at = p.out + share * p.shareSize + row * p.pitchOut + column;
        for (var i = 0u; i < min(4u, max(column, p.M) - column); i++) {
          out[at + i] = sum[i] + select(0.0, out[at + i], p.accumulate == 1u);
        }
      }`,
    body: `
      ${begin}
      let to = min(p.K, (group.z + 1u) * p.share);
      ${
      addProduct(
        { load: "loadA", along: transposeA ? "rows" : "depth" },
        { load: "loadB", along: transposeB ? "depth" : "rows" },
        "group.z * p.share",
        "to",
      )
    }
      ${store((row, column, sum) => `store(${row}, ${column}, group.z, ${sum});`)}`,
  });
});

/** A product whose operands fit bindings; pitches are those of the whole matrices. */
interface Product {
  N: number;
  M: number;
  K: number;
  a: View;
  b: View;
  out: View;
  pitchA: number;
  pitchB: number;
  pitchOut: number;
  transposeA: boolean;
  transposeB: boolean;
  accumulate: boolean;
}

/** Throws a RangeError unless `[N, K]` × `[K, M]` fit `[N, M]`. */
export function matmul(
  runtime: Runtime,
  a: DeviceTensor,
  b: DeviceTensor,
  out: DeviceTensor,
  { transposeA = false, transposeB = false, accumulate = false }: MatmulOptions,
): void {
  const M = out.columns, N = out.size / M;
  const K = transposeA ? a.size / N : a.columns;
  if (a.size !== N * K || b.size !== K * M) {
    throw new RangeError(`Shapes do not fit: [${a.shape}] × [${b.shape}] into [${out.shape}].`);
  }
  const [pitchA, pitchB, pitchOut] = [transposeA ? N : K, transposeB ? K : M, M];
  split(runtime, { N, M, K, a, b, out, pitchA, pitchB, pitchOut, transposeA, transposeB, accumulate });
}

/** Halves the product along an axis on which an operand exceeds a binding, until none does. */
function split(runtime: Runtime, product: Product): void {
  const { N, M, K, a, b, out, pitchA, pitchB, pitchOut, transposeA, transposeB, accumulate } = product;
  const tooLarge = (view: View) => 4 * view.size > runtime.bindingLimit;
  const part = (view: View, rows: number, pitch: number, from: number, to: number): View => {
    // The last row of a part ends where the whole ends.
    const size = (to === rows ? view.size : to * pitch) - from * pitch;
    return { block: view.block, offset: view.offset + from * pitch, size };
  };
  const halves = (rows: number): [number, number][] => {
    if (rows < 2) {
      throw new RangeError("One row of a matrix exceeds what the GPU's kernels can see of a tensor.");
    }
    const half = rows >> 1;
    return [[0, half], [half, rows]];
  };
  if (tooLarge(out) || (tooLarge(a) && !transposeA) || N > 64 * mostGroups) {
    for (const [from, to] of halves(N)) {
      const partA = transposeA
        ? { ...a, offset: a.offset + from, size: a.size - from }
        : part(a, N, pitchA, from, to);
      split(runtime, { ...product, N: to - from, a: partA, out: part(out, N, pitchOut, from, to) });
    }
  } else if (tooLarge(b) && transposeB) {
    for (const [from, to] of halves(M)) {
      const columns = { ...out, offset: out.offset + from, size: out.size - from };
      split(runtime, { ...product, M: to - from, b: part(b, M, pitchB, from, to), out: columns });
    }
  } else if (tooLarge(a) || tooLarge(b)) {
    for (const [from, to] of halves(K)) {
      const columns = (view: View) => ({ ...view, offset: view.offset + from, size: view.size - from });
      const partA = transposeA ? part(a, K, pitchA, from, to) : columns(a);
      const partB = transposeB ? columns(b) : part(b, K, pitchB, from, to);
      split(runtime, { ...product, K: to - from, a: partA, b: partB, accumulate: accumulate || from > 0 });
    }
  } else {
    multiply(runtime, product);
  }
}

const tilesOf = (N: number, M: number, quads: number) =>
  Math.ceil(N / sideOf(quads)) * Math.ceil(M / sideOf(quads));
/** Whether the tiles of `[N, M]` keep a large GPU busy by themselves. */
export const tilesKeepBusy = (N: number, M: number, quads: number) => tilesOf(N, M, quads) >= enoughGroups;

function multiply(runtime: Runtime, product: Product): void {
  const { N, M, K, a, b, out, pitchA, pitchB, pitchOut, transposeA, transposeB, accumulate } = product;
  const quads = tilesKeepBusy(N, M, 2) || (Math.min(N, M) >= 128 && K >= 2048) ? 2 : 1;
  const shares = Math.max(
    1,
    Math.min(Math.floor(enoughGroups / tilesOf(N, M, quads)), Math.floor(K / shortestShare)),
  );
  const share = depth * Math.ceil(K / shares / depth);
  const code = gemmKernel(transposeA, transposeB, quads);
  const numbers = { N, M, K, pitchA, pitchB, share };
  const side = sideOf(quads);
  const [x, y, z] = [Math.ceil(M / side), Math.ceil(N / side), Math.ceil(K / share)];
  if (z <= 1 || pitchOut !== M || 4 * N * M * z > runtime.bindingLimit) {
    const whole = {
      ...numbers,
      share: Math.max(K, 1),
      shareSize: 0,
      pitchOut,
      accumulate: Number(accumulate),
    };
    return runtime.run(code, { a, b, out }, whole, [x, y]);
  }
  runtime.withScratch(N * M * z, (sums) => {
    runtime.run(code, { a, b, out: sums }, { ...numbers, shareSize: N * M, pitchOut: M, accumulate: 0 }, [
      x,
      y,
      z,
    ]);
    addColumnSums(runtime, sums, z, out, { replace: !accumulate });
  });
}
