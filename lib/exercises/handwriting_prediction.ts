/** The exercises of notebook 4. */
import * as v from "valibot";
import { mixtureLoss } from "../equations/mod.ts";
import { Random } from "../random.ts";
import * as is from "../schema.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

type Rescaled = (nats: number, points: number, scale: [number, number]) => number;

/** The loss of five points, and of the same five where a unit of the one axis is s₁ of another, of the other s₂. */
function lossInTwoUnits(points: number, [s1, s2]: [number, number]): [number, number] {
  const random = new Random(4, "two units");
  let before = 0, after = 0;
  for (let t = 0; t < points; t++) {
    const outputs = Array.from({ length: 7 }, () => random.gaussian() / 2);
    const [e, pi, mu1, mu2, sigma1, sigma2, rho] = outputs;
    const target = [random.gaussian(), random.gaussian(), random.integer(2)];
    before += mixtureLoss(outputs, target).loss;
    const scaled = [e, pi, mu1 * s1, mu2 * s2, sigma1 + Math.log(s1), sigma2 + Math.log(s2), rho];
    after += mixtureLoss(scaled, [target[0] * s1, target[1] * s2, target[2]]).loss;
  }
  return [before, after];
}

const otherUnits = judgeOf({
  answer: functionOf<Rescaled>("(nats, points, [s1, s2]) => number"),
  hint(rescaled) {
    const points = 5, scale: [number, number] = [0.2, 1.7];
    const [before, after] = lossInTwoUnits(points, scale);
    const found = rescaled(before, points, [...scale]);
    if (isNear(found, after, 1e-9)) return;
    const change = Math.log(scale[0]) + Math.log(scale[1]);
    if (isNear(found, before - points * change)) {
      return "The other way round: in a smaller unit the same place has larger numbers, and a density spread over them is lower.";
    }
    if (isNear(found, before + change)) {
      return "That is the change for one point. A line has `points` of them.";
    }
    if (isNear(found, before)) {
      return "The probabilities of the ends of strokes stay, but a density is a probability per area, and areas have changed.";
    }
    return "The density of one point is divided by s1 · s2, the area of what was one square unit. What does −log make of that?";
  },
  shows:
    "So a loss below 0 says only that densities above 1 are common, where a unit is large beside a step of the pen, and nats " +
    "can be compared in the same units alone.",
});

const offsets = v.instance(Float32Array, "a Float32Array of points") as unknown as is.Schema<Float32Array>;

/** The root of the mean square of the offsets. */
function stepSize(samples: Float32Array[]): number {
  let sum = 0, count = 0;
  for (const points of samples) {
    for (let t = 0; t < points.length; t += 3, count++) sum += points[t] ** 2 + points[t + 1] ** 2;
  }
  return Math.sqrt(sum / count);
}

/** How far the samples' mean step to the right differs among them. */
function variety(samples: Float32Array[]): number {
  const means = samples.map((points) =>
    points.reduce((sum, value, k) => k % 3 === 0 ? sum + value : sum, 0) / (points.length / 3)
  );
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  return Math.sqrt(means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / means.length);
}

const biased = judgeOf({
  answer: is.object({ unbiased: is.list(offsets), biased: is.list(offsets) }),
  hint({ unbiased, biased }) {
    if (unbiased.length < 4 || biased.length !== unbiased.length) {
      return `Four samples of each, or more, show something; found ${unbiased.length} and ${biased.length}.`;
    }
    const lengths = new Set([...unbiased, ...biased].map(({ length }) => length));
    if (lengths.size > 1 || lengths.has(0)) return "Give all samples as many points, with `steps`.";
    const [free, bent] = [unbiased, biased].map(stepSize);
    if (free === bent) return "Both are the same: give the second `bias: 1`.";
    if (!(bent < free)) return "With bias the pen's steps should be shorter. Are the two in their places?";
  },
  shows: ({ unbiased, biased }) =>
    `The step shrinks from ${stepSize(unbiased).toFixed(2)} to ${
      stepSize(biased).toFixed(2)
    } standard deviations, since what chance added to it is gone, ` +
    `and how fast lines run to the right differs among them by ${
      variety(unbiased).toFixed(3)
    } without bias, ${variety(biased).toFixed(3)} with it.`,
});

const sameError = judgeOf({
  answer: v.strictTuple(
    [is.list(is.number), is.list(is.number)],
    "a list of two output vectors",
  ) as unknown as is.Schema<
    [number[], number[]]
  >,
  hint(pair) {
    if (pair.some(({ length }) => length !== 7)) {
      return "One component each: seven numbers, ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂.";
    }
    const [one, other] = pair.map((outputs) => mixtureLoss(outputs, [0.3, 0.5, 0]));
    if (!isNear(one.squaredError, other.squaredError, 1e-9)) {
      return `The squared errors are ${one.squaredError.toFixed(3)} and ${
        other.squaredError.toFixed(3)
      }: they are equal where the means are.`;
    }
    const apart = Math.abs(one.loss - other.loss);
    if (!(apart >= 3)) {
      return `The losses are only ${apart.toFixed(2)} nats apart. What of a prediction does the SSE not see?`;
    }
  },
  shows:
    "The SSE looks at the mean alone. How sure a prediction is, and in which direction, which is what sampling lives on, it does " +
    "not see: thirty nats can be gained without it.",
});

type Cost = (mu: number, sigma: number, priorMean: number, priorSigma: number) => number;

const costOfAWeight = judgeOf({
  answer: functionOf<Cost>("(mu, sigma, priorMean, priorSigma) => number"),
  hint(cost) {
    for (const [mu, sigma, mean, prior] of [[0, 1, 0, 1], [0.3, 0.1, 0, 0.5], [-1, 0.02, 0.2, 0.3]]) {
      const expected = Math.log(prior / sigma) +
        ((mu - mean) ** 2 + sigma ** 2 - prior ** 2) / (2 * prior ** 2);
      const found = cost(mu, sigma, mean, prior);
      if (isNear(found, expected, 1e-6)) continue;
      const reversed = Math.log(sigma / prior) +
        ((mu - mean) ** 2 + prior ** 2 - sigma ** 2) / (2 * sigma ** 2);
      if (isNear(found, reversed)) {
        return "That is KL(prior ‖ posterior). The average is over the posterior, which the sender draws from.";
      }
      if (isNear(found, expected / Math.LN2)) return "That is in bits. Nats are wanted.";
      if (mu === 0 && sigma === prior) {
        return `A posterior that is the prior says nothing and costs 0; yours costs ${found}.`;
      }
      return `For μ = ${mu}, σ = ${sigma} under a prior of N(${mean}, ${prior}²) it is ${
        expected.toFixed(3)
      }, yours ${found}. Average ` +
        "log (posterior / prior) over the posterior: one term is log (σ_α / σ).";
    }
  },
  shows:
    "Ten times as precise costs ln 10 = 2.3 nats more, and a weight that is as vague as the prior costs nothing: what adaptive noise " +
    "learns is which weights are worth their price.",
});

export const handwritingPrediction = [otherUnits, biased, sameError, costOfAWeight];
