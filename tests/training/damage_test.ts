/** Files that were damaged are refused with their name, what was expected and what was found. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openEngine } from "../../lib/engine/mod.ts";
import { resultsDirectory } from "../../lib/files.ts";
import { readGain, readLegibility, readLog, readPriming, readRecord } from "../../lib/runs/mod.ts";
import { readCheckpoint, train } from "../../lib/training/mod.ts";
import { readWeights } from "../../lib/weights/mod.ts";
import { encodeTensors, readTensors } from "../../lib/weights/safetensors.ts";
import { tinyData, tinyStage, tinySynthesis, withFolder } from "./tiny.ts";

const engine = await openEngine("float64");
const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const wrong: (Json | undefined)[] = [undefined, null, true, -1.5, "x", "[1]", [], [null], {}, { kind: "x" }];

/** All that one wrong value in one place of `value` makes of it; `undefined` leaves the place out. */
function* damages(value: Json): Generator<Json | undefined> {
  yield* wrong;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    for (const part of damages((value as Record<string, Json>)[key])) {
      const copy = structuredClone(value) as Record<string, Json>;
      if (part === undefined) delete copy[key];
      else copy[key] = part;
      yield copy;
    }
  }
}

/** Throws unless the error is one for people. */
function assertForPeople(error: Error, path: string): void {
  assertStringIncludes(error.message, path);
  assert(/expected .*, found |There is no file/s.test(error.message), error.message);
  assert(!/undefined|is not|Cannot|token/.test(error.message), error.message);
}

Deno.test("a damaged latest.json is refused, or says the same", async () => {
  await withFolder(async (folder) => {
    await train({ ...common, folder, updates: 4 });
    const path = `${folder}/latest.json`;
    const sound = JSON.parse(await Deno.readTextFile(path));
    const refused: string[] = [];
    let accepted = 0;
    for (const damaged of damages(sound)) {
      await Deno.writeTextFile(path, damaged === undefined ? "" : JSON.stringify(damaged));
      try {
        await readCheckpoint(folder);
        accepted++;
      } catch (error) {
        assertForPeople(error as Error, folder);
        assertStringIncludes((error as Error).message, "train anew");
        refused.push((error as Error).message);
      }
    }
    // Left out or another text in its place: that is sound where the place is optional, or any text will do.
    assert(accepted < refused.length / 4, `${accepted} of ${accepted + refused.length}`);
    await Deno.writeTextFile(path, JSON.stringify({ ...sound, weights: "../weights-4.safetensors" }));
    await assertRejects(() => readCheckpoint(folder), Error, `weights: expected a name such as`);
  });
});

Deno.test("a flipped bit in a checkpoint's tensors is noticed", async () => {
  await withFolder(async (folder) => {
    await train({ ...common, folder, updates: 3 });
    const latest = JSON.parse(await Deno.readTextFile(`${folder}/latest.json`));
    for (const name of [latest.weights, latest.memory]) {
      const path = `${folder}/${name}`;
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 6] ^= 1;
      await Deno.writeFile(path, bytes);
      const error = await assertRejects(() => train({ ...common, folder, updates: 6, resume: true }));
      assertForPeople(error, path);
      bytes[bytes.length - 6] ^= 1;
      await Deno.writeFile(path, bytes);
    }
    assertEquals((await train({ ...common, folder, updates: 6, resume: true })).info.position.update, 6);
  });
});

Deno.test("damaged metadata of weights are refused by name", async () => {
  await withFolder(async (folder) => {
    await train({ ...common, folder, updates: 3 });
    const path = `${folder}/best.safetensors`;
    const { tensors, metadata: sound } = await readTensors(path);
    const write = async (metadata: Record<string, string | undefined>) =>
      await Deno.writeFile(path, encodeTensors({ tensors, metadata: JSON.parse(JSON.stringify(metadata)) }));
    const refuse = async (metadata: Record<string, string | undefined>) => {
      await write(metadata);
      assertForPeople(await assertRejects(() => readWeights(path)), path);
    };
    const { provenance: _, ...others } = sound;
    await refuse(others);
    for (const text of ["[]", '["a"]', "[1,2,3]", "x", '["a","b","c","d"]']) {
      await refuse({ ...sound, alphabet: text });
    }
    for (const text of ["x", "{}", "[1]", '["00"]']) await refuse({ ...sound, parts: text });
    const provenance = JSON.parse(sound.provenance);
    let accepted = 0, refused = 0;
    for (const damaged of damages(provenance)) {
      if (damaged === undefined) continue;
      await write({ ...sound, provenance: JSON.stringify(damaged) });
      const read = await readWeights(path).catch((error: Error) => error);
      if (read instanceof Error) {
        assertForPeople(read, path);
        refused++;
        continue;
      }
      accepted++;
      // Sound is a network that clips other derivatives.
      const { network } = common.experiment, { clip } = network;
      assertEquals({ ...read.provenance.network, clip }, { ...network, clip });
    }
    assert(accepted < refused / 3, `${accepted} of ${accepted + refused}`);
    await write(sound);
    assertEquals((await readWeights(path)).provenance, provenance);
  });
});

