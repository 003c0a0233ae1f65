/** Seeded randomness. Every function that needs chance takes a `Random`; engines share `gaussianNoise`
 * and `dropoutMask`. */

/** The hash pcg4d of Jarzynski & Olano (2020), *Hash Functions for GPU Rendering*: four words in, four out. */
export function pcg4d(a: number, b: number, c: number, d: number, out: Uint32Array): void {
  a = (Math.imul(a, 1664525) + 1013904223) | 0;
  b = (Math.imul(b, 1664525) + 1013904223) | 0;
  c = (Math.imul(c, 1664525) + 1013904223) | 0;
  d = (Math.imul(d, 1664525) + 1013904223) | 0;
  a = (a + Math.imul(b, d)) | 0;
  b = (b + Math.imul(c, a)) | 0;
  c = (c + Math.imul(a, b)) | 0;
  d = (d + Math.imul(b, c)) | 0;
  a ^= a >>> 16;
  b ^= b >>> 16;
  c ^= c >>> 16;
  d ^= d >>> 16;
  a = (a + Math.imul(b, d)) | 0;
  b = (b + Math.imul(c, a)) | 0;
  c = (c + Math.imul(a, b)) | 0;
  d = (d + Math.imul(b, c)) | 0;
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/**
 * Standard normal noise by counter: element i depends only on (seed, stream, i), so that every engine draws the same.
 * Words 4q..4q+3 are `pcg4d(q, seed, stream, 0x6e6f6973)`; each pair (u, v) of words gives two elements by Box–Muller,
 * r = √(−2 ln((u + 1) / 2³²)), r cos(2π v / 2³²) and r sin(2π v / 2³²).
 */
export function gaussianNoise(seed: number, stream: number, out: Float32Array): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 4) {
    pcg4d(i >>> 2, seed | 0, stream | 0, 0x6e6f6973, words);
    for (let k = 0; k < 4 && i + k < out.length; k += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[k] + 1) / 4294967296));
      const angle = 2 * Math.PI * words[k + 1] / 4294967296;
      out[i + k] = radius * Math.cos(angle);
      if (i + k + 1 < out.length) out[i + k + 1] = radius * Math.sin(angle);
    }
  }
}

/**
 * Dropout's mask by counter, as `gaussianNoise`: element i is 0 with probability `rate`, else 1 / (1 − rate). It is dropped
 * where word i mod 4 of `pcg4d(⌊i/4⌋, seed, stream, 0x64726f70)` is under `dropoutThreshold(rate)`.
 */
export function dropoutMask(seed: number, stream: number, rate: number, out: Float32Array): void {
  const words = new Uint32Array(4), threshold = dropoutThreshold(rate);
  for (let i = 0; i < out.length; i++) {
    if (i % 4 === 0) pcg4d(i >>> 2, seed | 0, stream | 0, 0x64726f70, words);
    out[i] = words[i % 4] < threshold ? 0 : 1 / (1 - rate);
  }
}
/** rate · 2³² in whole numbers. Throws unless 0 ≤ rate < 1. */
export function dropoutThreshold(rate: number): number {
  if (!(rate >= 0 && rate < 1)) throw new Error(`Dropout needs a rate from 0 up to 1, not ${rate}.`);
  return Math.floor(rate * 4294967296);
}

/** A stream of random numbers: the same seed and labels give the same stream on every machine. */
export class Random {
  #words = new Uint32Array(4);
  #used = 4;
  #counter = 0;
  readonly #seed: number;
  #stream: number;

  /** `labels` tell apart the uses of one seed: `new Random(seed, "batches", epoch)`. */
  constructor(seed: number, ...labels: (string | number)[]) {
    this.#seed = seed | 0;
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(JSON.stringify(labels))) {
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.#stream = hash;
  }
  /** A stream that goes on as this one would, each by itself. */
  clone(): Random {
    const copy = new Random(this.#seed);
    copy.#stream = this.#stream;
    copy.#words.set(this.#words);
    copy.#used = this.#used;
    copy.#counter = this.#counter;
    return copy;
  }
  /** A whole number in 0..2³²−1. */
  word(): number {
    if (this.#used === 4) {
      pcg4d(this.#counter++, this.#seed, this.#stream, 0x72616e64, this.#words);
      this.#used = 0;
    }
    return this.#words[this.#used++];
  }
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) / 9007199254740992;
  }
  /** A whole number in 0..n−1. */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }
  /** Standard normal, by Box–Muller. */
  gaussian(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
  /** An index, with probabilities in proportion to `weights`. */
  choose(weights: ArrayLike<number>): number {
    let total = 0;
    for (let k = 0; k < weights.length; k++) total += weights[k];
    let left = this.uniform() * total;
    for (let k = 0; k < weights.length; k++) if ((left -= weights[k]) < 0) return k;
    return weights.length - 1;
  }
  /** Fisher–Yates, in place; returns its argument. */
  shuffle<T>(items: T[]): T[] {
    for (let k = items.length - 1; k > 0; k--) {
      const j = this.integer(k + 1);
      [items[k], items[j]] = [items[j], items[k]];
    }
    return items;
  }
}
