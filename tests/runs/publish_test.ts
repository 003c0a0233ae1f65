/** Weights and their record: better replace worse, both change together or not at all, and no others are taken for them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openEngine } from "../../lib/engine/mod.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import {
  openWeights,
  publish,
  readLog,
  readRecord,
  recordTrial,
  refuseReplacement,
  type RunRecord,
  writeRecord,
} from "../../lib/runs/mod.ts";
import { finishPublication, waitingLog, waitingWeights } from "../../lib/runs/publication.ts";
import { train } from "../../lib/training/mod.ts";
import { weightsPath, writeWeights } from "../../lib/weights/mod.ts";
import { tinyData, tinyStage, tinySynthesis, withFolder } from "../training/tiny.ts";

const engine = await openEngine("float64");
const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData, seed: 5 };
const run = "synthesis";
const fileNames = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** A training of so many updates, and how it is published on two lines. */
async function trained(folder: string, updates: number, change: Partial<typeof common> = {}) {
  await train({ ...common, ...change, folder, updates });
  return (options: { results: string; replace?: boolean; signal?: AbortSignal }) =>
    publish({ folders: [folder], engine, limit: 2, ...options });
}

/** The run's record, once it is known that its weights and log are those that it was published with. */
async function soundPair(results: string): Promise<RunRecord> {
  const file = await openWeights(run, results);
  const record = (await readRecord(run, results))!;
  assertEquals(file.checksum, record.weights!.checksum);
  assertEquals(file.provenance, record.provenance);
  assertEquals(
    (await readLog(run, results)).filter(({ update }) => update === updatesOf(record)).length,
    1,
  );
  return record;
}

const updatesOf = ({ provenance }: RunRecord) => provenance.stages.at(-1)!.updates;

Deno.test("worse weights, of another network or of other data, do not replace what is published unless told to", async () => {
  await withFolder(async (results) => {
    // Averaged over their first updates, more are hardly better than less: the measure decides, not the length.
    const short = await (await trained(`${results}/short`, 3))({ results });
    const long = await trained(`${results}/long`, 40);
    const before = await soundPair(results);
    assertEquals(before, JSON.parse(JSON.stringify(short)));
    const better = await long({ results });
    assert(better.results.recorded!.logLoss < before.results.recorded!.logLoss);
    const refused = async (publishing: Promise<unknown>, why: string) => {
      await assertRejects(() => publishing, Error, why);
      assertEquals(updatesOf(await soundPair(results)), updatesOf(better));
      assertEquals(fileNames(`${results}/weights`), [`${run}.safetensors`]);
      assertEquals(fileNames(`${results}/runs/${run}`), ["log.csv", "run.json"]);
    };
    const shortAgain = (replace?: boolean) =>
      publish({ folders: [`${results}/short`], engine, limit: 2, results, replace });
    await refused(shortAgain(), `worse than ${better.results.recorded!.logLoss}`);
    const network = { ...common.experiment.network, cells: 5 };
    const other = await trained(`${results}/other`, 3, { experiment: { ...common.experiment, network } });
    await refused(other({ results }), "of another network");
    const data = { ...tinyData, record: { ...tinyData.record, checksum: "other" } };
    const elsewhere = await trained(`${results}/elsewhere`, 40, { data });
    await refused(elsewhere({ results }), "trained on excerpt (checksum made up…)");
    await refused(
      publish({ folders: [`${results}/short`], engine, limit: 1, results }),
      // The data at hand: the excerpt, or all of it.
      `evaluated on ${better.evaluatedOn}, these on ${better.evaluatedOn!.replace(/2$/, "1")}`,
    );
    await refused(
      refuseReplacement({
        run,
        provenance: { ...better.provenance, experiment: "char" },
        results,
      }),
      "those are of 'synthesis', these of 'char'",
    );
    const stop = AbortSignal.abort();
    await refused(long({ results, signal: stop }), "Stopped: nothing was published");
    assertEquals(updatesOf(await shortAgain(true)), 3);
    await soundPair(results);
  });
});

