/** `deno task write "any text"`: handwriting by the synthesis network, as a picture or as strokes. */
import { extname } from "node:path";
import { type Alphabet, encodeText, openHandwriting } from "../data/mod.ts";
import { openEngine } from "../engine/mod.ts";
import { writeFile } from "../files.ts";
import { pngDensity, strokesOf, strokesToJson, strokesToSvg, svgToPng } from "../report/mod.ts";
import {
  alignmentOf,
  breakLines,
  failuresOf,
  findLine,
  fitToAlphabet,
  primeFrom,
  primingLines,
  type Sample,
  synthesise,
} from "../sampling/mod.ts";
import { openTrained, openWeights, readWeights, type WeightsFile } from "../training/mod.ts";
import { type Arguments, runCommand, shared, UsageError, userPath } from "./options.ts";
import { outliveTerminal, print } from "./output.ts";

const endings = [".svg", ".png", ".json"];

const command = {
  name: "write",
  description: "Writes a text by hand with the synthesis network (Section 5).",
  positionals: [{ name: "text", description: "what to write; line breaks are kept", optional: true }],
  options: {
    out: {
      type: "string",
      description: `the file, ending in ${endings.join(", ")}; default handwriting.svg`,
    },
    bias: {
      type: "number",
      description: "probability bias: 0 as learned, more is neater; default 0.5",
      minimum: 0,
    },
    prime: { type: "string", description: "id of a real line whose style to take on; `list` shows some" },
    count: {
      type: "integer",
      description: "how often to write the text; default 1",
      minimum: 1,
      maximum: 1000,
    },
    width: {
      type: "integer",
      description: "the most characters in a line; default 40",
      minimum: 1,
      maximum: 200,
    },
    experiment: { type: "string", description: "whose weights in results/weights; default synthesis" },
    weights: { type: "string", description: "a weights file to use instead" },
    seed: { ...shared.seed, description: "seed of all chance; default 1" },
    engine: shared.engine,
    threads: shared.threads,
    blas: shared.blas,
  },
} as const;

async function write({ options, positionals: [text] }: Arguments<typeof command>): Promise<void> {
  using _terminal = outliveTerminal();
  const { bias = 0.5, count = 1, width = 40, seed = 1, experiment = "synthesis" } = options;
  if (options.prime === "list") return await listPrimes();
  if (text === undefined) throw new UsageError("Missing: <text>, what to write.");
  const out = userPath(options.out ?? "handwriting.svg");
  const ending = extname(out).toLowerCase();
  if (!endings.includes(ending)) {
    throw new UsageError(
      `The file's ending says what to write: ${endings.join(", ")}; found '${options.out}'.`,
    );
  }
  const file = options.weights ? await readWeights(userPath(options.weights)) : await openWeights(experiment);
  const alphabet = alphabetOf(file);
  const fitted = fitToAlphabet(text, alphabet);
  const lines = breakLines(fitted.text, width);
  const all = Array.from({ length: count }, () => lines).flat();
  checkLength(all);
  for (const { from, to, count } of fitted.replaced) {
    print(
      `${JSON.stringify(from)} (${count}×) is not in the alphabet: written as ${JSON.stringify(to)}`,
    );
  }
  const prime = options.prime && primeFrom(await openPrime(options.prime, file), alphabet);
  const engine = await openEngine(options.engine, {
    threads: options.threads,
    blas: options.blas,
    report: print,
  });
  try {
    const { network } = await openTrained(engine, file);
    const begin = performance.now();
    const samples = await synthesise(network, {
      texts: all.map((line) => encodeText(line, alphabet).ids),
      bias,
      seed,
      prime: prime || undefined,
      closing: alphabet.symbols.indexOf(" "),
    });
    const seconds = (performance.now() - begin) / 1000;
    let points = 0;
    const written = all.map((text) => {
      // Once it has been looked at, a sample's window takes many times the room of its points: it goes before the next.
      const sample = samples.shift()!;
      print(`${JSON.stringify(text)}: ${outcome(sample, alphabet)}`);
      points += sample.steps;
      return { text, strokes: strokesOf(sample.points, file.statistics) };
    });
    await writeFile(out, await render(ending, written));
    print(
      `${all.length} line${all.length > 1 ? "s" : ""}, ${points} points in ${seconds.toFixed(1)} s ` +
        `(${file.experiment}, bias ${bias}, seed ${seed}): ${out}`,
    );
  } finally {
    await engine.close();
  }
}

/** The most characters written at once: at some 25 points each they take a few minutes and some hundred megabytes. */
const mostCharacters = 50_000;

function checkLength(lines: string[]): void {
  const characters = lines.reduce((sum, line) => sum + line.length, 0);
  if (characters <= mostCharacters) return;
  throw new UsageError(
    `These are ${characters} characters in ${lines.length} lines: at most ${mostCharacters} are written at once. ` +
      "Give a shorter text or a smaller --count, and other seeds for the rest.",
  );
}

/** How a sample ended, and what its window did not read in order. */
function outcome(sample: Sample, { symbols }: Alphabet): string {
  const { steps, stoppedBy, characters } = sample;
  const kinds = failuresOf(sample);
  const { skipped, repeated, furthest } = alignmentOf(sample);
  const quote = (positions: number[]) =>
    JSON.stringify(positions.map((u) => symbols[characters[u - 1]] ?? "").join(""));
  return [
    stoppedBy === "text end"
      ? `${steps} points, ended with its text`
      : `stopped at the hard limit of ${steps} points: its text was not finished`,
    ...(kinds.includes("stopped early")
      ? [`the end ${quote(range(furthest, characters.length))} is missing`]
      : []),
    ...(kinds.includes("skipped") ? [`the window skipped ${quote(skipped)}`] : []),
    ...(kinds.includes("repeated") ? [`the window went back to ${quote(repeated)}`] : []),
  ].join("; ");
}

/** from + 1 to `to`. */
const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, k) => from + 1 + k);

function alphabetOf({ network, alphabet, experiment }: WeightsFile): Alphabet {
  if (network.window && alphabet) return alphabet;
  throw new Error(`The network '${experiment}' cannot be given a text; use a synthesis network.`);
}

/** The priming line, cleaned as the network's training data were. */
async function openPrime(id: string, { metadata }: WeightsFile) {
  const { training, validation } = await openHandwriting(
    metadata.cleaning ? { cleaning: JSON.parse(metadata.cleaning) } : {},
  );
  return findLine([...training, ...validation], id);
}

async function listPrimes(): Promise<void> {
  const { training, validation, source } = await openHandwriting();
  const all = [...training, ...validation];
  print("The paper's priming lines (Figures 18–21):");
  for (const id of primingLines) print(`  ${id}  ${findLine(all, id).text}`);
  print(
    source === "iam-ondb"
      ? `Any other of the ${all.length} lines of IAM-OnDB can be used too.`
      : `The excerpt's other lines: ${validation.map((line) => line.id).join(", ")}`,
  );
}

async function render(
  ending: string,
  written: Parameters<typeof strokesToJson>[0],
): Promise<string | Uint8Array> {
  if (ending === ".json") return strokesToJson(written);
  const svg = strokesToSvg(written.map(({ strokes }) => strokes));
  if (ending === ".svg") return svg;
  const density = pngDensity(svg);
  if (density < 2) {
    print(
      `So tall a picture has ${density.toFixed(2)} pixels a unit in place of 2; an .svg keeps every detail.`,
    );
  }
  return await svgToPng(svg);
}

await runCommand(command, write);
