/** The bench: how fast the engines are on this machine, and beside what. */
export { engines, peers } from "./participants.ts";
export type { Choice, Plan, Results } from "./results.ts";
export { runBench } from "./run.ts";
export { describe, describeTogether } from "./tables.ts";
export { measureTogether } from "./together.ts";
export { paperSizes, stepFlops } from "./workload.ts";
export { countStep, measureStep } from "./webgpu/step.ts";
export { describeOrders } from "./webgpu/table.ts";
