/** The exercises of notebook 5.4. */
import { type Mixture, mixtureOf } from "../equations/mod.ts";
import { Random } from "../random.ts";
import * as is from "../schema.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

const indexOfMaximum = (values: number[]) => values.indexOf(Math.max(...values));

const twoSteps = judgeOf({
  answer: is.object({ first: is.list(is.between(0, 1)), second: is.list(is.list(is.between(0, 1))) }),
  hint({ first, second }) {
    if (first.length < 2 || second.length !== first.length) {
      return "`first` has two choices or more, and `second` a list of probabilities after each.";
    }
    for (const choices of [first, ...second]) {
      const sum = choices.reduce((a, b) => a + b, 0);
      if (!isNear(sum, 1, 1e-9)) {
        return `Probabilities add up to 1; ${choices.join(" + ")} is ${sum.toFixed(3)}.`;
      }
    }
    const begin = indexOfMaximum(first);
    const greedy = first[begin] * Math.max(...second[begin]);
    const best = Math.max(...first.map((p, k) => p * Math.max(...second[k])));
    if (!(best > greedy)) {
      return `The most probable sequence has ${
        best.toFixed(3)
      }, and the likeliest step, then the likeliest step, gives just that. ` +
        "Let the likeliest first step lead to where nothing is likely.";
    }
  },
  shows:
    "The likeliest step leads away from the likeliest sequence. Bias makes each step likelier and looks no further: a search for the " +
    "most probable line would have to weigh all continuations.",
});

type MakeMixture = (outputs: ArrayLike<number>, bias: number) => Mixture;

const sharperEnds = judgeOf({
  answer: functionOf<MakeMixture>("(outputs, bias) => Mixture"),
  hint(sharper) {
    const random = new Random(54, "outputs");
    for (const bias of [0, 1, 0.3]) {
      for (let k = 0; k < 5; k++) {
        const outputs = Array.from({ length: 13 }, () => random.gaussian());
        const found = sharper(outputs, bias), plain = mixtureOf(outputs, bias);
        const expected = 1 / (1 + Math.exp(outputs[0] * (1 + bias)));
        for (const name of ["weights", "mean1", "mean2", "std1", "std2", "correlation"] as const) {
          if (!found?.[name] || plain[name].some((value, j) => !isNear(found[name][j], value, 1e-9))) {
            return `Leave ${name} as \`mixtureOf\` makes it: { ...mixtureOf(outputs, bias), endOfStroke: … }.`;
          }
        }
        const e = found.endOfStroke;
        if (isNear(e, expected, 1e-9)) continue;
        if (bias > 0 && isNear(e, plain.endOfStroke, 1e-9)) {
          return "e is as Equation 18 has it: with a bias it should be nearer 0 or 1.";
        }
        if (!(e >= 0 && e <= 1)) return `e is a probability; yours was ${e}.`;
        if (isNear(e, 1 - expected, 1e-9)) return "Mind the sign in Equation 18: 1 / (1 + exp(+ê)).";
        if (bias === 0) return "Without bias it has to be Equation 18.";
        return "Equation 62 multiplies what stands in the exponential by 1 + b. The exponential of Equation 18 has ê.";
      }
    }
  },
  shows:
    "A choice between two is a softmax of two, so Equation 62 fits it. With it nothing is left to chance at high biases: all lines of " +
    "one text become the same.",
});

type Distance = (a: ArrayLike<number>, b: ArrayLike<number>) => number;

const apart = judgeOf({
  answer: is.object({ distance: functionOf<Distance>("(a, b) => number"), measured: is.list(is.number) }),
  hint({ distance, measured }) {
    const random = new Random(55, "traces");
    const trace = (steps: number) =>
      Float32Array.from({ length: 3 * steps }, (_, k) => k % 3 === 2 ? 0 : random.gaussian());
    const a = trace(40), other = trace(55);
    const shifted = (by: number) => a.map((value, k) => k % 3 === 2 ? value : value + by * Math.sin(k));
    if (distance(a, a) !== 0) return "A trace is at the distance 0 from itself.";
    if (!isNear(distance(a, other), distance(other, a), 1e-6)) {
      return "The distance from a to b should be that from b to a.";
    }
    if (!(distance(a, other) > 0)) {
      return "Two traces of different lengths should be apart, by a number above 0.";
    }
    const [near, far] = [distance(a, shifted(0.1)), distance(a, shifted(1))];
    if (!(near > 0 && far > near)) {
      return `A trace that differs by little is at ${near}, one that differs by much at ${far}: the second should be larger, both above 0.`;
    }
    if (measured.length < 3) return "Measure at three biases or more, from low to high.";
    if (!(measured.at(-1)! < measured[0])) {
      return "The samples should be nearer to each other at the highest bias than at the lowest. Two seeds, one text, biases from low to high?";
    }
  },
  shows: ({ measured }) =>
    `From ${measured[0].toFixed(2)} to ${
      measured.at(-1)!.toFixed(2)
    }. What is left at high biases comes from e alone, and from small ` +
    "differences that grow: there is no bias at which two seeds write the same.",
});

export const biasedSampling = [twoSteps, sharperEnds, apart];
