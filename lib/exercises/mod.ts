/** The notebooks' exercises: `exercise("2", 3, answer)` judges an answer to exercise 3 of notebook 2. */
import { displayMarkdown } from "../report/display.ts";
import { biasedSampling } from "./biased_sampling.ts";
import { conclusions } from "./conclusions.ts";
import type { Judge, Verdict } from "./exercise.ts";
import { handwritingPrediction } from "./handwriting_prediction.ts";
import { handwritingSynthesis } from "./handwriting_synthesis.ts";
import { introduction } from "./introduction.ts";
import { pennTreebankExercises } from "./penn_treebank.ts";
import { predictionNetwork } from "./prediction_network.ts";
import { primedSampling } from "./primed_sampling.ts";
import { wikipediaExercises } from "./wikipedia.ts";

export type { Verdict };

/** By the number in the notebook's name, the exercises in their order. */
export const exercises: Record<string, Judge[]> = {
  "1": introduction,
  "2": predictionNetwork,
  "3.1": pennTreebankExercises,
  "3.2": wikipediaExercises,
  "4": handwritingPrediction,
  "5": handwritingSynthesis,
  "5.4": biasedSampling,
  "5.5": primedSampling,
  "6": conclusions,
};

/**
 * What is to be said of an answer to exercise `number` (from 1) of a notebook.
 *
 * @throws RangeError if there is no such exercise.
 */
export async function judge(notebook: string, number: number, answer: unknown): Promise<Verdict> {
  const ofNotebook = Object.hasOwn(exercises, notebook) ? exercises[notebook] : undefined;
  if (!ofNotebook) {
    const known = Object.keys(exercises).join(", ");
    throw new RangeError(`Notebook '${notebook}' has no exercises; those that have: ${known}.`);
  }
  const exercise = ofNotebook[number - 1];
  if (!exercise) {
    throw new RangeError(
      `Notebook ${notebook} has the exercises 1 to ${ofNotebook.length}; found ${number}.`,
    );
  }
  return await exercise(answer);
}

/** Judges an answer and shows the verdict: ✓ and what it shows, or a hint. Throws as `judge` does. */
export async function exercise(notebook: string, number: number, answer: unknown): Promise<void> {
  const { isRight, says } = await judge(notebook, number, answer);
  const mark = isRight ? "✓" : answer === undefined ? "○" : "✗";
  await displayMarkdown(`**${mark} Exercise ${number}.** ${says}`);
}
