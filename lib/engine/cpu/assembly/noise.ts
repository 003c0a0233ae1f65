// Weight noise and dropout: `gaussianNoise` and `dropoutMask` of lib/random.ts, sixteen elements at a time.
import { exp, load4, log, madd, splat, store4 } from "./vector";

/** sin and cos of 2π · word / 2³², by Box–Muller's quarter turns; the results of the last `turn`. */
let cosine: v128 = i32x4.splat(0);
let sine: v128 = i32x4.splat(0);
let words0: v128 = i32x4.splat(0);
let words1: v128 = i32x4.splat(0);
let words2: v128 = i32x4.splat(0);
let words3: v128 = i32x4.splat(0);

/** pcg4d of four counters at once, into words0..3. */
function pcg4d(counter: i32, seed: i32, stream: i32, use: i32): void {
  const factor = i32x4.splat(1664525), offset = i32x4.splat(1013904223);
  let a = i32x4.add(i32x4.mul(i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3)), factor), offset);
  let b = i32x4.add(i32x4.mul(i32x4.splat(seed), factor), offset);
  let c = i32x4.add(i32x4.mul(i32x4.splat(stream), factor), offset);
  let d = i32x4.add(i32x4.mul(i32x4.splat(use), factor), offset);
  a = i32x4.add(a, i32x4.mul(b, d));
  b = i32x4.add(b, i32x4.mul(c, a));
  c = i32x4.add(c, i32x4.mul(a, b));
  d = i32x4.add(d, i32x4.mul(b, c));
  a = v128.xor(a, i32x4.shr_u(a, 16));
  b = v128.xor(b, i32x4.shr_u(b, 16));
  c = v128.xor(c, i32x4.shr_u(c, 16));
  d = v128.xor(d, i32x4.shr_u(d, 16));
  a = i32x4.add(a, i32x4.mul(b, d));
  b = i32x4.add(b, i32x4.mul(c, a));
  c = i32x4.add(c, i32x4.mul(a, b));
  d = i32x4.add(d, i32x4.mul(b, c));
  words0 = a; words1 = b; words2 = c; words3 = d;
}

/** √(−2 ln((u + 1) / 2³²)) */
function radius(u: v128): v128 {
  // Near 1 the logarithm is that of 1 − x with x = (2³² − 1 − u) / 2³², which float32 holds exactly enough: its series.
  const x = f32x4.mul(f32x4.convert_i32x4_u(v128.not(u)), splat(2.3283064365386963e-10));
  let series = madd(x, splat(0.2), splat(0.25));
  series = madd(series, x, splat(0.33333334));
  series = madd(series, x, splat(0.5));
  series = madd(series, x, splat(1));
  const near = f32x4.mul(series, x);
  const part = f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(u), splat(1)), splat(2.3283064365386963e-10));
  const minusLog = v128.bitselect(near, f32x4.neg(log(part)), f32x4.lt(x, splat(0.03)));
  return f32x4.sqrt(f32x4.mul(splat(2), minusLog));
}

function turn(word: v128): void {
  const quarter = i32x4.shr_u(i32x4.add(word, i32x4.splat(0x20000000)), 30);
  const rest = i32x4.sub(word, i32x4.shl(quarter, 30));
  const x = f32x4.mul(f32x4.convert_i32x4_s(rest), splat(1.4629180792671596e-9)); // 2π / 2³²: within ±π/4
  const x2 = f32x4.mul(x, x);
  let s = madd(splat(-1.9515295891e-4), x2, splat(8.3321608736e-3));
  s = madd(s, x2, splat(-1.6666654611e-1));
  s = madd(f32x4.mul(s, x2), x, x);
  let c = madd(splat(2.443315711809948e-5), x2, splat(-1.388731625493765e-3));
  c = madd(c, x2, splat(4.166664568298827e-2));
  c = madd(f32x4.mul(c, x2), x2, madd(splat(-0.5), x2, splat(1)));
  const swap = i32x4.ne(v128.and(quarter, i32x4.splat(1)), i32x4.splat(0));
  const cosineSign = i32x4.shl(v128.and(i32x4.add(quarter, i32x4.splat(1)), i32x4.splat(2)), 30);
  const sineSign = i32x4.shl(v128.and(quarter, i32x4.splat(2)), 30);
  cosine = v128.xor(v128.bitselect(s, c, swap), cosineSign);
  sine = v128.xor(v128.bitselect(c, s, swap), sineSign);
}

/** Four vectors, lane q of the kth being element 4q + k, into words0..3 in the order of the elements. */
@inline function inOrder(e0: v128, e1: v128, e2: v128, e3: v128): void {
  const a = v128.shuffle<i32>(e0, e1, 0, 4, 1, 5), b = v128.shuffle<i32>(e2, e3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(e0, e1, 2, 6, 3, 7), d = v128.shuffle<i32>(e2, e3, 2, 6, 3, 7);
  words0 = v128.shuffle<i64>(a, b, 0, 2); words1 = v128.shuffle<i64>(a, b, 1, 3);
  words2 = v128.shuffle<i64>(c, d, 0, 2); words3 = v128.shuffle<i64>(c, d, 1, 3);
}

/**
 * out = mean + σ ε for elements `from` (a multiple of 16) to `to`; σ = exp(logVariance / 2), or `std` where `logVariance`
 * is 0.
 */
export function addNoise(from: i32, to: i32, mean: usize, logVariance: usize, std: f32, out: usize, seed: i32, stream: i32): void {
  for (let i = from; i < to; i += 16) {
    pcg4d(i >> 2, seed, stream, 0x6e6f6973);
    const r0 = radius(words0), r2 = radius(words2);
    turn(words1);
    const e0 = f32x4.mul(r0, cosine), e1 = f32x4.mul(r0, sine);
    turn(words3);
    const e2 = f32x4.mul(r2, cosine), e3 = f32x4.mul(r2, sine);
    inOrder(e0, e1, e2, e3);
    noisy(i, to, mean, logVariance, std, out, words0);
    noisy(i + 4, to, mean, logVariance, std, out, words1);
    noisy(i + 8, to, mean, logVariance, std, out, words2);
    noisy(i + 12, to, mean, logVariance, std, out, words3);
  }
}
@inline function noisy(i: i32, to: i32, mean: usize, logVariance: usize, std: f32, out: usize, epsilon: v128): void {
  const left = to - i, q = usize(i) << 2;
  if (left <= 0) return;
  const sigma = logVariance ? exp(f32x4.mul(splat(0.5), load4(logVariance + q, left))) : splat(std);
  store4(out + q, madd(sigma, epsilon, load4(mean + q, left)), left);
}

/** Elements `from` (a multiple of 16) to `to` of x: zero where their word is under `threshold`, else times `scale`. */
export function dropout(from: i32, to: i32, x: usize, threshold: i32, scale: f32, seed: i32, stream: i32): void {
  for (let i = from; i < to; i += 16) {
    pcg4d(i >> 2, seed, stream, 0x64726f70);
    inOrder(words0, words1, words2, words3);
    keep(i, to, x, threshold, scale, words0);
    keep(i + 4, to, x, threshold, scale, words1);
    keep(i + 8, to, x, threshold, scale, words2);
    keep(i + 12, to, x, threshold, scale, words3);
  }
}
@inline function keep(i: i32, to: i32, x: usize, threshold: i32, scale: f32, words: v128): void {
  const left = to - i, at = x + (usize(i) << 2);
  if (left <= 0) return;
  const kept = i32x4.ge_u(words, i32x4.splat(threshold));
  store4(at, v128.and(kept, f32x4.mul(splat(scale), load4(at, left))), left);
}
