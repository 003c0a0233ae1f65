/**
 * What the ranks can do. Every rank is called with the same arguments and does its share; the caller puts a barrier
 * after each operation, so that one may lean on all that came before. Addresses are in bytes.
 */
import { affineOperation } from "./affine.ts";
import type { Command } from "./channel.ts";
import { packOperation } from "./factor.ts";
import { lstmOperations } from "./lstm.ts";
import { type Operation, operation } from "./operation.ts";
import type { Rank } from "./rank.ts";

/** Elements a range is cut at: a cache line. */
const line = 16;
/** Work of reading or writing an element, in multiplications of a matrix product. */
const perElement = 30;

const elements = ({ size }: { size: number }) => perElement * size;
const rows = ({ N, M }: { N: number; M: number }) => perElement * N * M;

/** Throws if a kernel has met the index `found`, not −1. */
function expectIndices(C: number, found: number): void {
  if (found >= 0) {
    throw new RangeError(`An index must lie in 0..${C - 1}, or be −1 for none; found ${found}.`);
  }
}

export const operations = {
  fill: operation(["to", "size", "value"], elements, (rank, { to, size, value }) => {
    const [from, end] = rank.share(size, line);
    rank.kernels.fill(end - from, to + 4 * from, value);
  }),
  copy: operation(["from", "to", "size"], elements, (rank, { from, to, size }) => {
    const [first, end] = rank.share(size, line);
    rank.kernels.copy(end - first, from + 4 * first, to + 4 * first);
  }),
  axpy: operation(["alpha", "x", "y", "size"], elements, (rank, { alpha, x, y, size }) => {
    const [from, end] = rank.share(size, line);
    rank.kernels.axpy(end - from, alpha, x + 4 * from, y + 4 * from);
  }),

  matmul: operation(
    ["a", "b", "out", "N", "M", "K", "transposeA", "transposeB", "accumulate"],
    ({ N, M, K }) => N * M * (K + perElement),
    (rank, { a, b, out, N, M, K, transposeA, transposeB, accumulate }) => {
      const [tA, tB, add] = [transposeA !== 0, transposeB !== 0, accumulate !== 0];
      const lda = tA ? N : K, ldb = tB ? K : M;
      // Each rank reads one operand whole: better the smaller one.
      if (N >= M || M < line) {
        const [from, end] = rank.share(N, 8);
        const rows = a + 4 * (tA ? from : from * K);
        rank.gemm(end - from, M, K, rows, lda, tA, b, ldb, tB, out + 4 * from * M, M, add);
      } else {
        const [from, end] = rank.share(M, line);
        const columns = b + 4 * (tB ? from * K : from);
        rank.gemm(N, end - from, K, a, lda, tA, columns, ldb, tB, out + 4 * from, M, add);
      }
    },
  ),
  ...affineOperation,
  addColumnSums: operation(["x", "out", "N", "M"], rows, (rank, { x, out, N, M }) => {
    const [from, end] = rank.share(M, line);
    rank.kernels.addColumnSums(N, M, from, end, x, out);
  }),
  addLookup: operation(["table", "ids", "out", "N", "M", "C"], rows, (rank, { table, ids, out, N, M, C }) => {
    const [from, end] = rank.share(N);
    expectIndices(C, rank.kernels.addLookup(end - from, M, C, table, ids + 4 * from, out + 4 * from * M));
  }),
  addLookupGradient: operation(
    ["dOut", "ids", "dTable", "N", "M", "C"],
    rows,
    (rank, { dOut, ids, dTable, N, M, C }) => {
      // By columns: two rows of dOut may belong to one row of the table.
      const [from, end] = rank.share(M, line);
      expectIndices(C, rank.kernels.addLookupGradient(N, M, C, from, end, dOut, ids, dTable));
    },
  ),

  ...packOperation,
  ...lstmOperations,

  softmaxLoss: operation(
    ["outputs", "targets", "losses", "errors", "N", "C"],
    ({ N, C }) => perElement * N * C,
    (rank, { outputs, targets, losses, errors, N, C }) => {
      const [from, end] = rank.share(N);
      const row = 4 * from;
      const [y, target] = [outputs + row * C, targets + row];
      expectIndices(C, rank.kernels.softmaxLoss(end - from, C, y, target, losses + row, errors + row));
    },
  ),
  mixtureLoss: operation(
    ["outputs", "targets", "mask", "losses", "squaredErrors", "clip", "N", "M"],
    ({ N, M }) => 10 * perElement * N * M,
    (rank, { outputs, targets, mask, losses, squaredErrors, clip, N, M }) => {
      const [from, end] = rank.share(N);
      const row = 4 * from;
      const [y, x, real] = [outputs + row * (6 * M + 1), targets + row * 3, mask + row];
      rank.kernels.mixtureLoss(end - from, M, y, x, real, losses + row, squaredErrors + row, clip, rank.work);
    },
  ),

  sgd: operation(
    ["weights", "gradient", "velocity", "size", "rate", "momentum", "scale"],
    elements,
    (rank, { weights, gradient, velocity, size, rate, momentum, scale }) => {
      const [from, end] = rank.share(size, line);
      const q = 4 * from;
      rank.kernels.sgd(end - from, weights + q, gradient + q, velocity + q, rate, momentum, scale);
    },
  ),
  rmsprop: operation(
    ["weights", "gradient", "n", "g", "delta", "size", "aleph", "beth", "gimel", "daleth", "scale"],
    elements,
    (rank, { weights, gradient, n, g, delta, size, aleph, beth, gimel, daleth, scale }) => {
      const [from, end] = rank.share(size, line);
      const tensors = [weights, gradient, n, g, delta].map((at) => at + 4 * from);
      rank.kernels.rmsprop(end - from, ...tensors, aleph, 1 - aleph, beth, gimel, daleth, scale);
    },
  ),
  adam: operation(
    ["weights", "gradient", "m", "v", "size", "rate", "beta1", "beta2", "epsilon", "update", "scale"],
    elements,
    (rank, { weights, gradient, m, v, size, rate, beta1, beta2, epsilon, update, scale }) => {
      const [from, end] = rank.share(size, line);
      const tensors = [weights, gradient, m, v].map((at) => at + 4 * from);
      const step = rate / (1 - beta1 ** update), perCorrection2 = 1 / (1 - beta2 ** update);
      const settings = [step, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, perCorrection2, scale];
      rank.kernels.adam(end - from, ...tensors, ...settings);
    },
  ),

  addNoise: operation(
    ["mean", "logVariance", "std", "out", "size", "seed", "stream"],
    elements,
    (rank, { mean, logVariance, std, out, size, seed, stream }) => {
      const [from, end] = rank.share(size, line);
      rank.kernels.addNoise(from, end, mean, logVariance, std, out, seed, stream);
    },
  ),
  dropout: operation(
    ["x", "size", "rate", "threshold", "seed", "stream"],
    elements,
    (rank, { x, size, rate, threshold, seed, stream }) => {
      const [from, end] = rank.share(size, line);
      rank.kernels.dropout(from, end, x, threshold, 1 / (1 - rate), seed, stream);
    },
  ),
  adaptiveNoiseGradient: operation(
    [
      ...["mean", "logVariance", "gradient", "dLogVariance", "size"] as const,
      ...["priorMean", "priorVariance", "sequences", "scale"] as const,
    ],
    elements,
    (
      rank,
      { mean, logVariance, gradient, dLogVariance, size, priorMean, priorVariance, sequences, scale },
    ) => {
      const [from, end] = rank.share(size, line);
      const tensors = [mean, logVariance, gradient, dLogVariance].map((at) => at + 4 * from);
      const pull = 1 / (sequences * priorVariance);
      rank.kernels.adaptiveNoiseGradient(end - from, ...tensors, priorMean, pull, 1 / (2 * sequences), scale);
    },
  ),
  /** Rank r leaves its four sums (float64) at `sums` + 64 r. */
  adaptiveNoiseSums: operation(
    ["mean", "logVariance", "sums", "size"],
    elements,
    (rank, { mean, logVariance, sums, size }) => {
      const [from, end] = rank.share(size, line);
      const q = 4 * from;
      rank.kernels.adaptiveNoiseSums(end - from, mean + q, logVariance + q, sums + 64 * rank.index);
    },
  ),
};

export type OperationName = keyof typeof operations;
const list = Object.values(operations) as Operation[];
const numbers = new Map(Object.keys(operations).map((name, number) => [name, number]));

export type Parameters<Name extends OperationName> = Record<
  (typeof operations)[Name]["fields"][number],
  number
>;

/** A command for the channel: the operation's number, its arguments in the order of its fields, and its work. */
export function encode<Name extends OperationName>(
  name: Name,
  parameters: Parameters<Name>,
): { number: number; values: number[]; work: number } {
  const { fields, work } = operations[name] as Operation;
  const values = fields.map((field) => (parameters as Record<string, number>)[field]);
  return { number: numbers.get(name)!, values, work: work(parameters) };
}

/** Carries out a command. */
export function run(rank: Rank, command: Command): void {
  const { fields, run } = list[command.operation];
  const parameters: Record<string, number> = {};
  for (let k = 0; k < fields.length; k++) parameters[fields[k]] = command.parameters[k];
  run(rank, parameters);
}
