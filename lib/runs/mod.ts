/** Runs: an experiment's stages one after the other, and what is kept of them in the results. */
export { type LegibilityRow, readLegibility, writeLegibility } from "./legibility.ts";
export { type Following, type PrimingRow, readPriming, writePriming } from "./priming.ts";
export { type GainRow, gainRows, readGain, writeGain } from "./gain.ts";
export { type MemoryRecord, readMemory, writeMemory } from "./memory.ts";
export {
  drawSample,
  readSamples,
  recordedSamples,
  type SampleOptions,
  type SampleRecord,
  samplesPath,
  writeSamples,
} from "./samples.ts";
export { publish, type PublishOptions, recordTrial, refuseReplacement, type Replacement } from "./publish.ts";
export { addResults, listRecords, readLog, readLogs, readRecord, writeRecord } from "./record.ts";
export type { DynamicSettings, RunRecord } from "./run_json.ts";
export { findTrained, openFile, openTrained, openWeights, type Trained } from "./shipped.ts";
export {
  checkpointFolder,
  readRunPlan,
  type RunOptions,
  type RunPlan,
  type RunResult,
  runStages,
  standing,
  startingWeights,
} from "./stages.ts";
