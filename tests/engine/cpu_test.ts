/** Every operation of the cpu engine against the float64 reference, on small odd sizes; then its failures. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { openCpuEngine } from "../../lib/engine/cpu/mod.ts";
import type { Engine, Tensor } from "../../lib/engine/engine.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Random } from "../../lib/random.ts";

/** With one thread; with several, so that B is below and above their number, even where there is little to do; with and
 * without BLAS. */
const settings = [
  { threads: 2, blas: false },
  { threads: 2, blas: true, littleWork: 0 },
  { threads: 3, blas: false, littleWork: 0 },
];
/** Relative, or absolute for what is small beside the tensor's largest. */
const tolerance = 5e-5;

/** Runs `orders` on an engine of each kind with the same random inputs; compares the tensors they return. */
async function compare(
  seed: string,
  orders: (engine: Engine, inputs: Inputs) => Record<string, Tensor>,
): Promise<void> {
  const reference = new Float64Engine();
  const expected = orders(reference, new Inputs(reference, seed));
  for (const setting of settings) {
    const engine = await openCpuEngine(setting);
    try {
      const found = orders(engine, new Inputs(engine, seed));
      for (const name of Object.keys(expected)) {
        const label = `${seed}, ${JSON.stringify(setting)}: ${name}`;
        assertClose(await engine.read(found[name]), await reference.read(expected[name]), label);
      }
    } finally {
      await engine.close();
    }
  }
}

/** Random tensors: the same for every engine. */
class Inputs {
  readonly #random: Random;
  constructor(readonly engine: Engine, seed: string) {
    this.#random = new Random(7, seed);
  }
  gaussian(shape: number[], std = 1): Tensor {
    const size = shape.reduce((a, b) => a * b);
    const values = Float32Array.from({ length: size }, () => std * this.#random.gaussian());
    return this.engine.tensor(shape, values);
  }
  positive(shape: number[]): Tensor {
    const size = shape.reduce((a, b) => a * b);
    return this.engine.tensor(shape, Float32Array.from({ length: size }, () => this.#random.uniform()));
  }
  integers(shape: number[], low: number, high: number): Tensor {
    const size = shape.reduce((a, b) => a * b);
    return this.engine.integers(
      shape,
      Int32Array.from({ length: size }, () => low + this.#random.integer(high - low + 1)),
    );
  }
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, label: string): void {
  assertEquals(found.length, expected.length, label);
  let scale = 1;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]) / 10);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i] - expected[i]) / Math.max(scale, Math.abs(expected[i]));
    if (!(error <= tolerance)) {
      throw new Error(`${label}[${i}]: found ${found[i]}, expected ${expected[i]} (off by ${error})`);
    }
  }
}

Deno.test("cpu: elements and rows", async () => {
  await compare("elements", (engine, inputs) => {
    const x = inputs.gaussian([7, 13]), y = inputs.gaussian([7, 13]), z = engine.tensor([7, 13]);
    const row = inputs.gaussian([13]), rows = engine.tensor([7, 13]), sums = inputs.gaussian([13]);
    const part = engine.rows(z, 2, 5);
    engine.copy(x, z);
    engine.fill(part, 0.25);
    engine.axpy(-1.5, x, y);
    engine.broadcastRow(row, rows);
    engine.addColumnSums(x, sums);
    return { y, z, part, rows, sums };
  });
});

Deno.test("cpu: products, plain and transposed", async () => {
  const sizes = [[1, 37, 19], [1, 8, 1], [2, 40, 33], [5, 3, 121], [23, 17, 9], [130, 21, 600], [
    64,
    1100,
    5,
  ]];
  for (const [N, M, K] of sizes) {
    await compare(`matmul ${N} ${M} ${K}`, (engine, inputs) => {
      const out: Record<string, Tensor> = {};
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          for (const accumulate of [false, true]) {
            const a = inputs.gaussian(transposeA ? [K, N] : [N, K], 1 / Math.sqrt(K));
            const b = inputs.gaussian(transposeB ? [M, K] : [K, M]);
            const c = inputs.gaussian([N, M]);
            engine.matmul(a, b, c, { transposeA, transposeB, accumulate });
            out[`${transposeA} ${transposeB} ${accumulate}`] = c;
          }
        }
      }
      return out;
    });
  }
});

Deno.test("cpu: look-ups", async () => {
  await compare("lookup", (engine, inputs) => {
    const table = inputs.gaussian([6, 21]), ids = inputs.integers([11], -1, 5);
    const out = inputs.gaussian([11, 21]), dTable = inputs.gaussian([6, 21]);
    engine.addLookup(table, ids, out);
    engine.addLookupGradient(out, ids, dTable);
    return { out, dTable };
  });
});

/** Everything an LSTM layer needs, of random values. */
function lstm(inputs: Inputs, T: number, B: number, H: number) {
  return {
    gates: inputs.gaussian([T, B, 4 * H]),
    recurrent: inputs.gaussian([H, 4 * H], 1 / Math.sqrt(H)),
    peepholes: inputs.gaussian([3, H], 0.5),
    hidden: inputs.gaussian([T + 1, B, H], 0.5),
    cell: inputs.gaussian([T + 1, B, H], 0.5),
  };
}
const lstmSizes = [[1, 1, 12], [5, 1, 13], [4, 2, 9], [6, 5, 16], [3, 7, 11]];

