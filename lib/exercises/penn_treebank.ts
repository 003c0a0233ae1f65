/** The exercises of notebook 3.1. */
import type { SymbolBatch } from "../data/mod.ts";
import { Float64Engine } from "../engine/float64.ts";
import { findExperiment } from "../experiments/mod.ts";
import { Network } from "../network/network.ts";
import { initialWeights } from "../network/parameters.ts";
import { Random } from "../random.ts";
import * as is from "../schema.ts";
import { functionOf, isNear, judgeOf } from "./exercise.ts";

/** Of the Penn Treebank's test set. */
const counts = { characters: 442_423, words: 78_669, ends: 3_761 };

const perSymbol = judgeOf({
  answer: is.number,
  hint(found) {
    const { characters, words, ends } = counts;
    const perplexity = (symbols: number) => 2 ** (1.32 * characters / symbols);
    if (isNear(found, perplexity(words + ends), 0.005)) return;
    if (isNear(found, perplexity(words), 0.01)) {
      return "That is per word. The word network also pays for the ends of sentences.";
    }
    if (isNear(found, 2 ** (5.6 * 1.32), 0.01)) {
      return "That is the paper's 5.6 characters to a word. How many are there to a symbol?";
    }
    return "All bits are 1.32 times all characters. Share them out among words and ends of sentences: 2 to that power.";
  },
  shows:
    "By this measure the paper's characters, without regularisation, are a little better than its words (138), not worse. Which row of " +
    "Table 1 wins is also a question of what one divides by.",
});

/** The last loss of a small network after 60 updates, with or without clipping, at a large rate from large weights. */
async function lastLoss(lstm: number | null): Promise<number> {
  const engine = new Float64Engine();
  const { network: { domain } } = findExperiment("char");
  const config = { domain, layers: 1, cells: 12, clip: { lstm, outputs: null } };
  const network = new Network(engine, config, initialWeights(config, 5, { std: 1.5 }));
  const random = new Random(1, "symbols");
  // A period of seven symbols, read from eight places side by side.
  const period = Int32Array.from({ length: 7 }, () => random.integer(49)), steps = 40, size = 8;
  const at = (t: number, b: number) => period[(t + b) % 7];
  const rows = Array.from({ length: steps * size }, (_, k) => [Math.floor(k / size), k % size]);
  const batch: SymbolBatch = {
    kind: "symbols",
    steps,
    size,
    startsFresh: true,
    inputs: Int32Array.from(rows, ([t, b]) => t ? at(t - 1, b) : -1),
    targets: Int32Array.from(rows, ([t, b]) => at(t, b)),
  };
  let bits = NaN;
  for (let update = 0; update < 60; update++) {
    network.clearGradients();
    const { total, points } = await network.lossAndGradient(batch);
    bits = total / points / Math.LN2;
    for (const [name, weights] of Object.entries(network.parameters)) {
      engine.axpy(-0.02, network.gradients[name], weights);
    }
  }
  return bits;
}

const clipping = judgeOf({
  answer: is.object({ clipped: is.number, exact: is.number }),
  async hint({ clipped, exact }) {
    const expected = { clipped: await lastLoss(1), exact: await lastLoss(null) };
    if (isNear(clipped, expected.exact) && isNear(exact, expected.clipped) && !isNear(clipped, exact)) {
      return "Those are the two the other way round.";
    }
    if (!isNear(clipped, expected.clipped)) return "`clipped` is the last of the 60 losses with a clip of 1.";
    if (!isNear(exact, expected.exact)) return "`exact` is the last of the 60 losses without a clip: null.";
  },
  shows: ({ clipped, exact }) =>
    `${clipped.toFixed(2)} bits with the clip, ${
      exact.toFixed(2)
    } without. From large weights and at a large rate derivatives explode on ` +
    "their way back, and one update throws away what ten have learned; from small weights, at a small rate, the clip is hardly ever touched.",
});

/** KL(N(μ, σ²) ‖ N(m, s²)) in bits. */
const divergence = (mu: number, sigma: number, m: number, s: number) =>
  (Math.log(s / sigma) + ((mu - m) ** 2 + sigma ** 2) / (2 * s ** 2) - 1 / 2) / Math.LN2;
const weightsTold: [number, number, number, number][] = [
  [0, 0.2, 0, 0.2],
  [0.3, 0.075, 0, 0.2],
  [0.3, 0.01, 0, 0.2],
  [-0.5, 0.1, 0.1, 0.3],
];
const descriptionLength = judgeOf({
  answer: functionOf<(mu: number, sigma: number, m: number, s: number) => number>(
    "(mu, sigma, m, s) => number",
  ),
  hint(found) {
    for (const told of weightsTold) {
      const bits = found(...told), expected = divergence(...told), [mu, sigma, m, s] = told;
      if (isNear(bits, expected, 1e-6)) continue;
      if (isNear(bits, expected * Math.LN2, 1e-6)) return "That is in nats: a bit has ln 2 of them.";
      return `For μ = ${mu}, σ = ${sigma} and the prior N(${m}, ${s}²) yours makes ${bits}.` +
        (expected === 0
          ? " But what is told no more precisely than was known costs nothing."
          : " Is each term there, and its sign right?");
    }
  },
  shows:
    "A weight that says no more than the prior is free; each halving of σ costs one bit more. So a network under adaptive noise keeps vague " +
    "whatever the text does not pay for.",
});

const halfLife = judgeOf({
  answer: is.number,
  hint(found) {
    const { optimiser } = findExperiment("char-modern").stages[0].recipe;
    const decay = optimiser.rule === "muon" ? optimiser.weightDecay! : NaN;
    const share = optimiser.rate * decay, expected = Math.LN2 / share;
    if (isNear(found, expected, 0.01)) return;
    if (isNear(found, Math.LN2 / decay, 0.01)) {
      return "An update takes ηλ of a weight, not λ: the rate counts, too.";
    }
    if (isNear(found, 1 / share, 0.01)) return "That is when 1/e of it is left. When is a half?";
    return `Each update leaves 1 − ηλ of a weight, with η = ${optimiser.rate} and λ = ${decay}. To which power is that a half?`;
  },
  shows:
    "About a thousand updates at the first rate, and ever more as the rate falls: at a fiftieth of it fifty times as many. The averaged weights remember " +
    "some hundred updates, far fewer, so that the average is one of weights that hardly differ in size.",
});

const probabilities = [1 / 2, 1 / 4, 1 / 8, 1 / 8];
/** Bits of a distribution, all of whose log-probabilities are divided by τ. */
function entropyAt(temperature: number): number {
  const raised = probabilities.map((p) => p ** (1 / temperature));
  const sum = raised.reduce((a, b) => a + b);
  return raised.reduce((bits, p) => bits - p / sum * Math.log2(p / sum), 0);
}
const temperature = judgeOf({
  answer: is.positive,
  hint(found) {
    const entropy = entropyAt(found), wanted = entropyAt(1) / 2;
    if (Math.abs(entropy - wanted) < 2e-3) return;
    return `At τ = ${found} the entropy is ${entropy.toFixed(3)} bits, and half of 1.75 is 0.875: ${
      entropy > wanted ? "cooler" : "warmer"
    }.`;
  },
  shows:
    "The likeliest symbol, which came half of the time, then comes 82 times of 100. That is why text at a low temperature reads so smoothly, and " +
    "why it soon repeats itself.",
});

export const pennTreebankExercises = [perSymbol, clipping, descriptionLength, halfLife, temperature];
