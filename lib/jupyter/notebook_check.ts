/** Whether a JSON value is a notebook: the part of Jupyter's nbformat 4 that this project reads. */

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isString = (value: unknown) => typeof value === "string";
const areStrings = (value: unknown) => Array.isArray(value) && value.every(isString);
const isMultiLine = (value: unknown) => isString(value) || areStrings(value);

/** What does not hold, thrown from however deep it was found. */
class Mismatch extends Error {}

/**
 * Says what is wrong with a notebook: where, what was expected, what was found; nothing when all is well. Fills in
 * metadata and outputs that are missing.
 */
export function checkNotebook(notebook: unknown): string | undefined {
  try {
    expect(notebook, isObject, "", "a JSON object");
    expect(notebook.nbformat, (value) => value === 4, "nbformat", "4");
    expect(notebook.cells, Array.isArray, "cells", "a list");
    notebook.metadata ??= {};
    expect(notebook.metadata, isObject, "metadata", "an object");
    const { execution } = notebook.metadata as Json;
    const isExecution = (value: unknown) =>
      isObject(value) && isString(value.date) && typeof value.seconds === "number";
    if (execution !== undefined) {
      expect(execution, isExecution, "metadata.execution", "an object with date and seconds");
    }
    (notebook.cells as unknown[]).forEach((cell, i) => checkCell(cell, `cell ${i + 1} of all`));
  } catch (error) {
    if (error instanceof Mismatch) return error.message;
    throw error;
  }
}

function checkCell(cell: unknown, place: string): void {
  expect(cell, isObject, place, "an object");
  const types = ["code", "markdown", "raw"];
  expect(cell.cell_type, (type) => types.includes(type as string), `${place}, cell_type`, types.join(" or "));
  expect(cell.source, isMultiLine, `${place}, source`, "a text or a list of lines");
  if (cell.id !== undefined) expect(cell.id, isString, `${place}, id`, "a text");
  cell.metadata ??= {};
  expect(cell.metadata, isObject, `${place}, metadata`, "an object");
  const { tags } = cell.metadata;
  if (tags !== undefined) expect(tags, areStrings, `${place}, metadata.tags`, "a list of texts");
  if (cell.cell_type !== "code") return;
  cell.outputs ??= [];
  expect(cell.outputs, Array.isArray, `${place}, outputs`, "a list");
  (cell.outputs as unknown[]).forEach((output, k) => checkOutput(output, `${place}, output ${k + 1}`));
}

function checkOutput(output: unknown, place: string): void {
  expect(output, isObject, place, "an object");
  switch (output.output_type) {
    case "stream":
      expect(
        output.name,
        (name) => name === "stdout" || name === "stderr",
        `${place}, name`,
        "stdout or stderr",
      );
      return expect(output.text, isMultiLine, `${place}, text`, "a text or a list of lines");
    case "error":
      expect(output.ename, isString, `${place}, ename`, "a text");
      expect(output.evalue, isString, `${place}, evalue`, "a text");
      return expect(output.traceback, areStrings, `${place}, traceback`, "a list of lines");
    case "display_data":
    case "execute_result":
      output.metadata ??= {};
      expect(output.metadata, isObject, `${place}, metadata`, "an object");
      expect(output.data, isObject, `${place}, data`, "an object");
      for (const [type, form] of Object.entries(output.data)) {
        if (/json$/.test(type)) continue;
        expect(form, isMultiLine, `${place}, data of type ${type}`, "a text or a list of lines");
      }
      return;
    default:
      expect(
        output.output_type,
        () => false,
        `${place}, output_type`,
        "stream, error, display_data or execute_result",
      );
  }
}

function expect<T>(
  value: unknown,
  holds: ((value: unknown) => value is T) | ((value: unknown) => boolean),
  place: string,
  expected: string,
): asserts value is T {
  if (holds(value)) return;
  const found = value === undefined ? "nothing" : JSON.stringify(value);
  const short = found.length > 60 ? `${found.slice(0, 60)}…` : found;
  throw new Mismatch(`${place && `${place}: `}expected ${expected}, found ${short}`);
}
