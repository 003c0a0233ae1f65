/** `deno task jobs [experiments]` */
import { basename, join, relative } from "node:path";
import { formatCsv } from "../csv.ts";
import { experimentNames, findExperiment, type Stage } from "../experiments/mod.ts";
import { applyPlan } from "../experiments/plan.ts";
import { dataDirectory, exists, readText, root, writeFile } from "../files.ts";
import { copyShipped } from "../machines/shipped.ts";
import { gatherScript, needed, rowScript, rowsOf } from "../machines/jobs.ts";
import { kubernetesJobs } from "../machines/kubernetes.ts";
import { slurmFiles } from "../machines/slurm.ts";
import { checkpointFolder, readRecord, standing } from "../runs/mod.ts";
import { weightsPath } from "../weights/mod.ts";
import { testedDeno } from "./deno_version.ts";
import { machine, precision, runCommand, shared, UsageError, userPath } from "./options.ts";

const command = {
  name: "jobs",
  description:
    "Writes what a cluster's scheduler runs to train experiments: a job for each, which goes on from its checkpoint\n" +
    "after an interruption and waits for those whose weights it starts from, and one that gathers what came out.\n" +
    "--out names a folder that all machines see; checkpoints and results go there, too. Nothing is submitted.",
  positionals: [{ name: "experiments", description: "default: all", optional: true, several: true }],
  options: {
    scheduler: { type: "string", description: "who runs them", choices: ["slurm", "kubernetes"] },
    out: { type: "string", description: "folder of the jobs, their checkpoints and their results" },
    cpus: { type: "integer", description: "cores for each; default 16", minimum: 1 },
    recipe: {
      type: "string",
      description: "this edition's stages (default), or the paper's",
      choices: ["shipped", "paper"],
    },
    plan: { type: "string", description: "other settings, for each of them: as for train" },
    seed: shared.seed,
    engine: machine.engine,
    precision,
    image: { type: "string", description: "kubernetes: an image with Deno; default denoland/deno" },
    claim: {
      type: "string",
      description: "kubernetes: the persistent volume claim that holds this project's folder; default graves",
    },
    gather: { type: "boolean", description: "what the last job does: write out/summary.csv" },
  },
  examples: [
    "--scheduler slurm --out .checkpoints/set && sh .checkpoints/set/submit.sh --partition long",
    "synthesis-adaptive --scheduler kubernetes --out .checkpoints/set && kubectl apply -f .checkpoints/set/jobs.json",
  ],
} as const;
/** Where pods find the project's folder. */
const mount = "/graves";

