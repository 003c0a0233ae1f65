/** The characters that the synthesis network is told apart (Section 5.2). */

/** Symbols by index. Symbol 0 is the generic 'non-letter', which stands for every character not listed. */
export interface Alphabet {
  name: string;
  symbols: string[];
}

/** What symbol 0 is called; no transcription contains it. */
export const nonLetter = "\u25A1";

const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

export const alphabets: { paper: Alphabet; extended: Alphabet } = {
  /** The paper's 57: 'non-letter', the space, 52 letters and three more. The paper says that digits and "most of the
   * punctuation" became 'non-letter' without naming what was kept; we keep the three most frequent marks. */
  paper: { name: "paper", symbols: [nonLetter, " ", ...letters, ".", ",", '"'] },
  /** Digits and every mark that occurs more than 50 times in the transcriptions are kept apart: 75 symbols. */
  extended: { name: "extended", symbols: [nonLetter, " ", ...letters, ...".,\"'-?!:;()0123456789"] },
};

/** A character that became 'non-letter', and how often. */
export interface Replacement {
  char: string;
  count: number;
}

/** A text as indices into `alphabet`; what it does not hold becomes 'non-letter' and is reported in `replaced`. */
export function encodeText(text: string, alphabet: Alphabet): { ids: Int32Array; replaced: Replacement[] } {
  const counts = new Map<string, number>();
  const index = new Map(alphabet.symbols.map((symbol, k) => [symbol, k]));
  const ids = Int32Array.from([...text], (char) => {
    const id = index.get(char);
    if (id === undefined) counts.set(char, (counts.get(char) ?? 0) + 1);
    return id ?? 0;
  });
  return { ids, replaced: Array.from(counts, ([char, count]) => ({ char, count })) };
}
