/** Deno's formatter, linter and type checker for the code in notebooks. */
import { basename, dirname, join } from "node:path";
import {
  type Cell,
  joinLines,
  type Notebook,
  notebookText,
  parseNotebook,
  readNotebook,
  sourceForm,
  writeNotebook,
} from "./notebook_file.ts";

async function deno(
  args: string[],
  input?: string,
): Promise<{ success: boolean; stdout: string; all: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) await new Response(input).body!.pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, stdout: out, all: out + err };
}

/**
 * A notebook as it is kept in git: its source form, code formatted by `deno fmt`. Markdown stays as it is, since the
 * formatter does not know mathematics and would take a line of it that begins with a minus for a list.
 */
export async function keptForm(notebook: Notebook, path: string): Promise<Notebook> {
  const kept = sourceForm(notebook);
  const codeCells = kept.cells.filter((cell) => cell.cell_type === "code");
  // `deno fmt --check` of a notebook fails whatever is in it (Deno 2.9.6), so the text is formatted and compared.
  const { success, stdout, all } = await deno(
    ["fmt", "--ext=ipynb", "-"],
    notebookText({ ...kept, cells: codeCells }),
  );
  if (!success) throw new Error(`deno fmt cannot format ${path}:\n${all}`);
  const formatted = sourceForm(parseNotebook(stdout, path));
  codeCells.forEach((cell, k) => cell.source = formatted.cells[k].source);
  return kept;
}

/** Brings a notebook into the form in which it is kept; returns whether that changed it. */
export async function strip(path: string): Promise<boolean> {
  const text = await Deno.readTextFile(path);
  const kept = await keptForm(parseNotebook(text, path), path);
  if (notebookText(kept) === text) return false;
  await writeNotebook(path, kept);
  return true;
}

/** Whether a notebook is in the form in which it is kept: no outputs, formatted. */
export async function isStripped(path: string): Promise<boolean> {
  const text = await Deno.readTextFile(path);
  return notebookText(await keptForm(parseNotebook(text, path), path)) === text;
}

/** The code of a solution that a Markdown cell has folded away, if it has one. */
export function foldedSolution(cell: Cell): string | undefined {
  if (cell.cell_type !== "markdown") return undefined;
  return joinLines(cell.source).match(/^<details><summary>Solution<\/summary>\n\n```ts\n([^]*?)\n```$/m)?.[1];
}

/** A module of a notebook's code cells and folded solutions, and for each of its lines where it stands: the code cell,
 * from 1, or what follows it, and the line in it, from 1. */
export function cellsModule(notebook: Notebook): { text: string; origin: { place: string; line: number }[] } {
  const origin: { place: string; line: number }[] = [];
  let cells = 0;
  const lines = notebook.cells.flatMap((cell) => {
    const solution = foldedSolution(cell);
    const source = solution ?? (cell.cell_type === "code" ? joinLines(cell.source) : "");
    if (!source.trim()) return [];
    const place = solution === undefined ? `cell ${++cells}` : `the solution below cell ${cells}`;
    // In a function of its own, an exception that is meant does not make the cells after it unreachable, and a solution may
    // take names that are taken.
    const isApart = solution !== undefined || cell.metadata.tags?.includes("raises-exception");
    const code = (isApart ? `(async () => { await 0; ${source}\n})();` : source).split("\n");
    code.forEach((_, k) => origin.push({ place, line: k + 1 }));
    return code;
  });
  return { text: [...lines, "export {};", ""].join("\n"), origin };
}

/**
 * Type-checks and lints the code cells of notebooks, each as a module beside its notebook, so that its imports hold.
 * Returns what is wrong, in Deno's words, with places in the notebooks' cells.
 */
export async function checkCells(paths: string[]): Promise<string[]> {
  const modules = await Promise.all(paths.map(async (path) => {
    const module = join(dirname(path), `${basename(path, ".ipynb")}.cells.ts`);
    const { text, origin } = cellsModule(await readNotebook(path));
    await Deno.writeTextFile(module, text);
    return { path, module, origin };
  }));
  try {
    const files = modules.map(({ module }) => module);
    // A cell awaits what it runs before the cells below define theirs: no fault there.
    const results = await Promise.all([
      deno(["check", ...files]),
      deno(["lint", "--rules-exclude=graves/definitions-first", ...files]),
    ]);
    return results.filter(({ success }) => !success).map(({ all }) =>
      modules.reduce((words, { path, module, origin }) => placesInCells(words, module, path, origin), all)
        .trim()
    );
  } finally {
    await Promise.all(modules.map(({ module }) => Deno.remove(module)));
  }
}

/** Replaces `…/name.cells.ts:line:column` by the notebook's cell and the line in it. */
function placesInCells(
  words: string,
  module: string,
  path: string,
  origin: { place: string; line: number }[],
): string {
  const name = basename(module).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // Only from where a path begins: in a long word the search would else begin anew at each of its characters.
  const places = new RegExp(`(?<![^\\s"'(])[^\\s"'(]*?${name}:(\\d+)(:\\d+)?`, "g");
  return words.replace(places, (whole, line) => {
    const found = origin[Number(line) - 1];
    return found ? `${basename(path)}, ${found.place}, line ${found.line}` : whole;
  });
}
