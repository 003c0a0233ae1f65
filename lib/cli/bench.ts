/** `deno task bench` */
import {
  countStep,
  describe,
  describeOrders,
  describeTogether,
  engines,
  measureStep,
  measureTogether,
  paperSizes,
  peers,
  type Plan,
  runBench,
  stepFlops,
} from "../bench/mod.ts";
import { writeFile } from "../files.ts";
import { device } from "../training/mod.ts";
import { machine, runCommand, UsageError, userPath } from "./options.ts";

const engineNames = engines(1).map(({ name }) => name), peerNames = peers(1).map(({ name }) => name);

const command = {
  name: "bench",
  description:
    "Measures the engines on this machine, with its own sgemm rate and other libraries beside them.",
  options: {
    quick: { type: "boolean", description: "tiny sizes: shows that it works, not how fast" },
    json: { type: "string", description: "write all that was measured to this file too" },
    engines: { type: "string", description: `all (default), or some of ${engineNames.join(",")}` },
    peers: { type: "string", description: `all (default), none, or some of ${peerNames.join(",")}` },
    mpi: {
      type: "boolean",
      description: "only the step by 1, 2 and 4 processes through MPI, and by calculation 8 nodes",
    },
    webgpu: {
      type: "boolean",
      description: "only what the webgpu engine orders in a step, counted; and on the adapter here, timed",
    },
    rounds: { type: "integer", description: "measurements of each kind", minimum: 1 },
    threads: machine.threads,
  },
} as const;

const full: Plan = {
  sizes: paperSizes,
  batches: [1, 16, 64],
  sgemm: 2048,
  rounds: 5,
  points: 700,
  lanes: 64,
  cost: {
    base: { ...paperSizes, steps: 350 },
    steps: [88, 175, 350, 700],
    cells: [100, 200, 400, 800],
  },
  limit: 600,
};
const small = { steps: 20, batch: 4, layers: 3, cells: 24, characters: 6 };
const quick: Plan = {
  sizes: small,
  batches: [1, 2],
  sgemm: 128,
  rounds: 2,
  points: 20,
  lanes: 4,
  cost: { base: small, steps: [10, 20], cells: [12, 24] },
  limit: 300,
};

await runCommand(command, async ({ options }) => {
  const plan = { ...(options.quick ? quick : full), ...(options.rounds && { rounds: options.rounds }) };
  const { threads = navigator.hardwareConcurrency } = options;
  const choice = {
    engines: select("engines", options.engines, engineNames),
    explicit: options.engines !== undefined && options.engines !== "all",
    peers: select("peers", options.peers, peerNames),
    threads,
  };
  const { steps, batch, layers, cells, characters } = plan.sizes;
  const gigaflop = stepFlops(plan.sizes) / 1e9;
  console.log(`${device()}, ${threads} threads, Deno ${Deno.version.deno}`);
  console.log(
    `Synthesis network ${layers}×${cells}, batch ${batch}, T ${steps}, U ${characters}: ` +
      `${gigaflop.toPrecision(3)} GFLOP a step. ${plan.rounds} rounds.`,
  );
  if (options.quick) console.log("Quick: the sizes are tiny, the times tell nothing.");
  const report = (line: string) => console.error(`  ${line}`);
  if (options.mpi || options.webgpu) {
    if (options.json ?? options.engines ?? options.peers ?? (options.mpi && options.webgpu)) {
      throw new UsageError(
        "--mpi and --webgpu are tables of their own: leave out the other, --json, --engines and --peers.",
      );
    }
    if (options.mpi) {
      return console.log(`\n${describeTogether(await measureTogether(plan, threads, report))}`);
    }
    const counted = await countStep(plan.sizes);
    const measured = await measureStep(plan.sizes, plan.rounds, report).catch((error) =>
      report(error.message)
    );
    return console.log(`\n${describeOrders(counted, measured ?? undefined)}`);
  }
  const results = await runBench(plan, choice, report);
  console.log(`\n${describe(results)}`);
  if (options.json !== undefined) {
    const record = {
      date: new Date().toISOString(),
      device: device(),
      deno: Deno.version.deno,
      threads,
      plan,
      gigaflop,
      ...results,
    };
    const path = userPath(options.json);
    await writeFile(path, JSON.stringify(record, null, 2) + "\n");
    console.log(`Written to ${path}`);
  }
});

/** The names in a list with commas. */
function select(what: string, list: string | undefined, all: readonly string[]): string[] {
  if (list === undefined || list === "all") return [...all];
  if (list === "none") return [];
  const names = list.split(",");
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--${what}: there is no '${unknown}'. Choose among ${all.join(", ")}, all or none.`);
  }
  return names;
}
