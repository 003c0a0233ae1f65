/**
 * The recurrent layers over whole sequences. If there are sequences enough, each rank takes its own through
 * all time steps and waits for nobody; if there are fewer, the ranks share out the units as well and meet at
 * every step.
 */
import { packedSize, panel } from "../shared/packing.ts";
import { groupsOf, scratchParts, scratchSize, shareOf } from "../shared/sharing.ts";
import { type Factor, multiply } from "./multiply.ts";
import type { Operations, Rank } from "./rank.ts";

const bytes = 4;

/** What a rank does of a layer with `B` sequences and `H` units. */
interface Part {
  /** Its sequences [row, row + rows) and units [from, to). */
  row: number;
  rows: number;
  from: number;
  to: number;
  /** Whether other ranks work on the same sequences. */
  shared: boolean;
}

function partOf(rank: Rank, B: number, H: number): Part {
  const { groups, members } = groupsOf(rank.ranks, B);
  const [row, end] = shareOf(Math.floor(rank.index / members), groups, B);
  const [from, to] = shareOf(rank.index % members, members, H, panel);
  return { row, rows: end - row, from, to, shared: members > 1 };
}

/** Weights `[K, 4H]` as factors whose products are gates: one, or one a gate where `parts` members share out
 * the units. */
function gateFactors(K: number, H: number, at: number, width: number, parts: number): Factor[] {
  const plain = { K, width, parts, stride: 4 * H, transposed: false };
  if (parts === 1) return [{ ...plain, N: 4 * H, at }];
  const block = width < 0 ? -width * parts : (width ? packedSize(K, H) : H) * bytes;
  return [0, 1, 2, 3].map((gate) => ({ ...plain, N: H, at: at + gate * block }));
}
/** Adds x `[rows, K]` W to the gates `[rows, 4H]` of the part's units. */
function addToGates(rank: Rank, part: Part, x: number, W: Factor[], gates: number, H: number): void {
  const units: [number, number] = W.length > 1 ? [part.from, part.to] : [0, 4 * H];
  W.forEach((factor, gate) => {
    const out = gates + gate * H * bytes;
    multiply(rank, part.rows, [x, factor.K], factor, [out, 4 * H], true, units);
  });
}

/** Adds the ranks' sums to dPeepholes `[3, H]`, always in the same order. A barrier must precede. */
function addPeepholes(rank: Rank, sums: number, dPeepholes: number, H: number): void {
  const [from, to] = rank.share(3 * H, 16);
  for (let other = 0; other < rank.ranks; other++) {
    rank.kernels.axpy(to - from, 1, sums + (other * 3 * H + from) * bytes, dPeepholes + from * bytes);
  }
}

function clear(rank: Rank, scratch: number, size: number): void {
  const [from, to] = rank.share(size, 16);
  rank.kernels.fill(to - from, scratch + from * bytes, 0);
}

type LstmCommand = "lstmForward" | "lstmBackward" | "windowLstmForward" | "windowLstmBackward";

