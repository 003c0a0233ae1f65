/** What a text network's predictions cost, and what the paper's tables make of it: BPC, perplexity, error. */
import { endOfSentence, type SymbolBatch, type Text } from "../data/mod.ts";
import type { BatchLoss, Network } from "../network/network.ts";

/** Sums over symbols. */
export interface TextLoss {
  nats: number;
  errors: number;
  symbols: number;
}

/** Scores batches in order, carrying the state as they say. `onBatch` gets the sums so far and the batch's losses. */
export async function scoreText(
  network: Network,
  batches: Iterable<SymbolBatch>,
  onBatch?: (sum: Readonly<TextLoss>, loss: BatchLoss) => void,
): Promise<TextLoss> {
  const sum: TextLoss = { nats: 0, errors: 0, symbols: 0 };
  let state;
  try {
    for (const batch of batches) {
      state ??= network.zeroState(batch.size);
      const loss = await network.loss(batch, { state });
      addLoss(sum, loss);
      onBatch?.(sum, loss);
    }
  } finally {
    if (state) network.freeState(state);
  }
  return sum;
}

/** Adds the losses and errors of a batch. */
export function addLoss(
  sum: TextLoss,
  { total, errors, points }: { total: number; errors: ArrayLike<number>; points: number },
): void {
  sum.nats += total;
  for (let k = 0; k < errors.length; k++) sum.errors += errors[k];
  sum.symbols += points;
}

/** As the paper defines them (Section 3.1). */
export interface TextResults {
  /** All bits over all characters, the blank after each word and the end of each sentence among them; a word model's bits
   * are those of its words and its ends of sentences. */
  bitsPerCharacter: number;
  /** Of a word model 2^(bits per symbol), the end of a sentence being a symbol; of a character model
   * 2^(characters per word · bits per character), 5.6 characters on the paper's test set. */
  perplexity: number;
  /** Per cent of symbols, ends of sentences included, that were not the most probable. */
  error: number;
}

export function textResults(
  { nats, errors, symbols }: TextLoss,
  text: Pick<Text, "level" | "symbols" | "charactersPerWord">,
  ids: Int32Array,
): TextResults {
  const bits = nats / Math.LN2;
  const isWord = text.level === "word";
  const bitsPerCharacter = bits / (isWord ? countCharacters(ids, text) : symbols);
  return {
    bitsPerCharacter,
    perplexity: 2 ** (isWord ? bits / symbols : text.charactersPerWord * bitsPerCharacter),
    error: 100 * errors / symbols,
  };
}

/** A word has its letters and what follows it, a blank or the sentence's end. */
function countCharacters(ids: Int32Array, { symbols }: Pick<Text, "symbols">): number {
  return ids.reduce((sum, id) => sum + (symbols[id] === endOfSentence ? 0 : symbols[id].length + 1), 0);
}
