import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { cpuUsage } from "node:process";
import { dataDirectory, exists } from "../../lib/files.ts";
import { offsets } from "../../lib/data/cleaning.ts";
import {
  countCharacters,
  defaultCleaning,
  type Line,
  noCleaning,
  openHandwriting,
  readCharacterCounts,
} from "../../lib/data/mod.ts";
import { handwritingExcerpt } from "../../lib/data/handwriting.ts";
import { inFolder, smallDistribution, strokesXml, writeDistribution } from "./distribution.ts";

const full = await exists(join(dataDirectory(), "iam-ondb", "lineStrokes-all.tar.gz"));
const excerptOnly = { directory: handwritingExcerpt };

Deno.test("cleaning: missing readings within a stroke are filled in on a straight line", () => {
  const stroke = [{ x: 0, y: 0, time: 1 }, { x: 30, y: 3, time: 1.045 }, { x: 31, y: 3, time: 1.06 }];
  assertEquals(offsets([stroke], { interpolate: true, largestStep: null }), [
    10,
    1,
    0,
    10,
    1,
    0,
    10,
    1,
    0,
    1,
    0,
    1,
  ]);
  assertEquals(offsets([stroke], noCleaning), [30, 3, 0, 1, 0, 1]);
});

Deno.test("cleaning: neither pauses between strokes nor jumps of the clock are filled in", () => {
  const pause = [[{ x: 0, y: 0, time: 0 }], [{ x: 50, y: 0, time: 0.5 }]];
  assertEquals(offsets(pause, defaultCleaning), [50, 0, 1]);
  const clock = [[{ x: 0, y: 0, time: 0 }, { x: 50, y: 0, time: 900 }, { x: 60, y: 0, time: 3 }]];
  assertEquals(offsets(clock, defaultCleaning), [50, 0, 0, 10, 0, 1]);
});

Deno.test("cleaning: steps over the threshold are removed, ends of strokes are kept", () => {
  const at = (x: number, time: number) => ({ x, y: 0, time });
  const far = [[at(0, 0), at(10, 0.015)], [at(1500, 0.3), at(1505, 0.315)], [at(-400, 1)]];
  assertEquals(offsets(far, noCleaning), [10, 0, 1, 1490, 0, 0, 5, 0, 1, -1905, 0, 1]);
  assertEquals(offsets(far, { interpolate: true, largestStep: 1000 }), [10, 0, 1, 5, 0, 1]);
  const glitch = [[at(0, 0), at(10, 0.015), at(3000, 0.03)]];
  assertEquals(offsets(glitch, defaultCleaning), [10, 0, 1]);
});

Deno.test("handwriting: offsets are normalised over the training set", async () => {
  await inFolder(async (folder) => {
    const distribution = smallDistribution();
    distribution.strokes["a01-001-02"] = strokesXml([[0, 0], [7, -9], [-100, 40], [3, 3]]);
    await writeDistribution(folder, distribution);
    const { source, training, validation, statistics } = await openHandwriting({
      directory: folder,
      cache: folder,
    });
    assertEquals(source, "iam-ondb");
    assertEquals([...training, ...validation].map((line) => line.id), [
      "a01-001-01",
      "a01-001-02",
      "c01-003-01",
      "c01-003-02",
      "b01-002z-01",
      "b01-002z-02",
    ]);
    for (const axis of [0, 1]) {
      const values = training.flatMap(({ points }) => [...points].filter((_, k) => k % 3 === axis));
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      assertAlmostEquals(mean, 0, 1e-6);
      assertAlmostEquals(variance, 1, 1e-6);
    }
    assertEquals(statistics.meanLength, 9 / 4);
    // b01-002z-01: (0, 0), (10, 1), (20, 5)
    const [dx, dy, end] = validation[0].points;
    assertAlmostEquals(dx * statistics.std[0] + statistics.mean[0], 10, 1e-4);
    assertAlmostEquals(dy * statistics.std[1] + statistics.mean[1], 1, 1e-4);
    assertEquals([end, validation[0].points[5]], [0, 1]);
  });
});

