// Four float32 lanes at a time: loads and stores of rows whose length is no multiple of four, and the elementary
// functions, accurate to about 1e-7 relative (polynomials: Cephes).

@inline export function splat(x: f32): v128 { return f32x4.splat(x); }
/** a·b + c */
@inline export function madd(a: v128, b: v128, c: v128): v128 { return f32x4.relaxed_madd(a, b, c); }

/** Up to four floats at `p`, of which `left` remain in the row; the other lanes are zero. */
@inline export function load4(p: usize, left: i32): v128 { return left >= 4 ? v128.load(p) : loadPart(p, left, 0); }
/** The same, other lanes `padding`. */
@inline export function load4Or(p: usize, left: i32, padding: f32): v128 {
  return left >= 4 ? v128.load(p) : loadPart(p, left, padding);
}
function loadPart(p: usize, left: i32, padding: f32): v128 {
  let x = splat(padding);
  if (left > 0) x = v128.load_lane<f32>(p, x, 0);
  if (left > 1) x = v128.load_lane<f32>(p + 4, x, 1);
  if (left > 2) x = v128.load_lane<f32>(p + 8, x, 2);
  return x;
}
@inline export function store4(p: usize, x: v128, left: i32): void { if (left >= 4) v128.store(p, x); else storePart(p, x, left); }
function storePart(p: usize, x: v128, left: i32): void {
  if (left > 0) v128.store_lane<f32>(p, x, 0);
  if (left > 1) v128.store_lane<f32>(p + 4, x, 1);
  if (left > 2) v128.store_lane<f32>(p + 8, x, 2);
}

export function sum(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}
export function largest(x: v128): f32 {
  return max(max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)), max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)));
}
/** pmin and pmax are one instruction each, and keep a NaN that stands first. */
@inline export function clip(x: v128, limit: v128): v128 { return f32x4.pmin(f32x4.pmax(x, f32x4.neg(limit)), limit); }

// Constants lie in memory: a load brings one to all lanes in one instruction, where a splat of a constant takes V8 three.
@inline function nth(table: usize, k: usize): v128 { return v128.load32_splat(table + (k << 2)); }

const forExp = memory.data<f32>([
  -87, 88, 1, // the ends, 1
  1.44269504, 12582912, // 1 / ln 2, 1.5 · 2²³
  -0.693359375, 2.12194440e-4, // −ln 2 in two parts
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, // of r⁷ to r²
]);

/** eˣ for x in [−87, 88]; arguments outside count as the nearer end. */
@inline export function exp(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, nth(forExp, 0)), nth(forExp, 1));
  const one = nth(forExp, 2), shift = nth(forExp, 4);
  // n = round(x / ln 2) stands in the low bits of n + 1.5 · 2²³.
  const shifted = madd(x, nth(forExp, 3), shift);
  const n = f32x4.sub(shifted, shift);
  let r = madd(n, nth(forExp, 5), x);
  r = madd(n, nth(forExp, 6), r);
  let p = nth(forExp, 7);
  p = madd(p, r, nth(forExp, 8));
  p = madd(p, r, nth(forExp, 9));
  p = madd(p, r, nth(forExp, 10));
  p = madd(p, r, nth(forExp, 11));
  p = madd(p, r, nth(forExp, 12));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, one));
  return f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), one));
}

const forLog = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, // of r¹¹ to r³
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  -2.12194440e-4, 0.693359375, // ln 2 in two parts
]);

/** ln x for normal x > 0. */
@inline export function log(x: v128): v128 {
  // x = m · 2ⁿ with m in [√½, √2)
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const n = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(m, splat(1));
  const r2 = f32x4.mul(r, r);
  let p = nth(forLog, 0);
  p = madd(p, r, nth(forLog, 1));
  p = madd(p, r, nth(forLog, 2));
  p = madd(p, r, nth(forLog, 3));
  p = madd(p, r, nth(forLog, 4));
  p = madd(p, r, nth(forLog, 5));
  p = madd(p, r, nth(forLog, 6));
  p = madd(p, r, nth(forLog, 7));
  p = madd(p, r, nth(forLog, 8));
  p = f32x4.mul(f32x4.mul(p, r), r2);
  p = madd(n, nth(forLog, 9), p);
  p = madd(r2, splat(-0.5), p);
  return madd(n, nth(forLog, 10), f32x4.add(p, r));
}

@inline export function sigmoid(x: v128): v128 {
  const one = nth(forExp, 2);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

const forTanh = memory.data<f32>([
  -7.90531111, 7.90531111, // the ends
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, // of x¹³ to x
  1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3,
  1.19825839466702e-6, 1.18534705686654e-4, 2.26843463243900e-3, 4.89352518554385e-3, // of x⁶ to 1
]);

/** A quotient of polynomials (Eigen's), which needs no exponential and is exact near zero. */
@inline export function tanh(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, nth(forTanh, 0)), nth(forTanh, 1));
  const s = f32x4.mul(x, x);
  let p = nth(forTanh, 2);
  p = madd(p, s, nth(forTanh, 3));
  p = madd(p, s, nth(forTanh, 4));
  p = madd(p, s, nth(forTanh, 5));
  p = madd(p, s, nth(forTanh, 6));
  p = madd(p, s, nth(forTanh, 7));
  p = madd(p, s, nth(forTanh, 8));
  let q = nth(forTanh, 9);
  q = madd(q, s, nth(forTanh, 10));
  q = madd(q, s, nth(forTanh, 11));
  q = madd(q, s, nth(forTanh, 12));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** ln(1 + eˣ) of one number. */
export function softplus(x: f32): f32 {
  const e = f32x4.extract_lane(exp(splat(-Mathf.abs(x))), 0);
  // For small e, 1 + e would lose it: the series of ln(1 + e).
  const l: f32 = e < 1e-3 ? e * (1 - e * (<f32>0.5 - e / 3)) : f32x4.extract_lane(log(splat(1 + e)), 0);
  return max<f32>(x, 0) + l;
}
export function log1(x: f32): f32 { return f32x4.extract_lane(log(splat(x)), 0); }
export function exp1(x: f32): f32 { return f32x4.extract_lane(exp(splat(x)), 0); }
