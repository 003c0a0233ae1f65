/** Trained weights in files, and how they came about. */
export {
  type DataRecord,
  ownStages,
  type PlanName,
  type Provenance,
  type StageRun,
  type TeacherRecord,
  totalOf,
  type WeightsRecord,
  type Work,
} from "./provenance.ts";
export { type Dtype, readTensors, type TensorFile, writeTensors } from "./safetensors.ts";
export { type NamedWeights, readWeights, type WeightsFile, weightsPath, writeWeights } from "./weights.ts";
