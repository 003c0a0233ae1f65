/** `deno task write "any text"`: handwriting by the synthesis network, as a picture, sheets of paper or strokes. */
import { extname } from "node:path";
import { type Alphabet, encodeText } from "../data/mod.ts";
import { editDistance } from "../edit_distance.ts";
import { type Engine, openEngine } from "../engine/mod.ts";
import { ofItsOwn, readHandwriting } from "../evaluation/mod.ts";
import { checkWritable } from "../files.ts";
import { demandRoom, paperSizes, placeSigns, strokesOf } from "../report/mod.ts";
import { writeInOneHand, type WrittenLine } from "../sampling/mod.ts";
import { Random } from "../random.ts";
import { findTrained, openTrained, openWeights, type Trained } from "../runs/mod.ts";
import { readWeights, type WeightsFile } from "../weights/mod.ts";
import { aboutCharacters, layOutLetter, readLetter } from "./letter.ts";
import { type Arguments, machine, precision, runCommand, shared, UsageError, userPath } from "./options.ts";
import { outliveTerminal, print } from "./output.ts";
import { listPrimes, openPrime } from "./prime.ts";
import { StatusLine } from "./status_line.ts";
import { endings, saveWriting, type WritingForm } from "./writing.ts";

const command = {
  name: "write",
  description: "Writes a text by hand with the synthesis network (Section 5), all of it in one hand.",
  positionals: [{
    name: "text",
    description: "what to write, with its lines, blank lines and indentation; - reads standard input",
    optional: true,
  }],
  options: {
    file: { type: "string", description: "a text file to write in place of <text>" },
    out: {
      type: "string",
      description:
        `the file; its ending says what is made (${
          endings.join(", ")
        }), the last being the strokes as they ` +
        "were written; several sheets are numbered; default handwriting.svg",
    },
    bias: {
      heading: "The hand",
      type: "number",
      description: "probability bias: 0 as learned, more is neater; default 1",
      minimum: 0,
    },
    prime: { type: "string", description: "id of a real line whose style to take on; `list` shows some" },
    "prime-file": {
      type: "string",
      description:
        "a line in your own hand to take on: strokes as JSON, InkML or SVG, with NAME.txt beside " +
        "them saying what is written unless the file does (see data/README.md)",
    },
    seed: { ...shared.seed, description: "seed of all chance: another gives another hand; default 1" },
    count: {
      type: "integer",
      description: "how often to write the text, each time in another hand; default 1",
      minimum: 1,
      maximum: 1000,
    },
    legible: {
      type: "integer",
      description:
        "how often to write each line, to keep the one that a network which learned to read misreads " +
        "least; default 1, more for a few letters; 0 has nothing read",
      minimum: 0,
      maximum: 100,
    },
    width: {
      heading: "The page",
      type: "integer",
      description: "the most characters in a line, which says how large the writing is; default 40",
      minimum: 1,
      maximum: 200,
    },
    size: {
      type: "string",
      description: "paper to print or plot on: single strokes without a background, as many sheets as it " +
        "takes; default: a picture as large as the writing",
      choices: Object.keys(paperSizes) as (keyof typeof paperSizes)[],
    },
    margin: {
      type: "number",
      description: "in millimetres; default 20 on paper, 4 around a picture",
      minimum: 0,
    },
    spacing: {
      type: "number",
      description: "from line to line, in millimetres; default: as high as the hand needs",
      minimum: 1,
    },
    level: { type: "boolean", description: "level the lines (default; --no-level leaves them as written)" },
    pen: { type: "number", description: "width of the pen in millimetres; default 0.4", minimum: 0.01 },
    "pen-up": {
      heading: "Plotters that read G-code",
      type: "string",
      description: "G-code that lifts the pen, several commands with commas between; default G0 Z5",
    },
    "pen-down": { type: "string", description: "G-code that puts it down; default G1 Z0 F600" },
    feed: {
      type: "number",
      description: "the pen's speed in G-code, in millimetres a minute; default 1500",
      minimum: 1,
    },
    experiment: {
      type: "string",
      heading: "The network",
      description: "whose weights in results/weights; default synthesis-adaptive, which writes best",
    },
    weights: { type: "string", description: "a weights file to use instead" },
    ...machine,
    precision,
  },
  examples: [
    '"any text" --bias 1 --out line.png',
    "--file letter.txt --size a4 --bias 1 --out letter.svg",
    '"in my hand" --prime-file mine.svg',
    '--size a5 --out plot.gcode --pen-up M5 --pen-down "M3 S90, G4 P0.2" -- "- begins with a dash"',
  ],
  notes: aboutCharacters,
} as const;
type Options = Arguments<typeof command>["options"];

