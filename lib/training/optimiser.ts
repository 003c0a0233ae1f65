/** The optimisers, and the rate over time. */
import type { Engine, Tensor } from "../engine/mod.ts";
import type { OptimiserRule, Recipe } from "../experiments/mod.ts";
import { joinsHiddenLayers } from "../network/parameters.ts";
import { muon } from "./muon.ts";

type Tensors = Record<string, Tensor>;

/** What a rule remembers of each weight. */
const slotNames = {
  sgd: ["velocity"],
  rmsprop: ["n", "g", "delta"],
  adam: ["m", "v"],
  muon: ["velocity"],
} as const;

/** Those of one weight. */
const slotsOf = ({ rule }: OptimiserRule, name: string) =>
  slotNames[rule === "muon" && !joinsHiddenLayers(name) ? "adam" : rule];

/** The rule for numbers that lie in a matrix's shape but are no weights, such as log variances: no matrix, no decay. */
export const elementwise = (rule: OptimiserRule): OptimiserRule =>
  rule.rule === "muon" || rule.rule === "adam" ? { ...rule, rule: "adam", weightDecay: 0 } : rule;

/** Changes weights along their gradients, each weight with its own memory. */
export class Optimiser {
  /** By slot and weight: `velocity W_ih1`, `m b_y`. A checkpoint keeps them. */
  readonly slots: Tensors = {};

  constructor(readonly engine: Engine, readonly rule: OptimiserRule, weights: Tensors) {
    for (const [name, { shape }] of Object.entries(weights)) {
      for (const slot of slotsOf(rule, name)) this.slots[`${slot} ${name}`] = engine.tensor(shape);
    }
  }

  /** One update. `update` counts from 1; the gradients are multiplied by `scale` first. */
  async step(
    weights: Tensors,
    gradients: Tensors,
    update: number,
    rate: number,
    scale: number,
  ): Promise<void> {
    const { engine, rule, slots } = this;
    if ("weightDecay" in rule && rule.weightDecay) this.#decay(weights, rate * rule.weightDecay);
    // Muon waits for the size of a matrix: for all of them at once.
    const waiting: Promise<void>[] = [];
    for (const [name, weight] of Object.entries(weights)) {
      const gradient = gradients[name];
      const slot = (kind: string) => slots[`${kind} ${name}`];
      if (rule.rule === "sgd") {
        engine.sgd(weight, gradient, slot("velocity"), { rate, momentum: rule.momentum, scale });
      } else if (rule.rule === "rmsprop") {
        const { aleph, beth, daleth } = rule;
        const options = { aleph, beth, gimel: rate, daleth, scale };
        engine.rmsprop(weight, gradient, slot("n"), slot("g"), slot("delta"), options);
      } else if (rule.rule === "muon" && joinsHiddenLayers(name)) {
        const { momentum, iterations } = rule;
        const options = { rate, momentum, iterations, scale };
        waiting.push(muon(engine, weight, gradient, slot("velocity"), options));
      } else {
        const { beta1, beta2, epsilon } = rule;
        const options = { rate, beta1, beta2, epsilon, update, scale };
        engine.adam(weight, gradient, slot("m"), slot("v"), options);
      }
    }
    await Promise.all(waiting);
  }

  /** Takes `share` of every weight away. */
  #decay(weights: Tensors, share: number): void {
    const { engine } = this;
    for (const weight of Object.values(weights)) {
      const before = engine.empty(weight.shape);
      engine.copy(weight, before);
      engine.axpy(-share, before, weight);
      engine.free(before);
    }
  }

  free(): void {
    this.engine.free(...Object.values(this.slots));
  }
}

/** The rate of an update, counted from 1. */
export function learningRate({ optimiser, schedule }: Recipe, update: number): number {
  const { warmUp, decay, updates, final } = schedule;
  if (update <= warmUp) return optimiser.rate * update / warmUp;
  if (decay === "constant" || updates === null) return optimiser.rate;
  const share = Math.min(1, (update - warmUp) / Math.max(1, updates - warmUp));
  return optimiser.rate * (final + (1 - final) * (1 + Math.cos(Math.PI * share)) / 2);
}

/** An exponential moving average of the weights (Polyak & Juditsky 1992), of all updates so far at the start. */
export class Averages {
  readonly tensors: Tensors = {};
  #scratch: Tensors = {};

  constructor(readonly engine: Engine, readonly decay: number, weights: Tensors) {
    for (const [name, { shape }] of Object.entries(weights)) {
      this.tensors[name] = engine.tensor(shape);
      this.#scratch[name] = engine.empty(shape);
    }
  }

  /** `update` counts from 1. The bias of a start from zero is corrected in the decay itself: the weight of the sum so
   * far is (1 − d^(u−1)) of (1 − d^u). */
  add(weights: Tensors, update: number): void {
    const { engine, decay } = this;
    const share = (1 - decay) / (1 - decay ** update);
    for (const [name, weight] of Object.entries(weights)) {
      const difference = this.#scratch[name], average = this.tensors[name];
      engine.copy(weight, difference);
      engine.axpy(-1, average, difference);
      engine.axpy(share, difference, average);
    }
  }

  free(): void {
    this.engine.free(...Object.values(this.tensors), ...Object.values(this.#scratch));
  }
}