Deno.test("cpu: LSTM layer, forward and backward, clipped and not", async () => {
  for (const [T, B, H] of lstmSizes) {
    for (const clip of [0.3, Infinity]) {
      await compare(`lstm ${T} ${B} ${H} ${clip}`, (engine, inputs) => {
        const layer = lstm(inputs, T, B, H);
        const activations = engine.tensor([T, B, 4 * H]);
        const dHidden = inputs.gaussian([T, B, H], 2), dPeepholes = inputs.gaussian([3, H]);
        engine.lstmForward(layer);
        engine.copy(layer.gates, activations);
        engine.lstmBackward(layer, { dHidden, dPeepholes, clip });
        return { ...layer, activations, dHidden, dPeepholes };
      });
    }
  }
});

Deno.test("cpu: LSTM layer with a soft window, ragged texts", async () => {
  for (const [T, B, H] of lstmSizes) {
    for (const [A, K, U] of [[5, 3, 4], [9, 4, 13]]) {
      await compare(`window ${T} ${B} ${H} ${A} ${K} ${U}`, (engine, inputs) => {
        const layer = {
          ...lstm(inputs, T, B, H),
          windowInput: inputs.gaussian([A, 4 * H], 0.5),
          windowWeights: inputs.gaussian([H, 3 * K], 0.5),
          windowBias: inputs.gaussian([3 * K], 0.3),
          characters: inputs.integers([B, U], -1, A - 1),
          textLengths: inputs.integers([B], 1, U),
          window: inputs.positive([T + 1, B, A]),
          windowParameters: inputs.positive([T + 1, B, 3 * K]),
        };
        const dHidden = inputs.gaussian([T, B, H]), dPeepholes = inputs.gaussian([3, H]);
        const dWindow = inputs.gaussian([T, B, A]), dWindowParameters = inputs.gaussian([T, B, 3 * K]);
        const activations = engine.tensor([T, B, 4 * H]);
        engine.windowLstmForward(layer);
        engine.copy(layer.gates, activations);
        engine.windowLstmBackward(layer, { dHidden, dPeepholes, dWindow, dWindowParameters, clip: 1 });
        return { ...layer, activations, dPeepholes, dWindow, dWindowParameters };
      });
    }
  }
});

Deno.test("cpu: softmax loss", async () => {
  for (const C of [2, 7, 49]) {
    await compare(`softmax ${C}`, (engine, inputs) => {
      const outputs = inputs.gaussian([23, C], 5), targets = inputs.integers([23], -1, C - 1);
      const losses = engine.tensor([23]), errors = engine.tensor([23]);
      engine.fill(engine.rows(outputs, 0, 6), 1);
      engine.softmaxLoss({ outputs, targets, losses, errors });
      return { outputs, losses, errors };
    });
  }
});

Deno.test("cpu: mixture density loss, near and far from the target", async () => {
  for (const M of [1, 3, 20]) {
    for (const [std, clip] of [[1, Infinity], [3, 100]]) {
      await compare(`mixture ${M} ${std}`, (engine, inputs) => {
        const N = 17;
        const outputs = inputs.gaussian([N, 6 * M + 1], std), mask = inputs.integers([N], 0, 1);
        const offsets = new Random(5, M);
        const targets = engine.tensor(
          [N, 3],
          Float32Array.from(
            { length: 3 * N },
            (_, i) => i % 3 === 2 ? offsets.integer(2) : offsets.gaussian(),
          ),
        );
        const losses = engine.tensor([N]), squaredErrors = engine.tensor([N]);
        engine.mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip });
        return { outputs, losses, squaredErrors };
      });
    }
  }
});

Deno.test("cpu: optimisers", async () => {
  await compare("optimisers", (engine, inputs) => {
    const size = [3, 71];
    const gradient = inputs.gaussian(size, 0.1);
    const [sgd, rmsprop, adam] = [0, 1, 2].map(() => inputs.gaussian(size));
    const velocity = inputs.gaussian(size, 0.01);
    const g = inputs.gaussian(size, 0.1), n = engine.tensor(size), delta = inputs.gaussian(size, 0.001);
    engine.fill(n, 0.5);
    const m = inputs.gaussian(size, 0.1), v = inputs.positive(size);
    for (let update = 1; update <= 3; update++) {
      engine.sgd(sgd, gradient, velocity, { rate: 0.01, momentum: 0.9, scale: 0.5 });
      const paper = { aleph: 0.95, beth: 0.9, gimel: 1e-4, daleth: 1e-4, scale: 0.5 };
      engine.rmsprop(rmsprop, gradient, n, g, delta, paper);
      const kingma = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, update, scale: 0.5 };
      engine.adam(adam, gradient, m, v, kingma);
    }
    return { sgd, velocity, rmsprop, n, g, delta, adam, m, v };
  });
});

