/** The passes through the paper's networks (Figures 1, 2 and 12), written once as an order of calls on an `Engine`. */
import type { DropoutOptions, Engine, Lstm, Tensor, WindowLstm } from "../engine/engine.ts";
import { type NetworkConfig, outputSize } from "./config.ts";

/** A network's weights or their gradients, by their names in `parameterShapes`. */
export type Parameters = Record<string, Tensor>;

/** What a pass works on. */
export interface Model {
  readonly engine: Engine;
  readonly config: NetworkConfig;
  readonly parameters: Parameters;
}

/** What a sequence leaves behind for the next: h and c of every layer, w and (α, β, κ) of the window. Each `[1, B, …]`. */
export interface State {
  size: number;
  hidden: Tensor[];
  cell: Tensor[];
  window?: Tensor;
  windowParameters?: Tensor;
}

export interface Activations {
  steps: number;
  size: number;
  inputs: Tensor;
  layers: (Lstm | WindowLstm)[];
  outputs: Tensor;
  /** In training with dropout: how it falls on each layer, and what is left of the layer's output `[T, B, H]`. */
  dropout?: { options: DropoutOptions; left: Tensor }[];
  /** Those that belong to it, to be freed with it. */
  tensors: Tensor[];
}

/** The texts of a batch: characters `[B, U]` and their numbers `[B]`. */
export type Texts = [characters: Tensor, textLengths: Tensor];

const isWindow = (layer: Lstm | WindowLstm): layer is WindowLstm => "window" in layer;

/** Memory for the activations of `steps` points in `size` sequences. The recurrent tensors hold `rows` of them and the
 * state before the first: as many as there are steps, or more where one step after the other finds its own
 * (`atRow`). */
export function allocate(
  { engine, config, parameters: W }: Model,
  { steps, size, inputs, texts, dropout, rows = steps }: {
    steps: number;
    size: number;
    inputs: Tensor;
    texts?: Texts;
    /** For each layer. */
    dropout?: DropoutOptions[];
    rows?: number;
  },
): Activations {
  const { layers, cells: H, window } = config;
  if (window && !texts) {
    throw new Error("The synthesis network needs the text of each line: build the batch with an alphabet.");
  }
  const tensors: Tensor[] = [];
  const empty = (rows: number, n: number) => {
    const tensor = engine.empty([rows, size, n]);
    tensors.push(tensor);
    return tensor;
  };
  const stack = Array.from({ length: layers }, (_, k): Lstm | WindowLstm => {
    const n = k + 1;
    const lstm: Lstm = {
      gates: empty(steps, 4 * H),
      recurrent: W[`W_h${n}h${n}`],
      peepholes: W[`W_ch${n}`],
      hidden: empty(rows + 1, H),
      cell: empty(rows + 1, H),
    };
    if (n > 1 || !window) return lstm;
    return {
      ...lstm,
      windowInput: W.W_wh1,
      windowWeights: W.W_h1p,
      windowBias: W.b_p,
      characters: texts![0],
      textLengths: texts![1],
      window: empty(rows + 1, window.alphabet),
      windowParameters: empty(rows + 1, 3 * window.components),
    };
  });
  return {
    steps,
    size,
    inputs,
    layers: stack,
    outputs: empty(steps, outputSize(config)),
    ...(dropout && { dropout: dropout.map((options) => ({ options, left: empty(steps, H) })) }),
    tensors,
  };
}

/** The recurrent tensors of all layers, `[rows + 1, B, …]`. */
export function recurrentTensors({ layers }: Activations): State {
  const first = layers[0];
  return {
    size: first.hidden.shape[1],
    hidden: layers.map(({ hidden }) => hidden),
    cell: layers.map(({ cell }) => cell),
    ...(isWindow(first) ? { window: first.window, windowParameters: first.windowParameters } : {}),
  };
}

export function stateTensors({ hidden, cell, window, windowParameters }: State): Tensor[] {
  return [...hidden, ...cell, ...(window ? [window, windowParameters!] : [])];
}

/** The same activations, whose steps begin at `row` of the recurrent tensors. */
export function atRow(engine: Engine, activations: Activations, row: number): Activations {
  const rows = (tensor: Tensor) => engine.rows(tensor, row, row + activations.steps + 1);
  const layers = activations.layers.map((layer) => ({
    ...layer,
    hidden: rows(layer.hidden),
    cell: rows(layer.cell),
    ...(isWindow(layer)
      ? { window: rows(layer.window), windowParameters: rows(layer.windowParameters) }
      : {}),
  }));
  return { ...activations, layers };
}