export const lstmOperations: Pick<Operations, LstmCommand> = {
  lstmForward(rank, layer) {
    const { gates, recurrent, recurrentWidth, peepholes, hidden, cell, members, T, B, H } = layer;
    const part = partOf(rank, B, H);
    const { row, rows, from, to, shared } = part;
    const W = gateFactors(H, H, recurrent, recurrentWidth, members);
    const step = B * H * bytes;
    for (let t = 0; t < T; t++) {
      const at = t * step + row * H * bytes;
      const gate = gates + 4 * at;
      addToGates(rank, part, hidden + at, W, gate, H);
      const before = cell + at, after = before + step;
      rank.kernels.lstmStep(rows, H, from, to, gate, peepholes, before, after, hidden + at + step);
      if (shared) rank.barrier();
    }
  },

  lstmBackward(rank, layer) {
    const { gates, recurrent, recurrentWidth: width, peepholes, cell, members: parts, T, B, H } = layer;
    const { dHidden, dPeepholes, clip, scratch } = layer;
    const { row, rows, from, to, shared } = partOf(rank, B, H);
    const W = { K: 4 * H, N: H, at: recurrent, width, parts, stride: 4 * H, transposed: true };
    clear(rank, scratch, scratchSize(rank.ranks, B, H));
    rank.barrier();
    const { dRecurrent, dCell, peepholeSums } = scratchParts(scratch, B, H);
    const own = row * H * bytes, sums = peepholeSums + rank.index * 3 * H * bytes;
    const step = B * H * bytes;
    for (let t = T - 1; t >= 0; t--) {
      const at = t * step + own;
      if (t + 1 < T) {
        const dGates = gates + 4 * (at + step);
        multiply(rank, rows, [dGates, 4 * H], W, [dRecurrent + own, H], false, [from, to]);
      }
      // deno-fmt-ignore
      rank.kernels.lstmStepBackward(
        rows, H, from, to, gates + 4 * at, peepholes, cell + at, cell + at + step,
        dHidden + at, dRecurrent + own, dCell + own, sums, clip,
      );
      if (shared) rank.barrier();
    }
    rank.barrier();
    addPeepholes(rank, peepholeSums, dPeepholes, H);
  },

  windowLstmForward(rank, layer) {
    const { gates, recurrent, recurrentWidth, peepholes, hidden, cell, members, T, B, H } = layer;
    const { windowInput, inputWidth, windowWeights, weightsWidth: width, windowBias } = layer;
    const { characters, textLengths, window, windowParameters, A, U, K } = layer;
    const part = partOf(rank, B, H);
    const { row, rows, from, to, shared } = part;
    const [windowRow, windowEnd] = rank.share(B);
    const windowRows = windowEnd - windowRow;
    const W = gateFactors(H, H, recurrent, recurrentWidth, members);
    const inputW = gateFactors(A, H, windowInput, inputWidth, members);
    const stride = 3 * K;
    const parametersW = { K: H, N: stride, at: windowWeights, width, parts: 1, stride, transposed: false };
    const step = B * H * bytes;
    for (let t = 0; t < T; t++) {
      const at = t * step + row * H * bytes;
      const gate = gates + 4 * at;
      addToGates(rank, part, hidden + at, W, gate, H);
      addToGates(rank, part, window + (t * B + row) * A * bytes, inputW, gate, H); // Eq. 52
      const before = cell + at, after = before + step;
      rank.kernels.lstmStep(rows, H, from, to, gate, peepholes, before, after, hidden + at + step);
      if (shared) rank.barrier();
      if (windowRows > 0) {
        const last = windowParameters + (t * B + windowRow) * stride * bytes, now = last + B * stride * bytes;
        const h = hidden + ((t + 1) * B + windowRow) * H * bytes;
        const w = window + ((t + 1) * B + windowRow) * A * bytes;
        rank.kernels.affineRows(windowRows, stride, 0, stride, 0, 0, 0, windowBias, now);
        multiply(rank, windowRows, [h, H], parametersW, [now, stride], true, [0, stride]); // Eq. 48
        const texts = characters + windowRow * U * bytes, lengths = textLengths + windowRow * bytes;
        rank.kernels.windowSteps(windowRows, K, A, U, now, last, texts, lengths, w);
      }
      if (shared) rank.barrier();
    }
  },

  windowLstmBackward(rank, layer) {
    const { gates, recurrent, recurrentWidth, peepholes, cell, members: parts, T, B, H } = layer;
    const { windowInput, inputWidth, windowWeights, weightsWidth, windowBias } = layer;
    const { characters, textLengths, windowParameters, A, U, K } = layer;
    const { dHidden, dPeepholes, clip, scratch, dWindow, dWindowParameters } = layer;
    const { row, rows, from, to, shared } = partOf(rank, B, H);
    const [windowRow, windowEnd] = rank.share(B);
    const windowRows = windowEnd - windowRow;
    const texts = characters + windowRow * U * bytes, lengths = textLengths + windowRow * bytes;
    const gateStride = 4 * H, stride = 3 * K, transposed = true;
    const turned = { K: gateStride, stride: gateStride, transposed };
    const W = { ...turned, N: H, at: recurrent, width: recurrentWidth, parts };
    const inputW = { ...turned, N: A, at: windowInput, width: inputWidth, parts: 1 };
    const plain = { K: stride, stride, transposed };
    const parametersW = { ...plain, N: H, at: windowWeights, width: weightsWidth, parts };
    clear(rank, scratch, scratchSize(rank.ranks, B, H, K));
    rank.barrier();
    const { dRecurrent, dCell, dKappa, peepholeSums } = scratchParts(scratch, B, H, K);
    const own = row * H * bytes, sums = peepholeSums + rank.index * 3 * H * bytes;
    const step = B * H * bytes;
    for (let t = T - 1; t >= 0; t--) {
      if (windowRows > 0) {
        const dw = dWindow + (t * B + windowRow) * A * bytes;
        const dp = dWindowParameters + (t * B + windowRow) * 3 * K * bytes;
        if (t + 1 < T) {
          const dGates = gates + ((t + 1) * B + windowRow) * 4 * H * bytes;
          multiply(rank, windowRows, [dGates, gateStride], inputW, [dw, A], true, [0, A]);
        }
        const parameters = windowParameters + ((t + 1) * B + windowRow) * 3 * K * bytes;
        const kappa = dKappa + windowRow * K * bytes;
        // deno-fmt-ignore
        rank.kernels.windowStepsBackward(
          windowRows, K, A, U, parameters, windowBias, texts, lengths, dw, kappa, dp,
        );
      }
      if (shared) rank.barrier();
      const at = t * step + own;
      const dh: [number, number] = [dRecurrent + own, H];
      if (t + 1 < T) {
        multiply(rank, rows, [gates + 4 * (at + step), gateStride], W, dh, false, [from, to]);
      }
      const dp = dWindowParameters + (t * B + row) * stride * bytes;
      multiply(rank, rows, [dp, stride], parametersW, dh, t + 1 < T, [from, to]);
      // deno-fmt-ignore
      rank.kernels.lstmStepBackward(
        rows, H, from, to, gates + 4 * at, peepholes, cell + at, cell + at + step,
        dHidden + at, dRecurrent + own, dCell + own, sums, clip,
      );
      if (shared) rank.barrier();
    }
    rank.barrier();
    addPeepholes(rank, peepholeSums, dPeepholes, H);
  },
};
