/** Training, checkpoints, evaluation, and what is recorded of them. */
export { type CheckpointInfo, type LogRow, readCheckpoint, readInfo } from "./checkpoint.ts";
export {
  handwritingData,
  onOwnData,
  openText,
  openTrainingData,
  someLines,
  type TrainingData,
} from "./data.ts";
export { type GainRow, gainRows, readGain, writeGain } from "./gain.ts";
export { learningRate } from "./optimiser.ts";
export {
  device,
  publish,
  type PublishOptions,
  recordTrial,
  refuseReplacement,
  type Replacement,
} from "./publish.ts";
export {
  addResults,
  type DynamicSettings,
  listRecords,
  readLog,
  readLogs,
  readRecord,
  type RunRecord,
  totalOf,
  writeRecord,
} from "./record.ts";
export { type Dtype, readTensors, type TensorFile, writeTensors } from "./safetensors.ts";
export type { Teacher, TeacherRecord } from "./teachers.ts";
export { checkpointFolder, type Progress, train, type TrainOptions, type TrainResult } from "./trainer.ts";
export { findTrained, openTrained, openWeights, type Trained } from "./trained.ts";
export { NonFiniteLossError, Training } from "./training.ts";
export { readWeights, type WeightsFile, weightsPath, writeWeights } from "./weights.ts";
