/** The data: what there is, and how a network is fed. */
export { describeSkipped, type Skipped } from "./account.ts";
export { type Alphabet, alphabets, encodeText, nonLetter, type Replacement } from "./alphabet.ts";
export {
  type Grouping,
  partOfBatch,
  type PenBatch,
  penBatch,
  penBatches,
  sentenceBatch,
  sentenceBatches,
  splitSentences,
  streamBatches,
  type SymbolBatch,
} from "./batch.ts";
export { readTextAtMost, standardInput } from "./bytes.ts";
export { characterCounts, countCharacters, readCharacterCounts } from "./character_counts.ts";
export { type Cleaning, defaultCleaning, noCleaning } from "./cleaning.ts";
export { describeHandwriting, describeText, handwritingNames } from "./describe.ts";
export { excerptDirectory, findSet } from "./find.ts";
export {
  type Handwriting,
  type Line,
  openHandwriting,
  openInk,
  openOwnHandwriting,
  packedHandwriting,
  textBeside,
} from "./handwriting.ts";
export type { Statistics } from "./packed.ts";
export {
  byHand,
  fetchSource,
  readSources,
  type Source,
  type SourceName,
  sourceNames,
  sourceState,
} from "./sources.ts";
export { openOwnText } from "./own_text.ts";
export { inkHeight, usualHeight } from "./sensor_units.ts";
export { readTyped, speller, type Spelling } from "./spelling.ts";
export { pathStrokes } from "./svg_paths.ts";
export { decodeText, endOfSentence, openPennTreebank, openWikipedia, type Text } from "./text.ts";
