/** On Mesa's software adapter (Debian: libvulkan1, mesa-vulkan-drivers) where there is no graphics card. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OrderCounter } from "../../lib/bench/webgpu/orders.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { engineOn, findAdapter, openWebgpuEngine, type WebgpuOptions } from "../../lib/engine/webgpu/mod.ts";
import { Memory } from "../../lib/engine/webgpu/memory.ts";
import { Runtime } from "../../lib/engine/webgpu/runtime.ts";
import { type Batch, Network } from "../../lib/network/network.ts";
import { Random } from "../../lib/random.ts";
import { assertClose } from "./close.ts";
import { oddSynthesis, oddText } from "./odd_sizes.ts";
import { paritySuite } from "./parity.ts";

const { adapter, software } = await findAdapter() ?? {};
const tolerance = 1e-4;

if (adapter) paritySuite("webgpu", () => openWebgpuEngine(), tolerance);

function test(what: string, run: () => Promise<void>): void {
  const name = `webgpu: ${what}`;
  if (adapter) Deno.test(name, run);
  else {Deno.test({
      name: `${name} (no WebGPU adapter here: install libvulkan1 and mesa-vulkan-drivers)`,
      ignore: true,
      fn: run,
    });}
}
async function withEngine(options: WebgpuOptions, run: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await openWebgpuEngine(options);
  try {
    await run(engine);
  } finally {
    await engine.close();
  }
}
function noise(...shape: number[]) {
  const random = new Random(8, ...shape);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.gaussian());
}

test("tensors beyond what a kernel may see are taken in parts", async () => {
  for (
    const { config, weights, batch, bindingLimit } of [
      { ...oddText(), bindingLimit: 80_000 },
      { ...oddSynthesis(), bindingLimit: 24_000 },
    ]
  ) {
    await withEngine({ bindingLimit }, async (engine) => {
      const [reference, network] = [new Float64Engine(), engine].map((e) => new Network(e, config, weights));
      const largest = Math.max(
        ...Object.values(weights).map(({ values }) => values.byteLength),
        16 * batch.steps * batch.size * config.cells,
      );
      assert(largest > bindingLimit, `nothing is larger than ${bindingLimit} bytes`);
      const expected = await reference.lossAndGradient(batch as Batch);
      const found = await network.lossAndGradient(batch as Batch);
      assertClose(found.losses, expected.losses, tolerance, "losses");
      for (const [name, gradient] of Object.entries(reference.gradients)) {
        const values = await reference.engine.read(gradient);
        assertClose(await engine.read(network.gradients[name]), values, tolerance, `gradient of ${name}`);
      }
    });
  }
});

test("products of any size in parts, in large tiles, and with shared sums", async () => {
  const cases = [
    { N: 61, K: 90, M: 33, bindingLimit: 4096 }, // every operand is split
    { N: 130, K: 2100, M: 129 }, // tiles of 128, K shared out
    { N: 3, K: 1000, M: 3 }, // K shared out
    { N: 400, K: 9, M: 300 },
  ];
  for (const { N, K, M, bindingLimit } of cases) {
    await withEngine({ bindingLimit }, async (engine) => {
      for (const transposeA of [false, true]) {
        const transposeB = transposeA !== (K > 1000), accumulate = K < 1000;
        const [found, expected] = await Promise.all([engine, new Float64Engine()].map((e) => {
          const a = e.tensor(transposeA ? [K, N] : [N, K], noise(N, K));
          const b = e.tensor(transposeB ? [M, K] : [K, M], noise(K, M));
          const out = e.tensor([N, M], noise(N, M));
          e.matmul(a, b, out, { transposeA, transposeB, accumulate });
          return e.read(out);
        }));
        assertClose(found, expected, tolerance, `${N}×${K}×${M}`);
      }
    });
  }
});

test("a layer's inputs in one pass over large outputs: tiles of both sizes, of one to three terms, in parts too", async () => {
  const cases = [
    { N: 16_330, M: 9, widths: [20], tile: 64 },
    { N: 8133, M: 70, widths: [3, 17, 9], tile: 64, bindingLimit: 200_000 },
    { N: 32_700, M: 9, widths: [3, 10], tile: 128 },
    { N: 16_330, M: 9, widths: [1, 2, 3, 4] },
  ];
  for (const { N, M, widths, tile, bindingLimit } of cases) {
    const device = await adapter!.requestDevice(), counter = new OrderCounter(device);
    const engine = engineOn(device, "", bindingLimit);
    const [found, expected] = await Promise.all([engine, new Float64Engine()].map((e) => {
      const out = e.empty([N, M]), bias = e.tensor([M], noise(M));
      const terms = widths.map((K) =>
        [e.tensor([N, K], noise(N, K)), e.tensor([K, M], noise(K, M))] as const
      );
      e.affine(out, bias, terms);
      return e.read(out);
    }));
    assertClose(found, expected, tolerance, `${widths} to ${N}×${M}`);
    const kernels = Object.keys(counter.take().kernels);
    assertEquals(kernels.includes(`affine of ${widths.length}, ${tile}`), tile !== undefined, `${kernels}`);
    await engine.close();
  }
});

test("scaling by a norm, of any size, and by that of zeros", async () => {
  await withEngine({}, async (engine) => {
    const scaled = async (x: number[], y: number[], power: number) => {
      const tensor = engine.tensor([x.length], x);
      engine.scaleByNorm!(tensor, engine.tensor([y.length], y), power);
      return await engine.read(tensor);
    };
    assertClose(await scaled([2, -6], [3, 0, -4], -1), [0.4, -1.2], 1e-5, "by 1/5");
    assertClose(await scaled([1], [3e25, 4e25], 1), [5e25], 1e-5, "squares beyond float32");
    assertClose(
      await scaled([1], [3e-25, 4e-25], -0.5),
      [1 / Math.sqrt(5e-25)],
      1e-5,
      "squares below float32",
    );
    const many = Array.from({ length: 3000 }, (_, k) => k % 7 - 3);
    assertClose(await scaled(many, many, 0.5), many.map((x) => x * Math.hypot(...many) ** 0.5), 1e-5, "many");
    assertEquals([...await scaled([7], [0, 0], -1)], [7]);
    assertThrows(
      () =>
        engine.affine(engine.tensor([2, 3]), engine.tensor([3]), [[
          engine.tensor([2, 2]),
          engine.tensor([3, 3]),
        ]]),
      RangeError,
      "Shapes do not fit",
    );
  });
});

test("every element of the noise is that of lib/random.ts, in parts too", async () => {
  await withEngine({ bindingLimit: 40_000 }, async (engine) => {
    const n = 30_001;
    const [found, expected] = await Promise.all([engine, new Float64Engine()].map((e) => {
      const out = e.empty([n]);
      e.addNoise(e.tensor([n]), e.tensor([n]), out, -5, 0xfffffff0);
      return e.read(out);
    }));
    assertClose(found, expected, 1e-6, "noise");
    const sums = await engine.adaptiveNoiseSums(engine.tensor([n], found), engine.tensor([n]));
    const squares = Array.from(expected).reduce((sum, value) => sum + value ** 2, 0);
    assertClose([sums.meanSquare, sums.variance], [squares, n], 1e-5, "sums");
  });
});

test("the host's writes keep their place among the orders", async () => {
  await withEngine({}, async (engine) => {
    const a = engine.tensor([2], [1, 2]), sums = engine.tensor([2]);
    for (const value of [10, 20, 30]) {
      engine.axpy(1, a, sums);
      engine.write(a, [value, value]);
    }
    // Memory that was freed serves at once, though orders on it are still to be carried out.
    engine.free(a);
    const b = engine.tensor([2], [1000, 1000]);
    engine.axpy(1, b, sums);
    engine.write(b, [0, 0]);
    const early = engine.read(sums);
    engine.fill(sums, 0);
    assertEquals([...await early], [1031, 1032]);
    engine.axpy(3, sums, sums);
    engine.copy(engine.rows(engine.tensor([3, 1], [5, 6, 7]), 0, 2), sums);
    engine.axpy(1, sums, sums);
    assertEquals([...await engine.read(sums)], [10, 12]);
  });
});

test("a sequence longer than a submission", async () => {
  await withEngine({}, async (engine) => {
    const T = 700, B = 3, H = 2;
    const [found, expected] = await Promise.all([engine, new Float64Engine()].map(async (e) => {
      const layer = {
        gates: e.tensor([T, B, 4 * H], noise(T, B, 4 * H)),
        recurrent: e.tensor([H, 4 * H], noise(H, 4 * H)),
        peepholes: e.tensor([3, H], noise(3, H)),
        hidden: e.tensor([T + 1, B, H]),
        cell: e.tensor([T + 1, B, H]),
      };
      const dHidden = e.tensor([T, B, H], noise(T, B, H)), dPeepholes = e.tensor([3, H]);
      e.lstmForward(layer);
      e.lstmBackward(layer, { dHidden, dPeepholes, clip: 0.5 });
      return [await e.read(layer.hidden), await e.read(layer.gates), await e.read(dPeepholes)];
    }));
    ["hidden", "gates", "peepholes"].forEach((name, k) =>
      assertClose(found[k], expected[k], tolerance, name)
    );
  });
});

/** A window layer forward and backward; what it computes. */
async function windowLayer(e: Engine, { B, H, K, A, U }: Record<"B" | "H" | "K" | "A" | "U", number>) {
  const T = 3;
  const random = (...shape: number[]) => e.tensor(shape, noise(...shape).map((value) => 0.3 * value));
  const chance = new Random(2, "texts");
  const layer = {
    gates: random(T, B, 4 * H),
    recurrent: random(H, 4 * H),
    peepholes: random(3, H),
    hidden: random(T + 1, B, H),
    cell: random(T + 1, B, H),
    windowInput: random(A, 4 * H),
    windowWeights: random(H, 3 * K),
    windowBias: e.tensor(
      [3 * K],
      Float32Array.from({ length: 3 * K }, (_, q) => [0, -4, 2][Math.floor(q / K)]),
    ),
    characters: e.integers([B, U], Array.from({ length: B * U }, () => chance.integer(A + 2) - 1)),
    textLengths: e.integers([B], Array.from({ length: B }, (_, b) => U - b % U)),
    window: random(T + 1, B, A),
    windowParameters: e.tensor([T + 1, B, 3 * K]),
  };
  const backward = {
    dHidden: random(T, B, H),
    dPeepholes: random(3, H),
    dWindow: random(T, B, A),
    dWindowParameters: e.empty([T, B, 3 * K]),
    clip: 0.1,
  };
  const { hidden, window, gates } = layer, { dPeepholes, dWindow, dWindowParameters } = backward;
  e.windowLstmForward(layer);
  const forward = await Promise.all([hidden, window].map((tensor) => e.read(tensor)));
  e.windowLstmBackward(layer, backward);
  return [
    ...forward,
    ...await Promise.all([gates, dPeepholes, dWindow, dWindowParameters].map((x) => e.read(x))),
  ];
}