Deno.test("damaged metadata of files of before provenance are refused by name", async () => {
  await withFolder(async (folder) => {
    await train({ ...common, folder, updates: 3 });
    const path = `${folder}/best.safetensors`;
    const { tensors, metadata: { alphabet } } = await readTensors(path);
    const { network } = common.experiment, { clip } = network;
    const sound = {
      experiment: "synthesis",
      network: JSON.stringify(network),
      alphabet,
      alphabetName: "tiny",
      offsetMean: "[8,0.1]",
      offsetStd: "[42,37]",
      cleaning: '{"interpolate":true,"largestStep":1000}',
    };
    const write = async (change: Record<string, string | undefined>) => {
      const metadata = JSON.parse(JSON.stringify({ ...sound, ...change }));
      await Deno.writeFile(path, encodeTensors({ tensors, metadata }));
    };
    const refuse = async (change: Record<string, string | undefined>) => {
      await write(change);
      assertForPeople(await assertRejects(() => readWeights(path)), path);
    };
    for (const name of ["experiment", "network"]) await refuse({ [name]: undefined });
    for (const name of ["offsetMean", "offsetStd"]) {
      for (const text of ["[1]", "[1,null]", "1", "x", "", "[1,2,3]", '["1","2"]', "{}", "null"]) {
        await refuse({ [name]: text });
      }
      await refuse({ [name]: undefined });
    }
    await refuse({ offsetStd: "[1,0]" });
    for (const damaged of damages(network as unknown as Json)) {
      if (damaged === undefined) continue;
      await write({ network: JSON.stringify(damaged) });
      const read = await readWeights(path).catch((error: Error) => error);
      if (read instanceof Error) assertForPeople(read, path);
      else assertEquals({ ...read.provenance.network, clip }, { ...network, clip });
    }
    await write({});
    await readWeights(path);
  });
});

Deno.test("a damaged run.json is refused, or says the same", async () => {
  const sound = JSON.parse(await Deno.readTextFile(join(resultsDirectory, "runs", "word", "run.json")));
  sound.dynamicEvaluation.search.tried.length = 1;
  await withFolder(async (results) => {
    const path = `${results}/runs/word/run.json`;
    await Deno.mkdir(`${results}/runs/word`, { recursive: true });
    let accepted = 0, refused = 0;
    for (const damaged of damages(sound)) {
      await Deno.writeTextFile(path, damaged === undefined ? "" : JSON.stringify(damaged));
      const read = await readRecord("word", results).catch((error: Error) => error);
      if (read instanceof Error) {
        assertForPeople(read, path);
        refused++;
      } else accepted++;
    }
    assert(accepted < refused / 3, `${accepted} of ${accepted + refused}`);
  });
});

Deno.test("damaged logs are refused with file and line", async () => {
  await withFolder(async (results) => {
    const folder = `${results}/runs/run`;
    await Deno.mkdir(folder, { recursive: true });
    const readers = {
      "log.csv": { row: "1,0.1,2.5,3,NaN,0.1", read: readLog },
      "dynamic.csv": { row: "1,2,3", read: readGain },
      "legibility.csv": { row: "random texts,0,9,0.1,1,0,1,0.5,24,54,excerpt,abc,def", read: readLegibility },
      "priming.csv": {
        row: "training,0,9,0.1,3,1,55,1,0.9,0.5,0.4,NaN,NaN,excerpt,abc,def",
        read: readPriming,
      },
    };
    for (const [name, { row, read }] of Object.entries(readers)) {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(path, "a,b\n1,2\n");
      const message = (await assertRejects(() => read("run", results))).message;
      const [, header] = /expected the columns (.*), found a,b\./.exec(message)!;
      await Deno.writeTextFile(path, `${header}\n${row}\n`);
      assertEquals((await read("run", results)).length, 1);
      for (const damaged of [row.slice(0, row.indexOf(",")), `${row},1`, row.replaceAll(/\d/g, "x"), ""]) {
        await Deno.writeTextFile(path, `${header}\n${row}\n${damaged}\n${row}\n`);
        assertForPeople(await assertRejects(() => read("run", results)), `${path}, line 3: `);
      }
    }
  });
});
