/** The paper's networks with their weights on an engine: what a batch costs, its gradient, and how a state goes on. */
import { checkOptions } from "../check_options.ts";
import type { PenBatch, SymbolBatch } from "../data/batch.ts";
import type { DropoutOptions, Engine, Tensor } from "../engine/engine.ts";
import { throwIfStopped } from "../stop.ts";
import type { BatchLoss } from "./batch_loss.ts";
import type { NetworkConfig } from "./config.ts";
import { checkWeights, parameterShapes, type Weights } from "./parameters.ts";
import {
  type Activations,
  allocate,
  backward,
  finish,
  forward,
  type Model,
  type Parameters,
  start,
  type State,
  stateTensors,
  type Texts,
} from "./passes.ts";
import { readingLoss } from "./reading.ts";
import { Stepper } from "./stepper.ts";

export type { BatchLoss, State };
export type Batch = PenBatch | SymbolBatch;

/** What a pass over a batch may have besides the batch. */
export interface PassOptions {
  /** Other weights than the network's own: with noise, averaged, or from before a change. */
  parameters?: Parameters;
  /** Where the pass starts from; its end is left in it. Default: zeros. */
  state?: State;
  /** How dropout falls on each layer, in training. */
  dropout?: DropoutOptions[];
  /** Is shown ∂L/∂ŷ `[T, B, K]`, and may change it before it flows back. */
  onDerivatives?: (dOutputs: Tensor) => void;
}
const passNames = [
  "parameters",
  "state",
  "dropout",
  "onDerivatives",
] as const satisfies (keyof PassOptions)[];

/** A network with its weights and their gradients on an engine. */
export class Network {
  /** Weights by their names in `parameterShapes`. */
  readonly parameters: Parameters = {};
  /** Gradients of the summed loss, added to by `lossAndGradient`, zeroed by `clearGradients`; none until one of these. */
  readonly gradients: Parameters = {};

  /** Throws if `weights` are not those that `config` asks for. */
  constructor(readonly engine: Engine, readonly config: NetworkConfig, weights: Weights) {
    checkWeights(config, weights);
    for (const [name, shape] of Object.entries(parameterShapes(config))) {
      this.parameters[name] = engine.tensor(shape, weights[name].values);
    }
  }

  /** The weights, or others of the same network, back on the host. */
  async weights(parameters: Parameters = this.parameters): Promise<Weights> {
    const weights: Weights = {};
    for (const [name, tensor] of Object.entries(parameters)) {
      weights[name] = { shape: [...tensor.shape], values: Float32Array.from(await this.engine.read(tensor)) };
    }
    return weights;
  }

  /** Another network with the same weights on the same engine: for experiments that spoil them. */
  async copy(): Promise<Network> {
    return new Network(this.engine, this.config, await this.weights());
  }

  /** A state of zeros for `size` sequences. */
  zeroState(size: number): State {
    const { engine, config: { layers, cells, window } } = this;
    const each = (n: number) => Array.from({ length: layers }, () => engine.tensor([1, size, n]));
    const state: State = { size, hidden: each(cells), cell: each(cells) };
    if (window) {
      state.window = engine.tensor([1, size, window.alphabet]);
      state.windowParameters = engine.tensor([1, size, 3 * window.components]);
    }
    return state;
  }
  clearState(state: State): void {
    for (const tensor of stateTensors(state)) this.engine.fill(tensor, 0);
  }
  freeState(state: State): void {
    this.engine.free(...stateTensors(state));
  }

  /** The loss of a batch. Throws `StopError`, with nothing changed, if Stop was pressed. */
  async loss(batch: Batch, options: PassOptions = {}): Promise<BatchLoss> {
    checkOptions("loss", options, passNames);
    // Who asks for ∂L/∂ŷ puts it into another pass, which must not lack it.
    if (!options.onDerivatives) throwIfStopped();
    const activations = this.#forward(batch, options);
    const result = this.#loss(batch, activations);
    if (this.config.domain.kind === "reading") await result;
    options.onDerivatives?.(activations.outputs);
    this.engine.free(...activations.tensors);
    return await result;
  }

