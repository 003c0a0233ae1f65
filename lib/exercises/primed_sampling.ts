/** The exercises of notebook 5.5. */
import * as v from "valibot";
import { type Line, openHandwriting } from "../data/mod.ts";
import { strokesOf } from "../report/strokes.ts";
import { slant } from "../report/traits.ts";
import * as is from "../schema.ts";
import { functionOf, judgeOf } from "./exercise.ts";

const floats = v.instance(Float32Array, "a Float32Array of points") as unknown as is.Schema<Float32Array>;
const line = is.object({ id: is.text, text: is.text, points: floats });
const sample = is.object({ points: floats, whole: floats });

const beginsWith = (whole: Float32Array, start: Float32Array) =>
  start.length > 0 && whole.length > start.length && start.every((value, k) => value === whole[k]);

/** Degrees to the right of upright, in words, one for each. */
async function slants(...lines: Float32Array[]): Promise<string[]> {
  const { statistics } = await openHandwriting();
  return lines.map((points) => `${slant(strokesOf(points, statistics)).toFixed(0)}°`);
}

const unknownWriter = judgeOf({
  answer: is.object({ line, sample }),
  async hint({ line, sample }) {
    const { training, validation } = await openHandwriting();
    if (training.some(({ id }) => id === line.id)) {
      return `The network was trained on ${line.id}. Take one of \`validation\`.`;
    }
    if (!validation.some(({ id }) => id === line.id)) {
      return `There is no line ${line.id} in the validation set.`;
    }
    if (!beginsWith(sample.whole, line.points)) {
      return "`sample.whole` should begin with the line's points: give the sampler `prime: primeFrom(line, alphabet)`.";
    }
  },
  async shows({ line, sample }) {
    const [before, after] = await slants(line.points, sample.points);
    return `The line slants by ${before}, what follows it by ${after}. One line is no measurement, but a start: the paper says that ` +
      "priming works better with lines of the training set.";
  },
});

type Cut = (
  line: Line,
  window: ArrayLike<number>[],
  points: number,
) => { text: string; points: ArrayLike<number> };

const shorter = judgeOf({
  answer: functionOf<Cut>("(line, window, points) => { text, points }"),
  hint(cut) {
    const at = [1, 1, 2, 2, 2, 3, 4, 4, 5, 5];
    const window = at.map((u) => Array.from({ length: 5 }, (_, k) => Math.exp(-((u - k - 1) ** 2))));
    const whole: Line = { id: "x", text: "ab cd", points: Float32Array.from({ length: 30 }, (_, k) => k) };
    for (const [points, expected] of [[4, "ab"], [7, "ab c"], [10, "ab cd"]] as const) {
      const found = cut(whole, window, points);
      if (found.points.length !== 3 * points) {
        return `${points} points are ${3 * points} numbers; there were ${found.points.length}.`;
      }
      if (Array.from(found.points).some((value, k) => value !== k)) {
        return "The first points are wanted, as they were.";
      }
      if (found.text !== expected) {
        return `At point ${points} the window is at character ${
          at[points - 1]
        } of “ab cd”: “${expected}” was written by then, not “${found.text}”.`;
      }
    }
  },
  shows:
    "With a text that is too long the network would first write what is missing of it, in its own hand. The window tells how far " +
    "the pen has come.",
});

const generations = judgeOf({
  answer: is.list(sample),
  hint(samples) {
    if (samples.length < 3) return `Three generations show a drift, or none; found ${samples.length}.`;
    for (let k = 1; k < samples.length; k++) {
      if (beginsWith(samples[k].whole, samples[k - 1].points)) continue;
      return `Generation ${
        k + 1
      } was not primed with generation ${k}: its \`whole\` should begin with the other's \`points\`.`;
    }
  },
  async shows(samples) {
    const all = await slants(...samples.map(({ points }) => points));
    return `The slants of the generations: ${
      all.join(", ")
    }. Each sees only the one before, so that what it does not take over ` +
      "is lost to all that follow.";
  },
});

export const primedSampling = [unknownWriter, shorter, generations];