await runCommand(command, async ({ options, positionals }) => {
  const { scheduler, recipe = "shipped", cpus = 16 } = options;
  const as = scheduler === "kubernetes" ? inPod : (path: string) => path;
  const plan = options.plan && await readPlan(options.plan, as);
  const stagesOf = (name: string): Stage[] => {
    const experiment = findExperiment(name), base = experiment[recipe === "paper" ? "paper" : "stages"];
    return plan && applyPlan(experiment, base, plan, "--plan").stages || base;
  };
  const isBeyond = (name: string) => recipe === "paper" && findExperiment(name).paper.length === 0;
  const all = experimentNames.filter((name) => !isBeyond(name));
  const names = positionals.length > 0 ? [...new Set(positionals)] : all;
  const beyond = names.find(isBeyond);
  if (beyond) throw new UsageError(`'${beyond}' is beyond the paper, which has no recipe for it.`);
  if (!options.out) throw new UsageError("--out is missing: a folder that all machines see.");
  const out = userPath(options.out);
  if (options.gather) return await gather(names, out);
  if (!scheduler) throw new UsageError("--scheduler is missing: slurm or kubernetes.");

  const shipped: string[] = [];
  for (const name of experimentNames) if (await exists(weightsPath(name))) shipped.push(name);
  const rows = rowsOf(names, ({ name }) => stagesOf(name), (name) => shipped.includes(name));
  const set = rows.map(({ experiment }) => experiment);
  const starts = new Set(set.flatMap((name) => needed(stagesOf(name))).filter((name) => !set.includes(name)));
  // A plan's first stage may begin with the experiment's own weights.
  for (const name of plan ? [...starts, ...set] : starts) await copyShipped(name, join(out, "results"));

  const folder = as(out);
  const script = {
    deno: scheduler === "kubernetes" ? "deno" : Deno.execPath(),
    project: as(root).replace(/\/$/, ""),
    data: Deno.env.get("GRAVES_DATA") ? as(dataDirectory()) : undefined,
    options: [
      "--threads",
      String(cpus),
      ...options.engine ? ["--engine", options.engine] : [],
      ...options.precision ? ["--precision", options.precision] : [],
    ],
    beginning: [
      ...options.recipe ? ["--recipe", options.recipe] : [],
      ...options.seed !== undefined ? ["--seed", String(options.seed)] : [],
      ...plan ? ["--plan", `${folder}/plan.json`] : [],
    ],
  };
  const jobs = { folder, name: jobName(out), rows, cpus };
  const files: Record<string, string> = {
    "row.sh": rowScript(script),
    "gather.sh": gatherScript(script, rows),
    ...plan && { "plan.json": JSON.stringify(plan, null, 2) },
    ...scheduler === "slurm" ? slurmFiles(jobs) : {
      "jobs.json": JSON.stringify(
        kubernetesJobs({
          ...jobs,
          image: options.image ?? `denoland/deno:${testedDeno}`,
          claim: options.claim ?? "graves",
          project: mount,
        }),
        null,
        2,
      ) + "\n",
    },
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(out, name), content);
  for (const { experiment, needs } of rows) {
    console.log(experiment + (needs.length > 0 ? `, after ${needs.join(" and ")}` : ""));
  }
  const run = scheduler === "slurm" ? `sh ${out}/submit.sh` : `kubectl apply -f ${out}/jobs.json`;
  console.log(`\n${rows.length} jobs and one that gathers: ${run}`);
});

/** A plan, with the files that it names as the jobs find them. */
async function readPlan(plan: string, as: (path: string) => string): Promise<object> {
  const isJson = plan.trimStart().startsWith("{");
  try {
    return JSON.parse(
      isJson ? plan : await readText(userPath(plan)),
      (key, value) => key === "file" && typeof value === "string" ? as(userPath(value)) : value,
    );
  } catch (error) {
    throw new UsageError(`${isJson ? "--plan" : plan}: expected JSON: ${(error as Error).message}`);
  }
}

/** Where a pod finds what lies in the project's folder. Throws if it does not. */
function inPod(path: string): string {
  const below = relative(root, path);
  if (!below.startsWith("..")) return below ? `${mount}/${below}` : mount;
  throw new UsageError(
    `${path} is not in the project's folder, ${root}, which is all of this machine that pods see, as the claim's volume.`,
  );
}

/** What jobs' names begin with: Kubernetes takes small letters, digits and dashes. */
function jobName(out: string): string {
  return basename(out).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "graves";
}

/** `summary.csv`: how far each row has come, and what was measured of it. */
async function gather(names: string[], out: string): Promise<void> {
  const columns = ["experiment", "state", "stage", "updates", "validation loss", "results"];
  const lines: (string | number)[][] = [];
  for (const name of names) {
    const at = await standing(checkpointFolder(name));
    const isFinished = await exists(join(out, "finished", name));
    const state = isFinished ? "finished" : at ? "not finished" : "not begun";
    const results = isFinished ? JSON.stringify((await readRecord(name))?.results) : "";
    lines.push([
      name,
      state,
      at?.stage ?? "",
      at?.info.position.update ?? "",
      at?.info.best?.loss ?? "",
      results,
    ]);
  }
  const text = formatCsv(columns, lines);
  await writeFile(join(out, "summary.csv"), text);
  console.log(text.trimEnd());
}
