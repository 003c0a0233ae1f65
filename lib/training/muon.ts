/**
 * Muon (Jordan et al. 2024): the step of a matrix is its averaged gradient made orthogonal, so that it moves all
 * directions alike instead of the few that have the largest gradients. Composed of an engine's own operations.
 */
import type { Engine, Tensor } from "../engine/mod.ts";

export interface MuonSettings {
  /** Decay of the average of gradients. */
  momentum: number;
  /** Newton–Schulz iterations. */
  iterations: number;
}

/** Jordan et al. (2024): σ ↦ aσ + bσ³ + cσ⁵ takes every singular value in (0, 1] near 1 within a few iterations. */
const [a, b, c] = [3.4445, -4.7750, 2.0315];

/** A unit of an orthogonal `[N, M]`, N ≤ M, is 1/√M; this makes a step as large as Adam's usually are (Liu et al. 2025). */
const adamLike = 0.2;

/**
 * One update of the matrix `weights` `[N, M]`, N ≤ M, by its `gradient` times `scale`. `velocity` is the memory, zeros
 * at first. Returns once the step's size is known; the rest is ordered.
 */
export async function muon(
  engine: Engine,
  weights: Tensor,
  gradient: Tensor,
  velocity: Tensor,
  { momentum, iterations, rate, scale }: MuonSettings & { rate: number; scale: number },
): Promise<void> {
  const [N, M] = weights.shape;
  const matrices = [0, 1].map(() => engine.empty([N, M]));
  const squares = [0, 1, 2].map(() => engine.empty([N, N]));
  let [X, next] = matrices;
  const [gram, scaledGram, polynomial] = squares;
  const multiple = (alpha: number, x: Tensor, out: Tensor) => {
    engine.fill(out, 0);
    engine.axpy(alpha, x, out);
  };

  // velocity = momentum · velocity + gradient, and X points where Nesterov's momentum does; its size does not matter.
  engine.fill(X, 0);
  engine.sgd(X, gradient, velocity, { rate: -1, momentum, scale });
  engine.axpy(scale / momentum, gradient, X);

  // ‖XXᵀ‖_F ≥ σ², the square of the largest singular value.
  engine.matmul(X, X, gram, { transposeB: true });
  let sumOfSquares = 0;
  for (const value of await engine.read(gram)) sumOfSquares += value * value;
  const size = Math.sqrt(Math.sqrt(sumOfSquares));
  if (size > 0) {
    multiple(1 / size, X, next);
    [X, next] = [next, X];
    for (let k = 0; k < iterations; k++) {
      // aX + (bA + cA²)X with A = XXᵀ
      engine.matmul(X, X, gram, { transposeB: true });
      multiple(c, gram, scaledGram);
      multiple(b, gram, polynomial);
      engine.matmul(gram, scaledGram, polynomial, { accumulate: true });
      multiple(a, X, next);
      engine.matmul(polynomial, X, next, { accumulate: true });
      [X, next] = [next, X];
    }
    engine.axpy(-rate * adamLike * Math.sqrt(M), X, weights);
  }
  engine.free(...matrices, ...squares);
}
