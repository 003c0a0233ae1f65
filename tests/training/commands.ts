/** Commands as they are run. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { resultsDirectory, root } from "../../lib/files.ts";
import type { RunRecord } from "../../lib/runs/mod.ts";

/** A run that commands make, in folders of its own. */
export interface Run {
  name: string;
  /** The settings with which a command finds them. */
  env: Record<string, string>;
  /** Of the run's checkpoints. */
  folder: string;
  /** In place of the project's results, with what is shipped. */
  results: string;
  weights: string;
  run: (command: string, ...args: string[]) => ReturnType<typeof runWith>;
  record: () => Promise<RunRecord>;
  log: () => Promise<string>;
}

/** Does `work` on a run of which nothing is left afterwards, in the project least of all. */
export async function withRun(work: (run: Run) => Promise<void>): Promise<void> {
  const name = "tested", place = await Deno.makeTempDir();
  const results = join(place, "results"), runFolder = join(results, "runs", name);
  const env = { GRAVES_CHECKPOINTS: join(place, "checkpoints"), GRAVES_RESULTS: results };
  try {
    await cp(join(resultsDirectory, "runs"), join(results, "runs"), { recursive: true });
    await Deno.mkdir(join(results, "weights"));
    for await (const { name: file } of Deno.readDir(join(resultsDirectory, "weights"))) {
      await Deno.symlink(join(resultsDirectory, "weights", file), join(results, "weights", file));
    }
    await work({
      name,
      env,
      folder: join(env.GRAVES_CHECKPOINTS, name),
      results,
      weights: join(results, "weights", `${name}.safetensors`),
      run: (command, ...args) => runWith(env, command, ...args),
      record: async () => JSON.parse(await Deno.readTextFile(join(runFolder, "run.json"))),
      log: () => Deno.readTextFile(join(runFolder, "log.csv")),
    });
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

/** Runs a command on the excerpts, as a process of its own. */
export const run = (name: string, ...args: string[]) => runWith({}, name, ...args);

/** The same with other settings by environment. */
export async function runWith(
  env: Record<string, string>,
  name: string,
  ...args: string[]
): Promise<{ code: number; out: string; errors: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib", "cli", `${name}.ts`), ...args],
    env: { GRAVES_DATA: "data/excerpts", NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), errors: text(stderr) };
}
