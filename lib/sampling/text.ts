/** Text from a softmax network (Section 3): each symbol drawn is the next input. */
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
  /** Called with each symbol as it is drawn. */
  onSymbol?: (symbol: number) => void;
}

/**
 * Symbols drawn one after the other, as indices into the data set's symbols (`decodeText` makes text of them).
 *
 * @throws RangeError if the network predicts pen points, or `prime` has a symbol that it does not know.
 */
export async function sampleText(network: Network, options: TextSampling): Promise<Int32Array> {
  const { length, seed, temperature = 1, prime = [], symbols, onSymbol } = options;
  const { domain } = network.config;
  if (domain.kind !== "symbols") {
    throw new RangeError(
      "Text is sampled from a network that predicts symbols; this one predicts pen points.",
    );
  }
  for (const symbol of Array.from(prime)) {
    if (!(Number.isInteger(symbol) && symbol >= 0 && symbol < domain.classes)) {
      throw new RangeError(`The prime's symbols are 0 to ${domain.classes - 1}; found ${symbol}.`);
    }
  }
  const random = new Random(seed, "text sample");
  const drawn = new Int32Array(length);
  const stepper = network.stepper(1);
  try {
    let { outputs } = await stepper.step([-1]);
    for (const symbol of Array.from(prime)) ({ outputs } = await stepper.step([symbol]));
    for (let t = 0; t < length; t++) {
      drawn[t] = drawSymbol(outputs.subarray(0, symbols), temperature, random);
      onSymbol?.(drawn[t]);
      if (t + 1 < length) ({ outputs } = await stepper.step([drawn[t]]));
    }
  } finally {
    stepper.free();
  }
  return drawn;
}
