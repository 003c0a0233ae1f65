import { mixtureOf, softmax } from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { network, penConfig, synthesisConfig } from "../sampling/networks.ts";

/** Answers that are wrong in ways that people are, by notebook and exercise, and a part of the hint that each must get. */
type Wrong = [answer: unknown, hint: string];

/** What a wrong function may be given. */
type Values = ArrayLike<number>;
const gates = (i: number, f: number, c: number, o: number) => ({ i, f, c, o });

const points = (length: number, factor = 1) => Float32Array.from({ length }, (_, k) => factor * Math.sin(k));
const four = (length: number, factor = 1) => Array.from({ length: 4 }, () => points(length, factor));
const withoutWindow = network(synthesisConfig, ({ W_h1p }) => W_h1p.values.fill(0));
const meanDistance = (a: Values, b: Values) => {
  const both = Math.max(a.length, b.length);
  return Array.from({ length: both }, (_, k) => Math.abs((a[k] ?? 0) - (b[k] ?? 0))).reduce(
    (x, y) => x + y,
    0,
  ) / both;
};
/** KL(N(a, s²) ‖ N(b, t²)) */
const kl = (a: number, s: number, b: number, t: number) =>
  Math.log(t / s) + ((a - b) ** 2 + s ** 2 - t ** 2) / (2 * t ** 2);
const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
/** The share of shufflings in which second halves agree with first ones at least as well, by the sum of products. */
function byChance(pairs: [number, number][]): number {
  const random = new Random(7, "wrong answers"), seconds = pairs.map(([, y]) => y);
  const agreement = (others: number[]) => dot(pairs.map(([x]) => x), others);
  const reached = Array.from({ length: 400 }, () => agreement(random.shuffle([...seconds])));
  return reached.filter((other) => other >= agreement(seconds)).length / reached.length;
}
const fakeLine = (id: string) => ({ id, text: "a", points: points(30) });
/** As if nothing had primed it. */
const fakeSample = (values: number[]) => ({
  points: Float32Array.from(values),
  whole: Float32Array.from(values),
});

