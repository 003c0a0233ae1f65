/** Answers that are wrong in ways that people are, by notebook and exercise, and a part of the hint that each must get. */
type Wrong = [answer: unknown, hint: string];

const gates = (i: number, f: number, c: number, o: number) => ({ i, f, c, o });

export const wrongAnswers: Record<string, Wrong[][]> = {
  "2": [
    [
      [{ input: gates(10, 0, 3, 0), bias: gates(-5, 8, 0, -3) }, "After the 1 h falls to 0.04"],
      [{ input: gates(10, 0, 3, 0), bias: gates(-5, 0, 0, 5) }, "After the 1 h falls to 0.00"],
      [{ input: gates(0, 0, 0, 0), bias: gates(5, 8, 3, 5) }, "Before the 1 has come |h| is up to"],
      [{ input: gates(10, 0, 3, 0) }, "bias"],
      [{ input: gates(NaN, 0, 3, 0), bias: gates(-5, 8, 0, 3) }, "input.i: expected a"],
    ],
    [
      [{ input: gates(10, 0, 1, 0), bias: gates(-5, 8, 0, 0) }, "does a 1 add a whole 1?"],
      [{ input: gates(10, 0, 5, 0), bias: gates(-5, 3, 0, 0) }, "Does the forget gate keep all of it"],
      [{ input: gates(0, 0, 5, 0), bias: gates(5, 10, 1, 0) }, "What does a 0 add"],
    ],
    [
      [9600, "Which layers does the output lose?"],
      [96800, "Which layers does the input lose?"],
      [0, "Which four matrices go?"],
      ["106400", "expected a number, found"],
    ],
    [
      [1, "That is not it"],
      [4, "A cosine lies between −1 and 1"],
      [NaN, "expected a number"],
    ],
  ],
};
