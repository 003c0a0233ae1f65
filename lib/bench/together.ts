/**
 * The training step by several processes through MPI: how long it takes, and what share of it is exchange. Run by itself it is one of
 * these processes.
 */
import { fileURLToPath } from "node:url";
import { openEngine } from "../engine/mod.ts";
import { openMpi, partOf } from "../mpi.ts";
import { partOfBatch } from "../data/mod.ts";
import { sumTensors } from "../training/together.ts";
import { map, type Plan, ratio, summarise, type Summary } from "./results.ts";
import { makeWorkload, type Sizes, TrainingStep } from "./workload.ts";

export interface TogetherRow {
  label: string;
  seconds: Summary;
  /** Of the step. */
  exchange: Summary;
}

/** What a process is asked to do. */
interface Task {
  sizes: Sizes;
  rounds: number;
  threads: number;
}
/** Seconds of each round, and those of its exchange. */
interface Answer {
  seconds: number[];
  exchange: number[];
  /** Bytes of all gradients. */
  bytes: number;
}

/** Nodes that are not at hand, and the bits a second between them. */
const nodes = 8, bandwidth = 10e9;

/**
 * Measures 1, 2 and 4 processes on this machine, which share its threads, and reckons what 8 nodes like it would come to: each
 * computes what is measured here of its eighth of the batch, and sends and receives 2(n − 1)/n of the gradients' bytes, as a ring
 * does. Throws where there is no `mpirun`, or no MPI.
 */
export async function measureTogether(
  plan: Plan,
  threads: number,
  report: (line: string) => void,
): Promise<TogetherRow[]> {
  const { sizes, rounds } = plan, rows: TogetherRow[] = [];
  for (const count of [1, 2, 4]) {
    const each = Math.max(1, Math.floor(threads / count));
    const label = `${count} ${count === 1 ? "process" : "processes"} of ${each} ${
      each === 1 ? "thread" : "threads"
    }`;
    report(label);
    const { seconds, exchange } = await launch(count, { sizes, rounds, threads: each });
    const whole = summarise(seconds);
    rows.push({ label, seconds: whole, exchange: ratio(summarise(exchange), whole) });
  }
  const part = { ...sizes, batch: Math.max(1, Math.round(sizes.batch / nodes)) };
  const { seconds, bytes } = await launch(1, { sizes: part, rounds, threads });
  const sending = 2 * (nodes - 1) / nodes * 8 * bytes / bandwidth;
  const whole = map(summarise(seconds), (computing) => computing + sending);
  rows.push({
    label: `${nodes} such nodes at ${bandwidth / 1e9} Gbit/s, by calculation`,
    seconds: whole,
    exchange: map(whole, (all) => sending / all),
  });
  return rows;
}

async function launch(count: number, task: Task): Promise<Answer> {
  const command = new Deno.Command("mpirun", {
    args: [
      "-n",
      String(count),
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      fileURLToPath(import.meta.url),
      JSON.stringify(task),
    ],
    // There may be fewer cores than processes, and root in a container.
    env: {
      OMPI_MCA_rmaps_base_oversubscribe: "1",
      OMPI_MCA_hwloc_base_binding_policy: "none",
      OMPI_ALLOW_RUN_AS_ROOT: "1",
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
    },
  });
  const { success, stdout, stderr } = await command.output().catch((error) => {
    throw new Error(
      `There is no mpirun here (${error.message}): install an MPI, such as Debian's openmpi-bin or mpich.`,
    );
  });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`mpirun -n ${count} failed: ${text(stderr).trim()}`);
  return JSON.parse(text(stdout));
}

async function take({ sizes, rounds, threads }: Task): Promise<void> {
  const group = openMpi(), engine = await openEngine("cpu", { threads });
  const workload = makeWorkload(sizes), { batch } = workload;
  const [from, to] = partOf(group, batch.size);
  if (from === to) {
    throw new Error(`A batch of ${batch.size} sequences is too small for ${group.count} processes.`);
  }
  const step = new TrainingStep(engine, { ...workload, batch: partOfBatch(batch, from, to) });
  const answer: Answer = { seconds: [], exchange: [], bytes: 0 };
  // The first does not count.
  for (let round = 0; round <= rounds; round++) {
    const before = group.seconds, begun = performance.now();
    await step.run((gradients) => sumTensors(group, engine, Object.values(gradients)));
    if (round === 0) continue;
    answer.seconds.push((performance.now() - begun) / 1000);
    answer.exchange.push(group.seconds - before);
  }
  answer.bytes = 4 * Object.values(step.network.gradients).reduce((sum, { size }) => sum + size, 0);
  if (group.index === 0) console.log(JSON.stringify(answer));
  await engine.close();
  group.close();
}

if (import.meta.main) await take(JSON.parse(Deno.args[0]));
