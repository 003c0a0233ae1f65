/** Sampling from trained networks. */
export { drawPoint, drawSymbol, type Point } from "./draw.ts";
export { sampleText, sampleTexts, type TextSampling } from "./text.ts";
export {
  defaultMaximumSteps,
  type PenSampling,
  samplePen,
  type Synthesis,
  synthesise,
} from "./handwriting.ts";
export type { Sample, StoppedBy } from "./lanes.ts";
export { findLine, type Prime, primeFrom, primingLines } from "./prime.ts";
export { readLines, type Trace, tracePredictions } from "./trace.ts";
export { type Alignment, alignmentOf, type FailureKind, failuresOf } from "./alignment.ts";
export { randomTexts } from "./random_texts.ts";
export { breakLines, demandLetters, fitToAlphabet, type Row } from "./lines.ts";
export { type HandOptions, writeInOneHand, type WrittenLine } from "./one_hand.ts";
