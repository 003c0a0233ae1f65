/** `deno task sample <experiment>`: text that a network of Section 3 goes on with. */
import { readTextAtMost, readTyped, speller, standardInput } from "../data/mod.ts";
import { openEngine } from "../engine/mod.ts";
import { experimentNames, findExperiment } from "../experiments/mod.ts";
import { checkWritable, writeFile } from "../files.ts";
import { openFile, openTrained, openWeights } from "../runs/mod.ts";
import { sampleText } from "../sampling/mod.ts";
import { levelOf } from "../training/mod.ts";
import { type Arguments, machine, precision, runCommand, shared, UsageError, userPath } from "./options.ts";
import { outliveTerminal, print } from "./output.ts";
import { StatusLine } from "./status_line.ts";

const names = experimentNames.filter((name) => findExperiment(name).network.domain.kind === "symbols");

const command = {
  name: "sample",
  description: "Draws text from a network of Section 3: each symbol drawn is the network's next input.",
  positionals: [{ name: "experiment", description: "which weights in results/weights", choices: names }],
  options: {
    prime: {
      type: "string",
      description: "what the network reads first and goes on from; of Penn Treebank in lower case",
    },
    "prime-file": { type: "string", description: "a text file with that; - reads standard input" },
    length: {
      type: "integer",
      description: "how much to draw: characters, words, or bytes of wikipedia; default 500",
      minimum: 1,
      maximum: 1e6,
    },
    temperature: {
      type: "number",
      description: "what the network's outputs are divided by: 1 draws as it predicts (default), less is " +
        "safer, 0 takes the likeliest",
      minimum: 0,
    },
    seed: { ...shared.seed, description: "seed of all chance; default 1" },
    out: {
      type: "string",
      description: "a file for the text, what it was primed with at its beginning; default: it is printed",
    },
    json: { type: "boolean", description: "in place of the text: the text and how it was drawn, as JSON" },
    weights: { type: "string", description: "a weights file to use instead" },
    ...machine,
    threads: {
      ...machine.threads,
      description: "threads of the cpu engine; 1 is the quickest where other programs keep the cores busy",
    },
    precision,
  },
  examples: [
    'char --prime "the company said " --temperature 0.7',
    "word --length 200 --seed 3",
    "wikipedia --prime-file beginning.xml --length 15000 --out page.xml",
  ],
} as const;

/** The most bytes of a prime: each takes as long as one that is drawn. */
const longestPrime = 1e5;

await runCommand(command, async ({ options, positionals: [name] }: Arguments<typeof command>) => {
  const { length = 500, temperature = 1, seed = 1, json = false } = options;
  using _terminal = options.out ? outliveTerminal() : undefined;
  const file = options.weights ? await openFile(userPath(options.weights)) : await openWeights(name);
  const { experiment } = file.provenance;
  if (experiment !== name) throw new UsageError(`These are weights of '${experiment}', not of '${name}'.`);
  const level = levelOf(findExperiment(experiment).data);
  const spelling = { level, symbols: file.alphabet?.symbols ?? [] };
  const prime = readTyped(await readPrime(options), spelling);
  const out = options.out ? userPath(options.out) : undefined;
  if (out) await checkWritable(out);
  // The text itself has standard output for its own, unless there is a file for it.
  const say = (line: string) => out ? print(line) : console.error(line);
  const engine = await openEngine(options.engine, {
    threads: options.threads,
    precision: options.precision,
    report: say,
  });
  const status = out ? new StatusLine() : undefined;
  try {
    const { network } = await openTrained(engine, file);
    const spell = speller(spelling), parts: Uint8Array<ArrayBuffer>[] = [];
    const write = (symbol: number) => {
      const part = spell(symbol);
      parts.push(part);
      if (!out && !json) Deno.stdout.writeSync(part);
    };
    prime.forEach(write);
    const primed = parts.length, begin = performance.now();
    await sampleText(network, {
      length,
      seed,
      temperature,
      prime,
      symbols: spelling.symbols.length,
      onSymbol: (symbol) => {
        write(symbol);
        status?.set(() => `${parts.length - primed} of ${length} ${level}s drawn`);
      },
    });
    const seconds = (performance.now() - begin) / 1000;
    const textOf = (some: Uint8Array<ArrayBuffer>[]) => new Blob(some).arrayBuffer();
    const decoded = async (some: Uint8Array<ArrayBuffer>[]) => new TextDecoder().decode(await textOf(some));
    const made = json
      ? JSON.stringify(
        {
          experiment,
          weights: file.checksum,
          engine: engine.description,
          temperature,
          seed,
          length,
          unit: level,
          prime: await decoded(parts.slice(0, primed)),
          text: await decoded(parts.slice(primed)),
        },
        null,
        2,
      )
      : new Uint8Array(await textOf(parts));
    if (out) await writeFile(out, made);
    else console.log(json ? made : "");
    say(
      `${length} ${level}s in ${
        seconds.toFixed(1)
      } s (${experiment}, temperature ${temperature}, seed ${seed})` +
        (out ? `: ${out}` : ""),
    );
  } finally {
    status?.close();
    await engine.close();
  }
});

async function readPrime(options: Arguments<typeof command>["options"]): Promise<string> {
  const { prime, "prime-file": path } = options;
  if (prime !== undefined && path !== undefined) {
    throw new UsageError("Give --prime or --prime-file, not both.");
  }
  if (path === undefined) return prime ?? "";
  return await readTextAtMost(
    path === standardInput ? path : userPath(path),
    longestPrime,
    "a text to go on from",
  );
}
