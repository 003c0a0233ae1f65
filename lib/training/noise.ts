/** Weight noise (Section 3.1) and adaptive weight noise (Graves 2011), as regularisers. */
import type { Engine, Tensor } from "../engine/mod.ts";
import type { Regularisation } from "../experiments/mod.ts";
import { Random } from "../random.ts";

type Tensors = Record<string, Tensor>;

/** The prior N(mean, variance) that all weights share, and KL(Q‖P) in nats. */
export interface Prior {
  mean: number;
  variance: number;
  divergence: number;
}

/** What the posterior's sums say of the prior: its optimum and, there, the divergence. */
export async function optimalPrior(engine: Engine, means: Tensors, logVariances: Tensors): Promise<Prior> {
  const names = Object.keys(means);
  const parts = await Promise.all(
    names.map((name) => engine.adaptiveNoiseSums(means[name], logVariances[name])),
  );
  let n = 0, sum = 0, squares = 0, variances = 0, logs = 0;
  parts.forEach((part, k) => {
    n += means[names[k]].size;
    sum += part.mean;
    squares += part.meanSquare;
    variances += part.variance;
    logs += part.logVariance;
  });
  const mean = sum / n;
  const variance = (squares + variances) / n - mean ** 2;
  // With the optimal prior the quadratic terms of KL = Σ log(σ_α/σ_i) + … cancel.
  return { mean, variance, divergence: (n * Math.log(variance) - logs) / 2 };
}

/** Noisy copies of weights, drawn anew for every update from (seed, update, weight). */
export class WeightNoise {
  readonly noisy: Tensors = {};
  /** log σ² of every weight, where they are learned. */
  readonly logVariances?: Tensors;
  readonly dLogVariances?: Tensors;
  /** The prior of the last update. */
  prior?: Prior;
  /** Rate of the log variances over that of the weights. */
  readonly varianceRate: number;

  constructor(
    readonly engine: Engine,
    readonly regularisation: Exclude<Regularisation, { kind: "none" }>,
    means: Tensors,
  ) {
    const adaptive = regularisation.kind === "adaptive weight noise";
    this.varianceRate = adaptive ? regularisation.varianceRate : 0;
    if (adaptive) {
      this.logVariances = {};
      this.dLogVariances = {};
    }
    for (const [name, { shape }] of Object.entries(means)) {
      this.noisy[name] = engine.empty(shape);
      if (!adaptive) continue;
      this.logVariances![name] = engine.tensor(shape);
      this.dLogVariances![name] = engine.empty(shape);
      engine.fill(this.logVariances![name], 2 * Math.log(regularisation.std));
    }
  }

  /** Fills `noisy` for an update. */
  draw(means: Tensors, seed: number, update: number): void {
    const { engine, regularisation, logVariances, noisy } = this;
    for (const [name, mean] of Object.entries(means)) {
      const spread = logVariances?.[name] ?? 2 * Math.log(regularisation.std);
      const stream = new Random(seed, "weight noise", update, name).word() | 0;
      engine.addNoise(mean, spread, noisy[name], seed | 0, stream);
    }
  }

  /** Adaptive noise: turns the gradients at the noisy weights, summed over `1 / scale` sequences, into those of the
   * description length of one of `sequences`; `dLogVariances` gets theirs. */
  async describe(means: Tensors, gradients: Tensors, scale: number, sequences: number): Promise<void> {
    const { engine, logVariances, dLogVariances } = this;
    if (!logVariances) return;
    this.prior = await optimalPrior(engine, means, logVariances);
    const options = { priorMean: this.prior.mean, priorVariance: this.prior.variance, sequences, scale };
    for (const [name, mean] of Object.entries(means)) {
      engine.adaptiveNoiseGradient(mean, logVariances[name], gradients[name], dLogVariances![name], options);
    }
  }

  /** Adaptive noise: the mean standard deviation of each matrix and vector, by name. */
  async meanDeviations(): Promise<Record<string, number> | undefined> {
    if (!this.logVariances) return undefined;
    const deviations: Record<string, number> = {};
    for (const [name, tensor] of Object.entries(this.logVariances)) {
      const logs = await this.engine.read(tensor);
      let sum = 0;
      for (const log of logs) sum += Math.exp(log / 2);
      deviations[name] = sum / logs.length;
    }
    return deviations;
  }

  free(): void {
    const all = [this.noisy, this.logVariances ?? {}, this.dLogVariances ?? {}];
    this.engine.free(...all.flatMap((tensors) => Object.values(tensors)));
  }
}