Deno.test("handwriting: the packed copy is made anew when damaged, and when source or settings change", async () => {
  await inFolder(async (folder) => {
    const distribution = smallDistribution();
    await writeDistribution(folder, distribution);
    const options = { directory: folder, cache: join(folder, "cache") };
    const first = await openHandwriting(options);
    const [{ name }] = [...Deno.readDirSync(options.cache)];
    const path = join(options.cache, name);
    const packed = await Deno.readFile(path);
    const time = (await Deno.stat(path)).mtime;
    assertEquals(await openHandwriting(options), first);
    assertEquals((await Deno.stat(path)).mtime, time);

    for (const at of [3, 40, packed.length - 1]) {
      const damaged = packed.slice();
      damaged[at] ^= 1;
      await Deno.writeFile(path, damaged);
      assertEquals(await openHandwriting(options), first);
      assertEquals(await Deno.readFile(path), packed);
    }
    await Deno.writeFile(path, packed.slice(0, 100));
    assertEquals(await openHandwriting(options), first);

    const reports: string[] = [];
    const report = (message: string) => reports.push(message);
    assertEquals(await openHandwriting({ ...options, cache: join(path, "in a file"), report }), first);
    assertStringIncludes(reports.at(-1)!, "GRAVES_CACHE names another folder");

    distribution.strokes["a01-001-01"] = strokesXml([[0, 0], [2000, 1], [2001, 2]]);
    await writeDistribution(folder, distribution);
    const changed = await openHandwriting(options);
    assertNotEquals(changed.checksum, first.checksum);
    assertEquals(changed.training[0].points.length, 3);
    const uncleaned = await openHandwriting({ ...options, cleaning: noCleaning });
    assertEquals(uncleaned.training[0].points.length, 6);
    assertNotEquals(uncleaned.checksum, changed.checksum);
  });
});

Deno.test("handwriting: offsets that no whiteboard can record are an error", async () => {
  await inFolder(async (folder) => {
    const distribution = smallDistribution();
    distribution.strokes["a01-001-01"] = strokesXml([[0, 0], [200000, 0]]);
    await writeDistribution(folder, distribution);
    const options = { directory: folder, cache: folder, cleaning: noCleaning };
    await assertRejects(
      () => openHandwriting(options),
      Error,
      "has an offset of 200000, more than the 32767 sensor units",
    );
  });
});

/** What every line promises. */
function checkLine({ id, text, points }: Line): void {
  assert(text.length > 0 && points.length > 0 && points.length % 3 === 0, id);
  for (let k = 0; k < points.length; k += 3) {
    assert(Number.isFinite(points[k] + points[k + 1]), id);
    assert(points[k + 2] === 0 || points[k + 2] === 1, id);
  }
  assertEquals(points[points.length - 1], 1, `${id} ends with the end of a stroke`);
}

Deno.test("the excerpt holds the paper's priming lines and 64 validation lines", async () => {
  const { source, training, validation, statistics, skipped } = await openHandwriting(excerptOnly);
  assertEquals(source, "excerpt");
  assertEquals(training.map((line) => [line.id, line.text]), [
    ["a06-405z-01", "He dismissed the idea"],
    ["h09-351z-02", "prison welfare Officer complement"],
    ["k10-058z-01", "She looked closely as she"],
    ["p08-012z-05", "take the breath away when they are"],
  ]);
  assertEquals(validation.length, 64);
  assertEquals(skipped, []);
  for (const line of [...training, ...validation]) checkLine(line);
  assertAlmostEquals(statistics.std[0], 39.93, 0.01);
  const cleaning = { interpolate: true, largestStep: 77 };
  await assertRejects(() => openHandwriting({ ...excerptOnly, cleaning }), Error, '{"interpolate":true');
});

Deno.test(
  "IAM-OnDB in full: the paper's counts, and the excerpt is the same data",
  { ignore: !full },
  async () => {
    const whole = await openHandwriting();
    assertEquals([whole.training.length, whole.validation.length], [10741, 1438]);
    assertEquals(whole.skipped, []);
    assertEquals(countCharacters(whole.training), readCharacterCounts());
    for (const line of whole.training.slice(0, 300)) checkLine(line);
    const excerpt = await openHandwriting(excerptOnly);
    assertEquals(excerpt.statistics, whole.statistics);
    const lines = new Map([...whole.training, ...whole.validation].map((line) => [line.id, line]));
    for (const line of [...excerpt.training, ...excerpt.validation]) assertEquals(line, lines.get(line.id));
    const merged = ["a08-551z-08", "a08-551z-09"].map((id) => lines.get(id)?.text);
    assertEquals(merged, ["weeks to have a broken ankle bone", "pinned."]);
    // A cell that opens the data must not keep its reader waiting. Processor time is the same on a busy machine.
    const before = cpuUsage();
    await openHandwriting();
    const { user, system } = cpuUsage(before);
    assertLess((user + system) / 1e6, 0.6);
  },
);
