/** A training step as a GPU sees it: counted at the paper's sizes without one, counted and timed on the adapter that is here. */
import { engineOn, openDevice } from "../../engine/webgpu/mod.ts";
import { summarise, type Summary } from "../results.ts";
import { makeWorkload, networkOf, type Sizes, TrainingStep } from "../workload.ts";
import { idleDevice } from "./idle_device.ts";
import { OrderCounter, type Orders } from "./orders.ts";

export interface StepOrders {
  description: string;
  sizes: Sizes;
  /** The first step's, which makes all that later ones use again, and those of one after it. */
  first: Orders;
  later: Orders;
  /** None where nothing is carried out. */
  seconds?: Summary;
}

/** Counts a step of these sizes on a card that sees buffers whole, by a device that carries nothing out. */
export function countStep(sizes: Sizes): Promise<StepOrders> {
  return stepOn(idleDevice(), "any card, counted", sizes, 0);
}

/** Steps of an adapter's device in software are shortened to this. */
const shortened = 4;

/** Counts and times steps on the fastest adapter. Throws if there is none. */
export async function measureStep(
  sizes: Sizes,
  rounds: number,
  report: (line: string) => void,
): Promise<StepOrders> {
  const { device, description, software } = await openDevice();
  const steps = software ? Math.min(shortened, sizes.steps) : sizes.steps;
  report(`${description}: ${steps} time steps`);
  return await stepOn(device, description, { ...sizes, steps }, rounds);
}

async function stepOn(device: GPUDevice, description: string, sizes: Sizes, rounds: number) {
  const counter = new OrderCounter(device), engine = engineOn(device, description);
  try {
    const step = new TrainingStep(engine, makeWorkload(sizes));
    await step.run();
    const first = counter.take();
    // Only now is all memory known, since the second step clears gradients before it computes anew.
    await step.run();
    counter.take();
    await step.run();
    const later = counter.take(), seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now();
      await step.run();
      seconds.push((performance.now() - begun) / 1000);
    }
    return { description, sizes, first, later, ...rounds > 0 && { seconds: summarise(seconds) } };
  } finally {
    await engine.close();
  }
}

/** Floating-point operations of a step's time loops: the products with h_{t−1} and w_{t−1} forward, and back through time. All other
 * products are of whole sequences. */
export function loopFlops(sizes: Sizes): number {
  const { layers, cells: H, window } = networkOf(sizes);
  const { alphabet: A, components: K } = window!;
  const weights = layers * 4 * H * H + 4 * H * A + 3 * H * K;
  return 2 * 2 * weights * sizes.steps * sizes.batch;
}

/** Kernels of which each time step has a dispatch. */
export const isOfLoop = (kernel: string) => /^(lstm|soft window) (forward|backward)/.test(kernel);

export function dispatchesOfLoops({ kernels }: Orders): number {
  return Object.entries(kernels).reduce(
    (sum, [name, { dispatches }]) => sum + (isOfLoop(name) ? dispatches : 0),
    0,
  );
}
