/** An exercise of a notebook: what kind of answer it asks for, and how one is judged. */
import * as v from "valibot";
import * as is from "../schema.ts";

/** What an answer is told: of one that is right what it shows, of any other a hint. */
export interface Verdict {
  isRight: boolean;
  /** Markdown. */
  says: string;
}

export interface Exercise<Answer> {
  /** What an answer is at all, with words for it: "a number". */
  answer: is.Schema<Answer>;
  /** A hint for an answer that is wrong, nothing for one that is right. It may try the answer out: what that throws is told. */
  hint: (answer: Answer) => string | undefined | Promise<string | undefined>;
  /** What a right answer shows: a sentence or two. */
  shows: string | ((answer: Answer) => string | Promise<string>);
}

/** Judges an answer; `undefined` is none yet. */
export type Judge = (answer: unknown) => Promise<Verdict>;

export function judgeOf<Answer>({ answer: schema, hint, shows }: Exercise<Answer>): Judge {
  const wrong = (says: string): Verdict => ({ isRight: false, says });
  return async (given) => {
    let answer: Answer, found: string | undefined;
    if (given === undefined) return wrong("Not answered yet: put your answer in the place of `undefined`.");
    try {
      answer = is.checked(schema, given, "Your answer");
    } catch (error) {
      return wrong((error as Error).message);
    }
    try {
      found = await hint(answer);
    } catch (error) {
      return wrong(`With your answer something was thrown: ${(error as Error).message}`);
    }
    if (found !== undefined) return wrong(found);
    return { isRight: true, says: typeof shows === "string" ? shows : await shows(answer) };
  };
}

/** Whether a number is another, within a share of it (or of 1, where that is more). */
export function isNear(found: number, expected: number, tolerance = 1e-3): boolean {
  return Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

/** A function; `form` says of what, as in "(a, b) => number". */
export function functionOf<F>(form: string): is.Schema<F> {
  return v.function(`a function ${form}`) as unknown as is.Schema<F>;
}
