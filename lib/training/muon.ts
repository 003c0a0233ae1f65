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

/** Jordan et al. (2024): σ ↦ aσ + bσ³ + cσ⁵, five times, takes the singular values between 0.01 and 1 near 1. */
const [a, b, c] = [3.4445, -4.7750, 2.0315];

/** What is orthogonal is made of squares of gradients, whose smaller directions a lower precision would lose. */
const precise = true;

/** An entry of an orthogonal `[N, M]`, N ≤ M, is about 1/√M; this makes a step as large as Adam's usually are (Liu et al.
 * 2025), so that both can share a rate. */
const adamLike = 0.2;

/**
 * One update of the matrix `weights` `[N, M]`, N ≤ M, by its `gradient` times `scale`. `velocity` is the memory, zeros
 * at first. Resolves once the last of the update is ordered.
 */
export async function muon(
  engine: Engine,
  weights: Tensor,
  gradient: Tensor,
  velocity: Tensor,
  { momentum, iterations, rate, scale }: MuonSettings & { rate: number; scale: number },
): Promise<void> {
  const [N, M] = weights.shape;
  const direction = engine.tensor([N, M]);
  // velocity = momentum · velocity + gradient, and the direction is that of Nesterov's momentum; its size does not matter.
  engine.sgd(direction, gradient, velocity, { rate: -1, momentum, scale });
  engine.axpy(scale / momentum, gradient, direction);
  const step = await orthogonalised(engine, direction, iterations);
  engine.axpy(-rate * adamLike * Math.sqrt(M), step, weights);
  engine.free(direction, step);
}

/**
 * `X` `[N, M]` with its singular values, divided by a bound of the largest, put through the polynomial `iterations`
 * times; a new tensor. An iteration is X ← PX with P = aI + bA + cA², A = XXᵀ. As all these commute it is carried out
 * on `[N, N]` alone: A ← PAP, and the product Q of all P meets X once, at the end.
 */
export async function orthogonalised(engine: Engine, X: Tensor, iterations: number): Promise<Tensor> {
  const [N, M] = X.shape;
  const squares = Array.from({ length: 5 }, () => engine.empty([N, N]));
  let [A, P, Q, next, scratch] = squares;
  const multiple = (alpha: number, x: Tensor, out: Tensor) => {
    engine.fill(out, 0);
    engine.axpy(alpha, x, out);
  };
  engine.matmul(X, X, scratch, { transposeB: true, precise });
  // ‖XXᵀ‖_F is no less than the largest singular value's square, and little more. A GPU keeps it for itself.
  const norm = engine.scaleByNorm ? engine.tensor([1], [1]) : undefined;
  if (norm) engine.scaleByNorm!(norm, scratch, 1);
  const square = norm ? 1 : await normOf(engine, scratch);
  multiple(1 / square, scratch, A);
  if (norm) engine.scaleByNorm!(A, norm, -1);

  // The identity's share of a matrix is kept as a number: P stands for P + aI, Q for Q + identity · I.
  let identity = 1;
  engine.fill(Q, 0);
  for (let k = 0; k < iterations; k++) {
    multiple(c, A, scratch);
    multiple(b, A, P);
    engine.matmul(A, scratch, P, { accumulate: true, precise });

    multiple(a, Q, next);
    engine.axpy(identity, P, next);
    if (k > 0) engine.matmul(P, Q, next, { accumulate: true, precise });
    [Q, next] = [next, Q];
    identity *= a;
    if (k + 1 === iterations) break;

    multiple(a, A, scratch);
    engine.matmul(P, A, scratch, { accumulate: true, precise });
    multiple(a, scratch, A);
    engine.matmul(scratch, P, A, { accumulate: true, precise });
  }
  const out = engine.tensor([N, M]);
  engine.axpy(identity / Math.sqrt(square), X, out);
  multiple(1 / Math.sqrt(square), Q, scratch);
  engine.matmul(scratch, X, out, { accumulate: true, precise });
  if (norm) {
    engine.scaleByNorm!(out, norm, -1 / 2);
    engine.free(norm);
  }
  engine.free(...squares);
  return out;
}

/** The root of the sum of squares; 1 where that is 0. */
async function normOf(engine: Engine, x: Tensor): Promise<number> {
  let sumOfSquares = 0;
  for (const value of await engine.read(x)) sumOfSquares += value * value;
  return Math.sqrt(sumOfSquares) || 1;
}
