// Matrix products in single precision, after Goto & van de Geijn (2008): B is packed into panels of 8 columns, A into
// panels of 4 rows, and the micro-kernel keeps a 4 × 8 block of C in eight vector registers.
// V8 checks the bounds at every load: one load brings the four rows of A, and shuffles, which run beside the products,
// spread them out. A block of 6 × 8 whose every number of A is loaded by itself is slower by an eighth, or a third where
// a neighbour computes on the same core.
// Build with `--optimizeLevel 1`: at -O3 Binaryen hoists the loads, registers spill, and half the speed is gone.
import { load4, madd, splat, store4, sum } from "./vector";

const MR: i32 = 4;
const NR: i32 = 8;
/** Depth of a packed block: a panel of B, KC × NR, stays in the first-level cache. */
const KC: i32 = 512;
/** Rows of a packed block of A, which stays in the second-level cache. */
const MC: i32 = 96;
/** Columns of a packed block of B. */
const NC: i32 = 1024;

/** Bytes that `sgemm` and `sgemmPacked` need at `work`. */
export function gemmWorkBytes(): i32 { return (MC * KC + KC * NC + MR * NR) << 2; }
@inline function at(base: usize, floats: i32): usize { return base + (usize(floats) << 2); }
@inline function element(X: usize, ld: i32, row: i32, column: i32): usize {
  return X + ((usize(row) * usize(ld) + usize(column)) << 2);
}

/** Row 0, 1, 2 or 3 of four rows of A at one depth, in every lane. */
@inline function row0(a: v128): v128 { return v128.shuffle<i32>(a, a, 0, 0, 0, 0); }
@inline function row1(a: v128): v128 { return v128.shuffle<i32>(a, a, 1, 1, 1, 1); }
@inline function row2(a: v128): v128 { return v128.shuffle<i32>(a, a, 2, 2, 2, 2); }
@inline function row3(a: v128): v128 { return v128.shuffle<i32>(a, a, 3, 3, 3, 3); }

/** C[rows × columns] (+)= A panel · B panel, K deep. */
function microKernel(K: i32, A: usize, B: usize, C: usize, ldc: usize, rows: i32, columns: i32, accumulate: bool, tile: usize): void {
  const zero = splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  while (K > 0) {
    const a = v128.load(A), b0 = v128.load(B), b1 = v128.load(B, 16);
    let x = row0(a); c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = row1(a); c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = row2(a); c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    x = row3(a); c30 = madd(x, b0, c30); c31 = madd(x, b1, c31);
    A += MR << 2; B += NR << 2; K--;
  }
  // An edge block is finished in `tile`, then copied element by element.
  const whole = rows == MR && columns == NR;
  const target = whole ? C : tile;
  const step: usize = whole ? ldc : NR << 2;
  const add = whole && accumulate;
  writeRow(target, c00, c01, add);
  writeRow(target + step, c10, c11, add);
  writeRow(target + 2 * step, c20, c21, add);
  writeRow(target + 3 * step, c30, c31, add);
  if (whole) return;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const from = at(tile, i * NR + j), to = C + usize(i) * ldc + (usize(j) << 2);
      store<f32>(to, accumulate ? load<f32>(to) + load<f32>(from) : load<f32>(from));
    }
  }
}
@inline function writeRow(p: usize, x0: v128, x1: v128, add: bool): void {
  v128.store(p, add ? f32x4.add(v128.load(p), x0) : x0);
  v128.store(p, add ? f32x4.add(v128.load(p, 16), x1) : x1, 16);
}

/** Four rows of K floats, `stride` bytes apart, into columns of a panel P wide: in blocks of 4 × 4. */
function packFour(P: i32, from: usize, stride: usize, K: i32, to: usize): void {
  const step = usize(P) << 2;
  let k = 0;
  for (; k + 4 <= K; k += 4) {
    const r0 = v128.load(from), r1 = v128.load(from + stride), r2 = v128.load(from + 2 * stride), r3 = v128.load(from + 3 * stride);
    const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7), d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
    v128.store(to + step, v128.shuffle<i64>(a, b, 1, 3));
    v128.store(to + 2 * step, v128.shuffle<i64>(c, d, 0, 2));
    v128.store(to + 3 * step, v128.shuffle<i64>(c, d, 1, 3));
    from += 16; to += 4 * step;
  }
  for (; k < K; k++) {
    for (let r: usize = 0; r < 4; r++) store<f32>(to + (r << 2), load<f32>(from + r * stride));
    from += 4; to += step;
  }
}

