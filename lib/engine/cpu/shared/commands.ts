/**
 * The commands that the main thread gives the ranks: their names, their arguments, and how much work each of
 * them is. What a rank does when it comes to one is told by `rank/operations.ts`. All arguments are numbers,
 * addresses in bytes.
 */
import { fewRows } from "./sharing.ts";

interface CommandForm<Field extends string = string> {
  fields: readonly Field[];
  /** How much there is to do, in multiplications or the like: one rank alone does what is little. */
  work(parameters: Record<Field, number>): number;
}

function command<const Field extends string>(
  fields: readonly Field[],
  work: (parameters: Record<Field, number>) => number,
): CommandForm<Field> {
  return { fields, work };
}

/** The work of reading or writing an element, in multiplications of a matrix product. */
const perElement = 30;
const elements = ({ size }: { size: number }) => perElement * size;
const rows = ({ N, M }: { N: number; M: number }) => perElement * N * M;

/** Ranks that meet at every step of a layer are awake, so that a quarter of the work is enough for them. */
const awake = 4;
/** The work of the recurrent products; with few sequences that of one step, since ranks meet after each. */
export const layerWork = ({ T, B, H }: { T: number; B: number; H: number }) =>
  (B < fewRows ? Math.min(T, awake) : T) * B * H * 4 * H;

// Weights of the layers come as `main/packs.ts` gives them, with the width of their slabs, cut for so many
// `members`.
// deno-fmt-ignore
const layerFields = [
  "gates", "recurrent", "recurrentWidth", "peepholes", "hidden", "cell", "members", "T", "B", "H",
] as const;
// deno-fmt-ignore
const windowFields = [
  "windowInput", "inputWidth", "windowWeights", "weightsWidth", "windowBias", "characters", "textLengths",
  "window", "windowParameters", "A", "U", "K",
] as const;
const backwardFields = ["dHidden", "dPeepholes", "clip", "scratch"] as const;
// deno-fmt-ignore
const adaptiveNoiseFields = [
  "mean", "logVariance", "gradient", "dLogVariance", "size", "priorMean", "priorVariance", "sequences", "scale",
] as const;

/** Words that each term of `affine` has after the named arguments: its x, its weights, their K,
 * their slabs' width, and 1 where both are in bfloat16. */
export const termWords = 5;

export const commands = {
  fill: command(["to", "size", "value"], elements),
  copy: command(["from", "to", "size"], elements),
  axpy: command(["alpha", "x", "y", "size"], elements),

  /** `size` numbers to bfloat16. */
  toBfloat16: command(["from", "to", "size"], elements),
  /** The factors are float32, or (`bfloat16` 1) that. */
  matmul: command(
    ["a", "b", "out", "N", "M", "K", "transposeA", "transposeB", "accumulate", "bfloat16"],
    ({ N, M, K }) => N * M * (K + perElement),
  ),
  /** out = bias + Σ x W over so many `terms`, whose K add up to `K`. Without a bias (0) they are added to
   * `out`. The ranks share out the columns in `parts`, or (0) the rows. */
  affine: command(
    ["out", "bias", "N", "M", "K", "parts", "terms"],
    ({ N, M, K }) => N * M * (K + perElement),
  ),
  addColumnSums: command(["x", "out", "N", "M"], rows),
  addLookup: command(["table", "ids", "out", "N", "M", "C"], rows),
  addLookupGradient: command(["dOut", "ids", "dTable", "N", "M", "C"], rows),

  /** Packs `blocks` matrices `[K, N]` that lie side by side (or one, transposed). */
  pack: command(
    ["from", "to", "K", "N", "stride", "transposed", "width", "parts", "blocks"],
    ({ K, N, blocks }) => 10 * K * N * blocks,
  ),
  lstmForward: command(layerFields, layerWork),
  lstmBackward: command([...layerFields, ...backwardFields], layerWork),
  windowLstmForward: command([...layerFields, ...windowFields], layerWork),
  windowLstmBackward: command(
    [...layerFields, ...windowFields, ...backwardFields, "dWindow", "dWindowParameters"],
    layerWork,
  ),

  softmaxLoss: command(
    ["outputs", "targets", "losses", "errors", "N", "C"],
    ({ N, C }) => perElement * N * C,
  ),
  mixtureLoss: command(
    ["outputs", "targets", "mask", "losses", "squaredErrors", "clip", "N", "M"],
    ({ N, M }) => 10 * perElement * N * M,
  ),

  sgd: command(["weights", "gradient", "velocity", "size", "rate", "momentum", "scale"], elements),
  rmsprop: command(
    ["weights", "gradient", "n", "g", "delta", "size", "aleph", "beth", "gimel", "daleth", "scale"],
    elements,
  ),
  adam: command(
    ["weights", "gradient", "m", "v", "size", "rate", "beta1", "beta2", "epsilon", "update", "scale"],
    elements,
  ),

  addNoise: command(["mean", "logVariance", "std", "out", "size", "seed", "stream"], elements),
  dropout: command(["x", "size", "rate", "threshold", "seed", "stream"], elements),
  adaptiveNoiseGradient: command(adaptiveNoiseFields, elements),
  /** Rank r leaves its four sums (float64) at `sums` + 64 r. */
  adaptiveNoiseSums: command(["mean", "logVariance", "sums", "size"], elements),
};

export type CommandName = keyof typeof commands;
export type Parameters<Name extends CommandName> = Record<(typeof commands)[Name]["fields"][number], number>;

const numbers = new Map(Object.keys(commands).map((name, number) => [name, number]));

/** A command as the channel carries it: its number, its arguments in the order of its fields with `more`
 * after them, and its work. */
export function encode<Name extends CommandName>(
  name: Name,
  parameters: Parameters<Name>,
  more: readonly number[] = [],
): { number: number; values: number[]; work: number } {
  const { fields, work } = commands[name] as CommandForm;
  const values = fields.map((field) => (parameters as Record<string, number>)[field]);
  values.push(...more);
  return { number: numbers.get(name)!, values, work: work(parameters) };
}
