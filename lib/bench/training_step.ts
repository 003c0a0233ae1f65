/** What is timed of an engine: training steps, and how a small one is checked. */
import type { Engine } from "../engine/mod.ts";
import { Network } from "../network/network.ts";
import { Optimiser } from "../training/optimiser.ts";
import { adam, type Workload } from "./workload.ts";

/** A network in training on one batch. */
export class TrainingStep {
  readonly network: Network;
  readonly #optimiser: Optimiser;
  #update = 0;

  constructor(readonly engine: Engine, readonly workload: Workload) {
    this.network = new Network(engine, workload.network, workload.weights);
    this.#optimiser = new Optimiser(engine, { rule: "adam", ...adam }, this.network.parameters);
  }

  /** Loss, gradient and update of Adam by the gradient's mean over the lines; the loss in nats per point, once all is
   * done. */
  async run(onGradient?: (gradients: Network["gradients"]) => Promise<void>): Promise<number> {
    const { network, workload: { batch } } = this;
    if (this.#update > 0) network.clearGradients();
    const { total, points } = await network.lossAndGradient(batch);
    await onGradient?.(network.gradients);
    this.#optimiser.step(network.parameters, network.gradients, ++this.#update, adam.rate, 1 / batch.size);
    await this.engine.read(network.parameters.b_y);
    return total / points;
  }

  free(): void {
    this.network.free();
    this.#optimiser.free();
  }
}

/** What must agree between contestants before their times are compared. */
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

/** Of single precision, over a small network. */
const tolerance = 1e-3;

/** What differs between a contestant's check and the reference, in words; nothing if they agree. */
export function difference(found: Check, expected: Check): string | undefined {
  for (const key of ["loss", "gradientNorm", "nextLoss"] as const) {
    if (!(Math.abs(found[key] - expected[key]) <= tolerance * (1 + Math.abs(expected[key])))) {
      return `${key} is ${found[key]}, the float64 reference's ${expected[key]}`;
    }
  }
}
