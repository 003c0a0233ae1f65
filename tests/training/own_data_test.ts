/** `train` and `evaluate` on data of one's own. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { runWith } from "./commands.ts";
import { planned } from "./tiny.ts";

Deno.test("train and evaluate on a text of one's own, and go on with it", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "ode.txt"), run_ = `test-${crypto.randomUUID().slice(0, 8)}`;
  const env = { GRAVES_CHECKPOINTS: folder };
  try {
    await Deno.writeTextFile(path, "Ἄνδρα μοι ἔννεπε, Μοῦσα\n".repeat(100));
    const engine = ["char", "--engine", "float64"], common = [...engine, "--run", run_];
    const plan = (updates: number, more = {}) => planned({ updates, every: 1, ...more }, { cells: 4 });
    const first = await runWith(env, "train", ...common, "--data", path, ...plan(2));
    assertEquals(first.code, 0, first.errors);
    assertStringIncludes(
      first.out,
      "Data: ode.txt (a text of one's own, divided 90 : 5 : 5), 2,160 characters to train on, 120 to validate on and 120 " +
        "to test on; 17 different ones.",
    );
    const second = await runWith(env, "train", ...common, ...plan(3), "--resume");
    assertEquals(second.code, 0, second.errors);
    assertStringIncludes(second.out, "Data: ode.txt");
    const weights = join(folder, run_, "1", "best.safetensors");
    const scored = await runWith(
      env,
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
    const others = [...engine, "--run", `${run_}-2`, "--data", path];
    const from = await runWith(env, "train", ...others, ...plan(1, { from: { file: weights } }));
    assertEquals(from.code, 0, from.errors);
    const published = await runWith(env, "train", ...common, "--resume", "--publish");
    assertEquals(published.code, 2);
    assertStringIncludes(published.errors, "best.safetensors");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("train and evaluate on handwriting of one's own; a path with nothing usable is an error", async () => {
  const folder = await Deno.makeTempDir();
  const env = { GRAVES_CHECKPOINTS: join(folder, "checkpoints") };
  try {
    const hand = join(folder, "hand");
    await Deno.mkdir(hand);
    const common = ["--engine", "float64", "--data", hand];
    const train = ["synthesis", "--run", "hand", ...planned({ updates: 1 })];
    const nothing = await runWith(env, "train", ...train, ...common);
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.errors, `${hand} holds no handwriting`);
    const strokes = [Array.from({ length: 60 }, (_, k) => [k - 9 * Math.sin(k / 3), 9 * Math.cos(k / 3)])];
    for (const name of ["a", "b", "c"]) {
      await Deno.writeTextFile(join(hand, `${name}.json`), JSON.stringify({ text: `ø${name}`, strokes }));
    }
    const trained = await runWith(env, "train", ...train, ...common);
    assertEquals(trained.code, 0, trained.errors);
    assertStringIncludes(trained.out, "Data: handwriting of one's own, 2 lines (");
    assertStringIncludes(
      trained.out,
      "Not in the alphabet 'extended', and so all one 'non-letter' to the network: ø (3).",
    );
    const weights = join(env.GRAVES_CHECKPOINTS, "hand", "1", "best.safetensors");
    const scored = await runWith(env, "evaluate", "synthesis", "--weights", weights, ...common);
    assertEquals(scored.code, 0, scored.errors);
    assertStringIncludes(scored.out, "own, validation set, 1 scored");
    const recorded = await runWith(
      env,
      "evaluate",
      "synthesis",
      "--weights",
      weights,
      ...common,
      "--record",
    );
    assertEquals(recorded.code, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