Deno.test("cpu: weight noise is the noise of lib/random.ts", async () => {
  await compare("noise", (engine, inputs) => {
    const size = [4999];
    const mean = inputs.gaussian(size), logVariance = inputs.gaussian(size);
    const fixed = engine.tensor(size), adaptive = engine.tensor(size);
    engine.addNoise(mean, Math.log(0.075 ** 2), fixed, 3, -4);
    engine.addNoise(mean, logVariance, adaptive, 2 ** 31 + 5, 6);
    return { fixed, adaptive };
  });
});

Deno.test("cpu: adaptive weight noise", async () => {
  await compare("adaptive noise", (engine, inputs) => {
    const size = [211];
    const mean = inputs.gaussian(size), logVariance = inputs.gaussian(size), gradient = inputs.gaussian(size);
    const dLogVariance = engine.tensor(size);
    const options = { priorMean: 0.1, priorVariance: 0.3, sequences: 50, scale: 0.25 };
    engine.adaptiveNoiseGradient(mean, logVariance, gradient, dLogVariance, options);
    return { gradient, dLogVariance };
  });
  const reference = new Float64Engine();
  const engine = await openCpuEngine({ threads: 2 });
  const values = Float32Array.from({ length: 101 }, (_, i) => Math.sin(i));
  const sums = (on: Engine) => on.adaptiveNoiseSums(on.tensor([101], values), on.tensor([101], values));
  const [found, expected] = [await sums(engine), await sums(reference)];
  assertClose(Object.values(found), Object.values(expected), "adaptiveNoiseSums");
  assertEquals(Object.keys(found), Object.keys(expected));
  await engine.close();
});

Deno.test("cpu: orders under way keep their values when memory is freed, reused and written", async () => {
  const engine = await openCpuEngine({ threads: 2 });
  const size = 100_000;
  const reads: Promise<ArrayLike<number>>[] = [];
  const total = engine.tensor([size]);
  for (let k = 1; k <= 40; k++) {
    const x = engine.tensor([size], new Float32Array(size).fill(k));
    engine.axpy(1, x, total);
    if (k % 10 === 0) reads.push(engine.read(total));
    engine.free(x);
  }
  const sums = (await Promise.all(reads)).map((values) => [values[0], values[size - 1]]);
  assertEquals(sums, [[55, 55], [210, 210], [465, 465], [820, 820]]);
  assertEquals(engine.bytes, 4 * size);
  await engine.close();
});

Deno.test("cpu: the same threads give the same bits", async () => {
  const once = async () => {
    const engine = await openCpuEngine({ threads: 2, littleWork: 0 });
    const inputs = new Inputs(engine, "bits");
    const layer = lstm(inputs, 20, 6, 24);
    const dPeepholes = engine.tensor([3, 24]), dRecurrent = engine.tensor([24, 96]);
    engine.lstmForward(layer);
    engine.lstmBackward(layer, { dHidden: inputs.gaussian([20, 6, 24]), dPeepholes, clip: 1 });
    engine.matmul(engine.rows(layer.hidden, 0, 20), layer.gates, dRecurrent, { transposeA: true });
    const result = [...await engine.read(dPeepholes), ...await engine.read(dRecurrent)];
    await engine.close();
    return result;
  };
  assertEquals(await once(), await once());
});

Deno.test("cpu: errors name what was wrong", async () => {
  const engine = await openCpuEngine({ threads: 1 });
  const x = engine.tensor([2, 3]), other = new Float64Engine().tensor([2, 3]);
  assertThrows(() => engine.tensor([2, 2], [1, 2, 3]), Error, "needs 4 values, found 3");
  assertThrows(() => engine.matmul(x, x, engine.tensor([2, 2])), Error, "Shapes do not fit");
  assertThrows(() => engine.fill(other, 0), Error, "another engine");
  assertThrows(() => engine.free(engine.rows(x, 0, 1)), Error, "freed with the tensor");
  assertThrows(() => engine.rows(x, 1, 3), Error, "Rows 1 to 3");
  const memory = assertThrows(() => engine.empty([40_000, 40_000]), Error, "out of memory");
  assertMatch(memory.message, /6400 MB more needed.*limit 4295 MB/);
  engine.free(x);
  assertThrows(() => engine.free(x), Error, "it is freed");
  await assertRejects(() => engine.read(x), Error, "it is freed");
  const last = engine.tensor([1]);
  await engine.close();
  await assertRejects(() => engine.read(last), Error, "closed");
  assertThrows(() => engine.fill(last, 0), Error, "closed");
});

Deno.test("cpu: threads must be a whole number", async () => {
  await assertRejects(() => openCpuEngine({ threads: 0 }), RangeError, "found 0");
});

Deno.test("cpu: the environment turns BLAS off", async () => {
  Deno.env.set("GRAVES_BLAS", "0");
  try {
    const engine = await openCpuEngine({ threads: 1 });
    assert(!engine.description.includes("BLAS"), engine.description);
    await engine.close();
  } finally {
    Deno.env.delete("GRAVES_BLAS");
  }
});
