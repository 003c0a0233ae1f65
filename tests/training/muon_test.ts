import { assert, assertEquals } from "@std/assert";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Random } from "../../lib/random.ts";
import { muon, orthogonalised } from "../../lib/training/muon.ts";
import { assertClose } from "../engine/close.ts";

/** A reflection, orthogonal and symmetric: I − 2vvᵀ/‖v‖². */
function reflection(n: number, random: Random): number[][] {
  const v = Array.from({ length: n }, () => random.gaussian());
  const square = v.reduce((sum, x) => sum + x * x, 0);
  return v.map((x, i) => v.map((y, j) => (i === j ? 1 : 0) - 2 * x * y / square));
}

/** U diag(σ) V for reflections U `[n, n]` and V `[m, m]`: a matrix whose singular values are known. */
function matrixWith(sigma: number[], U: number[][], V: number[][]): number[] {
  return U.flatMap((row) => V[0].map((_, j) => sigma.reduce((sum, s, k) => sum + row[k] * s * V[k][j], 0)));
}

/** Jordan et al.'s polynomial, number by number. */
function polynomial(sigma: number, times: number): number {
  for (let k = 0; k < times; k++) sigma = 3.4445 * sigma - 4.775 * sigma ** 3 + 2.0315 * sigma ** 5;
  return sigma;
}

const sigma = [7, 3, 0.5, 0.2];
const random = new Random(3, "muon");
const [U, V] = [reflection(4, random), reflection(6, random)];
/** The bound of the largest singular value: the fourth root of Σ σ⁴. */
const bound = sigma.reduce((sum, s) => sum + s ** 4, 0) ** 0.25;

Deno.test("a matrix keeps its singular vectors, and its singular values come near 1", async () => {
  const engine = new Float64Engine();
  const X = engine.tensor([4, 6], matrixWith(sigma, U, V));
  for (const times of [0, 1, 2, 5]) {
    const out = await orthogonalised(engine, X, times);
    const values = sigma.map((s) => polynomial(s / bound, times));
    assertClose(await engine.read(out), matrixWith(values, U, V), 1e-10, `${times} iterations`);
    if (times === 5) assert(values.every((value) => value > 0.6 && value < 1.25), `${values}`);
    engine.free(out);
  }
  engine.free(X);
  assertEquals(engine.bytes, 0);
});

Deno.test("an update of Muon: Nesterov's momentum, Adam's size, and none where the gradient is zero", async () => {
  const engine = new Float64Engine();
  const weights = engine.tensor([4, 6]), velocity = engine.tensor([4, 6]);
  const gradient = engine.tensor([4, 6]);
  const options = { momentum: 0.5, iterations: 3, rate: 0.1, scale: 0.25 };
  await muon(engine, weights, gradient, velocity, options);
  assertEquals([...await engine.read(weights)], new Array(24).fill(0));
  const first = matrixWith(sigma, U, V), second = matrixWith([1, 4, 2, 3], U, V);
  for (const values of [first, second]) {
    engine.write(gradient, values);
    engine.fill(weights, 0);
    await muon(engine, weights, gradient, velocity, options);
  }
  // velocity 0.5 g₁ + g₂, direction g₂ + 0.5 velocity; all share their singular vectors
  const direction = [1, 4, 2, 3].map((s, k) => s + 0.5 * (0.5 * sigma[k] + s));
  const norm = direction.reduce((sum, s) => sum + s ** 4, 0) ** 0.25;
  const step = direction.map((s) => -0.1 * 0.2 * Math.sqrt(6) * polynomial(s / norm, 3));
  assertClose(await engine.read(weights), matrixWith(step, U, V), 1e-10, "step");
  assertClose(
    await engine.read(velocity),
    matrixWith(sigma.map((s, k) => 0.25 * (0.5 * s + [1, 4, 2, 3][k])), U, V),
    1e-10,
    "velocity",
  );
  engine.free(weights, velocity, gradient);
  assertEquals(engine.bytes, 0);
});
