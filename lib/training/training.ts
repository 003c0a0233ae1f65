/** A network in training: its weights, their noise and averages, the optimiser's memory, and where it stands. */
import { createHash } from "node:crypto";
import { checkOptions } from "../check_options.ts";
import type { DropoutOptions, Engine, Tensor, Values } from "../engine/mod.ts";
import type { Recipe, StageSettings } from "../experiments/mod.ts";
import type { NetworkConfig } from "../network/config.ts";
import { agree, alone, type Group, partOf } from "../mpi.ts";
import { type Batch, Network, type State } from "../network/network.ts";
import type { Weights } from "../network/parameters.ts";
import { Random } from "../random.ts";
import type { LogRow } from "./log.ts";
import { WeightNoise } from "./noise.ts";
import { Averages, elementwise, learningRate, Optimiser } from "./optimiser.ts";
import { type Teacher, Teachers } from "./teachers.ts";
import { gatherStreams, ownPart, sumNumbers, sumTensors } from "./together.ts";

type Tensors = Record<string, Tensor>;

/** Where a training stands; with the tensors all that a checkpoint holds. */
export interface Position {
  /** Updates done. */
  update: number;
  /** Passes over the training set, from 0. */
  epoch: number;
  /** The update at which this pass began. */
  epochStart: number;
  /** Time spent, over all resumptions. */
  seconds: number;
  /** Points or symbols learned from, without padding. */
  points: number;
}

/** A loss that is not a number any more: the run stops, and the last checkpoint stays as it is. */
export class NonFiniteLossError extends Error {
  override name = "NonFiniteLossError";
}

export interface TrainingOptions {
  engine: Engine;
  config: NetworkConfig;
  stage: StageSettings;
  /** The weights to begin with. */
  weights: Weights;
  seed: number;
  /** The size of the training set, among whose sequences adaptive noise shares out the KL term. */
  sequences: number;
  /** Trained networks whose predictions are part of the target (text only). */
  teachers?: Teacher[];
  /** The processes that train together; default: this one alone. */
  group?: Group;
}

/** What an update has learned from, of all processes: the loss in nats, and the points without padding. */
export interface UpdateLoss {
  total: number;
  points: number;
}

export class Training {
  readonly network: Network;
  readonly engine: Engine;
  readonly stage: StageSettings;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly sequences: number;
  readonly group: Group;
  /** The weights that are learned: the network's own. Under noise the passes of an update see copies with noise. */
  readonly means: Tensors;
  readonly noise?: WeightNoise;
  readonly averages?: Averages;
  readonly position: Position = { update: 0, epoch: 0, epochStart: 0, seconds: 0, points: 0 };
  readonly #optimiser: Optimiser;
  /** Adaptive noise learns the variances too. */
  readonly #varianceOptimiser?: Optimiser;
  /** Text goes on from batch to batch: this process' streams of so many. */
  #state?: State;
  readonly #streams?: number;
  readonly #teachers?: Teachers;

  constructor(options: TrainingOptions) {
    checkOptions("Training", options, [
      "engine",
      "config",
      "stage",
      "weights",
      "seed",
      "sequences",
      "teachers",
      "group",
    ]);
    const { engine, config, stage, weights, seed, sequences, teachers = [], group = alone } = options;
    const { recipe, regularisation } = stage;
    this.engine = engine;
    this.stage = stage;
    this.recipe = recipe;
    this.seed = seed;
    this.sequences = sequences;
    this.group = group;
    this.network = new Network(engine, config, weights);
    this.means = this.network.parameters;
    this.#optimiser = new Optimiser(engine, recipe.optimiser, this.means);
    if (regularisation.kind !== "none") this.noise = new WeightNoise(engine, regularisation, this.means);
    if (this.noise?.logVariances) {
      this.#varianceOptimiser = new Optimiser(engine, elementwise(recipe.optimiser), this.noise.logVariances);
    }
    if (recipe.averaging !== null) this.averages = new Averages(engine, recipe.averaging, this.means);
    if (typeof recipe.text === "object") this.#streams = recipe.batchSize;
    const size = this.#streams && this.#own(this.#streams);
    if (size) this.#state = this.network.zeroState(size);
    if (teachers.length > 0) this.#teachers = new Teachers(engine, teachers, size);
  }

