import { assert, assertEquals, assertRejects } from "@std/assert";
import { openCpuEngine } from "../../lib/engine/cpu/mod.ts";
import { findBfloat16Blas } from "../../lib/engine/cpu/main/blas_library.ts";
import { compileKernels, instantiateKernels } from "../../lib/engine/cpu/shared/kernels.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { openEngine } from "../../lib/engine/mod.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { Network } from "../../lib/network/network.ts";
import { Random } from "../../lib/random.ts";
import { assertClose } from "./close.ts";
import { oddText } from "./odd_sizes.ts";
import { paritySuite } from "./parity.ts";

const missing = await findBfloat16Blas().then(() => undefined, (error: Error) => error.message);
const ignore = missing !== undefined;
const open = (threads: number) => openCpuEngine({ threads, precision: "bfloat16" });

/** A factor's rounding is off by up to 1/512 of it; what a tensor's entries are off by is less than 30 times that of
 * the largest. */
const tolerance = 0.06;

/** float32 nearest to `x` that has 8 bits of fraction, the even one of two as near. */
function roundedToBfloat16(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0];
  const upper = bits >>> 16, lower = bits & 0xffff;
  return (upper + (lower > 0x8000 || (lower === 0x8000 && upper & 1) ? 1 : 0)) & 0xffff;
}

Deno.test("bfloat16: the kernel rounds to the nearest, halves to even, and packs rows", async () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true });
  const kernels = await instantiateKernels(await compileKernels(), memory);
  const random = new Random(1, "bfloat16");
  for (const [rows, columns, stride] of [[1, 1, 1], [3, 8, 8], [5, 13, 17], [2, 31, 40]]) {
    const from = 65536, to = from + 4 * rows * stride;
    const values = new Float32Array(memory.buffer, from, rows * stride);
    values.forEach((_, k) => values[k] = random.gaussian() * 10 ** (random.integer(60) - 30));
    values.set([1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 2 ** -8, 3.4e38].slice(0, values.length));
    const halves = new Uint16Array(memory.buffer, to, rows * columns + 1);
    halves[rows * columns] = 12345;
    kernels.toBfloat16(rows, columns, from, stride, to);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        assertEquals(halves[r * columns + c], roundedToBfloat16(values[r * stride + c]), `${r}, ${c}`);
      }
    }
    assertEquals(halves[rows * columns], 12345, "what lies behind was overwritten");
  }
});

Deno.test("bfloat16: only the cpu engine has it, and unknown precisions are refused", async () => {
  await assertRejects(() => openEngine("float64", { precision: "bfloat16" }), Error, "Only the cpu engine");
  await assertRejects(
    () => openEngine("cpu", { precision: "half" as "float32" }),
    Error,
    "no precision 'half'",
  );
});

Deno.test({
  name: "bfloat16: large products, in pieces, are those of float32; precise ones to its last digits",
  ignore,
  fn: async () => {
    const engines = await Promise.all([openCpuEngine({ threads: 2 }), open(1), open(3)]);
    const random = new Random(2, "products");
    const values = (n: number) => Float32Array.from({ length: n }, () => random.gaussian());
    try {
      // The sum is longer than a piece, and so are the rows of the second.
      for (
        const [N, M, K, transposeA, transposeB] of [[40, 2100, 5000, true, false], [
          33,
          65,
          97,
          false,
          true,
        ]] as const
      ) {
        const a = values(N * K), b = values(K * M), c = values(N * M);
        const products = async (precise: boolean) =>
          await Promise.all(engines.map(async (engine) => {
            const [x, w] = [
              engine.tensor(transposeA ? [K, N] : [N, K], a),
              engine.tensor(transposeB ? [M, K] : [K, M], b),
            ];
            const out = engine.tensor([N, M], c);
            engine.matmul(x, w, out, { transposeA, transposeB, accumulate: true, precise });
            const result = await engine.read(out);
            engine.free(x, w, out);
            return result;
          }));
        const [expected, one, three] = await products(false);
        assertClose(one, expected, 0.01, "one thread");
        assertClose(three, expected, 0.01, "three threads");
        assert(one.some((value, k) => Math.abs(value - expected[k]) > 1e-3), "nothing was rounded");
        const exact = await products(true);
        for (const product of exact) assertClose(product, exact[0], 1e-5, "precise");
      }
    } finally {
      await Promise.all(engines.map((engine) => engine.close()));
    }
  },
});

// Units enough to be packed where two ranks share them out (one sequence), and where each takes its own (nine).
for (const size of [1, 3, 9]) {
  Deno.test({
    name:
      `bfloat16: the gradients of two layers of 200 cells, ${size} sequences, are nearly the float64 engine's`,
    ignore,
    fn: async () => {
      const { config, batch } = oddText(), steps = 6;
      const wide = { ...config, cells: 200, clip: { lstm: 1, outputs: null } };
      const weights = initialWeights(wide, 1), random = new Random(size, "symbols");
      const symbols = () => Int32Array.from({ length: steps * size }, () => random.integer(131));
      const some = { ...batch, size, inputs: symbols(), targets: symbols() };
      const reference = new Network(new Float64Engine(), wide, weights);
      const expected = await reference.lossAndGradient(some);
      for (const threads of [1, 2]) {
        const engine = await open(threads);
        try {
          const network = new Network(engine, wide, weights);
          const found = await network.lossAndGradient(some);
          assertClose(found.losses, expected.losses, 0.005, "losses");
          for (const [name, gradient] of Object.entries(reference.gradients)) {
            const values = await reference.engine.read(gradient);
            assertClose(
              await engine.read(network.gradients[name]),
              values,
              0.02,
              `${threads}: gradient of ${name}`,
            );
          }
        } finally {
          await engine.close();
        }
      }
    },
  });
}

if (!ignore) {
  for (const threads of [1, 3]) {
    paritySuite(`cpu, ${threads} threads, bfloat16`, () => open(threads), tolerance);
  }
}
