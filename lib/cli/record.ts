/** `deno task record [experiment]`: what the notebooks show of the text networks and takes minutes. */
import { openEngine } from "../engine/mod.ts";
import { bitsByContext, closingByDistance } from "../evaluation/mod.ts";
import {
  drawSample,
  openTrained,
  readMemory,
  readRecord,
  readSamples,
  recordedSamples,
  type Trained,
  writeMemory,
  writeSamples,
} from "../runs/mod.ts";
import { openText, revision } from "../training/mod.ts";
import { machine, runCommand, UsageError } from "./options.ts";
import { outliveTerminal } from "./output.ts";
import { StatusLine } from "./status_line.ts";

const kinds = ["samples", "memory"] as const;
type Kind = typeof kinds[number];
/** The network whose memory is measured: only Wikipedia asks for one (Section 3.2). */
const withMemory = "wikipedia";
const names = Object.keys(recordedSamples);
const recordsOf = (name: string) => kinds.filter((kind) => kind === "samples" || name === withMemory);

const command = {
  name: "record",
  description:
    "Draws the texts that the notebooks show of the text networks (results/samples), and measures how far back\n" +
    "Wikipedia's remembers (results/runs/wikipedia/memory.json), since that takes minutes: of all whose record is\n" +
    "missing or of other weights than those in results/weights, or of one.",
  positionals: [{
    name: "experiment",
    description: "only this one, in any case",
    choices: names,
    optional: true,
  }],
  options: {
    only: { type: "string", description: "only this kind of record", choices: kinds },
    symbols: {
      type: "integer",
      description: "memory: so many bytes of the validation set are scored with each context; default 16384",
      minimum: 10_000,
    },
    ...machine,
  },
} as const;

/** Contexts up to 1024 to 4095 symbols, and the most spans of a distance. */
const rows = 6, longest = 4 ** (rows - 1), mostSpans = 16;

await runCommand(command, async ({ options, positionals: [chosen] }) => {
  using _terminal = outliveTerminal();
  const { only, symbols = 16_384 } = options;
  const due: [name: string, kind: Kind][] = [];
  for (const name of chosen ? [chosen] : names) {
    for (const kind of recordsOf(name)) {
      if ((!only || kind === only) && (chosen || !await isCurrent(name, kind))) due.push([name, kind]);
    }
  }
  const status = new StatusLine();
  if (!due.length) {
    if (only && chosen) {
      throw new UsageError(`Of '${chosen}' no ${only} is recorded, only of '${withMemory}'.`);
    }
    status.print("All records are of the weights in results/weights.");
    return status.close();
  }
  const engine = await openEngine(options.engine, {
    threads: options.threads,
    report: (line) => status.print(line),
  });
  try {
    for (const [name, kind] of due) {
      const trained = await openTrained(engine, name);
      const show = (done: number, all: number) =>
        status.set(() => `${name}, ${kind}: ${(100 * done / all).toFixed(1)} %`);
      if (kind === "samples") await recordSamples(name, trained, show);
      else await recordMemory(name, trained, symbols, show);
      trained.network.free();
      status.print(`${name}: ${kind} recorded`);
    }
  } finally {
    status.close();
    await engine.close();
  }
});

/** Whether there is such a record, of the weights that are shipped. */
async function isCurrent(name: string, kind: Kind): Promise<boolean> {
  const weights = (await readRecord(name))?.weights?.checksum;
  const record = await (kind === "samples" ? readSamples(name) : readMemory(name));
  return weights === undefined || record?.weights === weights;
}

type Show = (done: number, all: number) => void;

async function origin({ file, engine }: Trained) {
  return {
    weights: file.checksum,
    engine: engine.description,
    revision: await revision(),
    date: new Date().toISOString(),
  };
}

async function recordSamples(name: string, trained: Trained, show: Show): Promise<void> {
  const plans = recordedSamples[name];
  const all = plans.reduce((sum, { length, count }) => sum + length * count, 0);
  let done = 0;
  const samples = [];
  for (const plan of plans) {
    samples.push({ ...plan, texts: await drawSample(trained, plan, () => show(++done, all)) });
  }
  await writeSamples(name, { ...await origin(trained), samples });
}

async function recordMemory(name: string, trained: Trained, symbols: number, show: Show): Promise<void> {
  const { experiment, network, file } = trained;
  const text = await openText({ ...experiment, network: network.config });
  if (text.checksum !== file.provenance.data.checksum) {
    throw new UsageError(
      `'${name}' was trained on ${file.provenance.data.name}, but ${text.source} is what is at hand. ` +
        "GRAVES_DATA should name the folder that has the former.",
    );
  }
  const ids = text.validation.subarray(0, longest + symbols);
  const contexts = await bitsByContext(network, ids, { rows, onProgress: show });
  const closings = await closingByDistance(network, { symbols: text.symbols, ids: text.validation }, {
    most: mostSpans,
    onProgress: show,
  });
  await writeMemory(name, {
    ...await origin(trained),
    data: `${text.source}, validation set`,
    symbols: ids.length - longest,
    contexts,
    closings,
  });
}
