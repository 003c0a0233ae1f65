/** Training, checkpoints, evaluation, and what is recorded of them. */
export { type CheckpointInfo, type LogRow, readCheckpoint, readInfo } from "./checkpoint.ts";
export { handwritingData, openText, openTrainingData, someLines, type TrainingData } from "./data.ts";
export { type DynamicOptions, learnAndScore } from "./dynamic_evaluation.ts";
export {
  evaluate,
  type EvaluateOptions,
  type Evaluation,
  handwritingResults,
  type Results,
  scoreText,
  type TextLoss,
  textResults,
} from "./evaluate.ts";
export { learningRate } from "./optimiser.ts";
export {
  addResults,
  device,
  listRecords,
  publish,
  type PublishOptions,
  readLog,
  readRecord,
  recordTrial,
  type RunRecord,
  totalOf,
  writeRecord,
} from "./record.ts";
export { type Dtype, readTensors, type TensorFile, writeTensors } from "./safetensors.ts";
export { checkpointFolder, type Progress, train, type TrainOptions, type TrainResult } from "./trainer.ts";
export { openTrained, type Trained } from "./trained.ts";
export { NonFiniteLossError, Training } from "./training.ts";
export { openWeights, readWeights, type WeightsFile, weightsPath, writeWeights } from "./weights.ts";
export { type Normalisation, nullVector, renormalise } from "./units.ts";
