/** Commands as they are run: stopped, hung up on, with no room for what they print, with files and names that make no
 * sense. Nothing is lost or replaced by them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { root } from "../../lib/files.ts";
import { readRecord, writeRecord } from "../../lib/runs/mod.ts";
import { readInfo } from "../../lib/training/mod.ts";
import { totalOf } from "../../lib/weights/mod.ts";
import { type Run, run, withRun } from "./commands.ts";
import { planned } from "./tiny.ts";

const script = (name: string) => join(root, "lib", "cli", `${name}.ts`);
const excerpts = { GRAVES_DATA: "data/excerpts", NO_COLOR: "1" };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A command with a standard output that takes nothing. */
async function runUnheard(env: Run["env"], name: string, ...args: string[]) {
  const command = [Deno.execPath(), "run", "-A", "--no-check", script(name), ...args];
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$@" > /dev/full', "sh", ...command],
    env: { ...excerpts, ...env },
  }).output();
  return { code, errors: text(stderr) };
}

const small = ["--engine", "float64"];
const plan = (updates?: number, every?: number) => planned({ updates, every, batch: 4 }, { cells: 4 });

const onUnix = { ignore: Deno.build.os === "windows" };

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test({
    name:
      `${signal} stops a training with a checkpoint and says so by its exit code, and nothing is published`,
    ...onUnix,
    fn: () =>
      withRun(async ({ name, env, folder, results, run }) => {
        const args = ["char", ...small, "--run", name, "--checkpoint-minutes", "0"];
        const process = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", script("train"), ...args, ...plan(undefined, 1), "--publish"],
          env: { ...excerpts, ...env },
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        let out = "", isStopped = false;
        for await (const chunk of process.stdout) {
          out += text(chunk);
          if (isStopped || !out.includes("checkpoint at update 2")) continue;
          isStopped = true;
          process.kill(signal);
        }
        const errors = await new Response(process.stderr).text();
        assertEquals([(await process.status).code, errors], [exitCode, ""]);
        assertStringIncludes(out, "Nothing is published or recorded of a stopped training");
        const { position } = await readInfo(join(folder, "1"));
        assert(position.update >= 2);
        assertEquals(await readRecord(name, results), undefined);
        const published = await run("train", ...args, "--publish", "--resume", "--minutes", "0");
        assertEquals(published.code, 0, published.errors);
        assert(totalOf((await readRecord(name, results))!.provenance.stages).updates >= 1);
      }),
  });
}

Deno.test({
  name: "a training that was begun with nohup goes on although the terminal closes",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withRun(async ({ name, env, folder }) => {
      const args = ["char", ...small, "--run", name, "--checkpoint-minutes", "0", ...plan(8)];
      const process = new Deno.Command("nohup", {
        args: [Deno.execPath(), "run", "-A", "--no-check", script("train"), ...args],
        env: { ...excerpts, ...env },
        stdout: "piped",
        stderr: "null",
      }).spawn();
      let out = "", isHungUp = false;
      for await (const chunk of process.stdout) {
        out += text(chunk);
        if (isHungUp || !out.includes("checkpoint at update 1")) continue;
        isHungUp = true;
        process.kill("SIGHUP");
      }
      assertEquals([(await process.status).code, isHungUp], [0, true]);
      assertEquals((await readInfo(join(folder, "1"))).position.update, 8);
    }),
});

Deno.test({
  name:
    "a training whose words cannot be printed goes on to its end, and so does an evaluation to its record",
  ...onUnix,
  fn: () =>
    withRun(async ({ name, env, folder, results }) => {
      const { code, errors } = await runUnheard(
        env,
        "train",
        ...["char", ...small, ...plan(3), "--run", name, "--publish"],
      );
      assertEquals(code, 1);
      assertStringIncludes(errors, "not all can be printed: No space left on device");
      assertEquals((await readInfo(join(folder, "1"))).position.update, 3);
      assertEquals(totalOf((await readRecord(name, results))!.provenance.stages).updates, 3);
      const evaluated = await runUnheard(
        env,
        ...["evaluate", "char", "--engine", "float64", "--run", name, "--part", "training"] as const,
        ...["--limit", "200", "--record"],
      );
      assertEquals(evaluated.code, 1);
      assertStringIncludes(evaluated.errors, "not all can be printed");
      assert((await readRecord(name, results))!.results.training!.bitsPerCharacter > 0);
    }),
});

Deno.test({
  name: "what is written is written, although the terminal closes",
  ...onUnix,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const out = join(folder, "line.svg");
      const process = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          script("write"),
          "a ß",
          "--engine",
          "cpu",
          "--threads",
          "1",
          "--out",
          out,
        ],
        env: excerpts,
        stdout: "piped",
      }).spawn();
      let isHungUp = false;
      for await (const chunk of process.stdout) {
        if (isHungUp || !text(chunk).includes("is not in the alphabet")) continue;
        isHungUp = true;
        process.kill("SIGHUP");
      }
      assertEquals([(await process.status).code, isHungUp], [0, true]);
      assertStringIncludes(await Deno.readTextFile(out), "<svg");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("two updates do not replace what is shipped: refused before the training, as is a trial in its place", async () => {
  for (const [what, why] of [["--publish", "of another network"], ["--record", "has weights in"]]) {
    const { code, out, errors } = await run(
      "train",
      "char",
      ...planned({ updates: 2 }, { cells: 8 }),
      what,
    );
    assertEquals(code, 1);
    assertStringIncludes(errors, why);
    assert(!out.includes("update 1"), out);
  }
});

Deno.test("a run's or an experiment's name that leads elsewhere is refused by every command that takes one", async () => {
  for (const name of ["..", "a/b"]) {
    for (
      const args of [
        ["train", "char", "--run", name],
        ["evaluate", "char", "--run", name],
        ["write", "hello", "--experiment", name],
      ] as const
    ) {
      const [command, ...rest] = args;
      const { code, errors } = await run(command, ...rest, "--engine", "float64");
      assert(code === 1 || code === 2, `${code}`);
      assertStringIncludes(errors, "cannot be a run's name");
    }
  }
});

Deno.test({
  name: "weights that are a device, not those of their record, or damaged are refused by name",
  ...onUnix,
  fn: () =>
    withRun(async ({ name, results, weights, run }) => {
      for (const [command, what] of [["evaluate", "char"], ["write", "hello"]]) {
        const { code, errors } = await run(command, what, "--engine", "float64", "--weights", "/dev/zero");
        assertEquals([code, errors.trim()], [1, "/dev/zero: expected a file, found a device or a pipe."]);
      }
      const trained = await run("train", "char", ...small, ...plan(1), "--run", name, "--publish");
      assertEquals(trained.code, 0, trained.errors);
      const evaluate = () => run("evaluate", "char", "--engine", "float64", "--run", name, "--limit", "100");
      assertEquals((await evaluate()).code, 0);
      const record = (await readRecord(name, results))!;
      await writeRecord(
        { ...record, weights: { ...record.weights!, checksum: "0".repeat(64) } },
        results,
      );
      const mixed = await evaluate();
      assertEquals(mixed.code, 1);
      assertStringIncludes(mixed.errors, `${weights}: expected the SHA-256 000000000000…`);
      const path = join(results, "runs", name, "run.json");
      await Deno.writeTextFile(path, JSON.stringify({ ...record, provenance: null }));
      const damaged = await evaluate();
      assertEquals([damaged.code, damaged.errors.trim()], [
        1,
        `${path}: provenance: expected an object, found null.`,
      ]);
    }),
});