/**
 * Packs X [count × K] (`transposed`: stored as [K × count]) into panels of P rows, each K-major, the last padded with zeros
 * to MR rows, or (P ≠ MR) to a multiple of NR. As the right operand B [K × N] is packed along its columns, it comes here
 * as its transpose.
 */
function pack(P: i32, X: usize, ld: i32, count: i32, K: i32, transposed: bool, out: usize): void {
  const stride = usize(ld) << 2;
  let rows = 0;
  for (let i = 0; i < count; i += rows) {
    rows = min(P, count - i);
    const unit = P == MR ? MR : NR, width = (rows + unit - 1) / unit * unit;
    if (rows == width && transposed) {
      let from = at(X, i);
      for (let k = 0; k < K; k++) {
        for (let q: usize = 0; q < usize(rows) << 2; q += 16) v128.store(out + q, v128.load(from + q));
        from += stride; out += usize(rows) << 2;
      }
    } else {
      const rowStep: usize = transposed ? 4 : stride, kStep: usize = transposed ? stride : 4;
      const first = X + usize(i) * rowStep;
      let r = 0;
      if (!transposed) {
        for (; r + 4 <= rows; r += 4) packFour(width, first + usize(r) * stride, stride, K, at(out, r));
      }
      for (; r < width; r++) {
        let from = first + usize(r) * rowStep, to = at(out, r);
        for (let k = 0; k < K; k++) {
          store<f32>(to, r < rows ? load<f32>(from) : 0);
          from += kStep; to += usize(width) << 2;
        }
      }
      out += usize(width * K) << 2;
    }
  }
}

/** Packs B [K × N], or [N × K] if `transposed`, into slabs of `width` columns (a multiple of 8), each row after row; the last
 * may be narrower, and is padded with zeros to a multiple of 8. */
export function packB(width: i32, N: i32, K: i32, B: usize, ldb: i32, transposed: i32, out: usize): void {
  pack(width, B, ldb, N, K, transposed == 0, out);
}

/** C[M × N] (+)= A · B, K ≤ KC deep, B's panels `panelStep` bytes apart. */
function block(M: i32, N: i32, K: i32, A: usize, lda: i32, transposeA: i32, panels: usize, panelStep: usize, C: usize, ldc: i32, accumulate: bool, work: usize): void {
  const rowStep = usize(ldc) << 2;
  const tile = at(work, MC * KC);
  for (let i0 = 0; i0 < M; i0 += MC) {
    const rows = min(MC, M - i0);
    pack(MR, transposeA ? at(A, i0) : element(A, lda, i0, 0), lda, rows, K, transposeA != 0, work);
    let panel = panels;
    for (let j = 0; j < N; j += NR) {
      const columns = min(NR, N - j);
      for (let i = 0; i < rows; i += MR) {
        const count = min(MR, rows - i);
        microKernel(K, at(work, i * K), panel, element(C, ldc, i0 + i, j), rowStep, count, columns, accumulate, tile);
      }
      panel += panelStep;
    }
  }
}

/** C[M × N] (+)= op(A)[M × K] · op(B)[K × N]. */
export function sgemm(
  M: i32, N: i32, K: i32, A: usize, lda: i32, transposeA: i32, B: usize, ldb: i32, transposeB: i32,
  C: usize, ldc: i32, accumulate: i32, work: usize,
): void {
  const panels = at(work, MC * KC + MR * NR);
  for (let k0 = 0; k0 < K; k0 += KC) {
    const depth = min(KC, K - k0);
    for (let j0 = 0; j0 < N; j0 += NC) {
      const columns = min(NC, N - j0);
      packB(NR, columns, depth, transposeB ? element(B, ldb, j0, k0) : element(B, ldb, k0, j0), ldb, transposeB, panels);
      block(
        M, columns, depth, transposeA ? element(A, lda, k0, 0) : at(A, k0), lda, transposeA,
        panels, usize(depth * NR) << 2, at(C, j0), ldc, accumulate != 0 || k0 > 0, work,
      );
    }
  }
}

/** The same for a B that `packB` has packed whole in slabs of 8 columns. */
export function sgemmPacked(
  M: i32, N: i32, K: i32, A: usize, lda: i32, packed: usize, C: usize, ldc: i32, accumulate: i32, work: usize,
): void {
  for (let k0 = 0; k0 < K; k0 += KC) {
    const depth = min(KC, K - k0);
    block(M, N, depth, at(A, k0), lda, 0, at(packed, k0 * NR), usize(K * NR) << 2, C, ldc, accumulate != 0 || k0 > 0, work);
  }
}

