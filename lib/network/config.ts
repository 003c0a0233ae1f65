/** The sizes of a network: everything that decides which weights it has. */

/** What the network reads at each step and predicts next. */
export type Domain =
  /** One of `classes` symbols, one-hot (Section 3); predicted by a softmax (Eqs. 12–14). */
  | { kind: "symbols"; classes: number }
  /** (Δx, Δy, end of stroke) (Section 4); predicted by a mixture of `components` Gaussians (Eqs. 15–37). */
  | { kind: "pen"; components: number }
  /** Reads (Δx, Δy, end of stroke) and names the characters that they write, or at most steps none: connectionist temporal
   * classification (Graves et al. 2006), for the reader that measures legibility. */
  | { kind: "reading"; characters: number };

export interface NetworkConfig {
  domain: Domain;
  /** Number of hidden layers, N. */
  layers: number;
  /** LSTM cells in each hidden layer, H. */
  cells: number;
  /** The synthesis network's soft window (Section 5.1): size of the alphabet A and number of Gaussians K. */
  window?: { alphabet: number; components: number };
  /** Derivative clipping: LSTM pre-activations (1 for text, 10 for handwriting) and outputs (100 for handwriting;
   * text clips none). `null`: no clipping. */
  clip: { lstm: number | null; outputs: number | null };
}

/** Length of the input vector x_t. */
export function inputSize({ domain }: NetworkConfig): number {
  return domain.kind === "symbols" ? domain.classes : 3;
}
/** Length of the output vector ŷ_t. */
export function outputSize({ domain }: NetworkConfig): number {
  if (domain.kind === "pen") return 6 * domain.components + 1;
  return domain.kind === "symbols" ? domain.classes : domain.characters + 1;
}
/** The symbols that the network knows: those of a text that it writes, predicts or reads; 0 where there are none. */
export function alphabetSize({ domain, window }: NetworkConfig): number {
  if (window) return window.alphabet;
  if (domain.kind === "symbols") return domain.classes;
  return domain.kind === "reading" ? domain.characters : 0;
}
