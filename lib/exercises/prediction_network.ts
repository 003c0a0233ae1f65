/** The exercises of notebook 2. */
import * as v from "valibot";
import type { SymbolBatch } from "../data/mod.ts";
import { Float64Engine } from "../engine/float64.ts";
import { lstmStep } from "../equations/mod.ts";
import { findExperiment } from "../experiments/mod.ts";
import type { NetworkConfig } from "../network/config.ts";
import { Network } from "../network/network.ts";
import { initialWeights, parameterShapes } from "../network/parameters.ts";
import { Random } from "../random.ts";
import * as is from "../schema.ts";
import { isNear, judgeOf } from "./exercise.ts";

const gate = is.object({ i: is.number, f: is.number, c: is.number, o: is.number });
/** One cell without a view of itself: what its input and what its bias adds to the arguments of Eqs. 7–10. */
const cellWeights = is.object({ input: gate, bias: gate });
type CellWeights = v.InferOutput<typeof cellWeights>;

/** c_t and h_t of such a cell without peepholes. */
function runCell({ input, bias }: CellWeights, x: readonly number[]): { c: number; h: number }[] {
  const layer = { recurrent: new Float64Array(4), peepholes: new Float64Array(3) };
  let before = { hidden: new Float64Array(1), cell: new Float64Array(1) };
  return x.map((x_t) => {
    const gates = Float64Array.from((["i", "f", "c", "o"] as const).map((g) => input[g] * x_t + bias[g]));
    const now = { hidden: new Float64Array(1), cell: new Float64Array(1) };
    lstmStep(gates, layer, before, now);
    before = now;
    return { c: now.cell[0], h: now.hidden[0] };
  });
}

const withoutPeephole = judgeOf({
  answer: cellWeights,
  hint(weights) {
    const h = runCell(weights, Array.from({ length: 30 }, (_, t) => t === 5 ? 1 : 0)).map(({ h }) => h);
    const early = Math.max(...h.slice(0, 5).map(Math.abs)), late = Math.min(...h.slice(5));
    if (early >= 0.1) {
      return `Before the 1 has come |h| is up to ${
        early.toFixed(2)
      }: the cell must stay empty until then. What does its input gate let in?`;
    }
    if (late <= 0.7) {
      return `After the 1 h falls to ${
        late.toFixed(2)
      }. Is the cell full, does it stay full, and does the output gate let it out?`;
    }
  },
  shows:
    "An output gate that is always open does it, since tanh(0) is 0: an empty cell has nothing to say. What the " +
    "peephole adds is a choice: a gate that opens by what the cell holds can still be shut by an input.",
});

const counting = judgeOf({
  answer: cellWeights,
  hint(weights) {
    const random = new Random(2, "ones and zeros");
    const x = Array.from({ length: 40 }, () => random.integer(2));
    let ones = 0;
    for (const [t, { c }] of runCell(weights, x).entries()) {
      ones += x[t];
      if (!(Math.abs(c - ones) < 0.5)) {
        return `After ${t + 1} steps with ${ones} ones the cell holds ${c.toFixed(2)}. ` +
          (c < ones
            ? "Does the forget gate keep all of it, and does a 1 add a whole 1?"
            : "What does a 0 add, when tanh of its argument should be 0?");
      }
    }
  },
  shows:
    "A forget gate at 1 makes the cell a sum (Eq. 9); h = tanh(c) has flattened long before, so that only a cell can count, " +
    "and only the gates' peepholes see how far it has come.",
});

const skipConnections = judgeOf({
  answer: is.number,
  hint(lost) {
    const shapes = Object.entries(parameterShapes(findExperiment("prediction-3x400").network));
    const sizeOf = (pattern: RegExp) =>
      shapes.filter(([name]) => pattern.test(name)).reduce((sum, [, [from, to]]) => sum + from * to, 0);
    const inputs = sizeOf(/^W_ih[23]$/), outputs = sizeOf(/^W_h[12]y$/);
    if (isNear(lost, inputs + outputs, 0)) return;
    if (lost === inputs) return "Those of the input are right. Which layers does the output lose?";
    if (lost === outputs) return "Those of the output are right. Which layers does the input lose?";
    return "The input keeps its way into layer 1, the output its way from layer 3. Which four matrices go? " +
      "One into a hidden layer has 4 · 400 columns, one to the output 121.";
  },
  shows: "Three per cent of the weights give every layer a way of its own from the input and to the output.",
});

/** ∂L/∂W_{h¹h¹} of the network of exercise 4. */
async function gradient(clip: number | null): Promise<Float64Array> {
  const config: NetworkConfig = {
    domain: { kind: "symbols", classes: 8 },
    layers: 1,
    cells: 20,
    clip: { lstm: clip, outputs: null },
  };
  const random = new Random(1, "symbols"), steps = 120;
  const symbols = Int32Array.from({ length: steps + 1 }, () => random.integer(8));
  const batch: SymbolBatch = {
    kind: "symbols",
    steps,
    size: 1,
    inputs: Int32Array.of(-1, ...symbols.subarray(1, steps)),
    targets: symbols.subarray(1),
    startsFresh: true,
  };
  const engine = new Float64Engine();
  const network = new Network(engine, config, initialWeights(config, 3, { std: 2 }));
  await network.lossAndGradient(batch);
  return Float64Array.from(await engine.read(network.gradients.W_h1h1));
}

const cosine = judgeOf({
  answer: is.number,
  async hint(found) {
    const [clipped, exact] = await Promise.all([gradient(1), gradient(null)]);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + value * b[k], 0);
    const expected = dot(clipped, exact) / Math.sqrt(dot(clipped, clipped) * dot(exact, exact));
    if (isNear(found, expected)) return;
    if (Math.abs(found) > 1) return "A cosine lies between −1 and 1: divide by both norms.";
    return "That is not it. The cosine is the sum of the products of all 1600 entries, over the product of both norms.";
  },
  shows: (found) =>
    `An angle of ${
      (Math.acos(found) * 180 / Math.PI).toFixed(0)
    }°. The clip does not shorten the gradient, it turns it: what comes ` +
    "from far back counts for less. At weights as large as these, that is most of the gradient.",
});

export const predictionNetwork = [withoutPeephole, counting, skipConnections, cosine];