  /** The loss of a batch; its gradient is added to `gradients`. Throws `StopError`, with nothing changed, if Stop was
   * pressed. */
  async lossAndGradient(batch: Batch, options: PassOptions = {}): Promise<BatchLoss> {
    checkOptions("lossAndGradient", options, passNames);
    throwIfStopped();
    this.#allocateGradients();
    const activations = this.#forward(batch, options);
    const result = this.#loss(batch, activations);
    if (this.config.domain.kind === "reading") await result;
    options.onDerivatives?.(activations.outputs);
    backward(this.#model(options), activations, this.gradients);
    this.engine.free(...activations.tensors);
    return await result;
  }

  clearGradients(): void {
    for (const gradient of Object.values(this.gradients)) this.engine.fill(gradient, 0);
    this.#allocateGradients();
  }
  #allocateGradients(): void {
    for (const [name, { shape }] of Object.entries(this.parameters)) {
      this.gradients[name] ??= this.engine.tensor(shape);
    }
  }

  free(): void {
    this.engine.free(...Object.values(this.parameters), ...Object.values(this.gradients));
  }

  /** Steps through sequences one point at a time, for sampling: `size` sequences side by side. `texts` are the
   * character indices of each (synthesis). */
  stepper(size: number, texts?: ArrayLike<number>[]): Stepper {
    return new Stepper(this, size, texts);
  }

  #model({ parameters = this.parameters }: PassOptions): Model {
    return { engine: this.engine, config: this.config, parameters };
  }

  #forward(batch: Batch, options: PassOptions): Activations {
    const { engine } = this, { state, dropout } = options, model = this.#model(options);
    const { steps, size } = batch;
    const own: Tensor[] = [];
    const integers = (shape: number[], values: Int32Array) => {
      const tensor = engine.integers(shape, values);
      own.push(tensor);
      return tensor;
    };
    const inputs = batch.kind === "symbols"
      ? integers([steps, size], batch.inputs)
      : engine.tensor([steps, size, 3], batch.inputs);
    if (batch.kind === "pen") own.push(inputs);
    const { characters, textLengths } = batch as PenBatch;
    const texts: Texts | undefined = characters && this.config.window && [
      integers([size, characters.length / size], characters),
      integers([size], textLengths!),
    ];
    const activations = allocate(model, { steps, size, inputs, texts, dropout });
    activations.tensors.push(...own);
    if (state && batch.kind === "symbols" && batch.startsFresh) this.clearState(state);
    start(engine, activations, state);
    forward(model, activations);
    if (state) finish(engine, activations, state);
    return activations;
  }

  /** Turns `outputs` into ∂L/∂ŷ; the losses are on their way when it returns. A reader's derivatives come from the host and are
   * there with its losses. */
  #loss(batch: Batch, { steps, size, outputs, tensors }: Activations): Promise<BatchLoss> {
    const { engine, config } = this;
    if (config.domain.kind === "reading") return readingLoss(engine, batch as PenBatch, outputs);
    const losses = engine.empty([steps, size]);
    const errors = engine.empty([steps, size]);
    const own = [losses, errors];
    if (batch.kind === "symbols") {
      const targets = engine.integers([steps, size], batch.targets);
      engine.softmaxLoss({ outputs, targets, losses, errors });
      own.push(targets);
    } else {
      const targets = engine.tensor([steps, size, 3], batch.targets);
      const mask = engine.integers([steps, size], batch.mask);
      const clip = config.clip.outputs ?? Infinity;
      engine.mixtureLoss({ outputs, targets, mask, losses, squaredErrors: errors, clip });
      own.push(targets, mask);
    }
    tensors.push(...own);
    const points = batch.kind === "symbols"
      ? batch.targets.reduce((sum, target) => sum + (target >= 0 ? 1 : 0), 0)
      : batch.mask.reduce((sum, real) => sum + real, 0);
    return Promise.all([engine.read(losses), engine.read(errors)]).then(([losses, errors]) => {
      let total = 0;
      for (const loss of losses) total += loss;
      return { losses, errors, points, total };
    });
  }
}