/** y[N] (+)= x[K] · B[K × N]: eight rows of B at a time, so that memory is read in order. */
export function gemv(N: i32, K: i32, x: usize, B: usize, ldb: i32, y: usize, accumulate: i32): void {
  if (!accumulate) memory.fill(y, 0, usize(N) << 2);
  const step = usize(ldb) << 2;
  let k = 0;
  for (; k + 8 <= K; k += 8) {
    const p = at(x, k);
    const x0 = v128.load32_splat(p), x1 = v128.load32_splat(p, 4), x2 = v128.load32_splat(p, 8), x3 = v128.load32_splat(p, 12);
    const x4 = v128.load32_splat(p, 16), x5 = v128.load32_splat(p, 20), x6 = v128.load32_splat(p, 24), x7 = v128.load32_splat(p, 28);
    let b = element(B, ldb, k, 0);
    let j = 0;
    for (; j + 4 <= N; j += 4) {
      let s = madd(x0, v128.load(b), v128.load(at(y, j)));
      let t = f32x4.mul(x1, v128.load(b + step));
      s = madd(x2, v128.load(b + 2 * step), s);
      t = madd(x3, v128.load(b + 3 * step), t);
      s = madd(x4, v128.load(b + 4 * step), s);
      t = madd(x5, v128.load(b + 5 * step), t);
      s = madd(x6, v128.load(b + 6 * step), s);
      t = madd(x7, v128.load(b + 7 * step), t);
      v128.store(at(y, j), f32x4.add(s, t));
      b += 16;
    }
    for (; j < N; j++) {
      let s = load<f32>(at(y, j));
      for (let i = 0; i < 8; i++) s += load<f32>(p + (usize(i) << 2)) * load<f32>(b + usize(i) * step);
      store<f32>(at(y, j), s);
      b += 4;
    }
  }
  for (; k < K; k++) {
    const factor = load<f32>(at(x, k));
    for (let j = 0; j < N; j++) {
      const to = at(y, j);
      store<f32>(to, load<f32>(to) + factor * load<f32>(element(B, ldb, k, j)));
    }
  }
}

/** y[N] (+)= x[K] · Bᵀ, B [N × K]: dot products of four rows at a time. */
export function gemvTransposed(N: i32, K: i32, x: usize, B: usize, ldb: i32, y: usize, accumulate: i32): void {
  const zero = splat(0), step = usize(ldb) << 2;
  for (let n = 0; n < N; n += 4) {
    const rows = min(4, N - n);
    // Past the last row, the last row once more.
    const b0 = element(B, ldb, n, 0), b1 = b0 + (rows > 1 ? step : 0), b2 = b1 + (rows > 2 ? step : 0), b3 = b2 + (rows > 3 ? step : 0);
    let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
    let k = 0;
    for (; k + 8 <= K; k += 8) {
      const q = usize(k) << 2;
      const x0 = v128.load(x + q), x1 = v128.load(x + q, 16);
      s0 = madd(x0, v128.load(b0 + q), s0); t0 = madd(x1, v128.load(b0 + q, 16), t0);
      s1 = madd(x0, v128.load(b1 + q), s1); t1 = madd(x1, v128.load(b1 + q, 16), t1);
      s2 = madd(x0, v128.load(b2 + q), s2); t2 = madd(x1, v128.load(b2 + q, 16), t2);
      s3 = madd(x0, v128.load(b3 + q), s3); t3 = madd(x1, v128.load(b3 + q, 16), t3);
    }
    for (; k < K; k += 4) {
      const q = usize(k) << 2, left = K - k;
      const x0 = load4(x + q, left);
      s0 = madd(x0, load4(b0 + q, left), s0);
      s1 = madd(x0, load4(b1 + q, left), s1);
      s2 = madd(x0, load4(b2 + q, left), s2);
      s3 = madd(x0, load4(b3 + q, left), s3);
    }
    let total = f32x4(sum(f32x4.add(s0, t0)), sum(f32x4.add(s1, t1)), sum(f32x4.add(s2, t2)), sum(f32x4.add(s3, t3)));
    if (accumulate) total = f32x4.add(total, load4(at(y, n), rows));
    store4(at(y, n), total, rows);
  }
}