test("batches of every size, long texts, many characters and components", async () => {
  await withEngine({}, async (engine) => {
    for (
      const sizes of [
        { B: 1, H: 9, K: 2, A: 5, U: 4 },
        { B: 2, H: 3, K: 17, A: 20, U: 3 },
        { B: 9, H: 8, K: 1, A: 3, U: 17 },
        { B: 18, H: 17, K: 3, A: 270, U: 300 },
      ]
    ) {
      const [found, expected] = await Promise.all(
        [engine, new Float64Engine()].map((e) => windowLayer(e, sizes)),
      );
      ["hidden", "window", "gates", "dPeepholes", "dWindow", "dWindowParameters"].forEach((name, k) =>
        assertClose(found[k], expected[k], tolerance, `${name} of ${JSON.stringify(sizes)}`)
      );
    }
  });
});

test("a training's memory does not grow with its steps", async () => {
  await withEngine({}, async (engine) => {
    const { config, weights, batch } = oddSynthesis();
    const network = new Network(engine, config, weights);
    const counts: number[] = [];
    for (let step = 0; step < 6; step++) {
      await network.lossAndGradient(batch);
      counts.push(engine.bytes);
    }
    assertEquals(counts, counts.map(() => counts[0]));
    network.free();
    assertEquals(engine.bytes, 0);
  });
});

