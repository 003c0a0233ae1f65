/** The IAM On-Line Handwriting Database as the networks see it. */

/** One line of handwriting. */
export interface Line {
  /** The line's name in the data base, such as `a01-000u-01`. */
  id: string;
  /** What was written. */
  text: string;
  /** 3·T numbers: Δx, Δy (normalised), end of stroke (0 or 1) (Eq. 15). y grows downwards. */
  points: Float32Array;
}
