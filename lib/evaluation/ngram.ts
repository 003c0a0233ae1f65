/** What predicted text before networks did: n-grams with interpolated Kneser–Ney smoothing (Kneser & Ney 1995; Chen &
 * Goodman 1999), the "KN5" that Mikolov compares with and this paper quotes at a perplexity of 141. */
import { checkOptions } from "../check_options.ts";

/** Counts by pairs of non-negative integers, a ≤ 2³¹, b < `range`. */
class PairCounts {
  readonly #range: number;
  #keys = new Float64Array(1 << 16).fill(-1);
  #values = new Int32Array(1 << 16);
  #used = 0;

  constructor(range: number) {
    this.#range = range;
  }

  /** The place of a pair, or where it would be. */
  #place(a: number, b: number): number {
    const key = a * this.#range + b, mask = this.#keys.length - 1;
    let place = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) & mask;
    while (this.#keys[place] >= 0 && this.#keys[place] !== key) place = (place + 1) & mask;
    return place;
  }
  get(a: number, b: number): number {
    const place = this.#place(a, b);
    return this.#keys[place] < 0 ? 0 : this.#values[place];
  }
  set(a: number, b: number, value: number): void {
    if (this.#used > this.#keys.length / 2) this.#grow();
    const place = this.#place(a, b);
    if (this.#keys[place] < 0) {
      this.#keys[place] = a * this.#range + b;
      this.#used++;
    }
    this.#values[place] = value;
  }
  #grow(): void {
    const keys = this.#keys, values = this.#values;
    this.#keys = new Float64Array(4 * keys.length).fill(-1);
    this.#values = new Int32Array(4 * keys.length);
    keys.forEach((key, k) => {
      if (key < 0) return;
      const place = this.#place(Math.floor(key / this.#range), key % this.#range);
      this.#keys[place] = key;
      this.#values[place] = values[k];
    });
  }
}

/** What is known of a context: how many symbols (or, below the longest, how many different contexts of them) it saw, and
 * how many different ones. */
class Contexts {
  sums = new Float64Array(1024);
  kinds = new Float64Array(1024);
  grow(size: number): void {
    if (size <= this.sums.length) return;
    const larger = (old: Float64Array) => {
      const values = new Float64Array(2 * size);
      values.set(old);
      return values;
    };
    this.sums = larger(this.sums);
    this.kinds = larger(this.kinds);
  }
}

/** D where no count is 1, which leaves the formula without an answer: small alphabets, much text. */
const noneSeenOnce = 0.5;

/**
 * A model of order n: a symbol's probability given the n − 1 before it.
 *
 * p(w | h) = max(c(h w) − D, 0) / c(h) + D N(h) / c(h) · p(w | h'), where h' is h without its first symbol and N(h) the number of
 * different symbols seen after h. Only the longest contexts count occurrences; below, c(h w) is the number of different symbols
 * before h w. D = n₁ / (n₁ + 2 n₂) for every order, with n₁ and n₂ the numbers of counts of one and of two. Below the shortest
 * context all symbols are alike.
 */
export class NGram {
  /** A context is its last symbol and, as a branch of that, the one before it, and so on; 0 is the empty one. */
  readonly #branches: PairCounts;
  readonly #counts: PairCounts;
  readonly #contexts = new Contexts();
  #nodes = 1;
  /** Numbers of counts that are 1 and 2, by the length of the context. */
  readonly #ones: number[];
  readonly #twos: number[];

  /** Throws unless there is at least one symbol in the alphabet and in an n-gram. */
  constructor(readonly order: number, readonly symbols: number) {
    if (!(order >= 1 && symbols >= 1)) {
      throw new RangeError(
        `An n-gram needs an order and an alphabet of 1 or more, not ${order} and ${symbols}.`,
      );
    }
    this.#branches = new PairCounts(symbols);
    this.#counts = new PairCounts(symbols);
    this.#ones = new Array(order).fill(0);
    this.#twos = new Array(order).fill(0);
  }

  /** The contexts of position `at`, from the empty one to the longest that is known, or, with `create`, to the longest. */
  #path(ids: ArrayLike<number>, at: number, create: boolean): number[] {
    const path = [0];
    for (let k = 1; k < this.order && at - k >= 0; k++) {
      const from = path[k - 1];
      let node = this.#branches.get(from, ids[at - k]);
      if (node === 0) {
        if (!create) break;
        node = this.#nodes++;
        this.#contexts.grow(this.#nodes);
        this.#branches.set(from, ids[at - k], node);
      }
      path.push(node);
    }
    return path;
  }

  /** Counts the symbol at a position. */
  learn(ids: ArrayLike<number>, at: number): void {
    const path = this.#path(ids, at, true), symbol = ids[at];
    // A shorter context counts only what is new to the one before it.
    for (let k = path.length - 1; k >= 0; k--) {
      const node = path[k], count = this.#counts.get(node, symbol) + 1;
      this.#counts.set(node, symbol, count);
      this.#contexts.sums[node]++;
      if (count === 1) this.#ones[k]++;
      if (count === 2) this.#twos[k]++, this.#ones[k]--;
      if (count === 3) this.#twos[k]--;
      if (count > 1) return;
      this.#contexts.kinds[node]++;
    }
  }

  /** Pr(symbol at a position | the symbols before it). */
  probability(ids: ArrayLike<number>, at: number): number {
    let probability = 1 / this.symbols;
    this.#path(ids, at, false).forEach((node, k) => {
      const sum = this.#contexts.sums[node];
      if (sum === 0) return;
      const ones = this.#ones[k], twos = this.#twos[k];
      const discount = ones > 0 ? ones / (ones + 2 * twos) : noneSeenOnce;
      const own = Math.max(0, this.#counts.get(node, ids[at]) - discount);
      probability = (own + discount * this.#contexts.kinds[node] * probability) / sum;
    });
    return probability;
  }
}

/** Bits per symbol of `test` by an n-gram of `training`; a dynamic one goes on counting as it reads, as PPM does. */
export function nGramBits(
  text: { training: ArrayLike<number>; test: ArrayLike<number>; symbols: number },
  options: { order: number; dynamic?: boolean },
): number {
  checkOptions("nGramBits", options, ["order", "dynamic"]);
  const { training, test, symbols } = text, { order, dynamic = false } = options;
  const model = new NGram(order, symbols);
  for (let at = 0; at < training.length; at++) model.learn(training, at);
  const all = new Int32Array(training.length + test.length);
  all.set(training as Int32Array);
  all.set(test as Int32Array, training.length);
  let bits = 0;
  for (let at = training.length; at < all.length; at++) {
    bits -= Math.log2(model.probability(all, at));
    if (dynamic) model.learn(all, at);
  }
  return bits / test.length;
}
