/** Training: one stage of an experiment, with its checkpoints. */
export type { Progress, TrainOptions } from "./begin.ts";
export { bestPath, type CheckpointInfo, readCheckpoint, readInfo } from "./checkpoint.ts";
export {
  handwritingData,
  levelOf,
  onOwnData,
  openText,
  openTrainingData,
  someLines,
  type TrainingData,
} from "./data.ts";
export { device } from "./device.ts";
export type { LogRow } from "./log.ts";
export { revision } from "./revision.ts";
export { learningRate } from "./optimiser.ts";
export type { Teacher } from "./teachers.ts";
export { isFinished, train, type TrainResult } from "./trainer.ts";
export { NonFiniteLossError, Training } from "./training.ts";
