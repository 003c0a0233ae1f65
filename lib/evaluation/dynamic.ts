/** Dynamic evaluation (Section 3): the weights go on being trained on the test data, each symbol being scored before
 * it is learned from, and the data seen once. */
import { checkOptions } from "../check_options.ts";
import type { SymbolBatch } from "../data/mod.ts";
import type { Tensor, Values } from "../engine/mod.ts";
import type { OptimiserRule } from "../experiments/mod.ts";
import type { BatchLoss, Network } from "../network/network.ts";
import { Optimiser } from "../training/optimiser.ts";
import { addLoss, type TextLoss } from "./text_loss.ts";
import { NonFiniteLossError } from "../training/training.ts";

/** How to go on learning. What is best is chosen on the validation set. */
export interface DynamicOptions {
  /** `sgd` is the paper's. `adam` divides every weight's step by the root mean square of its gradients, which keeps
   * one surprising sequence from throwing all weights off (Krause et al. 2018). */
  rule: "sgd" | "adam";
  rate: number;
  /** Of sgd; of adam it is β₁. */
  momentum: number;
  /** The part of the way back to the trained weights that every update begins with (Krause et al. 2018). */
  decay: number;
  /** The part of every prediction that the trained weights make, as they were before; default: none. */
  fixedShare?: number;
  /** Symbols of a sequence, all scored before they are learned from. */
  steps: number;
}

/** What a record says besides of how its options were chosen: they may be given as they were recorded. */
export interface Chosen {
  streams?: number;
  search?: unknown;
}

/** The paper's: the optimiser of its training. */
export const paperDynamics: DynamicOptions = {
  rule: "sgd",
  rate: 1e-4,
  momentum: 0.99,
  decay: 0,
  steps: 100,
};

const optimiserOf = ({ rule, rate, momentum }: DynamicOptions): OptimiserRule =>
  rule === "sgd" ? { rule, rate, momentum } : { rule, rate, beta1: momentum, beta2: 0.999, epsilon: 1e-6 };

/**
 * Scores each batch with the weights as they were before it, then learns from it. The network's weights are as before
 * when it returns. The batches have `options.steps` steps. `onBatch` gets the sums so far and the batch's own losses,
 * for curves.
 * Throws `NonFiniteLossError` if the weights run away.
 */
export async function learnAndScore(
  network: Network,
  batches: Iterable<SymbolBatch>,
  options: DynamicOptions & Chosen = paperDynamics,
  onBatch?: (sum: Readonly<TextLoss>, loss: BatchLoss) => void,
): Promise<TextLoss> {
  checkOptions("learnAndScore", options, [
    ...["rule", "rate", "momentum", "decay", "fixedShare", "steps"] as const,
    ...["streams", "search"] as const,
  ]);
  const { rate, decay, fixedShare = 0 } = options;
  const { engine, parameters, gradients } = network;
  const before: Record<string, Tensor> = {}, way: Record<string, Tensor> = {};
  for (const [name, weight] of Object.entries(parameters)) {
    before[name] = engine.empty(weight.shape);
    engine.copy(weight, before[name]);
    if (decay > 0) way[name] = engine.empty(weight.shape);
  }
  const goBack = () => {
    for (const [name, difference] of Object.entries(way)) {
      engine.copy(before[name], difference);
      engine.axpy(-1, parameters[name], difference);
      engine.axpy(decay, difference, parameters[name]);
    }
  };
  const optimiser = new Optimiser(engine, optimiserOf(options), parameters);
  const sum: TextLoss = { nats: 0, errors: 0, symbols: 0 };
  let update = 0, state, fixedState;
  try {
    for (const batch of batches) {
      state ??= network.zeroState(batch.size);
      network.clearGradients();
      let own: Promise<Values>, fixed: Promise<Values>;
      let loss = await network.lossAndGradient(batch, {
        state,
        onDerivatives(dOutputs) {
          if (fixedShare > 0) own = engine.read(dOutputs);
        },
      });
      if (fixedShare > 0) {
        fixedState ??= network.zeroState(batch.size);
        const fixedLoss = await network.loss(batch, {
          parameters: before,
          state: fixedState,
          onDerivatives: (dOutputs) => fixed = engine.read(dOutputs),
        });
        const predictions = [
          { loss, derivatives: await own!, share: 1 - fixedShare },
          { loss: fixedLoss, derivatives: await fixed!, share: fixedShare },
        ];
        loss = mixed(batch, predictions);
      }
      addLoss(sum, loss);
      if (!Number.isFinite(sum.nats)) {
        throw new NonFiniteLossError(
          `Dynamic evaluation broke down after ${sum.symbols} symbols at rate ${rate}: take a lower one.`,
        );
      }
      goBack();
      await optimiser.step(parameters, gradients, ++update, rate, 1 / batch.size);
      onBatch?.(sum, loss);
    }
  } finally {
    for (const [name, weight] of Object.entries(parameters)) engine.copy(before[name], weight);
    engine.free(...Object.values(before), ...Object.values(way));
    optimiser.free();
    if (state) network.freeState(state);
    if (fixedState) network.freeState(fixedState);
  }
  return sum;
}

/** The loss of predictions mixed by their shares. ∂L/∂ŷ = y − t (Eq. 14) tells all probabilities y but the target's,
 * which is e^(−loss). */
function mixed(
  { targets }: SymbolBatch,
  predictions: { loss: BatchLoss; derivatives: Values; share: number }[],
): BatchLoss {
  const losses = new Float64Array(targets.length), errors = new Float64Array(targets.length);
  let total = 0;
  targets.forEach((target, row) => {
    if (target < 0) return;
    const classes = predictions[0].derivatives.length / targets.length;
    const y = new Float64Array(classes);
    for (const { loss, derivatives, share } of predictions) {
      for (let k = 0; k < classes; k++) {
        y[k] += share * (k === target ? Math.exp(-loss.losses[row]) : derivatives[row * classes + k]);
      }
    }
    total += losses[row] = -Math.log(y[target]);
    errors[row] = y.indexOf(y.reduce((a, b) => Math.max(a, b))) === target ? 0 : 1;
  });
  return { losses, errors, points: predictions[0].loss.points, total };
}
