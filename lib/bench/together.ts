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
  /** Shares of the step: gathering, summing and spreading the gradients once all processes have theirs, and the time until they
   * have. */
  exchange: Summary;
  waiting: Summary;
}

/** What a process is asked to do. */
interface Task {
  sizes: Sizes;
  rounds: number;
  threads: number;
}
/** Seconds of each round, in the mean over the processes, and those of its exchange and of waiting for it. */
interface Answer {
  seconds: number[];
  exchange: number[];
  waiting: number[];
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
    const { seconds, exchange, waiting } = await launch(count, { sizes, rounds, threads: each });
    const whole = summarise(seconds), share = (part: number[]) => ratio(summarise(part), whole);
    rows.push({ label, seconds: whole, exchange: share(exchange), waiting: share(waiting) });
  }
  const part = { ...sizes, batch: Math.max(1, Math.round(sizes.batch / nodes)) };
  const { seconds, bytes } = await launch(1, { sizes: part, rounds, threads });
  const sending = 2 * (nodes - 1) / nodes * 8 * bytes / bandwidth;
  const whole = map(summarise(seconds), (computing) => computing + sending);
  rows.push({
    label: `${nodes} such nodes at ${bandwidth / 1e9} Gbit/s, by calculation`,
    seconds: whole,
    exchange: map(whole, (all) => sending / all),
    waiting: map(whole, () => 0),
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
  const answer: Answer = { seconds: [], exchange: [], waiting: [], bytes: 0 };
  const now = () => performance.now() / 1000;
  // The first does not count.
  for (let round = 0; round <= rounds; round++) {
    const begun = now();
    let exchange = 0, waiting = 0;
    await step.run(async (gradients) => {
      const all = Object.values(gradients);
      if (group.count === 1) return;
      // A process has computed once its last gradient can be read, and all have once they have met in a sum of nothing.
      await engine.read(all.at(-1)!);
      const computed = now();
      await group.sum(new Float64Array(1));
      const met = now();
      await sumTensors(group, engine, all);
      await engine.read(all.at(-1)!);
      [waiting, exchange] = [met - computed, now() - met];
    });
    const means = Float64Array.of(now() - begun, exchange, waiting);
    await group.sum(means);
    if (round === 0) continue;
    [answer.seconds, answer.exchange, answer.waiting].forEach((list, k) => list.push(means[k] / group.count));
  }
  answer.bytes = 4 * Object.values(step.network.gradients).reduce((sum, { size }) => sum + size, 0);
  if (group.index === 0) console.log(JSON.stringify(answer));
  await engine.close();
  group.close();
}

if (import.meta.main) await take(JSON.parse(Deno.args[0]));
