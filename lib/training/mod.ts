/** Training, checkpoints, evaluation, and what is recorded of them. */
export { type CheckpointInfo, type LogRow, readCheckpoint } from "./checkpoint.ts";
export { handwritingData, openTrainingData, type TrainingData } from "./data.ts";
export { learningRate } from "./optimiser.ts";
export { type Dtype, readTensors, type TensorFile, writeTensors } from "./safetensors.ts";
export { checkpointFolder, type Progress, train, type TrainOptions, type TrainResult } from "./trainer.ts";
export { NonFiniteLossError, Training } from "./training.ts";
export { openWeights, readWeights, type WeightsFile, weightsPath, writeWeights } from "./weights.ts";
