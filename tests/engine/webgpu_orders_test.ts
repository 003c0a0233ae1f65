/** What the webgpu engine orders of a GPU, counted by a device that carries nothing out, where there is no card either. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { countStep } from "../../lib/bench/mod.ts";
import { cardLimits, idleDevice } from "../../lib/bench/webgpu/idle_device.ts";
import { OrderCounter, type Orders } from "../../lib/bench/webgpu/orders.ts";
import { dispatchesOfLoops } from "../../lib/bench/webgpu/step.ts";
import { makeWorkload, paperSizes, TrainingStep } from "../../lib/bench/workload.ts";
import { findExperiment, type StageSettings } from "../../lib/experiments/mod.ts";
import { engineOn, findAdapter, openDevice } from "../../lib/engine/webgpu/mod.ts";
import { Training } from "../../lib/training/training.ts";

Deno.test("webgpu: a step of the paper's network orders at most 8 dispatches a time step, and little else", async () => {
  const { first, later, sizes } = await countStep(paperSizes);
  assertEquals(dispatchesOfLoops(later), 8 * sizes.steps);
  assertLess(later.dispatches - 8 * sizes.steps, 130);
  // What was made once is used again.
  assertLess(first.pipelines, 25);
  assertEquals([later.pipelines, later.bindGroups, later.buffers], [0, 0, 0]);
  assertLess(first.bufferBytes, 1e9);
  // The losses come while the GPU goes back through time; only the bench itself waits, at the end.
  assertEquals([later.reads, later.idleReads], [3, 1]);
  assertLess(later.submits, 20);
  assertLess(later.boundBytes, 6.5e9);
  assertLess(later.uploadedBytes + later.readBytes + later.copiedBytes, 3e6);
});

/** An update of a training as `experiment` has it, after two that have made all that is used again. */
async function update(experiment: string, kind: "weight noise" | "adaptive weight noise"): Promise<Orders> {
  const device = idleDevice(), counter = new OrderCounter(device), engine = engineOn(device, "idle");
  const { stages: [{ recipe, regularisation }] } = findExperiment(experiment);
  assertEquals(recipe.optimiser.rule, "muon");
  const { network, weights, batch } = makeWorkload({ ...paperSizes, steps: 100, batch: 8, cells: 64 });
  const noise = kind === "weight noise" ? { kind, std: 0.075 } as const : regularisation;
  const stage: StageSettings = { recipe, regularisation: noise };
  const training = new Training({ engine, config: network, stage, weights, seed: 1, sequences: 100 });
  let orders = counter.take();
  for (let k = 0; k < 3; k++) {
    await training.update(batch);
    orders = counter.take();
  }
  await engine.close();
  return orders;
}

Deno.test("webgpu: no read lets the GPU stand still within an update, with Muon, averages and weight noise", async () => {
  const { reads, idleReads, pipelines, buffers } = await update("synthesis", "weight noise");
  assertEquals([reads, idleReads, pipelines, buffers], [2, 0, 0, 0]);
});

Deno.test("webgpu: nor with adaptive weight noise, whose prior is known before the gradients are", async () => {
  const { reads, idleReads, submits } = await update("synthesis-adaptive", "adaptive weight noise");
  assert(reads > 2);
  assertEquals(idleReads, 0);
  assertLess(submits, 20);
});

Deno.test("webgpu: a read is idle where nothing was ordered behind it, a barrier is where memory was written", async () => {
  const device = idleDevice(), counter = new OrderCounter(device), engine = engineOn(device, "idle");
  const [a, b, c] = [1, 2, 3].map(() => engine.empty([4]));
  engine.fill(a, 1);
  engine.fill(b, 1); // together
  engine.axpy(1, a, b); // after both
  engine.axpy(1, a, c); // together with the last
  await engine.read(c); // after it
  const { dispatches, barriers, reads, idleReads, kernels } = counter.take();
  assertEquals({ dispatches, barriers, reads, idleReads }, {
    dispatches: 4,
    barriers: 2,
    reads: 1,
    idleReads: 1,
  });
  assertEquals(kernels.fill, { dispatches: 2, boundBytes: 32 });
  const reading = engine.read(c);
  for (let k = 0; k < 40; k++) engine.axpy(1, a, b);
  await reading;
  assertEquals(counter.take().idleReads, 0);
  await engine.close();
});

const adapter = (await findAdapter())?.adapter;
Deno.test({
  name: adapter
    ? "webgpu: an adapter is ordered what was counted without one"
    : "webgpu: counts are NOT compared with an adapter's, since there is none (libvulkan1, mesa-vulkan-drivers)",
  ignore: !adapter,
  async fn() {
    const sizes = { steps: 12, batch: 3, layers: 3, cells: 16, characters: 5 };
    const counts = [];
    const { device } = await openDevice();
    for (const each of [device, idleDevice({ ...cardLimits, ...limitsOf(device) })]) {
      const counter = new OrderCounter(each), engine = engineOn(each, "");
      const step = new TrainingStep(engine, makeWorkload(sizes));
      for (let k = 0; k < 2; k++) await step.run();
      // Whether a read ends early or late is the device's.
      const { idleReads: _, ...orders } = counter.take();
      counts.push(orders);
      await engine.close();
    }
    assertEquals(counts[0], counts[1]);
    assert(counts[0].dispatches > 8 * 12);
  },
});

function limitsOf({ limits: { maxBufferSize, maxStorageBufferBindingSize } }: GPUDevice) {
  return { maxBufferSize, maxStorageBufferBindingSize };
}
