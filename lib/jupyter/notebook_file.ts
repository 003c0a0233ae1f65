/** Notebook files: the part of Jupyter's nbformat 4.5 that this project reads and writes. */
import { writeFile } from "../files.ts";
import { checkNotebook } from "./notebook_check.ts";

/** A text, whole or as lines that keep their ends. */
export type MultiLine = string | string[];
export interface StreamOutput {
  output_type: "stream";
  name: "stdout" | "stderr";
  text: MultiLine;
}
export interface DisplayOutput {
  output_type: "display_data" | "execute_result";
  /** One output in several forms, by media type; JSON types hold objects. */
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  execution_count?: number | null;
}
export interface ErrorOutput {
  output_type: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}
export type Output = StreamOutput | DisplayOutput | ErrorOutput;
export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  id?: string;
  metadata: { tags?: string[]; [key: string]: unknown };
  source: MultiLine;
  /** Code cells only, as is `execution_count`. */
  outputs?: Output[];
  execution_count?: number | null;
}
/** What `deno task reproduce` notes in an executed notebook. */
export interface Execution {
  /** When it ended, as ISO 8601. */
  date: string;
  seconds: number;
  /** Why it stopped early, in words. */
  failure?: string;
}
export interface Notebook {
  cells: Cell[];
  metadata: { execution?: Execution; [key: string]: unknown };
  nbformat: number;
  nbformat_minor: number;
}

export function joinLines(text: MultiLine): string {
  return typeof text === "string" ? text : text.join("");
}

export function splitLines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/**
 * Parses a notebook; `path` is for the error's sake. A byte-order mark is passed over, metadata that are missing are
 * filled in. Throws unless it is JSON of nbformat 4 whose cells and outputs have what this project reads, naming the
 * file, the cell, what was expected and what was found.
 */
export function parseNotebook(text: string, path: string): Notebook {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`${path} is not a notebook: ${(error as Error).message}`);
  }
  const problem = checkNotebook(notebook);
  if (problem) {
    throw new Error(`${path} is not a notebook of nbformat 4: ${problem}. Save it anew in Jupyter.`);
  }
  return notebook as Notebook;
}

export async function readNotebook(path: string): Promise<Notebook> {
  return parseNotebook(await Deno.readTextFile(path), path);
}

export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  await writeFile(path, notebookText(notebook));
}

/** A notebook as Jupyter writes it: one blank a level, a line end at the end. */
export function notebookText(notebook: Notebook): string {
  return JSON.stringify(notebook, null, 1) + "\n";
}

/** What nbformat takes for a cell's name. */
const cellName = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The form in which notebooks are kept in git, so that a difference is a difference of content: no outputs, no metadata but
 * tags and what follows from them, the kernel "deno", sources as lines, keys in one order. A cell keeps its id, so that a cell put in
 * before it changes no line of it; one without an id gets the first of c0, c1, … that is free.
 */
export function sourceForm(notebook: Notebook): Notebook {
  const taken = new Set<string>();
  const ids = notebook.cells.map(({ id }) => {
    if (!id || !cellName.test(id) || taken.has(id)) return undefined;
    taken.add(id);
    return id;
  });
  let next = 0;
  const freeId = () => {
    while (taken.has(`c${next}`)) next++;
    return `c${next++}`;
  };
  const cells = notebook.cells.map((cell, i): Cell => {
    const { tags } = cell.metadata ?? {};
    const code = cell.cell_type === "code" ? { execution_count: null, outputs: [] } : {};
    return {
      cell_type: cell.cell_type,
      id: ids[i] ?? freeId(),
      metadata: tags?.length
        // JupyterLab and VS Code know no such tag, and fold by this.
        ? { ...tags.includes("hide-input") ? { jupyter: { source_hidden: true } } : {}, tags }
        : {},
      ...code,
      source: splitLines(joinLines(cell.source)),
    };
  });
  return {
    cells,
    metadata: {
      kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
      language_info: { name: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
