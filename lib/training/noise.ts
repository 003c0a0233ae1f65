/** Weight noise (Section 3.1) and adaptive weight noise (Graves 2011), as regularisers. */
import type { Engine, Tensor } from "../engine/mod.ts";
import { optimalPrior, type PosteriorSums, type Prior } from "../equations/mod.ts";
import type { Regularisation } from "../experiments/mod.ts";
import { Random } from "../random.ts";

type Tensors = Record<string, Tensor>;

/** The prior that is best for all weights, whose posteriors lie on an engine. */
export async function priorOf(engine: Engine, means: Tensors, logVariances: Tensors): Promise<Prior> {
  const parts = await Promise.all(
    Object.entries(means).map(([name, mean]) => engine.adaptiveNoiseSums(mean, logVariances[name])),
  );
  const count = Object.values(means).reduce((sum, { size }) => sum + size, 0);
  const total = (name: keyof PosteriorSums) => parts.reduce((sum, part) => sum + part[name], 0);
  return optimalPrior(count, {
    mean: total("mean"),
    meanSquare: total("meanSquare"),
    variance: total("variance"),
    logVariance: total("logVariance"),
  });
}

/** Noisy copies of weights, drawn anew for every update from (seed, update, weight). */
export class WeightNoise {
  readonly noisy: Tensors = {};
  /** log σ² of every weight, where they are learned. */
  readonly logVariances?: Tensors;
  readonly dLogVariances?: Tensors;
  /** The prior of the last update. */
  prior?: Prior;
  /** That of this update, on its way. */
  #coming?: Promise<Prior>;
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

  /** Fills `noisy` for an update, whose `describe` must see the same `means`. */
  draw(means: Tensors, seed: number, update: number): void {
    const { engine, regularisation, logVariances, noisy } = this;
    // It depends on what is known now: once the gradients are there nobody will have to wait for it.
    this.#coming = logVariances && priorOf(engine, means, logVariances);
    this.#coming?.catch(() => {});
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
    this.prior = await (this.#coming ?? priorOf(engine, means, logVariances));
    this.#coming = undefined;
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
