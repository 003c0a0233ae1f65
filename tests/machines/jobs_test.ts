/** What `deno task jobs` writes, and that a row by it comes through interruptions to the same weights. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { findExperiment } from "../../lib/experiments/mod.ts";
import { exists, root, sha256 } from "../../lib/files.ts";
import { interrupted, quoted, rowsOf, tooEarly } from "../../lib/machines/jobs.ts";
import { pythonWith } from "../../lib/python.ts";
import { planned, withFolder } from "../training/tiny.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const env = { GRAVES_DATA: "data/excerpts", NO_COLOR: "1", PAUSE: "0" };

async function jobs(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib", "cli", "jobs.ts"), ...args],
    env,
  }).output();
  return { code, out: text(stdout), errors: text(stderr) };
}

/** Runs a script of a set as a scheduler does; `stopAt` is what it has printed when it gets SIGTERM. */
async function sh(folder: string, args: string[], stopAt?: string) {
  const process = new Deno.Command("sh", { args, cwd: folder, env, stdout: "piped", stderr: "piped" })
    .spawn();
  const errors = new Response(process.stderr).text();
  let out = "", isStopped = false;
  for await (const chunk of process.stdout) {
    out += text(chunk);
    if (isStopped || !stopAt || !out.includes(stopAt)) continue;
    isStopped = true;
    process.kill("SIGTERM");
  }
  return { code: (await process.status).code, out, errors: await errors };
}

const stages = (name: string) => findExperiment(name).stages;

Deno.test("rows: each comes after those that it needs; what is not shipped becomes a row", () => {
  const of = (names: string[], shipped: string[]) =>
    rowsOf(names, ({ name }) => stages(name), (name) => shipped.includes(name))
      .map(({ experiment, needs }) => [experiment, ...needs]);
  assertEquals(of(["char-adaptive", "char"], ["char", "char-noise"]), [["char-adaptive"], ["char"]]);
  assertEquals(of(["char-adaptive", "char"], ["char"]), [["char"], ["char-noise", "char"], [
    "char-adaptive",
    "char-noise",
  ]]);
  // A teacher counts, too.
  assertEquals(of(["char-modern"], []), [["char"], ["char-modern", "char"]]);
  assertEquals(of(["char-modern"], ["char"]), [["char-modern"]]);
});

Deno.test("quoted: a word of the shell's that stands for itself", async () => {
  for (const word of ["plain-1.x", "two words", "it's", '$HOME `ls` "x" \\ *', "é", "-n", ""]) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `printf %s ${quoted(word)}`] }).output();
    assertEquals(text(stdout), word);
  }
});

Deno.test("wrong command lines are answered with what would be right", async () => {
  await withFolder(async (folder) => {
    const refuse = async (args: string[], message: string, code = 2) => {
      const answer = await jobs(...args);
      assertEquals(answer.code, code, answer.errors);
      assertStringIncludes(answer.errors, message);
    };
    await refuse(["char", "--out", folder], "--scheduler is missing: slurm or kubernetes");
    await refuse(["char", "--scheduler", "slurm"], "--out is missing");
    await refuse(["chr", "--scheduler", "slurm", "--out", folder], "'chr'", 1);
    await refuse(
      ["char-modern", "--recipe", "paper", "--scheduler", "slurm", "--out", folder],
      "beyond the paper",
    );
    await refuse(["char", "--scheduler", "kubernetes", "--out", folder], "not in the project's folder");
    await refuse(["char", "--scheduler", "slurm", "--out", folder, "--plan", "{"], "--plan: expected JSON");
    const bad = ["--plan", '{"stages":[{"recipe":{"batchsize":4}}]}'];
    await refuse(["char", "--scheduler", "slurm", "--out", folder, ...bad], "batchsize", 1);
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});

Deno.test({
  name:
    "a row that is interrupted goes on and comes to the same weights as one that is not; a finished one is skipped",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const plan = planned({ updates: 60, every: 10, batch: 4 }, { cells: 4 });
      const write = async (name: string, words: string[]) => {
        const out = join(folder, name);
        const written = await jobs(
          ...words,
          ...plan,
          "--cpus",
          "1",
          "--engine",
          "cpu",
          "--scheduler",
          "slurm",
          "--out",
          out,
        );
        assertEquals(written.code, 0, written.errors);
        return out;
      };
      const once = await write("a set", ["char", "char-noise"]), often = await write("it's", ["char"]);
      const early = await sh(once, ["row.sh", "char-noise", "char"]);
      assertEquals([early.code, early.out], [tooEarly, "char-noise waits for char\n"]);
      assertEquals((await sh(once, ["row.sh", "char"])).code, 0);
      const first = await sh(often, ["row.sh", "char"], "update 10:");
      assertEquals([first.code, first.errors], [interrupted, ""], first.out);
      assert(!await exists(join(often, "finished", "char")));
      assertStringIncludes((await sh(often, ["gather.sh"])).out, "char,not finished,1,");
      const second = await sh(often, ["row.sh", "char"]);
      assertEquals(second.code, 0, second.errors);
      assertStringIncludes(second.out, "Going on from update");
      const weights = (set: string) => Deno.readFile(join(set, "checkpoints/char/1/weights-60.safetensors"));
      assertEquals(sha256(await weights(often)), sha256(await weights(once)));
      assertEquals(await sh(often, ["row.sh", "char"]), { code: 0, out: "", errors: "" });
      assertEquals((await sh(often, ["gather.sh"])).code, 0);
      assertStringIncludes(await Deno.readTextFile(join(often, "summary.csv")), "\nchar,finished,1,60,");
      assertEquals((await sh(once, ["gather.sh"])).code, tooEarly);
    });
  },
});

