/** The exercises of notebook 6. */
import { Random } from "../random.ts";
import { straightLine } from "../statistics.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

type Pairs = [number, number][];

const correlation = (pairs: Pairs) => straightLine(pairs).correlation;

/** The share of so many shufflings after which halves that do not belong together agree at least as well. */
function byChance(pairs: Pairs, shufflings: number): number {
  const random = new Random(6, "by chance"), r = correlation(pairs);
  let reached = 0;
  for (let k = 0; k < shufflings; k++) {
    const second = random.shuffle(pairs.map(([, y]) => y));
    if (correlation(pairs.map(([x], j) => [x, second[j]])) >= r) reached++;
  }
  return reached / shufflings;
}

/** Pairs of which a share of each second half is its first. */
function pairsThatShare(share: number, count: number, label: string): Pairs {
  const random = new Random(6, label);
  return Array.from({ length: count }, () => {
    const x = random.gaussian();
    return [x, share * x + Math.sqrt(1 - share ** 2) * random.gaussian()];
  });
}

const couldBeChance = judgeOf({
  answer: functionOf<(pairs: Pairs) => number>("(pairs) => number"),
  hint(chance) {
    for (
      const [share, count, label] of [[0, 24, "a"], [0.3, 24, "b"], [0.9, 24, "c"], [-0.9, 12, "d"]] as const
    ) {
      const pairs = pairsThatShare(share, count, label), copy = pairs.map((pair) => [...pair]);
      const found = chance(pairs), expected = byChance(pairs, 2000);
      if (pairs.some((pair, k) => pair[0] !== copy[k][0] || pair[1] !== copy[k][1])) {
        return "Your function changes the pairs that it is given: shuffle a copy of the second halves.";
      }
      if (!(found >= 0 && found <= 1)) {
        return `A share of shufflings is a number of 0 to 1; yours was ${found}.`;
      }
      if (Math.abs(found - expected) < 0.08) continue;
      if (Math.abs(1 - found - expected) < 0.08) {
        return "That is the share that stays below: those that agree at least as well as the true pairs are wanted.";
      }
      return `For ${count} pairs with r = ${correlation(pairs).toFixed(2)} some ${
        (100 * expected).toFixed(0)
      } % of all shufflings reach it, by yours ${
        (100 * found).toFixed(0)
      } %. Shuffle the second halves anew each time, a few hundred times.`;
    }
  },
  shows:
    "Among two dozen samples chance alone comes to 0.3 or 0.4 now and then, and hardly ever to 0.6: with that in mind read the table of slant and height.",
});

type Attend = (query: number[], keys: number[][]) => number[];

/** Scaled dot products through a softmax (Vaswani et al. 2017, Eq. 1, for one query). */
const attention: Attend = (query, keys) => {
  const scores = keys.map((key) =>
    key.reduce((sum, k, j) => sum + k * query[j], 0) / Math.sqrt(query.length)
  );
  const most = Math.max(...scores), weights = scores.map((score) => Math.exp(score - most));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
};

const byContent = judgeOf({
  answer: functionOf<Attend>("(query, keys) => number[]"),
  hint(attend) {
    const random = new Random(6, "keys"),
      gaussians = (n: number) => Array.from({ length: n }, () => random.gaussian());
    for (const [size, count] of [[4, 3], [9, 6], [1, 2]]) {
      const query = gaussians(size), keys = Array.from({ length: count }, () => gaussians(size));
      const found = Array.from(attend([...query], keys.map((key) => [...key]))),
        expected = attention(query, keys);
      const isRight = (other: number[]) => other.every((weight, k) => isNear(found[k], weight, 1e-9));
      if (found.length !== count) {
        return `A weight for each key: for ${count} keys there were ${found.length}.`;
      }
      if (isRight(expected)) continue;
      const unscaled = attention(query.map((q) => q * Math.sqrt(size)), keys);
      if (isRight(unscaled)) return "Nearly: divide each dot product by the root of the number of its terms.";
      const sum = found.reduce((a, b) => a + b, 0);
      if (!isNear(sum, 1, 1e-9)) return `The weights add up to ${sum.toFixed(3)}, and should to 1.`;
      return "The weight of a key is exp(query · key / √d), over the sum of all of these.";
    }
    const large = Array.from(attend([1000], [[1], [2]]));
    if (!isNear(large[1], 1, 1e-9)) {
      return `With a query of 1000 yours gives ${
        large.join(", ")
      }: subtract the largest score before the exponential.`;
    }
  },
  shows:
    "Two keys that are the same get the same weight, wherever they stand: content has no place. The window of Section 5 is the other way round, " +
    "it has a place and does not see what is there. Transformers add the place to the keys.",
});

/** The probability that who throws a coin for each of so many lines has so many right, or more. */
function luck(right: number, lines: number): number {
  let ways = 1, sum = 0;
  for (let k = 0; k <= lines; k++) {
    if (k >= right) sum += ways;
    ways *= (lines - k) / (k + 1);
  }
  return sum / 2 ** lines;
}

const blindTest = judgeOf({
  answer: functionOf<(lines: number) => number>("(lines) => number"),
  hint(needed) {
    for (const lines of [10, 5, 24, 40, 100]) {
      const found = needed(lines);
      if (!Number.isInteger(found) || found < 0 || found > lines + 1) {
        return `Of ${lines} lines 0 to ${lines} can be right; yours asks for ${found}.`;
      }
      const percent = (right: number) => `${(100 * luck(right, lines)).toFixed(1)} %`;
      if (luck(found, lines) >= 0.05) {
        return `Of ${lines} lines ${found} or more are right by luck in ${
          percent(found)
        } of all tests: that is not rare enough.`;
      }
      if (luck(found - 1, lines) < 0.05) {
        return `Of ${lines} lines ${found - 1} would do: so many or more are right by luck in ${
          percent(found - 1)
        } of all tests only.`;
      }
    }
  },
  shows:
    'Nine of ten, but 59 of a hundred: with ten lines only who can nearly always tell is found out. "Cannot be told" is a claim that ' +
    "needs many lines, or many people.",
});

export const conclusions = [couldBeChance, byContent, blindTest];
