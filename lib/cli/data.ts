/** `deno task data [name]` */
import {
  byHand,
  describeSkipped,
  fetchSource,
  findSet,
  openHandwriting,
  openWikipedia,
  readSources,
  type Source,
  type SourceName,
  sourceNames,
  sourceState,
} from "../data/mod.ts";
import { formatDuration } from "../duration.ts";
import { dataDirectory, exists } from "../files.ts";
import { type Arguments, runCommand, userPath } from "./options.ts";
import { StatusLine } from "./status_line.ts";

const excerpts: Record<SourceName, string> = {
  "iam-ondb": "4 training and 64 validation lines",
  "penn-treebank": "a public-domain text in its format",
  "enwik8": "its first million bytes",
};

const command = {
  name: "data",
  description: "Lists the data sets; with the name of one, downloads and checks that set.",
  positionals: [{ name: "set", description: "what to get", choices: sourceNames, optional: true }],
  options: {
    sources: { type: "string", description: "another file in the form of data/sources.json, for a mirror" },
  },
} as const;

async function data({ options, positionals: [name] }: Arguments<typeof command>): Promise<void> {
  const sources = await readSources(options.sources && userPath(options.sources));
  if (name) return await get(name, sources[name]);
  console.log(
    `Data lie in ${dataDirectory()} (the environment variable GRAVES_DATA names another folder).` +
      (await exists(dataDirectory()) ? "\n" : "\nThere is no such folder.\n"),
  );
  for (const name of sourceNames) await list(name, sources[name]);
}

async function list(name: SourceName, source: Source): Promise<void> {
  const { missing, different } = await sourceState(source);
  const rows = [`${name}: ${source.title}`, `  terms: ${source.terms}`];
  if (!missing.length && !different.length) rows.push("  present, checksums right");
  else if (!missing.length) {
    rows.push(`  present, but other than the files known here: ${different.join(", ")}`);
  } else {
    const instead = await standIn(name, missing.length < source.files.length);
    rows.push(`  missing: ${missing.join(", ")}`, `  ${instead}`);
    rows.push(
      `  to get it: ${source.archive ? `deno task data ${name}` : byHand(source, undefined, missing)}`,
    );
  }
  console.log(rows.join("\n") + "\n");
}

/** What is used where the full set is missing. */
async function standIn(name: SourceName, incomplete: boolean): Promise<string> {
  if (incomplete) return "incomplete: opening it is an error until the rest is there, or it is taken away";
  try {
    const found = await findSet(name);
    const instead = found || name === "enwik8" ? (await openWikipedia()).source : excerpts[name];
    return `used instead: ${instead}`;
  } catch (error) {
    return `opening it is an error: ${(error as Error).message}`;
  }
}

async function get(name: SourceName, source: Source): Promise<void> {
  const { missing, different } = await sourceState(source);
  if (missing.length || (different.length && source.archive)) {
    await fetchShowing(source);
  }
  if (name !== "iam-ondb") return console.log(`${name} is present, checksums right.`);
  const { training, validation, statistics, skipped, notes } = await openHandwriting({ report: console.log });
  const { mean, std, meanLength } = statistics;
  const pair = (values: number[]) => values.map((value) => value.toFixed(2)).join(" and ");
  console.log(
    `${name} is present${
      different.length ? ` (other than the files known here: ${different.join(", ")})` : ""
    }: ` +
      `${training.length} training and ${validation.length} validation lines; the paper has 10741 and 1438.\n` +
      `Offsets in x and y have mean ${pair(mean)}, std ${pair(std)} sensor units; a line has ` +
      `${meanLength.toFixed(0)} points.`,
  );
  console.log(skipped.length ? `Left out: ${describeSkipped(skipped)}.` : "No line was left out.");
  for (const note of notes) console.log(note);
}

/** Downloads a set, and shows how far that is. */
async function fetchShowing(source: Source): Promise<void> {
  const status = new StatusLine(), start = performance.now();
  let first: number | undefined, text = "";
  const onProgress = (done: number, total: number | undefined) => {
    first ??= done;
    const rate = (done - first) / (performance.now() - start) * 1000;
    const left = total && rate ? `, ${formatDuration((total - done) / rate)} left` : "";
    text = `${megabytes(done)}${total ? ` of ${megabytes(total)}` : ""} MB, ${megabytes(rate)} MB/s${left}`;
    status.set(() => text);
  };
  try {
    await fetchSource(source, { onProgress, report: (line) => status.print(line) });
    if (text) status.print(text);
  } finally {
    status.close();
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

await runCommand(command, data);
