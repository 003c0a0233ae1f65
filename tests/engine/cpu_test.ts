/** The parity suite; what is the cpu engine's own: sharing out, orders under way, memory, ranks that die. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { sha256 } from "../../lib/files.ts";
import { compile } from "../../lib/engine/cpu/compile.ts";
import { openCpuEngine } from "../../lib/engine/cpu/mod.ts";
import type { Engine, Tensor } from "../../lib/engine/engine.ts";
import { openEngine } from "../../lib/engine/mod.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Random } from "../../lib/random.ts";
import { paritySuite } from "./parity.ts";

/** Every operation is shared out, however little there is to do, among fewer and more ranks than there are sequences. */
const settings = [
  { threads: 2, blas: true, littleWork: 0 },
  { threads: 3, blas: false, littleWork: 0 },
];
/** Relative, or absolute for what is small beside the tensor's largest. */
const tolerance = 5e-5;

for (const blas of [true, false]) {
  paritySuite(`cpu engine${blas ? "" : " without BLAS"}`, () => openCpuEngine({ threads: 2, blas }), 1e-4);
}

type Orders = (engine: Engine, inputs: Inputs) => Record<string, Tensor>;

/** Runs the orders of each case, by its name, on every engine with the same random inputs; compares the tensors they
 * return with the float64 engine's. */
