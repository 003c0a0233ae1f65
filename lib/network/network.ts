/** The paper's networks (Figures 1, 2 and 12), written once as an order of calls on an `Engine`. */
import type { PenBatch, SymbolBatch } from "../data/batch.ts";
import type { Engine, Lstm, Tensor, Values, WindowLstm } from "../engine/engine.ts";
import { type NetworkConfig, outputSize } from "./config.ts";
import { parameterShapes, type Weights } from "./parameters.ts";

export type Batch = PenBatch | SymbolBatch;

/** What a sequence leaves behind for the next: h and c of every layer, w and (α, β, κ) of the window. Each `[1, B, …]`. */
export interface State {
  size: number;
  hidden: Tensor[];
  cell: Tensor[];
  window?: Tensor;
  windowParameters?: Tensor;
}

/** The loss of a batch, point by point: time-major `[T, B]`, zero where there is padding. */
export interface BatchLoss {
  /** Nats (Eq. 13 or 26). */
  losses: Values;
  /** Squared error of the mixture's mean (pen), or 1 where the most probable symbol was wrong (symbols). */
  errors: Values;
  /** Points that are not padding. */
  points: number;
  /** Sum of `losses`. */
  total: number;
}

interface Activations {
  steps: number;
  size: number;
  inputs: Tensor;
  layers: (Lstm | WindowLstm)[];
  outputs: Tensor;
  tensors: Tensor[];
}

const isWindow = (layer: Lstm | WindowLstm): layer is WindowLstm => "window" in layer;

/** A network with its weights and their gradients on an engine. */
export class Network {
  /** Weights by their names in `parameterShapes`. The trainer may replace tensors in it (weight noise). */
  readonly parameters: Record<string, Tensor> = {};
  /** Gradients of the summed loss, added to by `lossAndGradient`, zeroed by `clearGradients`; none until the first. */
  readonly gradients: Record<string, Tensor> = {};

  /** Throws if `weights` are not those that `config` asks for. */
  constructor(readonly engine: Engine, readonly config: NetworkConfig, weights: Weights) {
    const shapes = parameterShapes(config);
    for (const [name, shape] of Object.entries(shapes)) {
      const found = weights[name];
      if (!found) {
        throw new Error(`The weights have no ${name} ([${shape}]): they belong to another network.`);
      }
      if (found.shape.join() !== shape.join()) {
        throw new Error(`Weight ${name}: expected the shape [${shape}], found [${found.shape}].`);
      }
      this.parameters[name] = engine.tensor(shape, found.values);
    }
    const strange = Object.keys(weights).find((name) => !(name in shapes));
    if (strange) throw new Error(`The weights have a ${strange}, which this network does not use.`);
  }