Deno.test("slurm: jobs wait for those that they need, and none runs twice at a time", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "Tables 1-4");
    const written = await jobs("char", "char-noise", "--scheduler", "slurm", "--out", out, "--cpus", "3");
    assertEquals(written.code, 0, written.errors);
    // A stand-in that numbers the jobs and keeps what it was told.
    await Deno.writeTextFile(
      join(out, "sbatch"),
      '#!/bin/sh\necho "$@" >> calls\nwc -l < calls\n',
      { mode: 0o755 },
    );
    const submitted = await new Deno.Command("sh", {
      args: ["submit.sh", "--partition=long"],
      cwd: out,
      env: { PATH: `${out}:${Deno.env.get("PATH")}` },
    }).output();
    assertEquals(submitted.code, 0, text(submitted.stderr));
    const calls = (await Deno.readTextFile(join(out, "calls"))).trim().split("\n");
    const [char, noise, gather] = calls;
    assertEquals(calls.length, 3);
    assertStringIncludes(
      char,
      "--job-name=tables-1-4-char --dependency=singleton --partition=long row.sbatch char",
    );
    assertStringIncludes(
      noise,
      "--dependency=singleton,afterok:1 --partition=long row.sbatch char-noise char",
    );
    assertStringIncludes(gather, "--dependency=singleton,afterany:1:2 --partition=long gather.sbatch");
    const row = await Deno.readTextFile(join(out, "row.sbatch"));
    assertStringIncludes(row, "#SBATCH --cpus-per-task=3\n");
    assertStringIncludes(row, "#SBATCH --requeue\n");
  });
});

const validator = await pythonWith("kubernetes_validate");

Deno.test({
  name: validator
    ? "kubernetes: what is written is valid by the published schemas, to the last name"
    : "kubernetes: NOT checked, since PyPI's kubernetes-validate is not installed",
  ignore: !validator,
  async fn() {
    const out = join(root, ".checkpoints", `test-${crypto.randomUUID().slice(0, 8)}`);
    try {
      const written = await jobs(
        "char",
        "char-noise",
        "--scheduler",
        "kubernetes",
        "--out",
        out,
        "--cpus",
        "3",
      );
      assertEquals(written.code, 0, written.errors);
      const list = JSON.parse(await Deno.readTextFile(join(out, "jobs.json")));
      assertEquals(list.items.length, 3);
      const errorsOf = async (manifest: unknown) => {
        const path = join(out, "job.json");
        await Deno.writeTextFile(path, JSON.stringify(manifest));
        const args = ["-m", "kubernetes_validate", "--strict", "--kubernetes-version", "1.31.0", path];
        const { success, stdout, stderr } = await new Deno.Command(validator!, { args }).output();
        return success ? "" : text(stdout) + text(stderr);
      };
      for (const job of list.items) assertEquals(await errorsOf(job), "");
      const [job] = list.items;
      job.spec.podFailurePolicy.rules[0].actions = "Ignore";
      assertStringIncludes(await errorsOf(job), "actions");
      assertEquals(list.items[1].spec.template.spec.containers[0].command.slice(2), ["char-noise", "char"]);
      assertStringIncludes(
        await Deno.readTextFile(join(out, "row.sh")),
        "deno run -A /graves/lib/cli/train.ts",
      );
      assertStringIncludes(await Deno.readTextFile(join(out, "row.sh")), "GRAVES_DATA=/graves/data/excerpts");
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  },
});
