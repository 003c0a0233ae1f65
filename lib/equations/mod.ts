/** The paper's equations as code, in its order, in plain float64: one step of one sequence at a time. */
export { softmax, softmaxDerivatives } from "./softmax.ts";
export { type LstmState, lstmStep, lstmStepDerivatives, type LstmWeights } from "./lstm.ts";
export {
  componentOf,
  correlation,
  correlationLimit,
  type Gaussian,
  type Mixture,
  mixtureDensity,
  mixtureDerivatives,
  mixtureLoss,
  mixtureOf,
  normal,
} from "./mixture_density.ts";
export { type RmspropSettings, rmspropUpdate } from "./rmsprop.ts";
export {
  softWindow,
  softWindowDerivatives,
  softWindowParameters,
  softWindowWeight,
  softWindowWeights,
} from "./soft_window.ts";
export {
  descriptionLengthDerivatives,
  optimalPrior,
  type PosteriorSums,
  posteriorSums,
  type Prior,
} from "./adaptive_weight_noise.ts";