export const wrongAnswers: Record<string, Wrong[][]> = {
  "1": [
    [
      [(symbols: number, length: number) => Math.round(length / symbols), "is not the least"],
      [() => 1, "could have them all"],
      [(symbols: number, length: number) => Math.log(length) / Math.log(symbols), "a whole number"],
      [4, "expected a function (symbols, length) => number"],
    ],
    [
      [0.01 ** (1 / 1000), "That is the gate itself"],
      [-5.376, "mind the sign"],
      [8, "of the content is left after 1000 steps"],
      [NaN, "expected a number"],
    ],
    [
      [[3, 2, 1], "Twenty letters after the mistake"],
      [Array.from({ length: 25 }, () => 0), "Both texts are the same"],
      [Array.from({ length: 25 }, () => -1), "beginning with the letter AFTER it"],
      [Array.from({ length: 25 }, () => 2), "The last ten still cost 2.00 bits more each"],
    ],
  ],
  "2": [
    [
      [{ input: gates(10, 0, 3, 0), bias: gates(-5, 8, 0, -3) }, "After the 1 h falls to 0.04"],
      [{ input: gates(10, 0, 3, 0), bias: gates(-5, 0, 0, 5) }, "After the 1 h falls to 0.00"],
      [{ input: gates(0, 0, 0, 0), bias: gates(5, 8, 3, 5) }, "Before the 1 has come |h| is up to"],
      [{ input: gates(10, 0, 3, 0) }, "bias"],
      [{ input: gates(NaN, 0, 3, 0), bias: gates(-5, 8, 0, 3) }, "input.i: expected a"],
    ],
    [
      [{ input: gates(10, 0, 1, 0), bias: gates(-5, 8, 0, 0) }, "does a 1 add a whole 1?"],
      [{ input: gates(10, 0, 5, 0), bias: gates(-5, 3, 0, 0) }, "Does the forget gate keep all of it"],
      [{ input: gates(0, 0, 5, 0), bias: gates(5, 10, 1, 0) }, "What does a 0 add"],
    ],
    [
      [9600, "Which layers does the output lose?"],
      [96800, "Which layers does the input lose?"],
      [0, "Which four matrices go?"],
      ["106400", "expected a number, found"],
    ],
    [
      [1, "That is not it"],
      [4, "A cosine lies between −1 and 1"],
      [NaN, "expected a number"],
    ],
  ],
  "3.1": [
    [
      [2 ** (1.32 * 442_423 / 78_669), "The word network also pays for the ends"],
      [168, "How many are there to a symbol?"],
      [138, "2 to that power"],
    ],
    [
      [{ clipped: 1, exact: 1.4 }, "the last of the 60 losses with a clip of 1"],
      [{ clipped: 0.1 }, "exact"],
      [0.1, "expected an object"],
    ],
    [
      [
        (mu: number, sigma: number, m: number, s: number) =>
          Math.log(s / sigma) + ((mu - m) ** 2 + sigma ** 2) / (2 * s ** 2) - 0.5,
        "ln 2 of them",
      ],
      [() => 1, "costs nothing"],
      [(_: number, sigma: number, __: number, s: number) => Math.log2(s / sigma), "Is each term there"],
      [() => {
        throw new Error("oh");
      }, "something was thrown: oh"],
      [3, "a function (mu, sigma, m, s) => number"],
    ],
    [
      [Math.LN2 / 0.1, "the rate counts, too"],
      [1 / 7e-4, "When is a half?"],
      [1, "To which power is that a half?"],
    ],
    [
      [1, "0.875: cooler"],
      [0.1, "0.875: warmer"],
      [0, "a number above 0"],
    ],
  ],
  "3.2": [
    [
      [7, "more than the paper's"],
      [3, "fewer than the paper's"],
      [1.5, "expected an integer"],
    ],
    [
      [{ state: 9999, gradient: 49.5 }, "And the first one?"],
      [{ state: 100, gradient: 49.5 }, "What is their mean?"],
      [{ state: 4999.5, gradient: 4999.5 }, "it does not pass"],
      [{ state: 4999.5, gradient: 10 }, "within a sequence"],
    ],
    [
      [21.3e6 * 2 / (2 - 1.33), "divide bits by bits"],
      [21.3e6 * 16 / 1.33, "Only what the network saves counts"],
      [21.3e6 * 2 / 1.33, "on the other"],
      [1e6, "Where are both the same?"],
    ],
    [
      [(text: string) => text.split("[[").length - 1, "one is open at once at most"],
      [(text: string) => text.length, "but 0 are open"],
      ["deep", "a function (text) => number"],
    ],
  ],
  "4": [
    [
      [(nats: number) => nats, "areas have changed"],
      [
        (nats: number, points: number, [s1, s2]: number[]) => nats - points * Math.log(s1 * s2),
        "The other way round",
      ],
      [(nats: number, _: number, [s1, s2]: number[]) => nats + Math.log(s1 * s2), "the change for one point"],
      [
        (nats: number, points: number, [s1]: number[]) => nats + points * Math.log(s1),
        "What does −log make of that?",
      ],
      [() => {
        throw new Error("so");
      }, "something was thrown: so"],
      [3, "expected a function (nats, points, [s1, s2]) => number"],
    ],
    [
      [{ unbiased: [points(6)], biased: [points(6)] }, "found 1 and 1"],
      [{ unbiased: four(6), biased: four(6) }, "Both are the same"],
      [{ unbiased: four(6), biased: four(9) }, "as many points"],
      [{ unbiased: four(6), biased: four(6, 2) }, "Are the two in their places?"],
      [{ unbiased: [[1, 2, 0]], biased: [] }, "expected a Float32Array of points"],
    ],
    [
      [[[0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]], "they are equal where the means are"],
      [[[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0]], "What of a prediction does the SSE not see?"],
      [[[0], [0]], "seven numbers"],
      [[[0, 0, 0, 0, 0, 0, 0]], "expected"],
    ],
    [
      [
        (mu: number, sigma: number, mean: number, prior: number) => kl(mean, prior, mu, sigma),
        "KL(prior ‖ posterior)",
      ],
      [(...numbers: [number, number, number, number]) => kl(...numbers) / Math.LN2, "Nats are wanted"],
      [(mu: number) => mu ** 2 + 1, "costs 0; yours costs 1"],
      [
        (_mu: number, sigma: number, _mean: number, prior: number) => Math.log(prior / sigma),
        "one term is log",
      ],
    ],
  ],
  "5": [
    [
      ["plain text", "Replaced in it: none"],
      ["Zürich", "Replaced in it: “ü”"],
      ["äöüß", "“ä”, “ö”, “ü”, “ß”"],
      [3, "expected a text"],
    ],
    [
      [[2, 10], "those on both sides"],
      [[1, 6], "The two windows differ by 0.0067"],
      [[2, 2.5], "a character or more apart"],
      [[2, 40], "κ runs from 1 to 12"],
      [[2], "1: expected a number, found none"],
    ],
    [
      [{ copy: network(synthesisConfig), slide: [1, 1] }, "W_h1p of the copy is not zero yet"],
      [{ copy: network(penConfig), slide: [1, 1] }, "This network has no window"],
      [{ copy: withoutWindow, slide: [1] }, "The window has 2 Gaussians"],
      [{ copy: withoutWindow, slide: [Math.log(1 / 3), Math.log(1 / 3)] }, "grows by its exponential"],
      [{ copy: withoutWindow, slide: [1 / 3, 1] }, "Gaussian 2 slides by another step"],
      [{ slide: [1] }, "expected a value"],
    ],
    [
      [(_: Values[], text: string) => new Float64Array(text.length + 1), "for a text of 3 there were 4"],
      [() => [1, 1, 1], "of 6 points your counts have 3"],
      [() => [3, 2, 1], "yours say 3, 2, 1"],
    ],
  ],
  "5.4": [
    [
      [{ first: [0.6, 0.4], second: [[1, 0], [0.5, 0.5]] }, "gives just that"],
      [{ first: [0.6, 0.6], second: [[1, 0], [1, 0]] }, "add up to 1; 0.6 + 0.6 is 1.200"],
      [{ first: [1], second: [[1]] }, "two choices or more"],
      [{ first: [2, -1], second: [] }, "expected a number of 0 to 1"],
    ],
    [
      [mixtureOf, "nearer 0 or 1"],
      [(outputs: Values) => mixtureOf(outputs), "Leave weights"],
      [
        (outputs: Values, b: number) => ({
          ...mixtureOf(outputs, b),
          endOfStroke: 1 / (1 + Math.exp(-outputs[0] * (1 + b))),
        }),
        "Mind the sign in Equation 18",
      ],
      [
        (outputs: Values, b: number) => ({ ...mixtureOf(outputs, b), endOfStroke: b === 0 ? 0.5 : 0 }),
        "Without bias it has to be Equation 18",
      ],
      [
        (outputs: Values, b: number) => ({
          ...mixtureOf(outputs, b),
          endOfStroke: 1 / (1 + Math.exp(outputs[0] + b)),
        }),
        "The exponential of Equation 18 has ê",
      ],
      [() => undefined, "Leave weights as"],
    ],
    [
      [{ distance: () => 1, measured: [3, 2, 1] }, "at the distance 0 from itself"],
      [{ distance: () => 0, measured: [3, 2, 1] }, "by a number above 0"],
      [{ distance: (a: Values, b: Values) => a.length - b.length, measured: [3, 2, 1] }, "that from b to a"],
      [
        {
          distance: (a: Values, b: Values) => Number(a[0] !== b[0] || a.length !== b.length),
          measured: [3, 2, 1],
        },
        "the second should be larger",
      ],
      [{ distance: meanDistance, measured: [1, 2, 3] }, "nearer to each other at the highest bias"],
      [{ distance: meanDistance, measured: [1] }, "Measure at three biases or more"],
    ],
  ],
  "5.5": [
    [
      [
        { line: fakeLine("a06-405z-01"), sample: fakeSample([1, 2, 0]) },
        "The network was trained on a06-405z-01",
      ],
      [
        { line: fakeLine("none"), sample: fakeSample([1, 2, 0]) },
        "There is no line none in the validation set",
      ],
      [
        { line: fakeLine("d04-125-11"), sample: fakeSample([1, 2, 0]) },
        "should begin with the line's points",
      ],
      [{ line: "d04-125-11", sample: fakeSample([1, 2, 0]) }, "expected an object"],
    ],
    [
      [(line: { points: Float32Array; text: string }) => line, "4 points are 12 numbers; there were 30"],
      [
        (line: { points: Float32Array; text: string }, _: Values[], n: number) => ({
          ...line,
          points: line.points.slice(0, 3 * n),
        }),
        "“ab” was written by then, not “ab cd”",
      ],
      [
        (line: { points: Float32Array; text: string }, _: Values[], n: number) => ({
          ...line,
          points: line.points.slice(-3 * n),
        }),
        "The first points are wanted",
      ],
    ],
    [
      [[fakeSample([1]), fakeSample([2])], "found 2"],
      [
        [fakeSample([5]), fakeSample([1, 2]), fakeSample([3, 4])],
        "Generation 2 was not primed with generation 1",
      ],
    ],
  ],
  "6": [
    [
      [
        (pairs: [number, number][]) => pairs.filter(([a, b]) => a > 0 === b > 0).length / pairs.length,
        "of all shufflings reach it",
      ],
      [(pairs: [number, number][]) => 1 - byChance(pairs), "That is the share that stays below"],
      [(pairs: [number, number][]) => byChance(pairs.sort((a, b) => a[0] - b[0])), "changes the pairs"],
      [() => 2, "a number of 0 to 1"],
      [0.05, "expected a function (pairs) => number"],
    ],
    [
      [(query: number[], keys: number[][]) => keys.map((key) => dot(query, key)), "The weights add up to"],
      [
        (query: number[], keys: number[][]) => softmax(keys.map((key) => dot(query, key))),
        "the root of the number",
      ],
      [(_: number[], keys: number[][]) => keys.map(() => 1 / keys.length), "over the sum of all of these"],
      [
        (query: number[], keys: number[][]) => {
          const weights = keys.map((key) => Math.exp(dot(query, key) / Math.sqrt(query.length)));
          return weights.map((weight) => weight / weights.reduce((a, b) => a + b));
        },
        "subtract the largest score",
      ],
      [() => [], "A weight for each key"],
    ],
    [
      [() => 8, "8 or more are right by luck in 5.5 % of all tests"],
      [(lines: number) => lines, "Of 10 lines 9 would do"],
      [(lines: number) => 0.9 * lines + 0.5, "yours asks for 9.5"],
      [(lines: number) => Math.min(9, lines), "Of 24 lines 9 or more are right by luck"],
    ],
  ],
};