  /** The weights, back on the host. */
  async weights(): Promise<Weights> {
    const weights: Weights = {};
    for (const [name, tensor] of Object.entries(this.parameters)) {
      weights[name] = { shape: [...tensor.shape], values: Float32Array.from(await this.engine.read(tensor)) };
    }
    return weights;
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

  /** The loss of a batch. With a `state`, it starts from it and leaves its end in it. */
  async loss(batch: Batch, state?: State): Promise<BatchLoss> {
    const activations = this.#forward(batch, state);
    const result = this.#loss(batch, activations);
    this.engine.free(...activations.tensors);
    return await result;
  }

  /** The loss of a batch; its gradient is added to `gradients`. */
  async lossAndGradient(batch: Batch, state?: State): Promise<BatchLoss> {
    for (const [name, { shape }] of Object.entries(this.parameters)) {
      this.gradients[name] ??= this.engine.tensor(shape);
    }
    const activations = this.#forward(batch, state);
    const result = this.#loss(batch, activations);
    this.#backward(activations);
    this.engine.free(...activations.tensors);
    return await result;
  }

  clearGradients(): void {
    for (const gradient of Object.values(this.gradients)) this.engine.fill(gradient, 0);
  }

  free(): void {
    this.engine.free(...Object.values(this.parameters), ...Object.values(this.gradients));
  }

  /** Steps through sequences one point at a time, for sampling: `size` sequences side by side. `texts` are the
   * character indices of each (synthesis). */
  stepper(size: number, texts?: ArrayLike<number>[]): Stepper {
    return new Stepper(this, size, texts);
  }

  /** Eqs. 1–3, 52, 53: all activations for T steps. Used by `Stepper` too, with T = 1. */
  allocate(
    steps: number,
    size: number,
    inputs: Tensor,
    characters?: Tensor,
    textLengths?: Tensor,
  ): Activations {
    const { engine, config: { layers, cells: H, window }, parameters: W } = this;
    if (window && !(characters && textLengths)) {
      throw new Error("The synthesis network needs the text of each line: build the batch with an alphabet.");
    }
    const own: Tensor[] = [];
    const empty = (rows: number, n: number) => {
      const tensor = engine.empty([rows, size, n]);
      own.push(tensor);
      return tensor;
    };
    const stack = Array.from({ length: layers }, (_, k): Lstm | WindowLstm => {
      const n = k + 1;
      const lstm: Lstm = {
        gates: empty(steps, 4 * H),
        recurrent: W[`W_h${n}h${n}`],
        peepholes: W[`W_ch${n}`],
        hidden: empty(steps + 1, H),
        cell: empty(steps + 1, H),
      };
      if (n > 1 || !window) return lstm;
      return {
        ...lstm,
        windowInput: W.W_wh1,
        windowWeights: W.W_h1p,
        windowBias: W.b_p,
        characters: characters!,
        textLengths: textLengths!,
        window: empty(steps + 1, window.alphabet),
        windowParameters: empty(steps + 1, 3 * window.components),
      };
    });
    const outputs = empty(steps, outputSize(this.config));
    return { steps, size, inputs, layers: stack, outputs, tensors: own };
  }

  /** Row 0 of every recurrent tensor: the state, or zeros. */
  start({ layers }: Activations, state?: State): void {
    const { engine } = this;
    const set = (tensor: Tensor, value?: Tensor) => {
      const first = engine.rows(tensor, 0, 1);
      if (value) engine.copy(value, first);
      else engine.fill(first, 0);
    };
    layers.forEach((layer, k) => {
      set(layer.hidden, state?.hidden[k]);
      set(layer.cell, state?.cell[k]);
      if (isWindow(layer)) {
        set(layer.window, state?.window);
        set(layer.windowParameters, state?.windowParameters);
      }
    });
  }

  run({ steps, inputs, layers, outputs }: Activations): void {
    const { engine, parameters: W } = this;
    const first = layers[0];
    const windows = isWindow(first) ? engine.rows(first.window, 1, steps + 1) : undefined;
    layers.forEach((layer, k) => {
      const n = k + 1;
      engine.broadcastRow(W[`b_h${n}`], layer.gates);
      if (inputs.type === "int32") engine.addLookup(W[`W_ih${n}`], inputs, layer.gates);
      else engine.matmul(inputs, W[`W_ih${n}`], layer.gates, { accumulate: true });
      if (k > 0) {
        const below = engine.rows(layers[k - 1].hidden, 1, steps + 1);
        engine.matmul(below, W[`W_h${k}h${n}`], layer.gates, { accumulate: true });
        if (windows) engine.matmul(windows, W[`W_wh${n}`], layer.gates, { accumulate: true });
      }
      if (isWindow(layer)) engine.windowLstmForward(layer);
      else engine.lstmForward(layer);
    });
    engine.broadcastRow(W.b_y, outputs);
    layers.forEach(({ hidden }, k) => {
      engine.matmul(engine.rows(hidden, 1, steps + 1), W[`W_h${k + 1}y`], outputs, { accumulate: true });
    });
  }

  /** Row T of every recurrent tensor into `state`. */
  finish({ steps, layers }: Activations, state: State): void {
    const { engine } = this;
    const get = (tensor: Tensor, to: Tensor) => engine.copy(engine.rows(tensor, steps, steps + 1), to);
    layers.forEach((layer, k) => {
      get(layer.hidden, state.hidden[k]);
      get(layer.cell, state.cell[k]);
      if (isWindow(layer)) {
        get(layer.window, state.window!);
        get(layer.windowParameters, state.windowParameters!);
      }
    });
  }

  #forward(batch: Batch, state?: State): Activations {
    const { engine } = this;
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
    const activations = characters && this.config.window
      ? this.allocate(
        steps,
        size,
        inputs,
        integers([size, characters.length / size], characters),
        integers([size], textLengths!),
      )
      : this.allocate(steps, size, inputs);
    activations.tensors.push(...own);
    if (state && batch.kind === "symbols" && batch.startsFresh) this.clearState(state);
    this.start(activations, state);
    this.run(activations);
    if (state) this.finish(activations, state);
    return activations;
  }

  /** Turns `outputs` into ∂L/∂ŷ; the losses are on their way when it returns. */
  #loss(batch: Batch, { steps, size, outputs, tensors }: Activations): Promise<BatchLoss> {
    const { engine, config } = this;
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

  /** Back-propagation through time, from the output layer down. */
  #backward({ steps, size, inputs, layers, outputs: dOutputs }: Activations): void {
    const { engine, config, parameters: W, gradients: G } = this;
    const clip = config.clip.lstm ?? Infinity;
    const now = (tensor: Tensor) => engine.rows(tensor, 1, steps + 1);
    const before = (tensor: Tensor) => engine.rows(tensor, 0, steps);
    const addProduct = (a: Tensor, b: Tensor, out: Tensor) =>
      engine.matmul(a, b, out, { transposeA: true, accumulate: true });

