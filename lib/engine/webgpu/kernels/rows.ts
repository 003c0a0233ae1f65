/** Operations on the rows of a matrix `[N, M]`: biases and their gradients, look-ups and theirs. */
import { elementwise, kernel, remembered } from "../kernel.ts";
import type { DeviceTensor, View } from "../memory.ts";
import type { Runtime } from "../runtime.ts";

const broadcastKernel = elementwise({
  name: "broadcast row",
  reads: { row: "f32" },
  writes: { out: "f32" },
  numbers: { M: "u32" },
  each: "out[p.out + i] = row[p.row + i % p.M];",
});
export function broadcastRow(runtime: Runtime, row: DeviceTensor, out: DeviceTensor): void {
  const M = row.size;
  for (const [from, to] of runtime.spans(out.size / M, 4 * M)) {
    const size = (to - from) * M;
    runtime.run(broadcastKernel, { row, out: out.part(from * M, size) }, { M, size }, groupsFor(size));
  }
}
const groupsFor = (size: number) => [Math.min(16384, Math.ceil(size / 256))] as const;

/** Rows that one workgroup adds up. */
const rowsPerGroup = 128;

/** A kernel for sums over the rows of a matrix whose element (n, m) is the WGSL expression `term`. Workgroup
 * (x, y) adds up 64 columns of a stretch of rows; `out` has a row for each stretch. */
export function columnSumsKernel<R extends string, N extends string>(
  name: string,
  tensors: Record<R, "f32">,
  numbers: Record<N, "u32">,
  term: string,
) {
  return kernel({
    name,
    reads: tensors,
    writes: { out: "f32" },
    numbers: { ...numbers, N: "u32", M: "u32", accumulate: "u32" } as Record<
      N | "N" | "M" | "accumulate",
      "u32"
    >,
    declarations: "var<workgroup> shares: array<f32, 256>;",
    body: `
      let m = 64u * group.x + thread % 64u;
      let to = min(p.N, (group.y + 1u) * ${rowsPerGroup}u);
      var sum = 0.0;
      if (m < p.M) {
        for (var n = group.y * ${rowsPerGroup}u + thread / 64u; n < to; n += 4u) { sum += ${term}; }
      }
      shares[thread] = sum;
      workgroupBarrier();
      if (thread < 64u && m < p.M) {
        let at = p.out + group.y * p.M + m;
        out[at] = shares[thread] + shares[thread + 64u] + shares[thread + 128u] + shares[thread + 192u]
          + select(0.0, out[at], p.accumulate == 1u);
      }`,
  });
}
const sumKernel = remembered(() => columnSumsKernel("column sums", { x: "f32" }, {}, "x[p.x + n * p.M + m]"));

/** Adds the sums over N rows to `out` `[M]`: `sum` is asked for the sums of each stretch of rows. */
export function addStretches(
  runtime: Runtime,
  N: number,
  out: View,
  sum: (to: View, groups: [number, number], accumulate: number) => void,
  replace = false,
): void {
  const M = out.size, stretches = Math.ceil(N / rowsPerGroup), columns = Math.ceil(M / 64);
  if (stretches === 1) return sum(out, [columns, 1], Number(!replace));
  runtime.withScratch(stretches * M, (sums) => {
    sum(sums, [columns, stretches], 0);
    addColumnSums(runtime, sums, stretches, out, { replace });
  });
}
/** out `[M]` += Σ_n x[n] (or, with `replace`, = ), x `[N, M]`. */
export function addColumnSums(
  runtime: Runtime,
  x: View,
  N: number,
  out: View,
  { replace = false }: { replace?: boolean } = {},
): void {
  const M = out.size;
  for (const [from, to] of runtime.spans(N, 4 * M)) {
    const rows = { block: x.block, offset: x.offset + from * M, size: (to - from) * M };
    addStretches(runtime, to - from, out, (to_, groups, accumulate) => {
      runtime.run(sumKernel(), { x: rows, out: to_ }, { N: to - from, M, accumulate }, groups);
    }, replace && from === 0);
  }
}

const lookupKernel = elementwise({
  name: "look-up",
  reads: { table: "f32", ids: "i32" },
  writes: { out: "f32" },
  numbers: { M: "u32", firstRow: "u32", rows: "u32" },
  each: `
    let row = ids[p.ids + i / p.M] - i32(p.firstRow);
    if (row >= 0 && row < i32(p.rows)) { out[p.out + i] += table[p.table + u32(row) * p.M + i % p.M]; }`,
});
/** Row n of `out` += row ids[n] of `table`; both in spans that fit a binding. */
export function addLookup(runtime: Runtime, table: DeviceTensor, ids: DeviceTensor, out: DeviceTensor): void {
  const M = table.columns;
  for (const [firstRow, lastRow] of runtime.spans(table.size / M, 4 * M)) {
    const rows = lastRow - firstRow;
    const part = table.part(firstRow * M, rows * M);
    for (const [from, to] of runtime.spans(ids.size, 4 * M)) {
      const size = (to - from) * M;
      const tensors = { table: part, ids: ids.part(from, to - from), out: out.part(from * M, size) };
      runtime.run(lookupKernel, tensors, { M, firstRow, rows, size }, groupsFor(size));
    }
  }
}

/** Workgroups that share the rows of the table: no two add to the same row, so that sums need no atomics and
 * keep their order. */
const mostShares = 256;
const lookupGradientKernel = kernel({
  name: "look-up gradient",
  reads: { dOut: "f32", ids: "i32" },
  writes: { dTable: "f32" },
  numbers: { N: "u32", M: "u32", firstRow: "u32", rows: "u32" },
  body: `
    let m = 256u * group.x + thread;
    if (m >= p.M) { return; }
    var row = -1;
    var sum = 0.0;
    for (var n = 0u; n < p.N; n++) {
      let id = ids[p.ids + n] - i32(p.firstRow);
      if (id < 0 || id >= i32(p.rows) || u32(id) % groups.y != group.y) { continue; }
      if (id != row) {
        if (row >= 0) { dTable[p.dTable + u32(row) * p.M + m] += sum; }
        row = id;
        sum = 0.0;
      }
      sum += dOut[p.dOut + n * p.M + m];
    }
    if (row >= 0) { dTable[p.dTable + u32(row) * p.M + m] += sum; }`,
});
export function addLookupGradient(
  runtime: Runtime,
  dOut: DeviceTensor,
  ids: DeviceTensor,
  dTable: DeviceTensor,
): void {
  const M = dTable.columns;
  for (const [firstRow, lastRow] of runtime.spans(dTable.size / M, 4 * M)) {
    const rows = lastRow - firstRow;
    const part = dTable.part(firstRow * M, rows * M);
    for (const [from, to] of runtime.spans(ids.size, 4 * M)) {
      const N = to - from;
      const tensors = { dOut: dOut.part(from * M, N * M), ids: ids.part(from, N), dTable: part };
      const groups = [Math.ceil(M / 256), Math.min(rows, mostShares)] as const;
      runtime.run(lookupGradientKernel, tensors, { N, M, firstRow, rows }, groups);
    }
  }
}
