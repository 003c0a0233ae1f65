/** `deno task reproduce [names…]` */
import { dirname, join, resolve } from "node:path";
import { resultsDirectory, writeFile } from "../files.ts";
import { executeNotebook, type Progress } from "../jupyter/execute.ts";
import { readNotebook, writeNotebook } from "../jupyter/notebook_file.ts";
import { findNotebooks, notebookName, notebooksDirectory } from "../jupyter/notebooks.ts";
import { runCommand, userPath } from "./options.ts";
import { writeProjectBook } from "./project_book.ts";
import { StatusLine } from "./status_line.ts";

const command = {
  name: "reproduce",
  description:
    "Executes the notebooks, each in a new Deno kernel, and writes them, their figures and tables, and the book\n" +
    "to results/notebooks and results/book, which git ignores.",
  positionals: [{
    name: "names",
    description: "notebooks, by the start of their names; default: all",
    optional: true,
    several: true,
  }],
  options: {
    timeout: { type: "number", description: "seconds that a cell may take; default 600", minimum: 1 },
    out: { type: "string", description: "where notebooks/ and book/ are written; default results/" },
    update: {
      type: "boolean",
      description:
        "also put figures and tables into results/ (or --out), of notebooks that ran through on full data",
    },
    notebooks: { type: "string", description: "the folder of notebooks; default notebooks/" },
  },
} as const;

interface Run {
  out: string;
  timeout: number;
  update: boolean;
  status: StatusLine;
  /** Which notebook of how many it is. */
  count: string;
}

/** Executes one notebook into `out`; returns why it failed, if it did. */
async function reproduce(path: string, { out, timeout, update, status, count }: Run) {
  const name = notebookName(path);
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  let progress: Progress = { cell: 0, cells: 0, line: "" };
  status.set(() => {
    const { cell, cells, line } = progress;
    return `${count} ${name}  cell ${cell}/${cells}  ${seconds().toFixed(0)} s  ${line}`;
  });
  const onProgress = (next: Progress) => void (progress = next);
  // An update is all of a notebook that ran through, or nothing.
  const drawn = update ? await Deno.makeTempDir() : join(out, "notebooks");
  const env = { GRAVES_OUTPUT: drawn, ...update ? { GRAVES_EXCERPTS: "0" } : {} };
  const options = { directory: dirname(resolve(path)), timeout, onProgress, env };
  let executed, failure;
  try {
    const { error, ...rest } = await executeNotebook(await readNotebook(path), options);
    executed = rest.executed;
    failure = error && `cell ${error.cell}: ${error.message}`;
    if (update && !failure) await copyInto(out, drawn);
  } finally {
    if (update) await Deno.remove(drawn, { recursive: true });
  }
  const execution = { date: new Date().toISOString(), seconds: seconds(), failure };
  await writeNotebook(join(out, "notebooks", `${name}.ipynb`), {
    ...executed,
    metadata: { ...executed.metadata, execution },
  });
  status.print(
    `${count} ${failure ? "FAILED" : "ok    "} ${name}  ${progress.cells} cells  ${seconds().toFixed(1)} s`,
  );
  return failure;
}

/** Copies the files in the folders of `from` into those of the same names in `to`. */
async function copyInto(to: string, from: string): Promise<void> {
  for await (const { name: folder } of Deno.readDir(from)) {
    for await (const { name } of Deno.readDir(join(from, folder))) {
      await writeFile(join(to, folder, name), await Deno.readFile(join(from, folder, name)));
    }
  }
}

await runCommand(command, async ({ options, positionals }) => {
  const { timeout = 600, update = false } = options;
  const out = options.out ? userPath(options.out) : resultsDirectory;
  const notebooks = options.notebooks ? userPath(options.notebooks) : notebooksDirectory;
  // A folder that cannot be written is told now, not after minutes of work.
  await Deno.mkdir(join(out, "notebooks"), { recursive: true }).catch((error) => {
    throw new Error(`Cannot write into ${out}: ${error.message}`);
  });
  const paths = await findNotebooks(notebooks, positionals);
  const failures: string[] = [];
  const status = new StatusLine();
  try {
    for (const [i, path] of paths.entries()) {
      const count = `[${i + 1}/${paths.length}]`;
      try {
        const failure = await reproduce(path, { out, timeout, update, status, count });
        if (failure) failures.push(`${notebookName(path)}, ${failure}`);
      } catch (error) {
        failures.push(`${notebookName(path)}: ${(error as Error).message}`);
      }
    }
    status.set(() => "writing the book");
    const problems = await writeProjectBook({ out, notebooks });
    failures.push(...problems.map((problem) => `book: ${problem}`));
    status.print(`book: ${join(out, "book", "index.html")}`);
  } finally {
    status.close();
  }
  if (failures.length) throw new Error(`\n${failures.length} failed:\n\n${failures.join("\n\n")}`);
});
