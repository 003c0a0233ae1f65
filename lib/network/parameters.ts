/** The weights of a network: their names in the paper's symbols, shapes, number and initial values. */
import { checkOptions } from "../check_options.ts";
import { sizeOf } from "../engine/shape.ts";
import { Random } from "../random.ts";
import { inputSize, type NetworkConfig, outputSize } from "./config.ts";

/** Weights by name, row-major. */
export type Weights = Record<string, { shape: number[]; values: Float32Array }>;

/**
 * The shape of every weight matrix, in a fixed order. A matrix is `[from, to]`, applied as `x W`. Gate columns are
 * packed i | f | z | o (`z` is the cell input, the tanh of Eq. 9). For layer n:
 *
 * | name | shape | equation |
 * |---|---|---|
 * | `W_ihn` | [input, 4H] | 1, 2 |
 * | `W_h(n-1)hn` | [H, 4H] | 2 |
 * | `W_whn` | [A, 4H] | 52, 53 |
 * | `W_hnhn` | [H, 4H] | 1, 2 |
 * | `W_chn` | [3, H]: the peepholes W_ci, W_cf, W_co | 7–10 |
 * | `b_hn` | [4H] | 7–10 |
 * | `W_h1p`, `b_p` | [H, 3K], [3K]: α̂, β̂, κ̂ | 48 |
 * | `W_hny`, `b_y` | [H, output], [output] | 3, 17 |
 */
export function parameterShapes(config: NetworkConfig): Record<string, number[]> {
  const { layers, cells: H, window } = config;
  const shapes: Record<string, number[]> = {};
  for (let n = 1; n <= layers; n++) {
    shapes[`W_ih${n}`] = [inputSize(config), 4 * H];
    if (n > 1) shapes[`W_h${n - 1}h${n}`] = [H, 4 * H];
    if (window) shapes[`W_wh${n}`] = [window.alphabet, 4 * H];
    shapes[`W_h${n}h${n}`] = [H, 4 * H];
    shapes[`W_ch${n}`] = [3, H];
    shapes[`b_h${n}`] = [4 * H];
    if (n === 1 && window) {
      shapes["W_h1p"] = [H, 3 * window.components];
      shapes["b_p"] = [3 * window.components];
    }
  }
  for (let n = 1; n <= layers; n++) shapes[`W_h${n}y`] = [H, outputSize(config)];
  shapes["b_y"] = [outputSize(config)];
  return shapes;
}

/** Throws, naming the first that is missing, of another shape or too many, if `weights` are not those of `config`. */
export function checkWeights(config: NetworkConfig, weights: Weights): void {
  const shapes = parameterShapes(config);
  for (const [name, shape] of Object.entries(shapes)) {
    const found = weights[name];
    if (!found) throw new Error(`The weights have no ${name} ([${shape}]): they belong to another network.`);
    if (found.shape.join() !== shape.join()) {
      throw new Error(`Weight ${name}: expected the shape [${shape}], found [${found.shape}].`);
    }
  }
  const strange = Object.keys(weights).find((name) => !(name in shapes));
  if (strange) throw new Error(`The weights have a ${strange}, which this network does not use.`);
}

/** Whether a weight is a matrix from a hidden layer to itself or to the next: `[H, 4H]`. */
export const joinsHiddenLayers = (name: string): boolean => /^W_h\d+h\d+$/.test(name);

/** The number of weights, as the paper counts them. */
export function countWeights(config: NetworkConfig): number {
  return Object.values(parameterShapes(config)).reduce(
    (sum, shape) => sum + sizeOf(shape),
    0,
  );
}

/** How `initialWeights` draws; the paper does not say how its networks began. */
export interface Initialisation {
  /** Standard deviation of the Gaussian that weights are drawn from; by default 1/√(number of inputs of the unit), and
   * 2 for what a symbol adds. */
  std?: number;
  /** Forget gates' bias; 1 keeps the cell's memory at the start (Jozefowicz et al. 2015). Default 1. */
  forgetBias?: number;
  /** Start of b_p's κ̂ block: the window moves by exp(κ̂) characters a step. Default ln(1/25): Section 5 says a
   * character takes about 25 points. */
  kappaBias?: number;
}

/** A symbol is one row of `W_ih`, which alone must stand out against the hidden units' sum, of variance 1: short
 * trainings on words and on characters did best with 2 of 0.1 to 4. */
const symbolStd = 2;

/** Random initial weights: matrices Gaussian, peepholes and biases zero but for the two of `Initialisation`. */
export function initialWeights(config: NetworkConfig, seed: number, options: Initialisation = {}): Weights {
  checkOptions("initialWeights", options, ["std", "forgetBias", "kappaBias"]);
  const { std, forgetBias = 1, kappaBias = Math.log(1 / 25) } = options;
  const weights: Weights = {};
  for (const [name, shape] of Object.entries(parameterShapes(config))) {
    const values = new Float32Array(sizeOf(shape));
    const random = new Random(seed, "initial weights", name);
    if (name.startsWith("W_h") || name.startsWith("W_i") || name.startsWith("W_w")) {
      const isSymbol = name.startsWith("W_ih") && config.domain.kind === "symbols";
      // A point and a window have the scale of the hidden units that they join.
      const fanIn = name.startsWith("W_h") ? shape[0] : config.cells;
      const scale = std ?? (isSymbol ? symbolStd : 1 / Math.sqrt(fanIn));
      for (let k = 0; k < values.length; k++) values[k] = scale * random.gaussian();
    }
    if (name.startsWith("b_h")) values.fill(forgetBias, config.cells, 2 * config.cells);
    if (name === "b_p") values.fill(kappaBias, 2 * shape[0] / 3);
    weights[name] = { shape, values };
  }
  return weights;
}