async function compare(cases: Record<string, Orders>): Promise<void> {
  const reference = new Float64Engine();
  for (const setting of settings) {
    const engine = await openCpuEngine(setting);
    try {
      for (const [name, orders] of Object.entries(cases)) {
        const expected = orders(reference, new Inputs(reference, name));
        const found = orders(engine, new Inputs(engine, name));
        for (const key of Object.keys(expected)) {
          const label = `${name}, ${JSON.stringify(setting)}: ${key}`;
          assertClose(await engine.read(found[key]), await reference.read(expected[key]), label);
        }
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
  /** Uniform in [0, 1). */
  uniform(shape: number[]): Tensor {
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

Deno.test("cpu: products, plain and transposed", async () => {
  // deno-fmt-ignore
  const sizes = [
    [1, 37, 19], [1, 8, 1], [2, 40, 33], [5, 3, 121], [7, 17, 9], [8, 24, 9], [13, 15, 6], [23, 17, 9],
    [130, 21, 600], [64, 1100, 5],
  ];
  const cases: Record<string, Orders> = {};
  for (const [N, M, K] of sizes) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        for (const accumulate of [false, true]) {
          cases[`${N} ${M} ${K} ${transposeA} ${transposeB} ${accumulate}`] = (engine, inputs) => {
            const a = inputs.gaussian(transposeA ? [K, N] : [N, K], 1 / Math.sqrt(K));
            const b = inputs.gaussian(transposeB ? [M, K] : [K, M]);
            const c = inputs.gaussian([N, M]);
            engine.matmul(a, b, c, { transposeA, transposeB, accumulate });
            return { c };
          };
        }
      }
    }
  }
  await compare(cases);
});

Deno.test("cpu: subnormal numbers are zero, which a processor multiplies a hundred times as fast", {
  ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
}, async () => {
  for (const setting of settings) {
    const engine = await openCpuEngine(setting);
    const size = 64,
      full = (value: number) => {
        const tensor = engine.tensor([size, size]);
        engine.fill(tensor, value);
        return tensor;
      };
    try {
      const product = full(1), scaled = full(0);
      engine.matmul(full(1e-30), full(1e-10), product);
      engine.axpy(1e-10, full(1e-30), scaled);
      for (const tensor of [product, scaled]) {
        assert((await engine.read(tensor)).every((value) => value === 0));
      }
    } finally {
      await engine.close();
    }
  }
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
  const cases: Record<string, Orders> = {};
  for (const [T, B, H] of lstmSizes) {
    for (const clip of [0.3, Infinity]) {
      cases[`lstm ${T} ${B} ${H} ${clip}`] = (engine, inputs) => {
        const layer = lstm(inputs, T, B, H);
        const activations = engine.tensor([T, B, 4 * H]);
        const dHidden = inputs.gaussian([T, B, H], 2), dPeepholes = inputs.gaussian([3, H]);
        engine.lstmForward(layer);
        engine.copy(layer.gates, activations);
        engine.lstmBackward(layer, { dHidden, dPeepholes, clip });
        return { ...layer, activations, dHidden, dPeepholes };
      };
    }
  }
  await compare(cases);
});

Deno.test("cpu: LSTM layer with a soft window, ragged texts", async () => {
  const cases: Record<string, Orders> = {};
  for (const [T, B, H] of lstmSizes) {
    for (const [A, K, U] of [[5, 3, 4], [9, 4, 13]]) {
      cases[`window ${T} ${B} ${H} ${A} ${K} ${U}`] = (engine, inputs) => {
        const layer = {
          ...lstm(inputs, T, B, H),
          windowInput: inputs.gaussian([A, 4 * H], 0.5),
          windowWeights: inputs.gaussian([H, 3 * K], 0.5),
          windowBias: inputs.gaussian([3 * K], 0.3),
          characters: inputs.integers([B, U], -1, A - 1),
          textLengths: inputs.integers([B], 1, U),
          window: inputs.uniform([T + 1, B, A]),
          windowParameters: inputs.uniform([T + 1, B, 3 * K]),
        };
        const dHidden = inputs.gaussian([T, B, H]), dPeepholes = inputs.gaussian([3, H]);
        const dWindow = inputs.gaussian([T, B, A]), dWindowParameters = inputs.gaussian([T, B, 3 * K]);
        const activations = engine.tensor([T, B, 4 * H]);
        engine.windowLstmForward(layer);
        engine.copy(layer.gates, activations);
        engine.windowLstmBackward(layer, { dHidden, dPeepholes, dWindow, dWindowParameters, clip: 1 });
        return { ...layer, activations, dPeepholes, dWindow, dWindowParameters };
      };
    }
  }
  await compare(cases);
});

Deno.test("cpu: elements, rows, losses and updates", async () => {
  await compare({
    elements: (engine, inputs) => {
      const x = inputs.gaussian([37, 13]), y = inputs.gaussian([37, 13]), z = engine.tensor([37, 13]);
      const row = inputs.gaussian([13]), rows = engine.tensor([37, 13]), sums = inputs.gaussian([13]);
      engine.copy(x, z);
      engine.fill(engine.rows(z, 2, 5), 0.25);
      engine.axpy(-1.5, x, y);
      engine.affine(rows, row, []);
      engine.addColumnSums(x, sums);
      return { y, z, rows, sums };
    },
    lookups: (engine, inputs) => {
      const table = inputs.gaussian([6, 21]), ids = inputs.integers([11], -1, 5);
      const out = inputs.gaussian([11, 21]), dTable = inputs.gaussian([6, 21]);
      engine.addLookup(table, ids, out);
      engine.addLookupGradient(out, ids, dTable);
      return { out, dTable };
    },
    softmax: (engine, inputs) => {
      const outputs = inputs.gaussian([23, 7], 5), targets = inputs.integers([23], -1, 6);
      const losses = engine.tensor([23]), errors = engine.tensor([23]);
      engine.softmaxLoss({ outputs, targets, losses, errors });
      return { outputs, losses, errors };
    },
    mixture: (engine, inputs) => {
      const outputs = inputs.gaussian([17, 19], 2), mask = inputs.integers([17], 0, 1);
      const targets = inputs.gaussian([17, 3]);
      const losses = engine.tensor([17]), squaredErrors = engine.tensor([17]);
      engine.mixtureLoss({ outputs, targets, mask, losses, squaredErrors, clip: 10 });
      return { outputs, losses, squaredErrors };
    },
    updates: (engine, inputs) => {
      const size = [3, 71];
      const gradient = inputs.gaussian(size, 0.1);
      const [sgd, rmsprop, adam] = [0, 1, 2].map(() => inputs.gaussian(size));
      const [velocity, n, g, delta, m, v] = [0, 1, 2, 3, 4, 5].map(() => inputs.uniform(size));
      engine.fill(n, 1);
      engine.sgd(sgd, gradient, velocity, { rate: 0.01, momentum: 0.9, scale: 0.5 });
      const paper = { aleph: 0.95, beth: 0.9, gimel: 1e-4, daleth: 1e-4, scale: 0.5 };
      engine.rmsprop(rmsprop, gradient, n, g, delta, paper);
      const kingma = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, update: 2, scale: 0.5 };
      engine.adam(adam, gradient, m, v, kingma);
      return { sgd, velocity, rmsprop, n, g, delta, adam, m, v };
    },
  });
});

Deno.test("cpu: adaptive weight noise", async () => {
  await compare({
    "adaptive noise": (engine, inputs) => {
      const size = [4999];
      const mean = inputs.gaussian(size),
        logVariance = inputs.gaussian(size),
        gradient = inputs.gaussian(size);
      const noisy = engine.tensor(size), dLogVariance = engine.tensor(size);
      engine.addNoise(mean, logVariance, noisy, 2 ** 31 + 5, -6);
      const options = { priorMean: 0.1, priorVariance: 0.3, sequences: 50, scale: 0.25 };
      engine.adaptiveNoiseGradient(mean, logVariance, gradient, dLogVariance, options);
      return { noisy, gradient, dLogVariance };
    },
  });
  const values = Float32Array.from({ length: 101 }, (_, i) => Math.sin(i));
  const sums = (on: Engine) => on.adaptiveNoiseSums(on.tensor([101], values), on.tensor([101], values));
  const expected = Object.values(await sums(new Float64Engine()));
  for (const setting of settings) {
    const engine = await openCpuEngine(setting);
    assertClose(Object.values(await sums(engine)), expected, "adaptiveNoiseSums");
    await engine.close();
  }
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

Deno.test("cpu: the environment turns BLAS off, and it is said how to have one", async () => {
  Deno.env.set("GRAVES_BLAS", "0");
  try {
    const reports: string[] = [];
    const engine = await openEngine("auto", { report: (line) => void reports.push(line) });
    assert(!engine.description.includes("BLAS"), engine.description);
    if (engine.name === "cpu") assertMatch(reports.at(-1)!, /deno task blas/);
    await engine.close();
  } finally {
    Deno.env.delete("GRAVES_BLAS");
  }
});

Deno.test("cpu: an index outside its table stops the engine, with its value", async () => {
  const engine = await openCpuEngine({ threads: 2 });
  const table = engine.tensor([4, 3]), out = engine.tensor([2, 3]);
  engine.addLookup(table, engine.integers([2], [1, 4]), out);
  await assertRejects(() => engine.read(out), Error, "must lie in 0..3, or be −1 for none; found 4");
  assertThrows(() => engine.fill(out, 0), Error, "has stopped");
  await engine.close();
});

Deno.test("cpu: close rejects those who wait", async () => {
  const engine = await openCpuEngine({ threads: 2 });
  const x = engine.tensor([3000, 3000]), y = engine.tensor([3000, 3000]);
  engine.matmul(x, x, y);
  const rejections = [y, x].map((tensor) => assertRejects(() => engine.read(tensor), Error, "closed"));
  await engine.close();
  await Promise.all(rejections);
});

Deno.test("cpu: more orders than the ring holds", async () => {
  const engine = await openCpuEngine({ threads: 2 });
  const x = engine.tensor([1]), one = engine.tensor([1], [1]);
  for (let k = 0; k < 10_000; k++) engine.axpy(1, one, x);
  assertEquals([...await engine.read(x)], [10_000]);
  await engine.close();
});

Deno.test("cpu: freed memory is joined and used again", async () => {
  const engine = await openCpuEngine({ threads: 1 });
  for (let round = 0; round < 50; round++) {
    // 1.6 GB at a time: without reuse the third round would find no room.
    const tensors = [1, 3, 2, 4].map((k) => engine.empty([k, 40_000_000]));
    engine.free(...(round % 2 ? tensors : tensors.reverse()));
  }
  assertEquals(engine.bytes, 0);
  await engine.close();
});

Deno.test("cpu: kernels.wasm is what its sources compile to", async () => {
  const committed = await Deno.readFile(new URL("../../lib/engine/cpu/kernels.wasm", import.meta.url));
  assertEquals(await sha256(await compile()), await sha256(committed), "run `deno task build:wasm`");
});