Deno.test("weights without a record are not replaced, and a trial is not by a shorter one", async () => {
  await withFolder(async (results) => {
    const long = await trained(`${results}/long`, 6);
    const short = await trained(`${results}/short`, 3);
    const trial = { folders: [`${results}/short`], run: "trial", results };
    const before = updatesOf(await recordTrial({ ...trial, folders: [`${results}/long`] }));
    await assertRejects(() => recordTrial(trial), Error, `that training had ${before} updates, this one 3`);
    assertEquals(updatesOf((await readRecord("trial", results))!), before);
    await recordTrial({ ...trial, replace: true });
    assertEquals(updatesOf((await readRecord("trial", results))!), 3);

    await long({ results });
    await Deno.remove(`${results}/runs/${run}`, { recursive: true });
    await assertRejects(() => short({ results }), Error, "nobody recorded");
    assertEquals(updatesOf(await short({ results, replace: true })), 3);
  });
});

Deno.test("the same weights once more keep what was measured with them; others drop it", async () => {
  await withFolder(async (results) => {
    const short = await trained(`${results}/short`, 3);
    const record = await short({ results });
    const dynamic = { bitsPerCharacter: 1, perplexity: 2, error: 3 };
    const dynamicEvaluation = { rule: "sgd", rate: 0, momentum: 0, decay: 0, steps: 1, streams: 1 } as const;
    await writeRecord(
      { ...record, dynamicEvaluation, results: { ...record.results, dynamic } },
      results,
    );
    await Deno.mkdir(`${results}/samples`);
    const inRun = ["dynamic.csv", "legibility.csv", "priming.csv", "memory.json"].map((name) =>
      `runs/${run}/${name}`
    );
    for (const path of [...inRun, `samples/${run}.json`]) {
      await Deno.writeTextFile(`${results}/${path}`, record.weights!.checksum);
    }
    const again = await short({ results });
    assertEquals([again.results.dynamic, again.dynamicEvaluation], [dynamic, dynamicEvaluation]);
    assertEquals(fileNames(`${results}/runs/${run}`).length, inRun.length + 2);
    assertEquals(fileNames(`${results}/samples`), [`${run}.json`]);
    const other = await (await trained(`${results}/other`, 40))({ results });
    assertEquals([other.results.dynamic, other.dynamicEvaluation], [undefined, undefined]);
    assertEquals(fileNames(`${results}/runs/${run}`), ["log.csv", "run.json"]);
    assertEquals(fileNames(`${results}/samples`), []);
  });
});

/**
 * Runs `work` until its `step`-th touch of the file system, which never comes back, as if the process had been killed
 * there. Whether it came to its end before that.
 */
