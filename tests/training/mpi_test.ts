/** `mpirun -n 2 deno task train … --mpi` as it is run, with each MPI that is installed, and by `srun` where Slurm runs. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { exists, root } from "../../lib/files.ts";
import { readInfo } from "../../lib/training/mod.ts";
import { readTensors } from "../../lib/weights/safetensors.ts";
import { withFolder } from "./tiny.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const env = {
  GRAVES_DATA: "data/excerpts",
  NO_COLOR: "1",
  // Tests may run as root and on a machine with one core.
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
  PATH: `${join(Deno.execPath(), "..")}:${Deno.env.get("PATH")}`,
};

/** The launchers that there are, by what they start: Debian's names where it has both, else the usual one. */
const launchers: Record<string, string[]> = {};
const answer = async (command: string, ...args: string[]) => {
  const output = await new Deno.Command(command, { args, env }).output().catch(() => undefined);
  return output?.success ? text(output.stdout) + text(output.stderr) : undefined;
};
for (const command of ["mpirun.openmpi", "mpirun.mpich", "mpirun"]) {
  const version = await answer(command, "--version");
  if (version) launchers[/hydra|mpich/i.test(version) ? "MPICH" : "Open MPI"] ??= [command];
}
const hasPmix = /pmix/.test(await answer("srun", "--mpi=list") ?? "");
if (hasPmix && await answer("sinfo", "--noheader", "--states=idle,mixed")) {
  launchers["Open MPI by srun"] = ["srun", "--mpi=pmix"];
}

/** With plain gradient descent rounding stays rounding. */
const plan = (updates: number) => [
  "--plan",
  JSON.stringify({
    network: { cells: 12 },
    stages: [{
      recipe: {
        optimiser: { rule: "sgd", rate: 0.1, momentum: 0.9 },
        schedule: { warmUp: 0, updates },
        batchSize: 4,
        validation: { every: 4 },
      },
    }],
  }),
];
const train = (checkpoints: string, ...args: string[]) => ({
  args: ["task", "-q", "train", "char", "--engine", "cpu", "--threads", "1", ...args],
  env: { ...env, GRAVES_CHECKPOINTS: checkpoints },
  cwd: root,
});

for (const name of ["Open MPI", "MPICH", "Open MPI by srun"]) {
  const launcher = launchers[name];
  const test = (what: string, fn: (checkpoints: string) => Promise<void>) =>
    Deno.test({
      name: launcher ? `${name}: ${what}` : `${name}: NOT tested, since it is not here: ${what}`,
      ignore: !launcher,
      fn: () => withFolder(fn),
    });
  const start = (checkpoints: string, ...args: string[]) => {
    const command = train(checkpoints, ...args, "--mpi");
    const [launch, ...options] = launcher;
    return new Deno.Command(launch, {
      ...command,
      args: [...options, "-n", "2", Deno.execPath(), ...command.args],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  };

  test("two processes with half a batch each come to what one does, and one goes on from there", async (checkpoints) => {
    const shared = await start(checkpoints, ...plan(8), "--run", "two").output();
    assertEquals(shared.code, 0, text(shared.stderr));
    assertStringIncludes(text(shared.stdout), `2 processes (${name.replace(/ by .*/, "")}`);
    // The first process speaks for all.
    assertEquals(text(shared.stdout).match(/Finished after update 8/g)?.length, 1);
    const single = new Deno.Command("deno", train(checkpoints, ...plan(8), "--run", "one"));
    assertEquals((await single.output()).code, 0);
    const weights = async (run: string) =>
      (await readTensors(join(checkpoints, run, "1", "weights-8.safetensors"))).tensors;
    const found = await weights("two");
    for (const [name, { values }] of Object.entries(await weights("one"))) {
      values.forEach((value, k) => {
        const other = found[name].values[k];
        assert(Math.abs(other - value) < 1e-5, `${name}: ${other}, not ${value}`);
      });
    }
    const more = new Deno.Command("deno", train(checkpoints, ...plan(9), "--run", "two", "--resume"));
    assertEquals((await more.output()).code, 0);
    assertEquals((await readInfo(join(checkpoints, "two", "1"))).position.update, 9);
  });

  test("a process that dies ends the run with an error, and a checkpoint to go on from", async (checkpoints) => {
    const run = `run-${crypto.randomUUID()}`;
    const process = start(checkpoints, ...plan(100_000), "--run", run, "--checkpoint-minutes", "0");
    const errors = new Response(process.stderr).text();
    let out = "";
    for await (const chunk of process.stdout) {
      const isFirst = !out.includes("checkpoint at update 2");
      out += text(chunk);
      if (isFirst && out.includes("checkpoint at update 2")) {
        Deno.kill((await processesOf(run)).at(-1)!, "SIGKILL");
      }
    }
    assertNotEquals((await process.status).code, 0, await errors);
    for (let waited = 0; (await processesOf(run)).length > 0; waited++) {
      assert(waited < 300, "a process has outlived the other");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const folder = join(checkpoints, run, "1"), { position } = await readInfo(folder);
    assert(position.update >= 2);
    const more = start(checkpoints, ...plan(position.update + 1), "--run", run, "--resume");
    const resumed = await more.output();
    assertEquals(resumed.code, 0, text(resumed.stderr));
    assertEquals((await readInfo(folder)).position.update, position.update + 1);
  });

  test("SIGTERM to one process stops all, with a checkpoint", async (checkpoints) => {
    const run = `run-${crypto.randomUUID()}`;
    const process = start(
      checkpoints,
      ...plan(100_000),
      "--run",
      run,
      "--checkpoint-minutes",
      "0",
      "--publish",
      "--replace",
    );
    const errors = new Response(process.stderr).text();
    let out = "", isTold = false;
    for await (const chunk of process.stdout) {
      out += text(chunk);
      if (isTold || !out.includes("checkpoint at update 2")) continue;
      isTold = true;
      for (const id of (await processesOf(run)).slice(-1)) Deno.kill(id, "SIGTERM");
    }
    assertEquals((await process.status).code, 143, await errors);
    assertStringIncludes(out, "Nothing is published or recorded of a stopped training");
    assert((await readInfo(join(checkpoints, run, "1"))).position.update >= 2);
  });

  test("a failure of the first process alone ends the run", async (checkpoints) => {
    // The others do not look at its folder.
    await Deno.mkdir(join(checkpoints, "run"));
    await Deno.writeTextFile(join(checkpoints, "run", "best.safetensors"), "somebody else's");
    const { code, stderr } = await start(checkpoints, ...plan(4), "--run", "run").output();
    assertNotEquals(code, 0);
    assertStringIncludes(text(stderr), "is of no training that this project knows");
    assert(!await exists(join(checkpoints, "run", "1")));
  });
}

/** The processes that train the run of that name, by their numbers, ascending. */
async function processesOf(run: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const command = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (command.includes("lib/cli/train.ts") && command.includes(run)) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}

Deno.test("--mpi without any MPI says what to do", async () => {
  await withFolder(async (checkpoints) => {
    const command = train(checkpoints, ...plan(1), "--mpi");
    const { code, stderr } = await new Deno.Command("deno", {
      ...command,
      env: { ...command.env, GRAVES_MPI: "/nowhere/libmpi.so" },
    }).output();
    assertEquals(code, 1);
    assertStringIncludes(text(stderr), "No MPI was found (/nowhere/libmpi.so): install one");
  });
});
