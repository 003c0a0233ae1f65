/**
 * The recurrent layers over whole sequences. With at least as many sequences as ranks, each rank runs its own sequences
 * through all time steps and waits for nobody; with fewer, the ranks share out the units and meet at every step.
 */
import { operation } from "./operation.ts";
import type { Rank } from "./rank.ts";

/** Panels of the packed recurrent weights are this wide. */
const panel = 8;
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
  if (B >= rank.ranks) {
    const [row, end] = rank.share(B);
    return { row, rows: end - row, from: 0, to: H, shared: false };
  }
  const [from, to] = rank.share(H, panel);
  return { row: 0, rows: B, from, to, shared: rank.ranks > 1 };
}

/** Bytes of scratch memory that the operations below need at `packed` when there is no BLAS (0 for one sequence, which
 * needs no packing), enough for forward and backward. */
export function packedBytes(B: number, H: number): number {
  return B === 1 ? 0 : 4 * H * Math.ceil(H / panel) * panel * bytes;
}

/** A matrix that many small products share, packed once by all ranks where there is no BLAS. */
interface Recurrent {
  matrix: number;
  packed: number;
}

/** Packs the four gates' blocks of `recurrent` `[H, 4H]`. A barrier must follow. */
function packForward(rank: Rank, { matrix, packed }: Recurrent, H: number): void {
  if (!packed) return;
  const [from, to] = rank.share(H, panel);
  for (let gate = 0; gate < 4; gate++) {
    const out = packed + (gate * Math.ceil(H / panel) * panel + from) * H * bytes;
    rank.kernels.packB(to - from, H, matrix + (gate * H + from) * bytes, 4 * H, 0, out);
  }
}
/** Packs `recurrent`ᵀ `[4H, H]`. A barrier must follow. */
function packBackward(rank: Rank, { matrix, packed }: Recurrent, H: number): void {
  if (!packed) return;
  const [from, to] = rank.share(H, panel);
  const out = packed + from * 4 * H * bytes;
  rank.kernels.packB(to - from, 4 * H, matrix + from * 4 * H * bytes, 4 * H, 1, out);
}

/** gates `[rows, 4H]`, the part's units += x `[rows, K]` W `[K, 4H]` */
function addToGates(
  rank: Rank,
  part: Part,
  x: number,
  K: number,
  W: Recurrent,
  gates: number,
  H: number,
): void {
  const { rows, from, to } = part;
  const whole = from === 0 && to === H;
  const blocks = whole && (!W.packed || H % panel === 0) ? 1 : 4;
  const columns = blocks === 1 ? 4 * H : to - from;
  if (columns <= 0) return;
  for (let block = 0; block < blocks; block++) {
    const at = (block * H + from) * bytes;
    if (W.packed) {
      const panels = W.packed + (block * Math.ceil(H / panel) * panel + from) * K * bytes;
      rank.kernels.sgemmPacked(rows, columns, K, x, K, panels, gates + at, 4 * H, 1, rank.work);
    } else {
      rank.gemm(rows, columns, K, x, K, false, W.matrix + at, 4 * H, false, gates + at, 4 * H, true);
    }
  }
}
/** dHidden `[rows, H]`, the part's units = dGates `[rows, 4H]` recurrentᵀ */
function gatesToHidden(
  rank: Rank,
  part: Part,
  dGates: number,
  W: Recurrent,
  dHidden: number,
  H: number,
): void {
  const { rows, from, to } = part;
  if (to <= from) return;
  if (W.packed) {
    const panels = W.packed + from * 4 * H * bytes;
    const out = dHidden + from * bytes;
    rank.kernels.sgemmPacked(rows, to - from, 4 * H, dGates, 4 * H, panels, out, H, 0, rank.work);
  } else {
    const weights = W.matrix + from * 4 * H * bytes;
    const out = dHidden + from * bytes;
    rank.gemm(rows, to - from, 4 * H, dGates, 4 * H, false, weights, 4 * H, true, out, H, false);
  }
}

/** dPeepholes `[3, H]` += the ranks' sums, always in the same order. A barrier must precede. */
function addPeepholes(rank: Rank, sums: number, dPeepholes: number, H: number): void {
  const [from, to] = rank.share(3 * H, 16);
  for (let other = 0; other < rank.ranks; other++) {
    rank.kernels.axpy(to - from, 1, sums + (other * 3 * H + from) * bytes, dPeepholes + from * bytes);
  }
}