/** Row 0 of every recurrent tensor: the state, or zeros. */
export function start(engine: Engine, activations: Activations, state?: State): void {
  const values = state && stateTensors(state);
  stateTensors(recurrentTensors(activations)).forEach((tensor, k) => {
    const first = engine.rows(tensor, 0, 1);
    if (values) engine.copy(values[k], first);
    else engine.fill(first, 0);
  });
}

/** Row T of every recurrent tensor into `state`. */
export function finish(engine: Engine, activations: Activations, state: State): void {
  const { steps } = activations;
  const values = stateTensors(state);
  stateTensors(recurrentTensors(activations)).forEach((tensor, k) => {
    engine.copy(engine.rows(tensor, steps, steps + 1), values[k]);
  });
}

/** What each layer hands up: h_1 to h_T, with dropout what is left of them (Zaremba et al. 2014: a layer's own recurrence
 * has all of them). */
function outputsOf(engine: Engine, { steps, layers, dropout }: Activations): Tensor[] {
  return layers.map(({ hidden }, k) => dropout?.[k].left ?? engine.rows(hidden, 1, steps + 1));
}

/** Eqs. 1–3, 52, 53, from row 0 of the recurrent tensors on. */
export function forward({ engine, parameters: W }: Model, activations: Activations): void {
  const { steps, inputs, layers, outputs, dropout } = activations;
  const up = outputsOf(engine, activations);
  const now = (tensor: Tensor) => engine.rows(tensor, 1, steps + 1);
  const first = layers[0];
  const windows = isWindow(first) ? now(first.window) : undefined;
  const symbols = inputs.type === "int32";
  layers.forEach((layer, k) => {
    const n = k + 1;
    const terms: [Tensor, Tensor][] = symbols ? [] : [[inputs, W[`W_ih${n}`]]];
    if (k > 0) {
      terms.push([up[k - 1], W[`W_h${k}h${n}`]]); // Eq. 2
      if (windows) terms.push([windows, W[`W_wh${n}`]]); // Eq. 53
    }
    engine.affine(layer.gates, W[`b_h${n}`], terms); // Eq. 1
    if (symbols) engine.addLookup(W[`W_ih${n}`], inputs, layer.gates);
    if (isWindow(layer)) engine.windowLstmForward(layer); // Eq. 52
    else engine.lstmForward(layer);
    if (dropout) {
      engine.copy(now(layer.hidden), up[k]);
      engine.dropout(up[k], dropout[k].options);
    }
  });
  engine.affine(outputs, W.b_y, up.map((h, k) => [h, W[`W_h${k + 1}y`]])); // Eqs. 3, 17
}

/** Back-propagation through time, from the output layer down: the gradient is added to `gradients`. `outputs` holds
 * ∂L/∂ŷ. */
export function backward(
  { engine, config, parameters: W }: Model,
  activations: Activations,
  gradients: Parameters,
): void {
  const { steps, size, inputs, layers, outputs: dOutputs, dropout } = activations;
  const up = outputsOf(engine, activations);
  const G = gradients;
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
    addProduct(up[n - 1], dOutputs, G[`W_h${n}y`]);
    engine.matmul(dOutputs, W[`W_h${n}y`], dHidden, { transposeB: true });
    if (n < layers.length) {
      const above = layers[n].gates;
      engine.matmul(above, W[`W_h${n}h${n + 1}`], dHidden, { transposeB: true, accumulate: true });
    }
    if (dropout) engine.dropout(dHidden, dropout[n - 1].options);
    const derivatives = { dHidden, dPeepholes: G[`W_ch${n}`], clip };
    if (isWindow(layer)) {
      const dWindowParameters = engine.empty([steps, size, 3 * config.window!.components]);
      engine.windowLstmBackward(layer, { ...derivatives, dWindow: dWindow!, dWindowParameters });
      addProduct(now(layer.hidden), dWindowParameters, G.W_h1p);
      engine.addColumnSums(dWindowParameters, G.b_p);
      addProduct(before(layer.window), layer.gates, G.W_wh1);
      engine.free(dWindowParameters);
    } else {
      engine.lstmBackward(layer, derivatives);
      if (windows) {
        addProduct(windows, layer.gates, G[`W_wh${n}`]);
        engine.matmul(layer.gates, W[`W_wh${n}`], dWindow!, { transposeB: true, accumulate: true });
      }
    }
    addProduct(before(layer.hidden), layer.gates, G[`W_h${n}h${n}`]);
    if (n > 1) addProduct(up[n - 2], layer.gates, G[`W_h${n - 1}h${n}`]);
    if (inputs.type === "int32") engine.addLookupGradient(layer.gates, inputs, G[`W_ih${n}`]);
    else addProduct(inputs, layer.gates, G[`W_ih${n}`]);
    engine.addColumnSums(layer.gates, G[`b_h${n}`]);
  }
  engine.free(dHidden);
  if (dWindow) engine.free(dWindow);
}
