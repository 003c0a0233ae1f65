/** The exercises of notebook 5. */
import * as v from "valibot";
import { alphabets, encodeText } from "../data/mod.ts";
import { softWindow } from "../equations/mod.ts";
import { Network } from "../network/network.ts";
import * as is from "../schema.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

const replaced = judgeOf({
  answer: is.text,
  hint(given) {
    const { replaced } = encodeText(given, alphabets.extended);
    if (replaced.length === 3) return;
    const found = replaced.length === 0 ? "none" : replaced.map(({ char }) => `“${char}”`).join(", ");
    return `Replaced in it: ${found}. Three different ones are wanted. The alphabet has the letters of English, digits and ${
      alphabets.extended.symbols.filter((symbol) => /[^\w\s□]/.test(symbol)).join(" ")
    }`;
  },
  shows: (given) =>
    `${
      encodeText(given, alphabets.extended).replaced.map(({ char }) => `“${char}”`).join(", ")
    }: the network is told only that ` +
    "there is something that is no letter, and writes what it thinks likely there.",
});

const twice = "then the hen";

const sameWindow = judgeOf({
  answer: is.pair(is.number),
  hint(kappas) {
    const { ids } = encodeText(twice, alphabets.paper);
    const [one, other] = kappas.map((kappa) => {
      const window = new Float64Array(alphabets.paper.symbols.length);
      softWindow([1, 5, kappa], ids, window);
      return window;
    });
    if (Math.abs(kappas[0] - kappas[1]) < 1) return "Two places are wanted, a character or more apart.";
    if (Math.max(...one) < 0.5 || Math.max(...other) < 0.5) {
      return `κ runs from 1 to ${twice.length}; near a whole number the window shows one character clearly.`;
    }
    const apart = Math.max(...one.map((value, k) => Math.abs(value - other[k])));
    if (apart > 1e-3) {
      return `The two windows differ by ${
        apart.toFixed(4)
      }. The character must be the same, and those on both sides of it, ` +
        "which the Gaussian sees a little of, too.";
    }
  },
  shows:
    "At both places the network sees the same window, and what it sees is all that it knows of the text. A κ that it named itself would " +
    "be the same at both, so that it might jump from one to the other. Its increment need not know where it is: Equation 51 keeps the place.",
});

const noWindow = judgeOf({
  answer: is.object({
    copy: v.instance(Network, "a copy of the network") as unknown as is.Schema<Network>,
    slide: v.union(
      [is.list(is.number), v.instance(Float32Array), v.instance(Float64Array)],
      "a list of numbers",
    ) as unknown as is.Schema<
      ArrayLike<number>
    >,
  }),
  async hint({ copy, slide }) {
    const { W_h1p, b_p } = await copy.weights();
    if (!W_h1p) return "This network has no window: take a copy of the synthesis network.";
    if (W_h1p.values.some((value) => value !== 0)) {
      return "W_h1p of the copy is not zero yet: `engine.fill` sets it.";
    }
    const K = b_p.values.length / 3;
    if (slide.length !== K) {
      return `The window has ${K} Gaussians: as many steps are wanted; found ${slide.length}.`;
    }
    for (let k = 0; k < K; k++) {
      if (isNear(slide[k], Math.exp(b_p.values[2 * K + k]), 1e-4)) continue;
      if (isNear(slide[k], b_p.values[2 * K + k], 1e-4)) {
        return "That is κ̂. By Equation 51 κ grows by its exponential.";
      }
      return `Gaussian ${
        k + 1
      } slides by another step. Without h¹ Equation 48 leaves b_p, in blocks α̂ | β̂ | κ̂; then Equation 51.`;
    }
  },
  shows: ({ slide }) =>
    `Each Gaussian moves at a speed of its own, ${Math.min(...Array.from(slide)).toFixed(3)} to ${
      Math.max(...Array.from(slide)).toFixed(3)
    } characters a step, whatever the pen does: φ falls apart into ten straight bands, and what is written has lost the text. ` +
    "(The network itself is as it was: you changed a copy.)",
});

type CountPoints = (window: ArrayLike<number>[], text: string) => ArrayLike<number>;

const pointsOfCharacters = judgeOf({
  answer: functionOf<CountPoints>("(window, text) => number[]"),
  hint(count) {
    const window = [[0.9, 0.1, 0], [0.6, 0.5, 0.2], [0.2, 0.7, 0.1], [0, 0.1, 0.3], [0, 0.1, 0.8], [
      0,
      0,
      0.9,
    ]];
    const found = Array.from(count(window, "a b"));
    if (found.join() === "2,1,3") return;
    if (found.length !== 3) {
      return `A number for each character is wanted: for a text of 3 there were ${found.length}.`;
    }
    const sum = found.reduce((a, b) => a + b, 0);
    if (sum !== window.length) {
      return `Each point belongs to one character: of 6 points your counts have ${sum}.`;
    }
    return "A point belongs to the character with the largest φ at it: six points, of which 2, 1 and 3 look at the characters of “a b”; " +
      `yours say ${found.join(", ")}.`;
  },
  shows:
    "By this count a space has few points or none: nothing is drawn there. The pen is lifted, and the window goes over it in the " +
    "one step from the last stroke of a word to the first of the next.",
});

export const handwritingSynthesis = [replaced, sameWindow, noWindow, pointsOfCharacters];
