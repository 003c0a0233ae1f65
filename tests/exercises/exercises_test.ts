/**
 * Every exercise can be done: it has its minutes, a cell to begin with and a folded solution, which runs on the notebook's
 * first code cells alone and is right; and wrong answers are told why.
 */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import { exercises, judge } from "../../lib/exercises/mod.ts";
import { foldedSolution } from "../../lib/jupyter/cells.ts";
import { executeNotebook } from "../../lib/jupyter/execute.ts";
import { type Cell, joinLines, type Notebook, readNotebook } from "../../lib/jupyter/notebook_file.ts";
import { findNotebooks, notebookName } from "../../lib/jupyter/notebooks.ts";
import { notebook, shown } from "../jupyter/stress.ts";
import { wrongAnswers } from "./wrong_answers.ts";

/** An exercise as it stands in a notebook. */
interface Asked {
  text: string;
  starter: string;
  solution: string;
}

/** The exercises in a notebook: a heading with its number and minutes, and the two cells below. */
function asked({ cells }: Notebook): Asked[] {
  return cells.flatMap((cell, k) => {
    const text = joinLines(cell.source);
    if (cell.cell_type !== "markdown" || !text.startsWith("### Exercise ")) return [];
    const starter = joinLines(cells[k + 1]?.source ?? "");
    return [{ text, starter, solution: foldedSolution(cells[k + 2]) ?? "" }];
  });
}

/** The code cells above a notebook's first section that show no figure: all that an exercise may lean on. */
function firstCells({ cells }: Notebook): string[] {
  const end = cells.findIndex(({ cell_type, source }) =>
    cell_type === "markdown" && /^## /m.test(joinLines(source))
  );
  const isCode = ({ cell_type, source }: Cell) =>
    cell_type === "code" && joinLines(source).trim() !== "" && !joinLines(source).includes("await show(");
  return cells.slice(0, end).filter(isCode).map(({ source }) => joinLines(source));
}

for (const path of await findNotebooks()) {
  const name = notebookName(path), short = name.split("-")[0];
  const found = await readNotebook(path), all = asked(found);
  if (all.length === 0 && !(short in exercises)) continue;

  Deno.test(`${name}: each exercise says how long it takes, has a cell to begin with and a folded solution`, () => {
    assertEquals(all.length, exercises[short]?.length, "as many exercises as are judged");
    for (const [k, { text, starter, solution }] of all.entries()) {
      assertMatch(text, new RegExp(`^### Exercise ${k + 1}: .+ \\(\\d+ minutes\\)\n`));
      for (const code of [starter, solution]) {
        assertStringIncludes(code, `await exercise("${short}", ${k + 1}, `);
      }
    }
  });

  Deno.test(`${name}: what the exercises begin with gets a hint, and each solution its ✓`, async () => {
    const first = firstCells(found);
    const run = notebook(...first, ...all.flatMap(({ starter, solution }) => [starter, solution]));
    const { executed, error } = await executeNotebook(run, { directory: dirname(path) });
    if (error) throw error;
    const says = executed.cells.slice(first.length).map(({ outputs }) => shown(outputs!));
    for (let k = 0; k < all.length; k++) {
      assertMatch(says[2 * k], new RegExp(`<\\*\\*[○✗] Exercise ${k + 1}\\.`));
      assertMatch(says[2 * k + 1], new RegExp(`<\\*\\*✓ Exercise ${k + 1}\\.`));
    }
  });
}

for (const [notebook, judges] of Object.entries(exercises)) {
  Deno.test(`exercises of notebook ${notebook}: wrong answers get the hint that helps`, async () => {
    for (const k of judges.keys()) {
      const answers = wrongAnswers[notebook]?.[k] ?? [];
      assert(answers.length > 0, `exercise ${k + 1} has no wrong answer`);
      for (const [answer, hint] of [...answers, [undefined, "Not answered yet"] as const]) {
        const { isRight, says } = await judge(notebook, k + 1, answer);
        assert(!isRight, `exercise ${k + 1} takes a wrong answer: ${says}`);
        assertStringIncludes(says, hint);
      }
    }
  });
}

Deno.test("an exercise that there is not is refused", async () => {
  await assertRejects(
    () => judge("7", 1, 0),
    RangeError,
    "Notebook '7' has no exercises; those that have: 1",
  );
  await assertRejects(() => judge("toString", 1, 0), RangeError, "has no exercises");
  await assertRejects(() => judge("2", 0, 0), RangeError, "Notebook 2 has the exercises 1 to 4; found 0.");
});
