/**
 * What a notebook imports: `import { … } from "graves"`. Importing it installs the guard that keeps a cell's outputs
 * together (see `lib/jupyter/guard.ts`); heavy libraries are loaded when they are first used.
 */
import { installGuard } from "./jupyter/guard.ts";

await installGuard();

export * from "./data/mod.ts";
export * from "./engine/mod.ts";
export { Float64Engine } from "./engine/float64.ts";
export * from "./equations/mod.ts";
export * from "./experiments/mod.ts";
export { live, type LiveOptions } from "./live/notebook.ts";
export { inputSize, type NetworkConfig, outputSize } from "./network/config.ts";
export { type Batch, Network, type State } from "./network/network.ts";
export { countWeights, initialWeights, parameterShapes, type Weights } from "./network/parameters.ts";
export { exercise } from "./exercises/mod.ts";
export * as paper from "./paper.ts";
export { Random } from "./random.ts";
export * from "./report/mod.ts";
export { rowsTable } from "./report/rows.ts";
export { following, medianTraits, type Traits, traits } from "./report/traits.ts";
export { copiedLengths, longestCopy } from "./report/copied.ts";
export {
  balance,
  closedDistances,
  followed,
  inventedWords,
  newPairs,
  wordPairs,
} from "./report/text_measures.ts";
export * from "./sampling/mod.ts";
export { throwIfStopped } from "./stop.ts";
export { passes, within } from "./within.ts";
export {
  bitsByContext,
  closingByDistance,
  type ContextRow,
  type DynamicOptions,
  evaluate,
  type Evaluation,
  learnAndScore,
  lossAroundLifts,
  measureWriting,
  nGramBits,
  paperDynamics,
  readHandwriting,
  type Results,
  scoreText,
} from "./evaluation/mod.ts";
export {
  drawSample,
  findTrained,
  gainRows,
  listRecords,
  openTrained,
  readGain,
  readLegibility,
  readLog,
  readLogs,
  readMemory,
  readPriming,
  readSamples,
  recordedSamples,
  type RunRecord,
  type Trained,
} from "./runs/mod.ts";
export { Training } from "./training/mod.ts";
export { ownStages, type Provenance, totalOf } from "./weights/mod.ts";
