/** Dynamic evaluation (Section 3): the weights go on being trained on the test data, each symbol being scored before
 * it is learned from, and the data seen once. */
import type { SymbolBatch } from "../data/mod.ts";
import type { OptimiserRule } from "../experiments.ts";
import type { BatchLoss, Network } from "../network/network.ts";
import type { Tensor } from "../engine/mod.ts";
import { addLoss, type TextLoss } from "./evaluate.ts";
import { Optimiser } from "./optimiser.ts";
import { NonFiniteLossError } from "./training.ts";

export interface DynamicOptions {
  /** Default: the paper's sgd, rate 1e-4 and momentum 0.99. Choose the rate on the validation set. */
  optimiser?: OptimiserRule;
}

/**
 * Scores each batch with the weights as they were before it, then learns from it. The network's weights are as before
 * when it returns. `onBatch` gets the sums so far and the batch's own losses, for curves.
 * Throws `NonFiniteLossError` if the weights run away.
 */
export async function learnAndScore(
  network: Network,
  batches: Iterable<SymbolBatch>,
  options: DynamicOptions = {},
  onBatch?: (sum: Readonly<TextLoss>, loss: BatchLoss) => void,
): Promise<TextLoss> {
  const { optimiser: rule = { rule: "sgd", rate: 1e-4, momentum: 0.99 } } = options;
  const { engine, parameters, gradients } = network;
  const before: Record<string, Tensor> = {};
  for (const [name, weight] of Object.entries(parameters)) {
    before[name] = engine.empty(weight.shape);
    engine.copy(weight, before[name]);
  }
  const optimiser = new Optimiser(engine, rule, parameters);
  const sum: TextLoss = { nats: 0, errors: 0, symbols: 0 };
  let update = 0, state;
  try {
    for (const batch of batches) {
      state ??= network.zeroState(batch.size);
      network.clearGradients();
      const loss = await network.lossAndGradient(batch, state);
      addLoss(sum, loss);
      if (!Number.isFinite(sum.nats)) {
        throw new NonFiniteLossError(
          `Dynamic evaluation broke down after ${sum.symbols} symbols at rate ${rule.rate}: take a lower one.`,
        );
      }
      await optimiser.step(parameters, gradients, ++update, rule.rate, 1 / batch.size);
      onBatch?.(sum, loss);
    }
  } finally {
    for (const [name, weight] of Object.entries(parameters)) engine.copy(before[name], weight);
    engine.free(...Object.values(before));
    optimiser.free();
    if (state) network.freeState(state);
  }
  return sum;
}