  /** How many of so many streams are this process'. Throws if a process would have none. */
  #own(streams: number): number {
    const { group } = this, [from, to] = partOf(group, streams);
    if (group.count <= streams) return to - from;
    throw new Error(
      `Expected at most ${streams} processes, as many as there are streams of text in an update, found ${group.count}.`,
    );
  }

  /** One update on a batch, of which each process computes its part. Throws, with nothing changed, `NonFiniteLossError` if the
   * loss is not finite, and `StopError` if Stop was pressed. */
  async update(batch: Batch): Promise<UpdateLoss> {
    const { network, means, noise, recipe, position, seed, group, engine } = this;
    const update = position.update + 1;
    noise?.draw(means, seed, update);
    network.clearGradients();
    const part = ownPart(group, batch);
    const own = part && await network.lossAndGradient(part, {
      parameters: noise?.noisy,
      state: this.#state,
      dropout: this.#dropout(update),
      onDerivatives: this.#teachers && ((dOutputs) => this.#teachers!.teach(part, dOutputs)),
    });
    const [total, points] = await sumNumbers(group, own?.total ?? 0, own?.points ?? 0);
    const loss: UpdateLoss = { total, points };
    if (!Number.isFinite(loss.total)) {
      throw new NonFiniteLossError(
        `The loss became ${loss.total} in update ${update} (epoch ${
          position.epoch + 1
        }). The last checkpoint is ` +
          "kept: resume from it with a lower rate, or look at the batch.",
      );
    }
    await sumTensors(group, engine, Object.values(network.gradients));
    const rate = learningRate(recipe, update);
    const scale = 1 / batch.size;
    await noise?.describe(means, network.gradients, scale, this.sequences);
    // The description length's gradient is scaled already.
    await this.#optimiser.step(means, network.gradients, update, rate, noise?.logVariances ? 1 : scale);
    if (noise?.logVariances) {
      const varianceRate = rate * noise.varianceRate;
      await this.#varianceOptimiser!.step(noise.logVariances, noise.dLogVariances!, update, varianceRate, 1);
    }
    this.averages?.add(means, update);
    position.update = update;
    position.points += loss.points;
    return loss;
  }

  /** How it falls on each layer in an update, drawn anew for every one, and by every process for its own part. */
  #dropout(update: number): DropoutOptions[] | undefined {
    const { dropout: rate } = this.stage;
    if (!rate) return undefined;
    const { index } = this.group, own = index > 0 ? [index] : [];
    return Array.from({ length: this.network.config.layers }, (_, k) => {
      const stream = new Random(this.seed, "dropout", update, k + 1, ...own).word() | 0;
      return { rate, seed: this.seed | 0, stream };
    });
  }

  /** How far adaptive noise has come: the columns that it adds to the log. */
  async noiseLearned(): Promise<Pick<LogRow, "divergence" | "deviations">> {
    const { noise, sequences } = this;
    if (!noise?.prior) return {};
    return { divergence: noise.prior.divergence / sequences, deviations: await noise.meanDeviations() };
  }

  /** Forgets the state that text carries on, before a new pass. */
  clearState(): void {
    if (this.#state) this.network.clearState(this.#state);
    this.#teachers?.clearState();
  }

  /** The weights that are evaluated and shipped: the averages, once there are any. */
  get shipped(): Tensors {
    return this.position.update > 0 && this.averages ? this.averages.tensors : this.means;
  }

  /** Everything but the weights and the streams' state that must be kept for the training to go on as if it had never stopped. */
  #memory(): Tensors {
    const memory: Tensors = {};
    const add = (prefix: string, tensors: Tensors = {}) => {
      for (const [name, tensor] of Object.entries(tensors)) memory[`${prefix}${name}`] = tensor;
    };
    add("", this.#optimiser.slots);
    add("average ", this.averages?.tensors);
    add("log variance ", this.noise?.logVariances);
    add("of log variance ", this.#varianceOptimiser?.slots);
    return memory;
  }

  /** What text carries on in this process' streams, `[1, own, H]`. */
  #carried(): Tensors {
    const carried: Tensors = {};
    this.#state?.hidden.forEach((tensor, k) => carried[`state h_${k + 1}`] = tensor);
    this.#state?.cell.forEach((tensor, k) => carried[`state c_${k + 1}`] = tensor);
    return { ...carried, ...this.#teachers?.memory() };
  }

  /** The weights and the memory, on the host in the engine's own precision; the same whatever the number of processes. Throws if
   * the processes' weights are no longer alike. */
  async save(): Promise<{ weights: HostTensors; memory: HostTensors }> {
    const { group } = this;
    const weights = await this.#read(this.means), memory = await this.#read(this.#memory());
    if (group.count > 1 && !await agree(group, fingerprint(weights))) {
      throw new Error(
        "The processes' weights are no longer the same. Are all nodes' processors, BLAS and threads of one kind?",
      );
    }
    for (const [name, { shape, values }] of Object.entries(await this.#read(this.#carried()))) {
      const all = await gatherStreams(group, this.#streams!, values);
      memory[name] = { shape: [shape[0], this.#streams!, ...shape.slice(2)], values: all };
    }
    return { weights, memory };
  }

  /** Takes up what `save` gave. Throws if a tensor is missing or has another size. */
  restore(weights: HostTensors, memory: HostTensors, position: Position): void {
    const write = (tensors: Tensors, from: HostTensors, streams = 1) => {
      const [first, end] = streams > 1 ? partOf(this.group, streams) : [0, 1];
      for (const [name, tensor] of Object.entries(tensors)) {
        const values = from[name]?.values, size = tensor.size / (end - first);
        if (values?.length !== size * streams) {
          throw new Error(
            `The checkpoint has no tensor '${name}' of ${size * streams} values: it is of another run.`,
          );
        }
        this.engine.write(tensor, values.subarray(first * size, end * size));
      }
    };
    write(this.means, weights);
    write(this.#memory(), memory);
    write(this.#carried(), memory, this.#streams);
    Object.assign(this.position, position);
  }

  async #read(tensors: Tensors): Promise<HostTensors> {
    const host: HostTensors = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      host[name] = { shape: [...tensor.shape], values: await this.engine.read(tensor) };
    }
    return host;
  }

  free(): void {
    if (this.#state) this.network.freeState(this.#state);
    this.#teachers?.free();
    this.#optimiser.free();
    this.#varianceOptimiser?.free();
    this.averages?.free();
    this.noise?.free();
    this.network.free();
  }
}

/** A number that depends on every bit of the tensors. */
function fingerprint(tensors: HostTensors): number {
  const hash = createHash("sha256");
  for (const { values } of Object.values(tensors)) hash.update(new Uint8Array(values.buffer));
  return hash.digest().readUIntBE(0, 6);
}

export type HostTensors = Record<string, { shape: number[]; values: Values }>;
