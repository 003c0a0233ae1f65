/** The exercises of notebook 3.2. */
import { wikipediaNetwork } from "../experiments/mod.ts";
import { countWeights } from "../network/parameters.ts";
import { wikipedia } from "../paper.ts";
import * as is from "../schema.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

const layers = judgeOf({
  answer: is.integer(1, 50),
  hint(found) {
    const inMillions = (layers: number) => countWeights(wikipediaNetwork(layers)) / 1e6;
    const far = inMillions(found) - wikipedia.weights / 1e6;
    if (Math.abs(far) < 0.1) return;
    return `${found} layers have ${inMillions(found).toFixed(1)} million weights, ${
      far > 0 ? "more" : "fewer"
    } than the paper's ${
      wikipedia.weights / 1e6
    }. What does each further layer add? It reads the input, the layer below ` +
      "and itself, and is read by the output.";
  },
  shows:
    "With seven, which the text names, it would be 30.5 million. Which of the two was trained cannot be known; this edition " +
    "takes the count, since a number with three digits is more likely computed than remembered.",
});

const reset = 10_000, sequence = 100;
const lookBack = judgeOf({
  answer: is.object({ state: is.number, gradient: is.number }),
  hint({ state, gradient }) {
    // A place k of n, from 0, has k before it.
    const mean = (n: number) => (n - 1) / 2;
    const near = (found: number, n: number) => isNear(found, mean(n), 1e-3) || isNear(found, mean(n), 1 / n);
    if (isNear(state, reset - 1, 1e-3)) {
      return "That is how far the last byte before a reset sees. And the first one?";
    }
    if (!near(state, reset)) {
      return "For the state: of the bytes between two resets the first has none behind it, the second one, and so on up to " +
        "the last. What is their mean?";
    }
    if (near(gradient, reset)) {
      return "For the gradient: it does not pass from one sequence of 100 bytes into the one before.";
    }
    if (!near(gradient, sequence)) return "For the gradient: the same as for the state, within a sequence.";
  },
  shows:
    "What the network may use is a hundred times as far back as what it is taught to keep. It works since what helps ten bytes on " +
    "often helps a thousand bytes on: a bracket that is open, a language, a topic.",
});

const weightBits = 21.3e6 * 16;
const breakEven = judgeOf({
  answer: is.number,
  hint(found) {
    const expected = weightBits / (2 - 1.33);
    if (isNear(found, expected, 0.01)) return;
    if (isNear(found, expected / 8, 0.01)) {
      return "A weight has 16 bits, and so much of each byte of text is saved in bits, too: divide bits by bits.";
    }
    if (isNear(found, weightBits / 1.33, 0.01)) {
      return "Only what the network saves counts: compare with the 2 bits of the other.";
    }
    if (isNear(found, weightBits / 8 / 1.33, 0.01)) {
      return "Bits per byte of text on the one side, bits of weights on the other.";
    }
    return "N bytes of text cost the one program 2 N bits, the other 1.33 N bits and its weights once. Where are both the same?";
  },
  shows:
    "Half a billion bytes, five times what the prize is about: so large a network cannot win it, however well it predicts. " +
    "Programs such as PAQ8 learn their weights while they read, as dynamic evaluation does, and ship none.",
});

const cases: [text: string, depth: number][] = [
  ["", 0],
  ["no link", 0],
  ["[[a]] and [[b]]", 1],
  ["[[Image:x.jpg|a [[b]] of [[c]]]] [[d]]", 2],
  ["]] [[a]]", 1],
  ["[[a [[b [[c]]", 3],
  ["[a] [b]", 0],
];
const depth = judgeOf({
  answer: functionOf<(text: string) => number>("(text) => number"),
  hint(found) {
    for (const [text, expected] of cases) {
      const depth = found(text);
      if (depth !== expected) {
        return `Of ${JSON.stringify(text)} yours makes ${depth}, but ${
          expected === 1 ? "one is" : `${expected} are`
        } open at once at most. (A ]] where nothing is open closes nothing.)`;
      }
    }
  },
  shows:
    "One number is all that has to be remembered: a cell that counts (notebook 2, exercise 2). To a network without memory it is out of reach.",
});

export const wikipediaExercises = [layers, lookBack, breakEven, depth];