test("freed memory is used again, and given back when there is much of it", async () => {
  const device = await adapter!.requestDevice();
  let trims = 0;
  const memory = new Memory(device, GPUBufferUsage.STORAGE, () => trims++);
  const block = memory.allocate(4000);
  memory.release(block);
  assertEquals(memory.allocate(3900).id, block.id);
  for (let k = 0; k < 40; k++) memory.release(memory.allocate((k + 1) * 2 ** 20));
  assert(trims > 0, "820 MB idle were never given back");
  assertThrows(() => memory.allocate(2 ** 40), RangeError, "use a smaller batch");
  device.destroy();
});

test("an order that the GPU refuses is an error of the next read", async () => {
  const other = await openWebgpuEngine();
  await withEngine({}, async (engine) => {
    const x = engine.tensor([4]);
    engine.axpy(1, other.tensor([4]), x);
    await assertRejects(() => engine.read(x), Error, "The GPU refused an order");
    assertThrows(() => engine.axpy(1, engine.tensor([3]), x), RangeError, "x has 3 elements, but y has 4");
    assertThrows(() => engine.matmul(x, x, engine.tensor([2, 2])), RangeError, "Shapes do not fit");
  });
  await other.close();
});

test("a lost GPU is reported, and where to go on from", async () => {
  const device = await adapter!.requestDevice();
  const runtime = new Runtime(device);
  const block = runtime.allocate(10);
  device.destroy();
  await assertRejects(() => runtime.download({ block, offset: 0, size: 10 }), Error, "last checkpoint");
  await runtime.close();
});

test("software adapters are refused where a graphics card is asked for", async () => {
  if (software) {
    await assertRejects(() => openWebgpuEngine({ adapter: "hardware" }), Error, "use the cpu engine");
  } else {
    await withEngine({ adapter: "hardware" }, (engine) => Promise.resolve(assert(engine.description)));
  }
});
