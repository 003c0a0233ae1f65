/** What a network predicts while it reads a real line: for the heat maps of Figures 10 and 14 and for Figure 13. */
import { checkOptions } from "../check_options.ts";
import { type Alphabet, encodeText } from "../data/alphabet.ts";
import type { Line } from "../data/handwriting.ts";
import { type Mixture, mixtureOf, softWindowWeights } from "../equations/mod.ts";
import type { Network } from "../network/network.ts";
import { synthesise } from "./handwriting.ts";
import { laneNames, type LaneOptions, type Sample } from "./lanes.ts";

export interface Trace {
  /** The mixture that predicted each of the line's points, T of them. */
  mixtures: Mixture[];
  /** φ(t, u) at each prediction, u = 1..U; only with an alphabet. */
  window?: Float32Array[];
}

/**
 * Feeds a network the null vector and then the line's own points, all but the last.
 *
 * @param alphabet the network's, if it has a window.
 * @throws RangeError if the network predicts symbols, or has a window and no alphabet is given.
 */
export async function tracePredictions(network: Network, line: Line, alphabet?: Alphabet): Promise<Trace> {
  const { domain, window: hasWindow } = network.config;
  if (domain.kind !== "pen") {
    throw new RangeError("Pen lines are traced through a network that predicts pen points.");
  }
  if (hasWindow && !alphabet) {
    throw new RangeError("This network reads the line's text: give its alphabet too.");
  }
  const text = hasWindow && encodeText(line.text, alphabet!).ids;
  const stepper = network.stepper(1, text ? [text] : undefined);
  const mixtures: Mixture[] = [], window: Float32Array[] = [];
  try {
    for (let t = 0; t < line.points.length / 3; t++) {
      const input = t === 0 ? [0, 0, 0] : line.points.subarray(3 * t - 3, 3 * t);
      const { outputs, windowParameters } = await stepper.step(input);
      mixtures.push(mixtureOf(outputs));
      if (text) window.push(new Float32Array(softWindowWeights(windowParameters!, text.length)));
    }
  } finally {
    stepper.free();
  }
  return text ? { mixtures, window } : { mixtures };
}

/**
 * How the window reads real lines, many side by side: each as if it were a sample that was drawn as it is.
 *
 * @throws RangeError if the network has no window or a line no text.
 */
export async function readLines(
  network: Network,
  lines: Line[],
  alphabet: Alphabet,
  options: LaneOptions = {},
): Promise<Sample[]> {
  checkOptions("readLines", options, laneNames);
  const texts = lines.map(({ text }) => encodeText(text, alphabet).ids);
  // A line that primes all but its last character, with no point to draw.
  const samples = await synthesise(network, {
    ...options,
    texts: texts.map((text) => text.slice(-1)),
    prime: lines.map(({ points }, k) => ({ points, characters: texts[k].slice(0, -1) })),
    maximumSteps: 0,
    seed: 0,
  });
  return samples.map((sample) => ({
    ...sample,
    points: sample.whole,
    steps: sample.whole.length / 3,
    primeCharacters: 0,
    stoppedBy: "text end",
  }));
}
