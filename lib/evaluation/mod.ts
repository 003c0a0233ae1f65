/** What the paper's tables report, measured: of weights, on the data. */
export { type DynamicOptions, learnAndScore, paperDynamics } from "./dynamic.ts";
export { type DynamicSearch, type DynamicTrial, searchDynamic } from "./dynamic_search.ts";
export {
  evaluate,
  type EvaluateOptions,
  evaluateText,
  type Evaluation,
  type HandwritingResults,
  handwritingResults,
  type ReadingResults,
  type Results,
} from "./evaluate.ts";
export { characterErrorRate, lostLines, ofItsOwn, readHandwriting, type Reading } from "./legibility.ts";
export { bitsByContext, closingByDistance, type ClosingRow, type ContextRow } from "./memory.ts";
export { lossAroundLifts, type PartialLoss } from "./lifts.ts";
export { NGram, nGramBits } from "./ngram.ts";
export { type Normalisation, nullVector, renormalise } from "./renormalise.ts";
export { scoreText, type TextLoss, type TextResults, textResults } from "./text_loss.ts";
export { measurePriming, type PrimedWriting, type PrimingOptions, readableLines } from "./priming.ts";
export { measureWriting, type Speller, type Writing, type WritingOptions } from "./writing.ts";