/** Floats of scratch memory for a backward pass: dRecurrent `[B, H]` | dCell `[B, H]` | dKappa `[B, K]` | every rank's
 * peephole sums `[3, H]`. */
export function backwardScratch(ranks: number, B: number, H: number, K = 0): number {
  return 2 * B * H + B * K + ranks * 3 * H;
}
function scratchParts(scratch: number, B: number, H: number, K: number) {
  const dCell = scratch + B * H * bytes, dKappa = dCell + B * H * bytes;
  return { dRecurrent: scratch, dCell, dKappa, peepholeSums: dKappa + B * K * bytes };
}
function clear(rank: Rank, scratch: number, size: number): void {
  const [from, to] = rank.share(size, 16);
  rank.kernels.fill(to - from, scratch + from * bytes, 0);
}

const layerFields = ["gates", "recurrent", "peepholes", "hidden", "cell", "packed", "T", "B", "H"] as const;
const windowFields = [
  ...["windowInput", "windowWeights", "windowBias", "characters", "textLengths"] as const,
  ...["window", "windowParameters", "A", "U", "K"] as const,
] as const;
const backwardFields = ["dHidden", "dPeepholes", "clip", "scratch"] as const;

export const lstmOperations = {
  lstmForward: operation(layerFields, (rank, layer) => {
    const { gates, recurrent, peepholes, hidden, cell, packed, T, B, H } = layer;
    const part = partOf(rank, B, H);
    const { row, rows, from, to, shared } = part;
    const W = { matrix: recurrent, packed };
    packForward(rank, W, H);
    if (packed) rank.barrier();
    const step = B * H * bytes;
    for (let t = 0; t < T; t++) {
      const at = t * step + row * H * bytes;
      const gate = gates + 4 * at;
      addToGates(rank, part, hidden + at, H, W, gate, H);
      rank.kernels.lstmStep(
        ...[rows, H, from, to, gate, peepholes] as const,
        ...[cell + at, cell + at + step, hidden + at + step] as const,
      );
      if (shared) rank.barrier();
    }
  }),

  lstmBackward: operation([...layerFields, ...backwardFields], (rank, layer) => {
    const { gates, recurrent, peepholes, hidden: _, cell, packed, T, B, H } = layer;
    const { dHidden, dPeepholes, clip, scratch } = layer;
    const part = partOf(rank, B, H);
    const { row, rows, from, to, shared } = part;
    const W = { matrix: recurrent, packed };
    packBackward(rank, W, H);
    clear(rank, scratch, backwardScratch(rank.ranks, B, H));
    rank.barrier();
    const { dRecurrent, dCell, peepholeSums } = scratchParts(scratch, B, H, 0);
    const own = row * H * bytes, sums = peepholeSums + rank.index * 3 * H * bytes;
    const step = B * H * bytes;
    for (let t = T - 1; t >= 0; t--) {
      const at = t * step + own;
      if (t + 1 < T) gatesToHidden(rank, part, gates + 4 * (at + step), W, dRecurrent + own, H);
      rank.kernels.lstmStepBackward(
        ...[rows, H, from, to, gates + 4 * at, peepholes, cell + at, cell + at + step] as const,
        ...[dHidden + at, dRecurrent + own, dCell + own, sums, clip] as const,
      );
      if (shared) rank.barrier();
    }
    rank.barrier();
    addPeepholes(rank, peepholeSums, dPeepholes, H);
  }),

  windowLstmForward: operation([...layerFields, ...windowFields], (rank, layer) => {
    const { gates, recurrent, peepholes, hidden, cell, packed, T, B, H } = layer;
    const { windowInput, windowWeights, windowBias, characters, textLengths } = layer;
    const { window, windowParameters, A, U, K } = layer;
    const part = partOf(rank, B, H);
    const { row, rows, from, to, shared } = part;
    const [windowRow, windowEnd] = rank.share(B);
    const windowRows = windowEnd - windowRow;
    const W = { matrix: recurrent, packed }, windowW = { matrix: windowInput, packed: 0 };
    packForward(rank, W, H);
    if (packed) rank.barrier();
    const step = B * H * bytes;
    for (let t = 0; t < T; t++) {
      const at = t * step + row * H * bytes;
      const gate = gates + 4 * at;
      addToGates(rank, part, hidden + at, H, W, gate, H);
      addToGates(rank, part, window + (t * B + row) * A * bytes, A, windowW, gate, H); // Eq. 52
      rank.kernels.lstmStep(
        ...[rows, H, from, to, gate, peepholes] as const,
        ...[cell + at, cell + at + step, hidden + at + step] as const,
      );
      if (shared) rank.barrier();
      if (windowRows > 0) {
        const before = windowParameters + (t * B + windowRow) * 3 * K * bytes,
          now = before + B * 3 * K * bytes;
        const h = hidden + ((t + 1) * B + windowRow) * H * bytes;
        const w = window + ((t + 1) * B + windowRow) * A * bytes;
        rank.kernels.broadcastRow(windowRows, 3 * K, windowBias, now);
        rank.gemm(windowRows, 3 * K, H, h, H, false, windowWeights, 3 * K, false, now, 3 * K, true); // Eq. 48
        const texts = characters + windowRow * U * bytes, lengths = textLengths + windowRow * bytes;
        rank.kernels.windowSteps(windowRows, K, A, U, now, before, texts, lengths, w);
      }
      if (shared) rank.barrier();
    }
  }),

  windowLstmBackward: operation(
    [...layerFields, ...windowFields, ...backwardFields, "dWindow", "dWindowParameters"],
    (rank, layer) => {
      const { gates, recurrent, peepholes, hidden, cell, packed, T, B, H } = layer;
      const { windowInput, windowWeights, windowBias, characters, textLengths } = layer;
      const { windowParameters, A, U, K } = layer;
      const { dHidden, dPeepholes, clip, scratch, dWindow, dWindowParameters } = layer;
      const part = partOf(rank, B, H);
      const { row, rows, from, to, shared } = part;
      const [windowRow, windowEnd] = rank.share(B);
      const windowRows = windowEnd - windowRow;
      const texts = characters + windowRow * U * bytes, lengths = textLengths + windowRow * bytes;
      const W = { matrix: recurrent, packed };
      packBackward(rank, W, H);
      clear(rank, scratch, backwardScratch(rank.ranks, B, H, K));
      // κ̂_t once more (Eq. 48), for Eq. 60: κ_t − κ_{t−1} would have lost most of its digits.
      const [first, end] = rank.share(T * B, 8);
      const h = hidden + (B + first) * H * bytes, hats = dWindowParameters + first * 3 * K * bytes;
      rank.gemm(end - first, 3 * K, H, h, H, false, windowWeights, 3 * K, false, hats, 3 * K, false);
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
            rank.gemm(windowRows, A, 4 * H, dGates, 4 * H, false, windowInput, 4 * H, true, dw, A, true);
          }
          const parameters = windowParameters + ((t + 1) * B + windowRow) * 3 * K * bytes;
          const kappa = dKappa + windowRow * K * bytes;
          rank.kernels.windowStepsBackward(
            ...[windowRows, K, A, U, parameters, windowBias, texts, lengths, dw, kappa, dp] as const,
          );
        }
        if (shared) rank.barrier();
        const at = t * step + own;
        const dh = dRecurrent + own + from * bytes;
        if (t + 1 < T) gatesToHidden(rank, part, gates + 4 * (at + step), W, dRecurrent + own, H);
        const dp = dWindowParameters + (t * B + row) * 3 * K * bytes;
        const weights = windowWeights + from * 3 * K * bytes;
        rank.gemm(rows, to - from, 3 * K, dp, 3 * K, false, weights, 3 * K, true, dh, H, t + 1 < T);
        rank.kernels.lstmStepBackward(
          ...[rows, H, from, to, gates + 4 * at, peepholes, cell + at, cell + at + step] as const,
          ...[dHidden + at, dRecurrent + own, dCell + own, sums, clip] as const,
        );
        if (shared) rank.barrier();
      }
      rank.barrier();
      addPeepholes(rank, peepholeSums, dPeepholes, H);
    },
  ),
};
