/** What a run of the bench measures: the plan and the results, as they are written to JSON. */
import type { Summary } from "./statistics.ts";
import type { Sizes } from "./workload.ts";

/** How much is measured. */
export interface Plan {
  /** Of the training step and of the sampled network. */
  sizes: Sizes;
  /** The side of the square matrices of the sgemm rate. */
  sgemm: number;
  /** Measurements of each kind, after one that does not count. */
  rounds: number;
  /** Points of a sampled line, and how many lines are sampled together. */
  points: number;
  lanes: number;
  /** Base of the cost table, and the values that are varied one at a time. */
  cost: { base: Sizes } & Record<Varied, number[]>;
  /** Seconds for one answer, after which a contestant is given up. */
  limit: number;
}
export type Varied = "steps" | "batch" | "cells";

export interface Choice {
  engines: readonly string[];
  /** Whether the engines were named: then webgpu may be an adapter in software. */
  explicit: boolean;
  peers: readonly string[];
  threads: number;
}

export interface SgemmRow {
  label: string;
  description: string;
  cores: number;
  gigaflops: Summary;
}
export interface StepRow {
  name: string;
  label: string;
  description: string;
  seconds: Summary;
  gigaflops: Summary;
  /** Of the sgemm rate of all cores in the same round; null on a GPU or where that rate is not known. */
  share: Summary | null;
  /** Resident memory at its highest; null of a shortened step. */
  peakBytes: number | null;
  /** T of the step that was measured, where the time is scaled to the whole. */
  measuredSteps: number | null;
  /** Nats per point before the first update; null where it is not that of the whole task. */
  loss: number | null;
}
export interface ProductRow {
  label: string;
  /** [m × k] times [k × n]. */
  product: [m: number, k: number, n: number];
  gigaflops: Summary;
}
export interface SamplingRow {
  label: string;
  lines: number;
  /** In each line. */
  points: number;
  seconds: Summary;
  pointsPerSecond: Summary;
}
export interface StartRow {
  /** `nothing`, `library` or an engine. */
  what: string;
  /** To import and open it. */
  seconds: Summary;
  /** Of the whole process. */
  process: Summary;
}
export interface CostRow {
  varied: Varied;
  sizes: Sizes;
  seconds: Summary;
  gigaflops: Summary;
}
export interface Results {
  sgemm: SgemmRow[];
  steps: StepRow[];
  products: ProductRow[];
  sampling: SamplingRow[];
  startup: StartRow[];
  cost: CostRow[];
  /** Who did not take part, or not to the end, and why. */
  skipped: { label: string; reason: string }[];
}
