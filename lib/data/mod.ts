/** The data: what there is, and how a network is fed. */
export { type Alphabet, alphabets, encodeText, nonLetter, type Replacement } from "./alphabet.ts";
export {
  countPenBatches,
  type Grouping,
  type PenBatch,
  penBatch,
  penBatches,
  sentenceBatch,
  sentenceBatches,
  splitSentences,
  streamBatches,
  type SymbolBatch,
} from "./batch.ts";
export {
  type Cleaning,
  defaultCleaning,
  type Handwriting,
  type Line,
  noCleaning,
  openHandwriting,
  type Statistics,
} from "./handwriting.ts";
export { byHand, fetchSource, readSources, type Source, type SourceName, sourceState } from "./sources.ts";
export { decodeText, endOfSentence, openPennTreebank, openWikipedia, type Text } from "./text.ts";
