/** Loss and speed of the updates so far, and the loss on the validation sample. */
import { alone } from "../mpi.ts";
import type { NetworkConfig } from "../network/config.ts";
import { parameterShapes } from "../network/parameters.ts";
import type { LossUnit, TrainingData } from "./data.ts";
import { ownPart, sumNumbers } from "./together.ts";
import type { Training } from "./training.ts";

/** What an update did. */
export interface Sample {
  /** Nats. */
  total: number;
  points: number;
  sequences: number;
  /** Points with padding. */
  padded: number;
  seconds: number;
}

/** The last updates, all together. */
export class Recent {
  #samples: Sample[] = [];
  constructor(readonly limit = Infinity) {}

  add(sample: Sample): void {
    this.#samples.push(sample);
    if (this.#samples.length > this.limit) this.#samples.shift();
  }
  /** Whether as many as count were added. */
  get isFull(): boolean {
    return this.#samples.length === this.limit;
  }
  clear(): void {
    this.#samples = [];
  }
  /** All together. */
  sum(): Sample {
    const sum = (key: keyof Sample) => this.#sum(key);
    return {
      total: sum("total"),
      points: sum("points"),
      sequences: sum("sequences"),
      padded: sum("padded"),
      seconds: sum("seconds"),
    };
  }
  /** NaN if there was none. */
  loss(unit: LossUnit): number {
    return inUnit(unit, this.#sum("total"), this.#sum("sequences"), this.#sum("points"));
  }
  /** Per second. */
  speed(): { points: number; padded: number; updates: number } {
    const seconds = this.#sum("seconds");
    return {
      points: this.#sum("points") / seconds,
      padded: this.#sum("padded") / seconds,
      updates: this.#samples.length / seconds,
    };
  }
  #sum(key: keyof Sample): number {
    return this.#samples.reduce((sum, sample) => sum + sample[key], 0);
  }
}

function inUnit(unit: LossUnit, nats: number, sequences: number, points: number): number {
  return unit === "nats per sequence" ? nats / sequences : nats / points / Math.LN2;
}

/** The mean loss of the weights that would be shipped, on the validation sample, of which each process computes its part. */
export async function meanLoss(
  { network, shipped: parameters, recipe, group = alone }:
    & Pick<Training, "network" | "shipped" | "recipe">
    & Partial<Pick<Training, "group">>,
  data: TrainingData,
): Promise<number> {
  let total = 0, points = 0, sequences = 0;
  let state = undefined;
  try {
    for (const whole of data.validation(recipe)) {
      const batch = ownPart(group, whole);
      if (!batch) continue;
      if (batch.kind === "symbols") state ??= network.zeroState(batch.size);
      const loss = await network.loss(batch, { parameters, state });
      total += loss.total;
      points += loss.points;
      sequences += batch.size;
    }
  } finally {
    if (state) network.freeState(state);
  }
  [total, sequences, points] = await sumNumbers(group, total, sequences, points);
  return inUnit(data.unit, total, sequences, points);
}

/** Floating-point operations of training on one point: two for every weight of a matrix product forward, four
 * backward. Look-ups, peepholes and biases count for nothing. */
export function flopsPerPoint(network: NetworkConfig): number {
  let weights = 0;
  for (const [name, shape] of Object.entries(parameterShapes(network))) {
    const isLookup = network.domain.kind === "symbols" && name.startsWith("W_ih");
    if (shape.length === 2 && !name.startsWith("W_c") && !isLookup) weights += shape[0] * shape[1];
  }
  return 6 * weights;
}