async function killedAt(step: number, work: () => Promise<unknown>): Promise<boolean> {
  const names = ["open", "rename", "remove", "mkdir"] as const;
  const own = Object.fromEntries(names.map((name) => [name, Deno[name]]));
  let done = 0;
  const killed = Promise.withResolvers<boolean>();
  for (const name of names) {
    const touch = (...args: unknown[]) => {
      if (++done < step) return (own[name] as (...args: unknown[]) => unknown)(...args);
      killed.resolve(false);
      return new Promise(() => {});
    };
    Object.assign(Deno, { [name]: touch });
  }
  try {
    return await Promise.race([work().then(() => true), killed.promise]);
  } finally {
    Object.assign(Deno, own);
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await new Deno.Command("cp", { args: ["-r", from, to] }).output();
}

Deno.test({
  name: "a kill at any moment of publishing leaves the old weights, log and record, or the new ones",
  ignore: Deno.build.os === "windows",
  // What is killed does not close its files.
  sanitizeResources: false,
  async fn() {
    await withFolder(async (folder) => {
      const [short, long] = [await trained(`${folder}/short`, 3), await trained(`${folder}/long`, 40)];
      const old = await short({ results: `${folder}/before` });
      const best = updatesOf(await long({ results: `${folder}/after` }));
      const seen: number[] = [];
      for (let step = 1, isWhole = false; !isWhole; step++) {
        const results = `${folder}/${step}`;
        await copyFolder(`${folder}/before`, results);
        isWhole = await killedAt(step, () => long({ results }));
        seen.push(updatesOf(await soundPair(results)));
        // What was left over is in no one's way.
        assertEquals(updatesOf(await long({ results })), best);
        assertEquals(fileNames(`${results}/weights`), [`${run}.safetensors`]);
        assertEquals(fileNames(`${results}/runs/${run}`).filter((name) => !name.endsWith(".part")), [
          "log.csv",
          "run.json",
        ]);
      }
      assertEquals([...new Set(seen)], [updatesOf(old), best]);
      assert(seen.length > 15, `${seen}`);
      assert(seen.filter((updates) => updates === best).length > 2, `${seen}`);
    });
  },
});

Deno.test({
  name: "weights in parts too are moved into place by whoever reads next, and parts too many go",
  ignore: Deno.build.os === "windows",
  sanitizeResources: false,
  async fn() {
    await withFolder(async (folder) => {
      const record = await (await trained(`${folder}/short`, 3))({ results: `${folder}/before` });
      const { provenance, alphabet } = await openWeights(run, `${folder}/before`);
      const write = (path: string, seed: number, largestFile: number) => {
        const weights = initialWeights(provenance.network, seed);
        return writeWeights(path, { weights, provenance, alphabet }, { largestFile });
      };
      const results = `${folder}/before`;
      const checksum = await write(weightsPath(run, results), 1, 500);
      const naming = (checksum: string) => ({ ...record, weights: { ...record.weights!, checksum } });
      await writeRecord(naming(checksum), results);
      const parts = fileNames(`${results}/weights`).length;
      const next = await write(waitingWeights(run, results), 2, 1500);
      await Deno.copyFile(`${results}/runs/${run}/log.csv`, waitingLog(run, results));
      const nextParts = fileNames(`${results}/weights`).length - parts;
      assert(1 < nextParts && nextParts < parts, `${nextParts} of ${parts}`);
      const checksumIn = async (results: string) => (await openWeights(run, results)).checksum;
      // Not named by the record yet, they are nothing.
      assertEquals(await checksumIn(results), checksum);
      const named = naming(next);
      await writeRecord(named, results);
      for (let step = 1, isWhole = false; !isWhole; step++) {
        const copy = `${folder}/${step}`;
        await copyFolder(results, copy);
        isWhole = await killedAt(step, () => finishPublication(named, copy));
        assertEquals(await checksumIn(copy), next);
        assertEquals(fileNames(`${copy}/weights`).length, nextParts);
        assertEquals(fileNames(`${copy}/runs/${run}`), ["log.csv", "run.json"]);
      }
    });
  },
});

Deno.test("weights that are not those of their record are refused", async () => {
  await withFolder(async (results) => {
    await (await trained(`${results}/short`, 3))({ results });
    const path = weightsPath(run, results);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 2] ^= 1;
    await Deno.writeFile(path, bytes);
    const error = await assertRejects(
      () => openWeights(run, results),
      Error,
      `${path}: expected the SHA-256`,
    );
    assert(/found [0-9a-f]{12}….*damaged/.test(error.message), error.message);
  });
});

Deno.test("best weights with a flipped bit are not published", async () => {
  await withFolder(async (results) => {
    const short = await trained(`${results}/short`, 3);
    const path = `${results}/short/best.safetensors`;
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 6] ^= 1;
    await Deno.writeFile(path, bytes);
    await assertRejects(() => short({ results }), Error, `${path}: expected the SHA-256`);
  });
});
