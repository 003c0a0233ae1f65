/** A notebook's parameters, as Papermill knows them: the constants of its cell with the tag `parameters`, and a copy of the
 * notebook in which they have other values. */
import { didYouMean } from "../check_options.ts";
import { sha256 } from "../files.ts";
import { type Cell, joinLines, type Notebook } from "./notebook_file.ts";

export interface Parameter {
  name: string;
  /** Its value in the notebook, which says its type, too. */
  value: string | number | boolean;
}

const typeNames: Record<string, string> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
};
const decimals = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const isParameters = (cell: Cell) => cell.metadata.tags?.includes("parameters");

/**
 * The parameters of a notebook, in order: none if it has no cell with that tag. Each stands on a line of its own,
 * `const name = value;`, a comment behind it or not; a value is a text in double quotes, a number, true or false. Throws, naming the
 * line, if the cell has anything else.
 */
export function parametersOf(notebook: Notebook): Parameter[] {
  const lines = notebook.cells.filter(isParameters).flatMap((cell) => joinLines(cell.source).split("\n"));
  return lines.filter((line) => line.trim() && !line.trim().startsWith("//")).map((line) => {
    const [, name, literal] = line.match(
      /^const (\w+) = ("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e-?\d+)?|true|false); *(?:\/\/.*)?$/,
    ) ?? [];
    if (!name) {
      throw new Error(
        `The cell of parameters has the line ${
          JSON.stringify(line)
        }: expected const name = value; with a text in ` +
          "double quotes, a number, true or false.",
      );
    }
    return { name, value: JSON.parse(literal) };
  });
}

/**
 * Reads settings, each `name=value`, for a notebook that has these parameters. Throws for a name that it does not have, with the nearest
 * that it has, and for a value of another type.
 */
export function readSettings(settings: string[], parameters: Parameter[], notebook: string): Parameter[] {
  const names = parameters.map(({ name }) => name);
  const all = parameters.length
    ? `Its parameters are ${parameters.map(({ name, value }) => `${name}=${value}`).join(", ")}.`
    : "It has none.";
  const read = new Map<string, Parameter>();
  for (const setting of settings) {
    const [, name, text] = setting.match(/^([^=]*)=([^]*)$/) ?? [];
    if (name === undefined) {
      throw new Error(`Expected a parameter as name=value, found '${setting}'. ${all}`);
    }
    const parameter = parameters.find((parameter) => parameter.name === name.trim());
    if (!parameter) {
      throw new Error(`${notebook} has no parameter '${name.trim()}'${didYouMean(name, names)}. ${all}`);
    }
    read.set(parameter.name, { name: parameter.name, value: readValue(parameter, text) });
  }
  return [...read.values()];
}

/** The value that `text` stands for, of the type that the parameter has. */
function readValue({ name, value }: Parameter, text: string): Parameter["value"] {
  if (typeof value === "string") return text;
  const number = decimals.test(text.trim()) ? Number(text) : NaN;
  if (typeof value === "number" && Number.isFinite(number)) return number;
  if (typeof value === "boolean" && /^(true|false)$/.test(text.trim())) return text.trim() === "true";
  throw new Error(`${name} is ${typeNames[typeof value]} (${value} in the notebook), found '${text}'.`);
}

/** A copy in which a cell with the tag `injected-parameters`, right behind the notebook's own, has the settings. */
export function withSettings(notebook: Notebook, settings: Parameter[]): Notebook {
  const source = settings.map(({ name, value }) => `const ${name} = ${JSON.stringify(value)};`).join("\n");
  const injected: Cell = {
    cell_type: "code",
    id: "injected-parameters",
    metadata: { tags: ["injected-parameters"] },
    source,
  };
  const last = notebook.cells.findLastIndex(isParameters);
  return { ...notebook, cells: notebook.cells.toSpliced(last + 1, 0, injected) };
}

/** A folder's name for the settings, which no others have: `bias-1-text-hello-5a3b71`. */
export function settingsName(settings: Parameter[]): string {
  const all = settings.map(({ name, value }) => `${name}=${value}`).sort().join("\n");
  const plain = all.replace(/[^A-Za-z0-9.]+/g, "-").slice(0, 40).replace(/^[.-]+|[.-]+$/g, "");
  return `${plain}-${sha256(new TextEncoder().encode(all)).slice(0, 6)}`;
}