async function write({ options, positionals: [given] }: Arguments<typeof command>): Promise<void> {
  using _terminal = outliveTerminal();
  const { bias = 1, count = 1, width = 40, seed = 1, experiment = "synthesis-adaptive" } = options;
  if (options.prime === "list") return await listPrimes();
  const form = formOf(options);
  const text = await readLetter(given, options.file);
  const file = options.weights ? await readWeights(userPath(options.weights)) : await openWeights(experiment);
  const alphabet = alphabetOf(file);
  const copies = count * (options.legible || 1);
  const rows = layOutLetter(text, alphabet, { width, copies });
  const lines = rows.flatMap(({ words }) => words === "" ? [] : [words]);
  await checkWritable(form.out);
  const prime = await openPrime({ id: options.prime, path: options["prime-file"] }, file, alphabet);
  const engine = await openEngine(options.engine, {
    threads: options.threads,
    precision: options.precision,
    report: print,
  });
  const status = new StatusLine();
  try {
    const { network } = await openTrained(engine, file);
    const reader = await openReader(engine, options.legible);
    const begin = performance.now();
    const encoded = lines.map((line) => encodeText(line, alphabet).ids);
    const hands = await writeInOneHand(network, {
      hands: Array.from({ length: count }, () => encoded),
      space: alphabet.symbols.indexOf(" "),
      statistics: file.provenance.data.statistics,
      prime,
      bias,
      seed,
      carrier: encodeText(carrier, alphabet).ids,
      candidates: options.legible || 1,
      misread: reader && ((written) => misreadBy(reader, written, alphabet)),
      onProgress: ({ finished, lines }) => status.set(() => `${finished} of ${lines} tries written`),
    });
    const seconds = (performance.now() - begin) / 1000;
    for (const hand of hands) {
      hand.forEach((line, k) => status.print(`${JSON.stringify(lines[k])}: ${outcome(line, lines[k])}`));
    }
    const random = new Random(seed, "signs");
    const inked = (points: Float32Array) => strokesOf(points, file.provenance.data.statistics);
    const writings = hands.map((hand) => {
      const written = hand.map(({ points }) => inked(points)), next = written.values();
      // Numbers alone are as large and slanting as the prime.
      const specimens = prime && written.length === 0 ? [inked(prime.points)] : written;
      return rows.map(({ text, indent, signed, words }) => {
        const strokes = words === "" ? [] : next.next().value!;
        return { text, indent, strokes: placeSigns(strokes, signed, random, specimens) };
      });
    });
    const made = await saveWriting(writings, form);
    const all = hands.flat(), broken = all.filter(({ failures }) => failures.length > 0).length;
    const points = all.reduce((sum, { points }) => sum + points.length / 3, 0);
    status.print(
      `${counted(writings.flat().filter(({ text }) => text !== "").length, "line")}, ${points} points in ${
        seconds.toFixed(1)
      } s ` +
        `(${file.provenance.experiment}, bias ${bias}, seed ${seed}): ${made}`,
    );
    if (broken > 0) {
      throw new Error(
        `${
          counted(broken, "line")
        } of ${all.length} did not come out as the text is, as said above: try another ` +
          "--seed, a lower --bias or shorter lines.",
      );
    }
  } finally {
    status.close();
    await engine.close();
  }
}

