/** What the experiments' recipes share. */
import type { Recipe, Regularisation, Schedule } from "./types.ts";

export const none: Regularisation = { kind: "none" };
export const constant: Schedule = { warmUp: 0, decay: "constant", updates: null, final: 1 };
/** All of this edition's stages warm up and fall alike. */
export const cosine = (updates: number): Schedule => ({ warmUp: 100, decay: "cosine", updates, final: 0.02 });

export const adam = { rule: "adam", rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
export const muon = { ...adam, rule: "muon", rate: 1.5e-2, momentum: 0.95, iterations: 5 } as const;

/** One sequence an update with momentum (Sections 3.1 and 3.2). What a sequence of the Penn Treebank is the paper does
 * not say: a sentence here. */
export function textPaperRecipe(
  sgd: { rate: number; momentum: number },
  epochs: number,
  text: Recipe["text"],
): Recipe {
  return {
    optimiser: { rule: "sgd", ...sgd },
    schedule: constant,
    batchSize: 1,
    epochs,
    averaging: null,
    curriculum: [],
    text,
    validation: { every: 500, sequences: 32 },
  };
}
