/** Executes a notebook headless on Deno's own kernel. */
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { root } from "../files.ts";
import { type Content, Kernel } from "./kernel.ts";
import { type Cell, type ErrorOutput, joinLines, type Notebook } from "./notebook_file.ts";
import { type Displays, OutputCollector } from "./outputs.ts";
import { reasonUnread, UNREAD } from "./unread_cell.ts";

const LINE_LIMIT = 1000; // characters of a line that are shown as progress

/** How far an execution is. Cells are counted among the code cells, from 1. */
export interface Progress {
  cell: number;
  cells: number;
  /** The last line of text that the cell has written, if it just has. */
  line: string;
}

export interface ExecuteOptions {
  /** Where the kernel works: the notebook's folder. */
  directory: string;
  /** Seconds a cell may run. Default 600. */
  timeout?: number;
  env?: Record<string, string>;
  onProgress?: (progress: Progress) => void;
}

/** The cell that ended an execution. `cell` is counted among the code cells, from 1. */
export class CellError extends Error {
  override name = "CellError";
  readonly cell: number;
  readonly source: string;

  constructor(cell: number, source: string, message: string) {
    super(message);
    this.cell = cell;
    this.source = source;
  }
}

/**
 * Runs the code cells in order in a new kernel. Returns the executed notebook, and the error that ended it, if any: an
 * exception (but for cells tagged `raises-exception`), an output that could not be shown, a cell past its time, the
 * kernel's death. The cells before it and what it had put out are in the notebook all the same.
 */
export async function executeNotebook(
  notebook: Notebook,
  options: ExecuteOptions,
): Promise<{ executed: Notebook; error?: CellError }> {
  const cells = notebook.cells.map((cell, i): Cell => ({
    ...cell,
    id: cell.id ?? `c${i}`,
    metadata: cell.metadata ?? {},
    ...(cell.cell_type === "code" ? { execution_count: null, outputs: [] } : {}),
  }));
  const executed = { ...notebook, cells, nbformat: 4, nbformat_minor: 5 };
  const codeCells = cells.filter((cell) => cell.cell_type === "code" && joinLines(cell.source).trim());
  const displays: Displays = new Map();
  let kernel: Kernel | undefined, error: CellError | undefined;
  try {
    for (const [i, cell] of codeCells.entries()) {
      const source = joinLines(cell.source);
      const collector = new OutputCollector(displays, i + 1);
      cell.execution_count = i + 1;
      cell.outputs = collector.outputs;
      const progress = { cell: i + 1, cells: codeCells.length, line: "" };
      options.onProgress?.(progress);
      try {
        kernel ??= await Kernel.start(options);
        const onOutput = (type: string, content: Content) => {
          collector.receive(type, content);
          const line = lastLine(type, content);
          if (line) options.onProgress?.({ ...progress, line });
        };
        const reply = await kernel.execute(source, { timeout: options.timeout, onOutput });
        if (reply.evalue === UNREAD) Object.assign(reply, await reasonUnread(source));
        const thrown = reply.status === "ok" ? collector.outputs.find(isError) : reply;
        if (thrown && !cell.metadata.tags?.includes("raises-exception")) {
          throw new Error(describe(thrown));
        }
      } catch (problem) {
        const { message } = problem as Error;
        error = new CellError(i + 1, source, message);
        if (!collector.outputs.some(isError)) {
          collector.receive("error", { ename: "Stopped", evalue: message, traceback: [message] });
        }
        break;
      }
    }
  } finally {
    await kernel?.stop();
  }
  return { executed, error };
}

/** A result that cannot be shown (a BigInt in a table, say) is an error output under a reply that says "ok". */
function isError(output: { output_type: string }): output is ErrorOutput {
  return output.output_type === "error";
}

function describe({ ename, evalue, traceback }: Partial<ErrorOutput>): string {
  const head = `${ename}: ${evalue}`;
  const stack = (traceback ?? []).filter((line) => line.trim().startsWith("at "));
  // Places in the project read better without the way to it.
  return [head, ...stack].join("\n").replaceAll(pathToFileURL(root).href, "").replaceAll(root, "");
}

/** The last line of what a stream says, or of a display that is updated, as progress is shown. */
function lastLine(type: string, content: Content): string {
  const text = type === "stream"
    ? content.text
    : type === "update_display_data" && (content.data as Content | undefined)?.["text/plain"];
  if (typeof text !== "string") return "";
  // To strip a long line takes time in proportion to the square of its length.
  const read = (line: string) => stripVTControlCharacters(line.slice(0, LINE_LIMIT)).trim();
  return read(text.split(/[\r\n]/).findLast(read) ?? "");
}
