/** The work that is measured: training steps of a network on a batch of given sizes, made up from a seed, the
 * same for every participant. */
import { alphabets } from "../data/alphabet.ts";
import { type PenBatch, penBatch } from "../data/batch.ts";
import { findExperiment } from "../experiments/mod.ts";
import type { Engine } from "../engine/mod.ts";
import type { NetworkConfig } from "../network/config.ts";
import { Network } from "../network/network.ts";
import { initialWeights, type Weights } from "../network/parameters.ts";
import { Random } from "../random.ts";
import { flopsPerPoint } from "../training/measure.ts";
import { Optimiser } from "../training/optimiser.ts";
import { writeTensors } from "../weights/mod.ts";

export interface Sizes {
  /** T: points of each line. */
  steps: number;
  /** B: lines. */
  batch: number;
  layers: number;
  /** H: cells of each layer. */
  cells: number;
  /** U: characters of each line's text. */
  characters: number;
}
/** One training step of the paper's synthesis network. */
export const paperSizes: Sizes = { steps: 700, batch: 32, layers: 3, cells: 400, characters: 30 };

export interface Workload {
  network: NetworkConfig;
  weights: Weights;
  batch: PenBatch;
}

/** The update of one step. */
export const adam = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** A point in IAM-OnDB ends a stroke about so often. */
const strokeEnds = 1 / 25;
/** Starts the window so slow that no text of the bench is read to its end: samples get the length that is
 * asked for. */
const kappaBias = Math.log(1 / 100);

const experiment = findExperiment("synthesis");

export function networkOf({ layers, cells }: Sizes): NetworkConfig {
  return { ...experiment.network, layers, cells };
}

/** Floating-point operations of one training step: 6 · T · B · (weights in matrix products). */
export function stepFlops(sizes: Sizes): number {
  return flopsPerPoint(networkOf(sizes)) * sizes.steps * sizes.batch;
}

/** With `window: false` the network reads no text: that of Section 4. */
export function makeWorkload(sizes: Sizes, { window = true }: { window?: boolean } = {}): Workload {
  const { steps, batch: size, characters } = sizes;
  const network = networkOf(sizes);
  if (!window) delete network.window;
  const random = new Random(1, "bench");
  const symbols = alphabets.extended.symbols.slice(1);
  const lines = Array.from({ length: size }, (_, k) => ({
    id: `line ${k}`,
    text: Array.from({ length: characters }, () => symbols[random.integer(symbols.length)]).join(""),
    points: Float32Array.from(
      { length: 3 * steps },
      (_, n) => n % 3 < 2 ? random.gaussian() : +(random.uniform() < strokeEnds),
    ),
  }));
  const weights = initialWeights(network, 1, { kappaBias });
  return { network, weights, batch: penBatch(lines, window ? alphabets.extended : undefined) };
}

/** Writes the workload to a safetensors file, for participants in other languages: weights by name, `inputs`
 * and `targets` `[T, B, 3]`, `characters` `[B, U]`; the `NetworkConfig` as JSON in the metadata. */
export async function writeWorkload(path: string, { network, weights, batch }: Workload): Promise<void> {
  const { steps, size, inputs, targets, characters } = batch;
  const tensors = {
    ...weights,
    inputs: { shape: [steps, size, 3], values: inputs },
    targets: { shape: [steps, size, 3], values: targets },
    ...(characters && {
      characters: { shape: [size, characters.length / size], values: Float32Array.from(characters) },
    }),
  };
  await writeTensors(path, {
    tensors,
    metadata: { network: JSON.stringify(network), adam: JSON.stringify(adam) },
  });
}

/** A network in training on one batch. */
export class TrainingStep {
  readonly network: Network;
  readonly #optimiser: Optimiser;
  #update = 0;

  constructor(readonly engine: Engine, readonly workload: Workload) {
    this.network = new Network(engine, workload.network, workload.weights);
    this.#optimiser = new Optimiser(engine, { rule: "adam", ...adam }, this.network.parameters);
  }

  /** Loss, gradient and update of Adam by the gradient's mean over the lines; the loss in nats per point,
   * once all is done. */
  async run(onGradient?: (gradients: Network["gradients"]) => Promise<void>): Promise<number> {
    const { network, workload: { batch } } = this;
    if (this.#update > 0) network.clearGradients();
    const { total, points } = await network.lossAndGradient(batch);
    await onGradient?.(network.gradients);
    await this.#optimiser.step(
      network.parameters,
      network.gradients,
      ++this.#update,
      adam.rate,
      1 / batch.size,
    );
    await this.engine.read(network.parameters.b_y);
    return total / points;
  }

  free(): void {
    this.network.free();
    this.#optimiser.free();
  }
}

/** What must agree between participants before their times are compared. */
export interface Check {
  /** Nats per point. */
  loss: number;
  /** Euclidean norm of the mean gradient of all weights. */
  gradientNorm: number;
  /** The loss after one update. */
  nextLoss: number;
}

/** One step and a loss. Without `peepholes` their gradients count as zero, so that they never change. */
export async function check(
  engine: Engine,
  workload: Workload,
  { peepholes = true }: { peepholes?: boolean } = {},
): Promise<Check> {
  const step = new TrainingStep(engine, workload);
  let squares = 0;
  try {
    const loss = await step.run(async (gradients) => {
      for (const [name, gradient] of Object.entries(gradients)) {
        if (!peepholes && name.startsWith("W_c")) engine.fill(gradient, 0);
        for (const value of await engine.read(gradient)) squares += value * value;
      }
    });
    return { loss, gradientNorm: Math.sqrt(squares) / workload.batch.size, nextLoss: await step.run() };
  } finally {
    step.free();
  }
}

/** What single precision may lose over a small network. */
const tolerance = 1e-3;

/** What differs between a participant's check and the reference, in words; undefined if they agree. */
export function difference(found: Check, expected: Check): string | undefined {
  for (const key of ["loss", "gradientNorm", "nextLoss"] as const) {
    if (!(Math.abs(found[key] - expected[key]) <= tolerance * (1 + Math.abs(expected[key])))) {
      return `${key} is ${found[key]}, the float64 reference's ${expected[key]}`;
    }
  }
}
