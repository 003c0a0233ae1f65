/** Where the losses of handwriting lie: at the first point of a stroke, or within one (Sections 4.1 and 5.2). */
import { type Alphabet, type Line, penBatches } from "../data/mod.ts";
import type { Network } from "../network/network.ts";

/** Sums over the points of one kind. */
export interface PartialLoss {
  points: number;
  /** Of L(x), Eq. 26. */
  nats: number;
  /** Of a point and the mixture's mean, in normalised units. */
  squaredError: number;
}

/**
 * The losses of lines, apart for points that follow a lift of the pen and for all others.
 *
 * @param lines normalised as the network's training set was.
 * @param alphabet the network's, if it has a window.
 */
export async function lossAroundLifts(
  network: Network,
  lines: Line[],
  alphabet?: Alphabet,
): Promise<{ afterLifts: PartialLoss; withinStrokes: PartialLoss }> {
  const nothing = () => ({ points: 0, nats: 0, squaredError: 0 });
  const afterLifts = nothing(), withinStrokes = nothing();
  const grouping = { size: 32, seed: 0, epoch: 0, maximumPoints: 24_000, alphabet };
  for (const batch of penBatches(lines, grouping)) {
    const { losses, errors } = await network.loss(batch);
    batch.mask.forEach((isPoint, k) => {
      if (!isPoint) return;
      const part = batch.inputs[3 * k + 2] >= 0.5 ? afterLifts : withinStrokes;
      part.points++;
      part.nats += losses[k];
      part.squaredError += errors[k];
    });
  }
  return { afterLifts, withinStrokes };
}
