/** `train` and `evaluate` on data of one's own. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { withRun } from "./commands.ts";
import { planned } from "./tiny.ts";

Deno.test("train and evaluate on a text of one's own, and go on with it", () =>
  withRun(async ({ name, folder, results, run }) => {
    const path = join(results, "ode.txt");
    await Deno.writeTextFile(path, "Ἄνδρα μοι ἔννεπε, Μοῦσα\n".repeat(100));
    const engine = ["char", "--engine", "float64"], common = [...engine, "--run", name];
    const plan = (updates: number, more = {}) => planned({ updates, every: 1, ...more }, { cells: 4 });
    const first = await run("train", ...common, "--data", path, ...plan(2));
    assertEquals(first.code, 0, first.errors);
    assertStringIncludes(
      first.out,
      "Data: ode.txt (a text of one's own, divided 90 : 5 : 5), 2,160 characters to train on, 120 to validate on and 120 " +
        "to test on; 17 different ones.",
    );
    const second = await run("train", ...common, ...plan(3), "--resume");
    assertEquals(second.code, 0, second.errors);
    assertStringIncludes(second.out, "Data: ode.txt");
    const weights = join(folder, "1", "best.safetensors");
    const scored = await run(
      "evaluate",
      "char",
      "--weights",
      weights,
      "--data",
      path,
      "--engine",
      "float64",
    );
    assertEquals(scored.code, 0, scored.errors);
    assertStringIncludes(scored.out, "ode.txt, test set, 120 scored");
    await Deno.writeTextFile(path, "Ἄνδρα μοι ἔννεπε\n".repeat(100));
    const others = [...engine, "--run", `${name}-2`, "--data", path];
    const from = await run("train", ...others, ...plan(1, { from: { file: weights } }));
    assertEquals(from.code, 0, from.errors);
    const published = await run("train", ...common, "--resume", "--publish");
    assertEquals(published.code, 2);
    assertStringIncludes(published.errors, "best.safetensors");
  }));

Deno.test("train and evaluate on handwriting of one's own; a path with nothing usable is an error", () =>
  withRun(async ({ name, folder, results, run }) => {
    const hand = join(results, "hand");
    await Deno.mkdir(hand);
    const common = ["--engine", "float64", "--data", hand];
    const train = ["synthesis", "--run", name, ...planned({ updates: 1 })];
    const nothing = await run("train", ...train, ...common);
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.errors, `${hand} holds no handwriting`);
    const strokes = [Array.from({ length: 60 }, (_, k) => [k - 9 * Math.sin(k / 3), 9 * Math.cos(k / 3)])];
    for (const name of ["a", "b", "c"]) {
      await Deno.writeTextFile(join(hand, `${name}.json`), JSON.stringify({ text: `ø${name}`, strokes }));
    }
    const trained = await run("train", ...train, ...common);
    assertEquals(trained.code, 0, trained.errors);
    assertStringIncludes(trained.out, "Data: handwriting of one's own, 2 lines (");
    assertStringIncludes(
      trained.out,
      "Not in the alphabet 'extended', and so all one 'non-letter' to the network: ø (3).",
    );
    const weights = join(folder, "1", "best.safetensors");
    const scored = await run("evaluate", "synthesis", "--weights", weights, ...common);
    assertEquals(scored.code, 0, scored.errors);
    assertStringIncludes(scored.out, "own, validation set, 1 scored");
    const recorded = await run(
      "evaluate",
      "synthesis",
      "--weights",
      weights,
      ...common,
      "--record",
    );
    assertEquals(recorded.code, 2);
  }));
