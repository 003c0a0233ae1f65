import type { Values } from "../engine/engine.ts";

/** The loss of a batch, point by point: time-major `[T, B]`, zero where there is padding. */
export interface BatchLoss {
  /** Nats (Eq. 13 or 26); a reader's stand at a line's first point. */
  losses: Values;
  /** Squared error of the mixture's mean (pen), 1 where the most probable symbol was wrong (symbols), or a line's misread
   * characters, at its first point (reading). */
  errors: Values;
  /** Points that are not padding. */
  points: number;
  /** Sum of `losses`. */
  total: number;
  /** Reading: the characters that each line was read as, indices into the alphabet. */
  readings?: number[][];
}
