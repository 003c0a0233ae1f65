/** The bench: how fast the engines are on this machine, and beside what. */
export { engineEntrants, peerEntrants } from "./field.ts";
export type * from "./results.ts";
export { runBench } from "./run.ts";
export { describe, formatTable, penPointsPerSecond } from "./tables.ts";
export { type Target, targets } from "./targets.ts";
export { paperSizes, stepFlops } from "./workload.ts";
