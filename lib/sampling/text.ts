/** Text from a softmax network (Section 3): each symbol drawn is the next input. */
import { checkOptions } from "../check_options.ts";
import type { Network } from "../network/network.ts";
import { Random } from "../random.ts";
import { drawSymbol } from "./draw.ts";

export interface TextSampling {
  /** Number of symbols to draw. */
  length: number;
  seed: number;
  /** See `drawSymbol`. Default 1, the paper's. */
  temperature?: number;
  /** Symbols that the network reads before the first draw; they are not part of the result. */
  prime?: ArrayLike<number>;
  /** How many of the network's classes stand for a symbol; those beyond are never drawn. Default all. */
  symbols?: number;
  /** Called with each symbol as it is drawn, and with the number of its text. */
  onSymbol?: (symbol: number, text: number) => void;
}
const samplingNames = [
  ...["length", "seed", "temperature", "prime", "symbols", "onSymbol"] as const,
] as const satisfies (keyof TextSampling)[];

/**
 * Symbols drawn one after the other, as indices into the data set's symbols (`decodeText` makes text of them).
 *
 * @throws RangeError if the network predicts pen points, or `prime` has a symbol that it does not know.
 */
export async function sampleText(network: Network, options: TextSampling): Promise<Int32Array> {
  checkOptions("sampleText", options, samplingNames);
  return (await sampleTexts(network, { ...options, count: 1 }))[0];
}

/** `count` texts side by side, which takes far less time than one after the other; the first is that of `sampleText`. */
export async function sampleTexts(
  network: Network,
  options: TextSampling & { count: number },
): Promise<Int32Array[]> {
  checkOptions("sampleTexts", options, [...samplingNames, "count"]);
  const { count, length, seed, temperature = 1, prime = [], onSymbol } = options;
  const { domain } = network.config;
  if (domain.kind !== "symbols") {
    throw new RangeError(
      "Text is sampled from a network that predicts symbols; this one predicts pen points.",
    );
  }
  const { classes } = domain;
  const { symbols = classes } = options;
  if (!(Number.isInteger(symbols) && symbols >= 1 && symbols <= classes)) {
    throw new RangeError(
      `The network has ${classes} classes, of which 1 to all may be drawn; found symbols: ${symbols}.`,
    );
  }
  for (const symbol of Array.from(prime)) {
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < classes)) {
      throw new RangeError(`The prime's symbols are 0 to ${classes - 1}; found ${symbol}.`);
    }
  }
  const texts = Array.from({ length: count }, () => new Int32Array(length));
  const randoms = texts.map((_, k) => new Random(seed, "text sample", ...(k ? [k] : [])));
  const stepper = network.stepper(count);
  const all = (symbol: number) => new Int32Array(count).fill(symbol);
  try {
    let { outputs } = await stepper.step(all(-1));
    for (const symbol of Array.from(prime)) ({ outputs } = await stepper.step(all(symbol)));
    for (let t = 0; t < length; t++) {
      const drawn = randoms.map((random, k) =>
        drawSymbol(outputs.subarray(k * classes, k * classes + symbols), temperature, random)
      );
      drawn.forEach((symbol, k) => {
        texts[k][t] = symbol;
        onSymbol?.(symbol, k);
      });
      if (t + 1 < length) ({ outputs } = await stepper.step(drawn));
    }
  } finally {
    stepper.free();
  }
  return texts;
}