/** What gives a hand to texts that are too short for it: a sentence's end, and three letters more than are used of it. */
const carrier = "it is so. and";

/** What reads, unless that is not wanted; where it is not asked for, a folder of results without its weights will do. */
async function openReader(engine: Engine, legible?: number): Promise<Trained | undefined> {
  if (legible === 0) return undefined;
  if (legible !== undefined) return await openTrained(engine, "reader");
  const reader = await findTrained(engine, "reader");
  if (!reader) print("There are no weights of 'reader' here: what is written is not read.");
  return reader;
}

/** How many characters of each line the reader misreads. Capitals are as good as small letters: where there is little else,
 * o and O are the same. */
async function misreadBy(
  { network, alphabet }: Trained,
  written: { points: Float32Array; text: ArrayLike<number> }[],
  { symbols }: Alphabet,
): Promise<number[]> {
  const lines = written.map(({ points, text }, k) => ({
    id: `${k}`,
    text: Array.from(text, (id) => symbols[id]).join(""),
    points,
  }));
  const readings = await readHandwriting(network, lines, alphabet);
  return readings.map(ofItsOwn).map(({ text, read }) => editDistance(text.toLowerCase(), read.toLowerCase()));
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Options that say nothing to some kinds of files. */
const ofSheets = ["size", "margin", "spacing", "level"] as const;
const ofGcode = ["pen-up", "pen-down", "feed"] as const;

/** What is to be made, and where. Throws if the options do not go together. */
function formOf(options: Options): WritingForm {
  const out = userPath(options.out ?? "handwriting.svg");
  const ending = extname(out).toLowerCase();
  if (!endings.includes(ending)) {
    throw new UsageError(
      `The file's ending says what to write: ${endings.join(", ")}; found '${options.out}'.`,
    );
  }
  const refused = [
    ...(ending === ".json" ? ofSheets : []),
    ...(ending === ".gcode" ? [] : ofGcode),
    ...(ending === ".svg" || ending === ".png" ? [] : ["pen"] as const),
  ].find((name) => options[name] !== undefined);
  if (refused) throw new UsageError(`--${refused} means nothing for a file that ends in ${ending}.`);
  const sheet = {
    paper: options.size && paperSizes[options.size],
    characters: options.width,
    margin: options.margin,
    spacing: options.spacing,
    level: options.level,
  };
  demandRoom(sheet);
  const commands = (text?: string) => text?.split(",").map((command) => command.trim());
  return {
    out,
    ending,
    sheet,
    pen: options.pen,
    gcode: {
      penUp: commands(options["pen-up"]),
      penDown: commands(options["pen-down"]),
      feed: options.feed,
    },
  };
}

/** How a line ended, and what its window did not read in order. */
function outcome(line: WrittenLine, text: string): string {
  const { stoppedBy, failures, skipped, repeated, missing, misread, tries } = line;
  const steps = line.points.length / 3, characters = [...text];
  const quote = (places: number[]) => JSON.stringify(places.map((place) => characters[place]).join(""));
  return [
    stoppedBy === "text end"
      ? `${steps} points, ended with its text`
      : `stopped at the hard limit of ${steps} points: its text was not finished`,
    ...(failures.includes("stopped early") ? [`the end ${quote(missing)} is missing`] : []),
    ...(failures.includes("skipped") ? [`the window skipped ${quote(skipped)}`] : []),
    ...(failures.includes("repeated") ? [`the window went back to ${quote(repeated)}`] : []),
    ...(failures.includes("dots") ? ["the ink has shrunk to dots"] : []),
    ...(misread ? [`${misread} of ${characters.length} characters are misread`] : []),
    ...(tries > 1 ? [`the best of ${tries} tries`] : []),
  ].join("; ");
}

function alphabetOf({ provenance: { experiment, network }, alphabet }: WeightsFile): Alphabet {
  if (network.window && alphabet) return alphabet;
  throw new Error(`The network '${experiment}' cannot be given a text; use a synthesis network.`);
}

await runCommand(command, write);