    const first = layers[0];
    const windows = isWindow(first) ? now(first.window) : undefined;
    const dWindow = config.window && engine.tensor([steps, size, config.window.alphabet]);
    const dHidden = engine.empty([steps, size, config.cells]);
    engine.addColumnSums(dOutputs, G.b_y);
    for (let n = layers.length; n >= 1; n--) {
      const layer = layers[n - 1];
      addProduct(now(layer.hidden), dOutputs, G[`W_h${n}y`]);
      engine.matmul(dOutputs, W[`W_h${n}y`], dHidden, { transposeB: true });
      if (n < layers.length) {
        const above = layers[n].gates;
        engine.matmul(above, W[`W_h${n}h${n + 1}`], dHidden, { transposeB: true, accumulate: true });
      }
      const backward = { dHidden, dPeepholes: G[`W_ch${n}`], clip };
      if (isWindow(layer)) {
        const dWindowParameters = engine.empty([steps, size, 3 * config.window!.components]);
        engine.windowLstmBackward(layer, { ...backward, dWindow: dWindow!, dWindowParameters });
        addProduct(now(layer.hidden), dWindowParameters, G.W_h1p);
        engine.addColumnSums(dWindowParameters, G.b_p);
        addProduct(before(layer.window), layer.gates, G.W_wh1);
        engine.free(dWindowParameters);
      } else {
        engine.lstmBackward(layer, backward);
        if (windows) {
          addProduct(windows, layer.gates, G[`W_wh${n}`]);
          engine.matmul(layer.gates, W[`W_wh${n}`], dWindow!, { transposeB: true, accumulate: true });
        }
      }
      addProduct(before(layer.hidden), layer.gates, G[`W_h${n}h${n}`]);
      if (n > 1) addProduct(now(layers[n - 2].hidden), layer.gates, G[`W_h${n - 1}h${n}`]);
      if (inputs.type === "int32") engine.addLookupGradient(layer.gates, inputs, G[`W_ih${n}`]);
      else addProduct(inputs, layer.gates, G[`W_ih${n}`]);
      engine.addColumnSums(layer.gates, G[`b_h${n}`]);
    }
    engine.free(dHidden);
    if (dWindow) engine.free(dWindow);
  }
}

/** A network that is fed one point at a time and keeps its state. */
export class Stepper {
  readonly #activations: Activations;
  readonly #state: State;
  readonly #texts: Tensor[] = [];

  constructor(
    readonly network: Network,
    readonly size: number,
    private readonly texts?: ArrayLike<number>[],
  ) {
    const { engine, config } = network;
    if (texts) {
      const longest = Math.max(1, ...texts.map((text) => text.length));
      const characters = new Int32Array(size * longest).fill(-1);
      texts.forEach((text, b) => characters.set(Array.from(text), b * longest));
      this.#texts.push(
        engine.integers([size, longest], characters),
        engine.integers([size], texts.map((text) => text.length)),
      );
    }
    const inputs = config.domain.kind === "pen"
      ? engine.tensor([1, size, 3])
      : engine.integers([1, size], new Int32Array(size).fill(-1));
    this.#activations = network.allocate(1, size, inputs, ...this.#texts);
    this.#state = network.zeroState(size);
  }

  /** Feeds x_t `[B, 3]` (pen) or symbol indices `[B]` (−1: the null vector); returns ŷ_t `[B, outputs]` and, for
   * synthesis, α | β | κ `[B, 3K]`. */
  async step(inputs: ArrayLike<number>): Promise<{ outputs: Values; windowParameters?: Values }> {
    const { engine } = this.network;
    engine.write(this.#activations.inputs, inputs);
    this.network.start(this.#activations, this.#state);
    this.network.run(this.#activations);
    this.network.finish(this.#activations, this.#state);
    const [outputs, windowParameters] = await Promise.all([
      engine.read(this.#activations.outputs),
      this.#state.windowParameters && engine.read(this.#state.windowParameters),
    ]);
    return { outputs, windowParameters };
  }

  /** Goes on with these of the sequences only, in this order: a new stepper in the place of this one, which is freed. */
  async keep(rows: number[]): Promise<Stepper> {
    const { engine } = this.network;
    const next = new Stepper(this.network, rows.length, this.texts && rows.map((b) => this.texts![b]));
    const kept = stateTensors(next.#state);
    for (const [k, tensor] of stateTensors(this.#state).entries()) {
      const values = await engine.read(tensor);
      const n = values.length / this.size;
      const chosen = new Float64Array(rows.length * n);
      rows.forEach((b, row) => chosen.set(values.subarray(b * n, (b + 1) * n), row * n));
      engine.write(kept[k], chosen);
    }
    this.free();
    return next;
  }

  free(): void {
    const { engine } = this.network;
    engine.free(...this.#activations.tensors, this.#activations.inputs, ...this.#texts);
    this.network.freeState(this.#state);
  }
}

function stateTensors({ hidden, cell, window, windowParameters }: State): Tensor[] {
  return [...hidden, ...cell, ...(window ? [window, windowParameters!] : [])];
}
