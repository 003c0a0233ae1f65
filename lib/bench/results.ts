/** What a run of the bench measures, as it is written to JSON: medians with their spread. */
import type { Sizes } from "./workload.ts";

export interface Summary {
  median: number;
  lowest: number;
  highest: number;
  /** As measured, in order. */
  values: number[];
}

/** Throws if there are no values. */
export function summarise(values: number[]): Summary {
  if (values.length === 0) throw new RangeError("Nothing was measured.");
  const sorted = values.toSorted((a, b) => a - b), middle = values.length >> 1;
  const median = values.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, lowest: sorted[0], highest: sorted.at(-1)!, values };
}

export function map({ values }: Summary, change: (value: number) => number): Summary {
  return summarise(values.map(change));
}

/** a / b, round by round: what varies from round to round, such as the machine's clock, cancels. */
export function ratio(a: Summary, b: Summary): Summary {
  return summarise(a.values.map((value, round) => value / b.values[round]));
}

export interface Results {
  sgemm: { label: string; description: string; cores: number; gigaflops: Summary }[];
  /** At the plan's own batch size. */
  steps: StepRow[];
  /** The same step at others. */
  batches: (StepRow & { batch: number })[];
  /** `points` are those of each line. */
  sampling: { label: string; lines: number; points: number; seconds: Summary; pointsPerSecond: Summary }[];
  /** `what` is `nothing`, `library` or an engine; `seconds` are those to import and open it. */
  startup: { what: string; seconds: Summary; process: Summary }[];
  cost: { varied: Varied; sizes: Sizes; seconds: Summary; gigaflops: Summary }[];
  /** Who did not take part, or not to the end, and why. */
  skipped: { label: string; reason: string }[];
}

export interface StepRow {
  name: string;
  label: string;
  description: string;
  seconds: Summary;
  gigaflops: Summary;
  /** The share of the sgemm rate of all cores in the same round; null on a GPU or where that rate is not
   * known. */
  share: Summary | null;
  /** Resident memory at its highest; null of a shortened step. */
  peakBytes: number | null;
  /** T of the step that was measured, where the time is scaled to the whole. */
  measuredSteps: number | null;
  /** Nats per point before the first update; null where it is not that of the whole task. */
  loss: number | null;
}

export type Varied = "steps" | "cells";

/** How much is measured. */
export interface Plan {
  /** The training step and the network that is sampled. */
  sizes: Sizes;
  /** Other batch sizes, at which the step is measured too. */
  batches: number[];
  /** The side of the square matrices of the sgemm rate. */
  sgemm: number;
  /** Measurements of each kind, after one that does not count. */
  rounds: number;
  /** Points of a sampled line, and how many lines are sampled together. */
  points: number;
  lanes: number;
  /** What the cost is measured of: a base, and the values that are varied one at a time. */
  cost: { base: Sizes } & Record<Varied, number[]>;
  /** Seconds for one answer, after which a participant is given up. */
  limit: number;
}

/** Who is to take part. */
export interface Choice {
  engines: readonly string[];
  /** Whether the engines were named: then webgpu may be an adapter in software, which is for tests. */
  explicit: boolean;
  peers: readonly string[];
  threads: number;
}
