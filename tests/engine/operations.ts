/** What every engine must pass, operation by operation; the float64 engine says what is right. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Engine, Tensor } from "../../lib/engine/engine.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Random } from "../../lib/random.ts";
import { assertClose } from "./close.ts";

type Test = (what: string, run: (engine: Engine) => Promise<void>) => void;

/** Carries out the same orders on the engine and on the float64 engine; the tensors returned must agree. */
async function assertAgrees(
  engine: Engine,
  tolerance: number,
  what: string,
  orders: (engine: Engine, random: (...shape: number[]) => Tensor) => Tensor[],
) {
  const run = (engine: Engine) => {
    const random = new Random(4, what);
    return orders(engine, (...shape) => {
      // float32 on both sides, so that the engines start alike
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.gaussian());
      return engine.tensor(shape, values);
    });
  };
  const reference = new Float64Engine();
  const expected = run(reference), found = run(engine);
  for (const [k, tensor] of found.entries()) {
    assertClose(
      await engine.read(tensor),
      await reference.read(expected[k]),
      tolerance,
      `${what}, result ${k + 1}`,
    );
  }
}

export function operationSuite(test: Test, tolerance: number): void {
  test("tensors are written, read, viewed by rows, filled and copied", async (engine) => {
    const a = engine.tensor([3, 2], [1, 2, 3, 4, 5, 6]);
    assertEquals([a.shape, a.size, a.type], [[3, 2], 6, "float32"]);
    const middle = engine.rows(a, 1, 2);
    assertEquals(middle.shape, [1, 2]);
    assertEquals([...await engine.read(middle)], [3, 4]);
    engine.write(middle, [30, 40]);
    engine.fill(engine.rows(a, 2, 3), 7);
    assertEquals([...await engine.read(a)], [1, 2, 30, 40, 7, 7]);
    const b = engine.tensor([3, 2]);
    assertEquals([...await engine.read(b)], [0, 0, 0, 0, 0, 0]);
    engine.copy(engine.rows(a, 0, 2), engine.rows(b, 1, 3));
    engine.axpy(-2, engine.rows(a, 0, 1), engine.rows(b, 2, 3));
    assertEquals([...await engine.read(b)], [0, 0, 1, 2, 28, 36]);
    const ids = engine.integers([2, 2], [-1, 0, 5, 2]);
    assertEquals([ids.type, ...await engine.read(ids)], ["int32", -1, 0, 5, 2]);
    engine.write(ids, [4, 3, 2, 1]);
    assertEquals([...await engine.read(ids)], [4, 3, 2, 1]);
  });

  test("memory is counted, given back, and wrong sizes and a second free are refused", async (engine) => {
    const before = engine.bytes;
    const a = engine.tensor([100, 10]), b = engine.empty([5]);
    assert(engine.bytes - before >= 4 * 1005, `${engine.bytes - before} bytes for 1005 numbers`);
    engine.free(a, b);
    assertEquals(engine.bytes, before);
    assertThrows(() => engine.free(a));
    assertThrows(() => engine.tensor([2, 2], [1, 2, 3]));
    assertThrows(() => engine.write(engine.tensor([2]), [1, 2, 3]));
    await engine.close();
    await assertRejects(async () => await engine.read(engine.tensor([1])));
  });

  test("matrix products, transposed or not, into views or added", async (engine) => {
    for (const [N, K, M] of [[1, 1, 1], [3, 5, 7], [33, 17, 65], [6, 130, 4]]) {
      await assertAgrees(engine, tolerance, `${N}×${K}×${M}`, (engine, random) => {
        const a = random(N, K), at = random(K, N), b = random(K, M), bt = random(M, K);
        const outs = [random(N, M), random(N, M), random(N, M), engine.rows(random(N + 2, M), 1, N + 1)];
        engine.matmul(a, b, outs[0]);
        engine.matmul(at, b, outs[1], { transposeA: true, accumulate: true });
        engine.matmul(a, bt, outs[2], { transposeB: true });
        engine.matmul(at, bt, outs[3], { transposeA: true, transposeB: true, accumulate: true });
        return outs;
      });
    }
    await assertAgrees(engine, tolerance, "leading axes flattened", (engine, random) => {
      const out = random(2, 3, 6), sums = random(5, 6);
      engine.matmul(random(2, 3, 5), random(5, 6), out);
      engine.matmul(engine.rows(random(4, 3, 5), 1, 3), out, sums, { transposeA: true, accumulate: true });
      return [out, sums];
    });
  });

  test("what enters a layer: a bias and products with weights, which change between uses", async (engine) => {
    for (const [N, M] of [[1, 9], [2, 33], [7, 121], [130, 36]]) {
      await assertAgrees(engine, tolerance, `${N} rows of ${M}`, (engine, random) => {
        const bias = random(M), weights = [3, 1, 40, 11, 6].map((K) => random(K, M));
        const terms = weights.map((w) => [random(N, w.shape[0]), w] as const);
        const outs = Array.from({ length: 6 }, () => random(N, M));
        engine.affine(outs[0], bias, []);
        engine.affine(outs[1], bias, terms.slice(0, 1));
        engine.affine(outs[2], bias, terms);
        engine.axpy(0.5, bias, engine.rows(weights[2], 7, 8));
        engine.affine(outs[3], bias, terms);
        engine.copy(engine.rows(weights[2], 7, 9), engine.rows(weights[2], 0, 2));
        engine.affine(outs[4], bias, terms.slice(2));
        engine.write(weights[3], new Float32Array(11 * M).fill(0.25));
        engine.affine(outs[5], bias, terms.slice(2));
        return outs;
      });
    }
  });

  test("one-hot look-ups and their gradients", async (engine) => {
    await assertAgrees(engine, tolerance, "look-ups", (engine, random) => {
      const table = random(5, 7), out = random(2, 3, 7), dTable = random(5, 7), sums = random(7);
      const ids = engine.integers([2, 3], [4, -1, 0, 4, 4, 2]);
      engine.addLookup(table, ids, out);
      engine.addLookupGradient(out, ids, dTable);
      engine.addColumnSums(out, sums);
      return [out, dTable, sums];
    });
  });

  test("softmax loss: padding, equals and outputs far apart", async (engine) => {
    for (const classes of [3, 49, 205]) {
      await assertAgrees(engine, tolerance, `${classes} classes`, (engine, random) => {
        const outputs = random(2, 3, classes), [losses, errors] = [random(2, 3), random(2, 3)];
        engine.fill(engine.rows(outputs, 1, 2), 2);
        const targets = engine.integers([2, 3], [1, -1, 2, 0, 1, -1]);
        engine.softmaxLoss({ outputs, targets, losses, errors });
        return [outputs, losses, errors];
      });
    }
    await assertAgrees(engine, tolerance, "far apart", (engine, random) => {
      const outputs = engine.tensor([1, 3], [200, 0, -100]), [losses, errors] = [random(1), random(1)];
      engine.softmaxLoss({ outputs, targets: engine.integers([1], [2]), losses, errors });
      return [outputs, losses, errors];
    });
  });

  test("mixture loss: padding, clipping, far targets and |ρ| near 1", async (engine) => {
    for (const [M, clip] of [[1, Infinity], [3, 0.3], [20, 100]]) {
      await assertAgrees(engine, tolerance, `${M} components`, (engine, random) => {
        const outputs = random(6, 6 * M + 1), [losses, squaredErrors] = [random(6), random(6)];
        const ends = [0, 1, 1, 0, 1, 0];
        const points = new Random(4, "points");
        const targets = engine.tensor(
          [6, 3],
          ends.flatMap((end) => [points.gaussian(), points.gaussian(), end]),
        );
        const mask = engine.integers([6], [1, 1, 0, 1, 0, 1]);
        engine.mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip });
        return [outputs, losses, squaredErrors];
      });
    }
    // ê | π̂ (2) | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂, in turn: a far target, a sure and wrong end of stroke, thin ellipses, and ones
    // past `correlationLimit`, where C = 2e6 multiplies the rounding of a float32 ρ.
    const hardPoints = [
      { row: [0, 0, 1, 0, 1, 0, 1, -2, 0, -2, 0, 0.5, -0.5], point: [100, -200, 0] },
      { row: [90, 0, -90, 0, 1, 0, 1, 0, 0.5, 0, 0.5, 0.1, 0.2], point: [0.5, 0.25, 1] },
      { row: [0, 0, 0, 1, -1, 1, 1, 0, 0, 0, 0, 5, -5], point: [1.25, 1.25, 0] },
      { row: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, -60], point: [0.5, 0.5, 1], loose: 1000 },
    ];
    for (const [k, { row, point, loose = 1 }] of hardPoints.entries()) {
      await assertAgrees(engine, loose * tolerance, `hard point ${k + 1}`, (engine, random) => {
        const outputs = engine.tensor([1, 13], row), [losses, squaredErrors] = [random(1), random(1)];
        const targets = engine.tensor([1, 3], point), mask = engine.integers([1], [1]);
        engine.mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip: Infinity });
        return [outputs, losses, squaredErrors];
      });
    }
  });

  test("weight noise of one variance is that of lib/random.ts", async (engine) => {
    await assertAgrees(engine, tolerance, "noise", (engine, random) => {
      const mean = random(3, 7), out = engine.empty([3, 7]);
      engine.addNoise(mean, 2 * Math.log(0.075), out, 11, 3);
      return [out];
    });
  });
  test("dropout's mask is that of lib/random.ts, on a part of a tensor too", async (engine) => {
    await assertAgrees(engine, tolerance, "dropout", (engine, random) => {
      const x = random(5, 7), rows = random(41, 3, 11);
      engine.dropout(x, { rate: 0.25, seed: -5, stream: 3 });
      engine.dropout(engine.rows(rows, 1, 41), { rate: 0.6, seed: 2, stream: -7 });
      return [x, rows];
    });
  });
}
