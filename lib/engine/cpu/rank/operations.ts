/**
 * What a rank does at each command (`shared/commands.ts`). Every rank is called with the same arguments and
 * does its share; the caller puts a barrier after each operation, so that one may lean on all that came
 * before. Addresses are in bytes.
 */
import type { Command } from "../shared/channel.ts";
import { type CommandName, commands } from "../shared/commands.ts";
import { affineOperation } from "./affine.ts";
import { lstmOperations } from "./lstm.ts";
import { packOperation } from "./multiply.ts";
import type { Operation, Operations, Rank } from "./rank.ts";

/** Ranges of elements are cut at multiples of a cache line. */
const line = 16;

/** Throws if a kernel has met the index `found`, not −1. */
function expectIndices(C: number, found: number): void {
  if (found >= 0) {
    throw new RangeError(`An index must lie in 0..${C - 1}, or be −1 for none; found ${found}.`);
  }
}

const operations: Operations = {
  fill(rank, { to, size, value }) {
    const [from, end] = rank.share(size, line);
    rank.kernels.fill(end - from, to + 4 * from, value);
  },
  copy(rank, { from, to, size }) {
    const [first, end] = rank.share(size, line);
    rank.kernels.copy(end - first, from + 4 * first, to + 4 * first);
  },
  axpy(rank, { alpha, x, y, size }) {
    const [from, end] = rank.share(size, line);
    rank.kernels.axpy(end - from, alpha, x + 4 * from, y + 4 * from);
  },

  toBfloat16(rank, { from, to, size }) {
    const [first, end] = rank.share(size, line);
    rank.kernels.toBfloat16(1, end - first, from + 4 * first, 0, to + 2 * first);
  },
  matmul(rank, { a, b, out, N, M, K, transposeA, transposeB, accumulate, bfloat16 }) {
    const [tA, tB, add] = [transposeA !== 0, transposeB !== 0, accumulate !== 0];
    const lda = tA ? N : K, ldb = tB ? K : M;
    const { gemm, bytes } = rank.productsOf(bfloat16);
    // Each rank reads one operand whole, which had better be the smaller one.
    if (N >= M || M < line) {
      const [from, end] = rank.share(N, 8);
      const rows = a + bytes * (tA ? from : from * K);
      gemm(end - from, M, K, rows, lda, tA, b, ldb, tB, out + 4 * from * M, M, add);
    } else {
      const [from, end] = rank.share(M, line);
      const columns = b + bytes * (tB ? from * K : from);
      gemm(N, end - from, K, a, lda, tA, columns, ldb, tB, out + 4 * from, M, add);
    }
  },
  ...affineOperation,
  addColumnSums(rank, { x, out, N, M }) {
    const [from, end] = rank.share(M, line);
    rank.kernels.addColumnSums(N, M, from, end, x, out);
  },
  addLookup(rank, { table, ids, out, N, M, C }) {
    const [from, end] = rank.share(N);
    expectIndices(C, rank.kernels.addLookup(end - from, M, C, table, ids + 4 * from, out + 4 * from * M));
  },
  addLookupGradient(rank, { dOut, ids, dTable, N, M, C }) {
    // The columns are shared out, because two rows of dOut may belong to one row of the table.
    const [from, end] = rank.share(M, line);
    expectIndices(C, rank.kernels.addLookupGradient(N, M, C, from, end, dOut, ids, dTable));
  },

  ...packOperation,
  ...lstmOperations,

  softmaxLoss(rank, { outputs, targets, losses, errors, N, C }) {
    const [from, end] = rank.share(N);
    const row = 4 * from;
    const [y, target] = [outputs + row * C, targets + row];
    expectIndices(C, rank.kernels.softmaxLoss(end - from, C, y, target, losses + row, errors + row));
  },
  mixtureLoss(rank, { outputs, targets, mask, losses, squaredErrors, clip, N, M }) {
    const [from, end] = rank.share(N);
    const row = 4 * from;
    const [y, x, real] = [outputs + row * (6 * M + 1), targets + row * 3, mask + row];
    rank.kernels.mixtureLoss(end - from, M, y, x, real, losses + row, squaredErrors + row, clip, rank.work);
  },

  sgd(rank, { weights, gradient, velocity, size, rate, momentum, scale }) {
    const [from, end] = rank.share(size, line);
    const q = 4 * from;
    rank.kernels.sgd(end - from, weights + q, gradient + q, velocity + q, rate, momentum, scale);
  },
  rmsprop(rank, { weights, gradient, n, g, delta, size, aleph, beth, gimel, daleth, scale }) {
    const [from, end] = rank.share(size, line);
    const tensors = [weights, gradient, n, g, delta].map((at) => at + 4 * from);
    rank.kernels.rmsprop(end - from, ...tensors, aleph, 1 - aleph, beth, gimel, daleth, scale);
  },
  adam(rank, { weights, gradient, m, v, size, rate, beta1, beta2, epsilon, update, scale }) {
    const [from, end] = rank.share(size, line);
    const tensors = [weights, gradient, m, v].map((at) => at + 4 * from);
    const step = rate / (1 - beta1 ** update), perCorrection2 = 1 / (1 - beta2 ** update);
    const settings = [step, beta1, 1 - beta1, beta2, 1 - beta2, epsilon, perCorrection2, scale];
    rank.kernels.adam(end - from, ...tensors, ...settings);
  },

  addNoise(rank, { mean, logVariance, std, out, size, seed, stream }) {
    const [from, end] = rank.share(size, line);
    rank.kernels.addNoise(from, end, mean, logVariance, std, out, seed, stream);
  },
  dropout(rank, { x, size, rate, threshold, seed, stream }) {
    const [from, end] = rank.share(size, line);
    rank.kernels.dropout(from, end, x, threshold, 1 / (1 - rate), seed, stream);
  },
  adaptiveNoiseGradient(rank, parameters) {
    const { mean, logVariance, gradient, dLogVariance, size } = parameters;
    const { priorMean, priorVariance, sequences, scale } = parameters;
    const [from, end] = rank.share(size, line);
    const tensors = [mean, logVariance, gradient, dLogVariance].map((at) => at + 4 * from);
    const pull = 1 / (sequences * priorVariance);
    rank.kernels.adaptiveNoiseGradient(end - from, ...tensors, priorMean, pull, 1 / (2 * sequences), scale);
  },
  adaptiveNoiseSums(rank, { mean, logVariance, sums, size }) {
    const [from, end] = rank.share(size, line);
    const q = 4 * from;
    rank.kernels.adaptiveNoiseSums(end - from, mean + q, logVariance + q, sums + 64 * rank.index);
  },
};

const list = Object.entries(commands).map(([name, { fields }]) => ({
  fields: fields as readonly string[],
  operation: operations[name as CommandName] as Operation<CommandName>,
}));

/** Carries out a command. */
export function run(rank: Rank, command: Command): void {
  const { fields, operation } = list[command.operation];
  const parameters: Record<string, number> = {};
  for (let k = 0; k < fields.length; k++) parameters[fields[k]] = command.parameters[k];
  operation(rank, parameters as Parameters<typeof operation>[1], command.parameters);
}
