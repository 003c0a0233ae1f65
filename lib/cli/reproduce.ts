/** `deno task reproduce [names…]` */
import { dirname, join, resolve } from "node:path";
import { resultsDirectory, writeFile } from "../files.ts";
import { executeNotebook, type Progress } from "../jupyter/execute.ts";
import { readNotebook, writeNotebook } from "../jupyter/notebook_file.ts";
import { findNotebooks, notebookName, notebooksDirectory } from "../jupyter/notebooks.ts";
import {
  type Parameter,
  parametersOf,
  readSettings,
  settingsName,
  withSettings,
} from "../jupyter/parameters.ts";
import { runCommand, UsageError, userPath } from "./options.ts";
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
    set: {
      type: "strings",
      description:
        "name=value, as often as you like: a copy in which a parameter of the notebook's has another value. It goes, " +
        "with its figures and tables, to a folder of its own in results/notebooks, and not into the book",
    },
    notebooks: { type: "string", description: "the folder of notebooks; default notebooks/" },
  },
  examples: ["5.4", '5.4 --set text="any text" --set bias=1'],
} as const;

/** Much of a notebook is done by one thread, beside which another's can work. */
const AT_ONCE = Math.min(2, navigator.hardwareConcurrency);

interface Run {
  /** Where the executed notebook goes, and its folders figures/ and tables/. */
  to: string;
  /** The values of its parameters that are others than the notebook's. */
  settings: Parameter[];
  timeout: number;
  /** Of the cpu engine: two notebooks with as many as there are cores would wait for each other's. */
  threads: string;
  /** Where figures and tables go instead once the notebook ran through on full data. */
  update?: string;
  status: Status;
  /** Which notebook of how many it is. */
  count: string;
}

/** How far the notebooks are that run at the same time, on one line. */
class Status extends StatusLine {
  readonly running = new Set<() => string>();

  constructor() {
    super();
    this.set(() => Array.from(this.running, (text) => text()).join("   "));
  }
}

/** Executes one notebook; returns why it failed, if it did. */
async function reproduce(path: string, { to, settings, timeout, threads, update, status, count }: Run) {
  const name = notebookName(path);
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  let progress: Progress = { cell: 0, cells: 0, line: "" };
  const running = () => {
    const { cell, cells, line } = progress;
    return `${count} ${name}  cell ${cell}/${cells}  ${seconds().toFixed(0)} s  ${line}`;
  };
  status.running.add(running);
  const onProgress = (next: Progress) => void (progress = next);
  // An update is all of a notebook that ran through, or nothing.
  const drawn = update ? await Deno.makeTempDir() : to;
  const env = {
    GRAVES_OUTPUT: drawn,
    GRAVES_THREADS: threads,
    ...update ? { GRAVES_EXCERPTS: "0" } : {},
  };
  const options = { directory: dirname(resolve(path)), timeout, onProgress, env };
  let executed, failure;
  try {
    const notebook = await readNotebook(path);
    const { error, ...rest } = await executeNotebook(
      settings.length ? withSettings(notebook, settings) : notebook,
      options,
    );
    executed = rest.executed;
    failure = error && `cell ${error.cell}: ${error.message}`;
    if (update) await copyInto(to, drawn);
    if (update && !failure) await copyInto(update, drawn);
  } finally {
    status.running.delete(running);
    if (update) await Deno.remove(drawn, { recursive: true });
  }
  const execution = { date: new Date().toISOString(), seconds: seconds(), failure };
  await writeNotebook(join(to, `${name}.ipynb`), {
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

/** Does `work` on all of `items`, begun in their order, on up to `atOnce` of them at the same time. */
async function each<T>(items: Iterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = Iterator.from(items);
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const item of waiting) await work(item);
  }));
}

/** What `--set` says, read for each of the notebooks, which must all have parameters of these names. */
async function settingsOf(paths: string[], texts: string[]): Promise<Parameter[][]> {
  return await Promise.all(paths.map(async (path) => {
    if (!texts.length) return [];
    const parameters = parametersOf(await readNotebook(path));
    try {
      return readSettings(texts, parameters, notebookName(path));
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  }));
}

await runCommand(command, async ({ options, positionals }) => {
  const { timeout = 600, update = false, set = [] } = options;
  const out = options.out ? userPath(options.out) : resultsDirectory;
  const notebooks = options.notebooks ? userPath(options.notebooks) : notebooksDirectory;
  const paths = await findNotebooks(notebooks, positionals);
  if (set.length && !positionals.length) {
    throw new UsageError("--set needs the name of a notebook before it.");
  }
  if (set.length && update) {
    throw new UsageError(
      "--update takes the figures and tables of the notebooks as they are, without --set.",
    );
  }
  const allSettings = await settingsOf(paths, set);
  // A folder that cannot be written is told now, not after minutes of work.
  await Deno.mkdir(join(out, "notebooks"), { recursive: true }).catch((error) => {
    throw new Error(`Cannot write into ${out}: ${error.message}`);
  });
  const atOnce = Math.min(AT_ONCE, paths.length);
  const threads = Deno.env.get("GRAVES_THREADS") || `${Math.floor(navigator.hardwareConcurrency / atOnce)}`;
  const failures: string[] = [];
  const status = new Status();
  const runOne = async (i: number) => {
    const path = paths[i], settings = allSettings[i], count = `[${i + 1}/${paths.length}]`;
    try {
      const to = join(out, "notebooks", settings.length ? settingsName(settings) : "");
      const run = { to, settings, timeout, threads, update: update ? out : undefined, status, count };
      const failure = await reproduce(path, run);
      if (failure) failures.push(`${notebookName(path)}, ${failure}`);
      if (settings.length) status.print(`written: ${join(to, notebookName(path))}.ipynb`);
    } catch (error) {
      failures.push(`${notebookName(path)}: ${(error as Error).message}`);
    }
  };
  try {
    // What has no number is no chapter, and may tell how the chapters ran: it comes after them.
    const { chapters = [], others = [] } = Object.groupBy(
      paths.keys(),
      (i) => /^\d/.test(notebookName(paths[i])) ? "chapters" : "others",
    );
    // The last chapters sample most. Begun last, the longest of them would run on alone.
    for (const group of [chapters.reverse(), others]) await each(group, atOnce, runOne);
    if (!set.length) {
      status.set(() => "writing the book");
      const { problems } = await writeProjectBook({ results: out, notebooks });
      failures.push(...problems.map((problem) => `book: ${problem}`));
      status.print(`book: ${join(out, "book", "index.html")}`);
    }
  } finally {
    status.close();
  }
  if (failures.length) throw new Error(`\n${failures.length} failed:\n\n${failures.join("\n\n")}`);
});
