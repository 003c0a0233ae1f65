/** No function that a notebook can call passes over an option that it does not know. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { checkOptions, didYouMean } from "../lib/check_options.ts";
import { Float64Engine } from "../lib/engine/float64.ts";
import { root } from "../lib/files.ts";
import * as graves from "../lib/notebook.ts";
import type { TrainingOptions } from "../lib/training/training.ts";

Deno.test("an unknown option is refused with the nearest that there is", () => {
  const refused = (options: { bias?: number; seed?: number }, message: string) =>
    assertThrows(() => checkOptions("write", options, ["bias", "seed"]), TypeError, message);
  refused(
    JSON.parse(`{ "biass": 5 }`),
    "write has no option 'biass' (did you mean 'bias'?). Its options are bias, seed.",
  );
  refused(JSON.parse(`{ "toString": 5 }`), "write has no option 'toString'. Its options are");
  refused(JSON.parse(`{ "__proto__": 5 }`), "write has no option '__proto__'");
  refused(JSON.parse("0.5"), "write takes its options by name, as { bias: … }, not 0.5.");
  const right: { bias?: number; seed?: number } = { bias: 5 };
  checkOptions("write", right, ["bias", "seed"]);
  assertEquals(didYouMean("--bia", ["--bias", "--seed"]), " (did you mean '--bias'?)");
  assertEquals(didYouMean("x", []), "");
});

interface Parameter {
  kind: string;
  name?: string;
  tsType?: { kind: string };
  /** Of one with a default. */
  left?: Parameter;
}

/** Name and place of the options of every function of `lib/notebook.ts`, by what `deno doc` reads in the sources: a
 * parameter called options, or one that is taken apart in place and has a default or a type of its own. */
async function functionsWithOptions(): Promise<[name: string, place: number][]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", join(root, "lib", "notebook.ts")],
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const found: [string, number][] = [];
  for (const { symbols } of Object.values<{ symbols: Symbol[] }>(nodes)) {
    for (const { name, declarations } of symbols) {
      for (const { kind, def } of declarations) {
        if (kind !== "function") continue;
        const place = def!.params.findIndex((parameter) => {
          const { name, kind, tsType } = parameter.left ?? parameter;
          return name === "options" ||
            (kind === "object" && (parameter.left || tsType?.kind === "typeLiteral"));
        });
        if (place >= 0) found.push([name, place]);
      }
    }
  }
  return found;
}
interface Symbol {
  name: string;
  declarations: { kind: string; def?: { params: Parameter[] } }[];
}

Deno.test("every function of the notebooks' door refuses unknown options before anything else", async () => {
  const functions = await functionsWithOptions();
  assert(functions.length >= 30, `only ${functions.length} functions were found`);
  const passedOver: string[] = [];
  for (const [name, place] of functions) {
    const call = async () => {
      const given = [...Array.from({ length: place }, () => ({})), { misspelt: 1 }];
      const result = (graves as unknown as Record<string, (...given: unknown[]) => unknown>)[name](...given);
      // A generator begins with its first item.
      await (result && typeof result === "object" && "next" in result
        ? (result as Iterator<unknown>).next()
        : result);
    };
    const error = await call().then(() => undefined, (error) => error as Error);
    const isRefused = error instanceof TypeError &&
      error.message.includes(`${name} has no option 'misspelt'`);
    if (!isRefused) passedOver.push(`${name}: ${error?.message ?? "took it"}`);
  }
  assertEquals(passedOver, [], "these need `checkOptions` (lib/check_options.ts) in their first line");
});

Deno.test("so do the network and the training", async () => {
  const engine = new Float64Engine(), seed = 1, sequences = 1;
  const { network: whole, stages: [stage] } = graves.findExperiment("char"), config = { ...whole, cells: 2 };
  const weights = graves.initialWeights(config, seed);
  const network = new graves.Network(engine, config, weights);
  for (const method of ["loss", "lossAndGradient"] as const) {
    const options: object = { stat: network.zeroState(1) };
    const [batch] = graves.streamBatches(Int32Array.of(1, 2), { size: 1, steps: 2 });
    const error = await network[method](batch, options).then(() => undefined, (error) => error as Error);
    assert(error?.message.includes(`${method} has no option 'stat' (did you mean 'state'?)`), error?.message);
  }
  const options = { engine, config, stage, weights, seed, sequences, teacher: [] };
  assertThrows(() => new graves.Training(options as TrainingOptions), TypeError, "did you mean 'teachers'?");
});

Deno.test("a name that every object has is no engine and no experiment", async () => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    const error = await graves.openEngine(name as "cpu").then(() => undefined, (error) => error as Error);
    assert(error?.message.startsWith(`There is no engine '${name}'`), error?.message);
    assertThrows(() => graves.findExperiment(name), Error, `There is no experiment '${name}'`);
  }
});
