/** What a reader may count on in all notebooks together: every equation of the paper, and a numbered caption under every figure. */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { joinLines, type Notebook } from "../../lib/jupyter/notebook_file.ts";

const folder = fileURLToPath(new URL("../../notebooks/", import.meta.url));
const notebooks = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
  name.endsWith(".ipynb")
)
  .sort();
const cells = notebooks.flatMap((name) => {
  const { cells }: Notebook = JSON.parse(Deno.readTextFileSync(folder + name));
  return cells.map(({ cell_type, source }, k) => ({
    place: `${name}, cell ${k + 1}`,
    cell_type,
    source: joinLines(source),
  }));
});

Deno.test("every equation of the paper stands in a notebook, under its number", () => {
  const found = new Set<number>();
  for (const { cell_type, source } of cells) {
    if (cell_type !== "markdown") continue;
    // \tag{5, 6}, \tag{18–22}, &(7)\\, or (30) behind a formula in a sentence.
    for (const [, list] of source.matchAll(/(?:\\tag\{|&\(|\$ \()([\d, –]+)[})]/g)) {
      for (const part of list.split(",")) {
        const [from, to = from] = part.split("–").map(Number);
        for (let n = from; n <= to; n++) found.add(n);
      }
    }
  }
  const missing = Array.from({ length: 62 }, (_, k) => k + 1).filter((n) => !found.has(n));
  assertEquals(missing, []);
});

Deno.test("every figure that a notebook draws has a caption that begins with its number and says what to look for", () => {
  for (const { place, cell_type, source } of cells) {
    if (cell_type !== "code") continue;
    const figures = source.split(/\balt:/).slice(1);
    for (const figure of figures) {
      const caption = figure.split(/\bcaption:/)[1];
      assert(
        caption?.trimStart().match(/^["`]\*\*Figure (E?[\d.]+|\$\{)/),
        `${place} has a figure without a numbered caption`,
      );
      assert(/\bLook (for|at)\b/.test(caption), `${place} has a caption that does not say what to look for`);
    }
  }
});

Deno.test("the paper's figures stand under their numbers, each once", () => {
  const numbers = cells.flatMap(({ source }) =>
    [...source.matchAll(/name: "figure-(\d\d)"/g)].map(([, number]) => Number(number))
  );
  assertEquals(numbers.toSorted((a, b) => a - b), [1, 2, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21]);
});
