/** One run of the bench: everything in turns, round by round, so that ratios hold where the machine's speed
 * wavers. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Float64Engine } from "../engine/float64.ts";
import { blasRates, engines, type Participant, peers, pythonRates, shortened } from "./participants.ts";
import { type Command, MeasuredProcess, parseAnswer } from "./process.ts";
import { type Choice, map, type Plan, ratio, type Results, summarise, type Summary } from "./results.ts";
import {
  type Check,
  check,
  difference,
  makeWorkload,
  type Sizes,
  stepFlops,
  writeWorkload,
} from "./workload.ts";

export interface Running extends Participant {
  process: MeasuredProcess;
}
interface Timed {
  seconds: number;
  loss?: number;
}

/** A small task, in which all participants must agree with the float64 reference. */
const checkSizes: Sizes = { steps: 9, batch: 3, layers: 3, cells: 12, characters: 5 };

/** Measures all of it. What cannot take part here is left out and listed; nothing is required. */
export async function runBench(plan: Plan, choice: Choice, report: (line: string) => void): Promise<Results> {
  const bench = await Bench.open(plan.limit, report);
  try {
    await startAll(bench, choice);
    const { sgemm, steps } = await measureSteps(bench, plan, choice.threads);
    const batches = await measureBatches(bench, plan, choice.threads);
    const sampling = await measureSampling(bench, plan);
    const cost = await measureCost(bench, plan);
    const opened = bench.of("engine").map(({ name }) => name).filter((name) => !name.startsWith("cpu-"));
    await bench.stopAll(); // what follows starts fresh processes
    const startup = await measureStartup(bench, plan.rounds, ["nothing", "library", ...opened]);
    return { sgemm, steps, batches, sampling, startup, cost, skipped: bench.skipped };
  } finally {
    await bench.close();
  }
}

/** The processes that run: who fails, or computes something else, is left out with a reason. */
export class Bench {
  running: Running[] = [];
  readonly skipped: { label: string; reason: string }[] = [];
  /** What the float64 engine computes in the small task: with and without window and peepholes. */
  readonly #references = new Map<boolean, Check>();

  private constructor(
    readonly limit: number,
    readonly report: (line: string) => void,
    readonly folder: string,
  ) {}

  /** `limit` are the seconds for one answer. */
  static async open(limit: number, report: (line: string) => void): Promise<Bench> {
    return new Bench(limit, report, await Deno.makeTempDir({ prefix: "graves-bench-" }));
  }

  of(kind: Participant["kind"]): Running[] {
    return this.running.filter((running) => running.kind === kind);
  }

  /** Starts a participant and holds what it computes against the reference. */
  async start(participant: Participant): Promise<void> {
    const { label, env, kind } = participant;
    try {
      const process = await MeasuredProcess.start(await participant.command(), this.limit, env);
      const slow = process.description.includes("(software)");
      const running = { ...participant, process, steps: participant.steps ?? (slow ? shortened : undefined) };
      this.running.push(running);
      this.report(`${label}: ${process.description}`);
      if (kind !== "sgemm") await this.#check(running);
    } catch (error) {
      this.skip(label, error);
    }
  }

  async #check(running: Running): Promise<void> {
    const { plainLstm = false } = running;
    const path = join(this.folder, `check ${plainLstm}.safetensors`);
    if (!this.#references.has(plainLstm)) {
      const workload = makeWorkload(checkSizes, { window: !plainLstm });
      await writeWorkload(path, workload);
      this.#references.set(plainLstm, await check(new Float64Engine(), workload, { peepholes: !plainLstm }));
    }
    const found = await this.ask<Check>(running, { do: "check", sizes: checkSizes, path });
    const wrong = found && difference(found, this.#references.get(plainLstm)!);
    if (wrong) await this.drop(running, `it does not compute the same network: ${wrong}`);
  }

  skip(label: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.skipped.push({ label, reason });
    this.report(`${label}: skipped: ${reason}`);
  }
  async drop(running: Running, reason: unknown): Promise<void> {
    this.skip(running.label, reason);
    this.running = this.running.filter((other) => other !== running);
    await running.process.close();
  }

