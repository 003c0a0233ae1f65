/** Notebooks that lose outputs on Deno's kernel unless care is taken, and what they must show. */
import { assertEquals } from "@std/assert";
import { type Cell, joinLines, type Notebook, type Output } from "../../lib/jupyter/notebook_file.ts";

export function notebook(...sources: (string | { source: string; tags: string[] })[]): Notebook {
  const cells = sources.map((cell, i): Cell => ({
    cell_type: "code",
    id: `c${i}`,
    metadata: typeof cell === "string" ? {} : { tags: cell.tags },
    source: typeof cell === "string" ? cell : cell.source,
    outputs: [],
    execution_count: null,
  }));
  const kernelspec = { display_name: "Deno", language: "typescript", name: "deno" };
  return { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
}

/** What a cell shows, in short: text as it is, a display as `<text/plain, bytes of all its forms>`, an error's name. */
export function shown(outputs: Output[]): string {
  return outputs.map((output) => {
    if (output.output_type === "stream") return joinLines(output.text);
    if (output.output_type === "error") return `!${output.ename}`;
    const forms = Object.values(output.data).map((form) => joinLines(form as string));
    const text = joinLines(output.data["text/plain"] as string);
    return `<${text.slice(0, 20)}, ${forms.reduce((sum, form) => sum + form.length, 0)}>`;
  }).join("");
}

/** A cell's source, and what it must show. */
type Case = [source: string, expected: string];

/** Forty small cells of four kinds. */
const forty = Array.from({ length: 40 }, (_, i): Case => {
  switch (i % 4) {
    case 0:
      return [
        `console.log("a${i}"); console.log("b${i}"); "R${i}"`,
        `a${i}\nb${i}\n<"R${i}", ${`R${i}`.length + 2}>`,
      ];
    case 1:
      return [
        `await Deno.jupyter.display({ "text/plain": "D", "text/html": "x".repeat(20000) }, { raw: true });`,
        "<D, 20001>",
      ];
    case 2:
      return [
        `for (let j = 0; j < 10; j++) console.log("l${i}_" + j);`,
        Array.from({ length: 10 }, (_, j) => `l${i}_${j}\n`).join(""),
      ];
    default:
      return [
        `({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "E", "image/svg+xml": "y".repeat(300000) }) })`,
        "<E, 300001>",
      ];
  }
});
const lines = Array.from({ length: 2000 }, (_, j) => `line ${j}\n`).join("");
const after: Case = [`"after"`, `<"after", 7>`];

/** The cells of a notebook that holds all of it: 40 cells, 2000 lines in one, 16 MB in one, an error after much. */
export const stress: Case[] = [
  ...forty,
  [`for (let j = 0; j < 2000; j++) console.log("line " + j);`, lines],
  after,
  [
    `({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "z".repeat(16e6) }) })`,
    `<${"z".repeat(20)}, 16000000>`,
  ],
  after,
  [
    `await Deno.jupyter.display({ "text/plain": "z".repeat(4e6) }, { raw: true });
for (let j = 0; j < 200; j++) console.log("line " + j);
throw new TypeError("meant");`,
    `<${"z".repeat(20)}, 4000000>${lines.slice(0, lines.indexOf("line 200\n"))}!TypeError`,
  ],
  after,
];

/** Asserts that the cells of an executed stress show what they must. */
export function assertStress(outputs: Output[][]): void {
  stress.forEach(([, expected], i) => assertEquals(shown(outputs[i]), expected, `cell ${i + 1}`));
}
