// Operations on ranges of elements, rows and columns.
import { load4, madd, splat, store4 } from "./vector";

export function fill(n: i32, to: usize, value: f32): void {
  const x = splat(value);
  for (let i = 0; i < n; i += 4) store4(to + (usize(i) << 2), x, n - i);
}
export function copy(n: i32, from: usize, to: usize): void { memory.copy(to, from, usize(n) << 2); }

/** `rows` of `columns` floats, `stride` apart, as bfloat16 one after the other; halves round to even. */
export function toBfloat16(rows: i32, columns: i32, from: usize, stride: i32, to: usize): void {
  for (let r = 0; r < rows; r++) {
    let i = 0;
    for (; i + 8 <= columns; i += 8) {
      const p = from + (usize(i) << 2);
      v128.store(to, i16x8.narrow_i32x4_u(rounded(v128.load(p)), rounded(v128.load(p, 16))));
      to += 16;
    }
    for (; i < columns; i++) {
      store<u16>(to, <u16>i32x4.extract_lane(rounded(v128.load32_zero(from + (usize(i) << 2))), 0));
      to += 2;
    }
    from += usize(stride) << 2;
  }
}
/** The upper halves of four floats, rounded, as integers. */
@inline function rounded(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  return i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
}

/** y += alpha · x */
export function axpy(n: i32, alpha: f32, x: usize, y: usize): void {
  for (let i = 0; i < n; i += 4) {
    const q = usize(i) << 2, left = n - i;
    store4(y + q, madd(splat(alpha), load4(x + q, left), load4(y + q, left)), left);
  }
}

/** Columns [from, to) of N rows of `out` [N × M] = bias [M] + x [N × K] · W [K × M]; for a small K. */
export function affineRows(N: i32, M: i32, from: i32, to: i32, K: i32, x: usize, W: usize, bias: usize, out: usize): void {
  const step = usize(M) << 2, first = usize(from) << 2, n = to - from;
  for (let r = 0; r < N; r++) {
    if (K == 3) threeInputs(n, x, W + first, step, bias + first, out + first);
    else {
      memory.copy(out + first, bias + first, usize(n) << 2);
      for (let k = 0; k < K; k++) axpy(n, load<f32>(x + (usize(k) << 2)), W + usize(k) * step + first, out + first);
    }
    x += usize(K) << 2; out += step;
  }
}
/** A pen's point: one row in one go. */
@inline function threeInputs(n: i32, x: usize, W: usize, step: usize, bias: usize, out: usize): void {
  const x0 = v128.load32_splat(x), x1 = v128.load32_splat(x, 4), x2 = v128.load32_splat(x, 8);
  const W1 = W + step, W2 = W1 + step;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const q = usize(i) << 2;
    const s = madd(x0, v128.load(W + q), v128.load(bias + q));
    v128.store(out + q, madd(x2, v128.load(W2 + q), madd(x1, v128.load(W1 + q), s)));
  }
  if (i < n) {
    const q = usize(i) << 2, left = n - i;
    const s = madd(x0, load4(W + q, left), load4(bias + q, left));
    store4(out + q, madd(x2, load4(W2 + q, left), madd(x1, load4(W1 + q, left), s)), left);
  }
}

/** out[from..to) += column sums of x [N × M], eight rows at a time. */
export function addColumnSums(N: i32, M: i32, from: i32, to: i32, x: usize, out: usize): void {
  const step = usize(M) << 2;
  for (let n = 0; n < N; n += 8) {
    const rows = min(8, N - n);
    const block = x + usize(n) * step;
    for (let j = from; j < to; j += 4) {
      const left = to - j, q = usize(j) << 2;
      let total = splat(0), p = block + q;
      for (let r = 0; r < rows; r++) { total = f32x4.add(total, load4(p, left)); p += step; }
      store4(out + q, f32x4.add(load4(out + q, left), total), left);
    }
  }
}

/** Row n of `out` [N × M] += row ids[n] of `table` [C × M]; −1 adds nothing. Returns the first id that is too large, or −1. */
export function addLookup(N: i32, M: i32, C: i32, table: usize, ids: usize, out: usize): i32 {
  const step = usize(M) << 2;
  for (let n = 0; n < N; n++) {
    const id = load<i32>(ids + (usize(n) << 2));
    if (id >= C) return id;
    if (id >= 0) axpy(M, 1, table + usize(id) * step, out + usize(n) * step);
  }
  return -1;
}
/** Columns [from, to) of row ids[n] of `dTable` += those of row n of `dOut` [N × M]; returns as `addLookup`. */
export function addLookupGradient(N: i32, M: i32, C: i32, from: i32, to: i32, dOut: usize, ids: usize, dTable: usize): i32 {
  const step = usize(M) << 2, first = usize(from) << 2;
  for (let n = 0; n < N; n++) {
    const id = load<i32>(ids + (usize(n) << 2));
    if (id >= C) return id;
    if (id >= 0) axpy(to - from, 1, dOut + usize(n) * step + first, dTable + usize(id) * step + first);
  }
  return -1;
}