  /** The answer; `undefined`, and the participant dropped, if it fails. */
  async ask<Answer>(running: Running, command: Command): Promise<Answer | undefined> {
    try {
      return await running.process.ask<Answer>(command, this.limit);
    } catch (error) {
      await this.drop(running, error);
    }
  }

  /** Sets the network and batch of the steps and samples to come. */
  async prepare(running: Running, sizes: Sizes): Promise<void> {
    const path = join(this.folder, `${Object.values(sizes).join("-")}.safetensors`);
    if (running.kind === "peer") await writeWorkload(path, makeWorkload(sizes));
    await this.ask(running, { do: "prepare", sizes, path });
  }

  /** Asks each in turn, round by round, after a `first` round that does not count; those come back that
   * lasted. */
  async inRounds(what: string, rounds: number, field: Running[], command: (running: Running) => Command) {
    const answers = new Map<Running, Timed[]>(field.map((running) => [running, []]));
    const lasting = () => field.filter((running) => this.running.includes(running));
    for (let round = 0; round <= rounds && field.length > 0; round++) {
      this.report(`${what}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
      for (const running of lasting()) {
        const answer = await this.ask<Timed>(running, command(running));
        if (answer) answers.get(running)!.push(answer);
      }
    }
    return lasting().map((running) => {
      const [first, ...rest] = answers.get(running)!;
      return { running, first, seconds: summarise(rest.map(({ seconds }) => seconds)) };
    });
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map(({ process }) => process.close()));
  }
  async close(): Promise<void> {
    await this.stopAll();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function startAll(bench: Bench, { threads, ...choice }: Choice): Promise<void> {
  for (const rate of blasRates(threads)) await bench.start(rate);
  for (const running of bench.running.filter(({ process }) => !process.description.includes("BLAS"))) {
    await bench.drop(running, "no BLAS found: `deno task blas` installs one");
  }
  if (choice.peers.length > 0 || bench.running.length === 0) {
    for (const rate of pythonRates(threads)) await bench.start(rate);
  }
  for (const engine of engines(threads)) if (choice.engines.includes(engine.name)) await bench.start(engine);
  for (const running of bench.of("engine")) {
    if (choice.explicit || !running.process.description.includes("(software)")) continue;
    await bench.drop(
      running,
      `only ${running.process.description}: name the engine to measure it all the same`,
    );
  }
  for (const peer of peers(threads)) if (choice.peers.includes(peer.name)) await bench.start(peer);
}

const gigaflops = (seconds: Summary, flops: number) => map(seconds, (s) => flops / s / 1e9);

/** Measures training steps, and the sgemm rate in the same rounds. */
async function measureSteps(
  bench: Bench,
  { sizes, sgemm: n, rounds }: Plan,
  threads: number,
): Promise<Pick<Results, "sgemm" | "steps">> {
  const stepsOf = ({ steps = Infinity }: Running) => Math.min(steps, sizes.steps);
  for (const running of [...bench.of("engine"), ...bench.of("peer")]) {
    await bench.prepare(running, { ...sizes, steps: stepsOf(running) });
  }
  const command = ({ kind }: Running) => kind === "sgemm" ? { do: "sgemm", size: n } : { do: "step" };
  const what = `training steps of ${sizes.batch} lines and sgemm`;
  const finished = await bench.inRounds(what, rounds, bench.running, command);
  const results: Pick<Results, "sgemm" | "steps"> = { sgemm: [], steps: [] };
  for (const { running: { kind, label, cores = 1, process: { description } }, seconds } of finished) {
    if (kind !== "sgemm") continue;
    results.sgemm.push({ label, description, cores, gigaflops: gigaflops(seconds, 2 * n ** 3) });
  }
  const rate = results.sgemm.find(({ cores }) => cores === threads)?.gigaflops;
  for (const { running, seconds: measured, first } of finished) {
    if (running.kind === "sgemm") continue;
    const { name, label, plainLstm, process: { description } } = running;
    const steps = stepsOf(running), whole = steps === sizes.steps;
    const seconds = map(measured, (s) => s * sizes.steps / steps);
    const speed = gigaflops(seconds, stepFlops(sizes));
    const onProcessor = !/gpu|cuda|mps|xpu/i.test(description);
    const memory = whole ? await bench.ask<{ bytes: number | null }>(running, { do: "memory" }) : undefined;
    results.steps.push({
      name,
      label,
      description,
      seconds,
      gigaflops: speed,
      share: rate && onProcessor ? ratio(speed, rate) : null,
      peakBytes: memory?.bytes ?? null,
      measuredSteps: whole ? null : steps,
      loss: whole && !plainLstm ? first.loss! : null,
    });
  }
  return results;
}

/** Measures the step at other batch sizes too. */
async function measureBatches(bench: Bench, plan: Plan, threads: number): Promise<Results["batches"]> {
  const rows: Results["batches"] = [];
  for (const batch of plan.batches) {
    const { steps } = await measureSteps(bench, { ...plan, sizes: { ...plan.sizes, batch } }, threads);
    rows.push(...steps.map((row) => ({ ...row, batch })));
  }
  return rows;
}

async function measureSampling(
  bench: Bench,
  { points: all, lanes, rounds }: Plan,
): Promise<Results["sampling"]> {
  const rows: Results["sampling"] = [];
  const pointsOf = ({ steps = Infinity }: Running) => Math.min(steps, all);
  for (const lines of [1, lanes]) {
    const finished = await bench.inRounds(
      `sampling ${lines} together`,
      rounds,
      bench.of("engine"),
      (running) => {
        return { do: "sample", lines, points: pointsOf(running) };
      },
    );
    for (const { running, seconds } of finished) {
      const points = pointsOf(running), pointsPerSecond = map(seconds, (s) => lines * points / s);
      rows.push({ label: running.label, lines, points, seconds, pointsPerSecond });
    }
  }
  return rows;
}

/** Measures the first engine's step against T and H. */
async function measureCost(
  bench: Bench,
  { cost: { base, ...series }, rounds }: Plan,
): Promise<Results["cost"]> {
  const rows: Results["cost"] = [];
  for (const varied of ["steps", "cells"] as const) {
    for (const value of series[varied]) {
      const sizes = { ...base, [varied]: value }, first = bench.of("engine").slice(0, 1);
      for (const engine of first) await bench.prepare(engine, sizes);
      const what = `cost, ${varied} ${value}`;
      for (const { seconds } of await bench.inRounds(what, rounds, first, () => ({ do: "step" }))) {
        rows.push({ varied, sizes, seconds, gigaflops: gigaflops(seconds, stepFlops(sizes)) });
      }
    }
  }
  return rows;
}

/** Starts fresh processes in turns; the first of each fills Deno's cache and does not count. */
async function measureStartup(bench: Bench, rounds: number, all: string[]): Promise<Results["startup"]> {
  const times = new Map(all.map((what) => [what, { seconds: [] as number[], process: [] as number[] }]));
  for (let round = 0; round <= rounds; round++) {
    bench.report(`start-up: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
    for (const [what, { seconds, process }] of times) {
      try {
        const once = await startOnce(what);
        if (round === 0) continue;
        seconds.push(once.seconds);
        process.push(once.process);
      } catch (error) {
        bench.skip(`start-up of ${what}`, error);
        times.delete(what);
      }
    }
  }
  return Array.from(times, ([what, { seconds, process }]) => {
    return { what, seconds: summarise(seconds), process: summarise(process) };
  });
}

async function startOnce(what: string): Promise<{ seconds: number; process: number }> {
  const args = ["run", "-A", fileURLToPath(new URL("startup.ts", import.meta.url)), what];
  const start = performance.now();
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const process = (performance.now() - start) / 1000;
  const answer = new TextDecoder().decode(stdout).split("\n").map(parseAnswer).find(Boolean);
  if (!answer) throw new Error(new TextDecoder().decode(stderr).trim().split("\n").at(-1));
  return { seconds: answer.seconds as number, process };
}
