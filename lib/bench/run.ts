/** One run of the bench: everything in turns, round by round, so that ratios hold where the machine's speed wavers. */
import { fileURLToPath } from "node:url";
import { blasYardsticks, engines, peers, pythonYardsticks } from "./field.ts";
import { parseAnswer } from "./protocol.ts";
import { type Finisher, Race, type Running } from "./race.ts";
import type {
  Choice,
  CostRow,
  Plan,
  ProductRow,
  Results,
  SamplingRow,
  SgemmRow,
  StartRow,
  StepRow,
} from "./results.ts";
import { map, ratio, summarise, type Summary } from "./statistics.ts";
import { stepFlops } from "./workload.ts";

/** Measures all of it. What cannot take part here is left out and listed; nothing is required. */
export async function runBench(
  plan: Plan,
  choice: Choice,
  report: (line: string) => void,
): Promise<Results> {
  const folder = await Deno.makeTempDir({ prefix: "graves-bench-" });
  const race = new Race(plan.limit, folder, report);
  try {
    await startAll(race, choice);
    const { sgemm, steps } = await measureSteps(race, plan, choice.threads);
    const products = await measureProducts(race, plan);
    const sampling = await measureSampling(race, plan);
    const cost = await measureCost(race, plan);
    const opened = race.running.flatMap(({ kind, name }) => kind === "engine" ? [name] : []);
    await race.close(); // what follows starts fresh processes
    const startup = await measureStartup(race, plan.rounds, opened.filter((name) => name !== "cpu-no-blas"));
    return { sgemm, steps, products, sampling, startup, cost, skipped: race.skipped };
  } finally {
    await race.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function startAll(race: Race, choice: Choice): Promise<void> {
  for (const yardstick of blasYardsticks(choice.threads)) await race.start(yardstick);
  for (const running of race.running.filter(({ contestant }) => !contestant.description.includes("BLAS"))) {
    await race.drop(running, "no BLAS found (Debian: `apt install libopenblas0`)");
  }
  if (choice.peers.length > 0 || race.running.length === 0) {
    for (const yardstick of pythonYardsticks(choice.threads)) await race.start(yardstick);
  }
  const entrants = [
    ...engines(choice.threads, choice.explicit).filter(({ name }) => choice.engines.includes(name)),
    ...peers(choice.threads).filter(({ name }) => choice.peers.includes(name)),
  ];
  for (const entrant of entrants) await race.start(entrant);
}

async function measureSteps(
  race: Race,
  { sizes, sgemm: n, rounds }: Plan,
  threads: number,
): Promise<{ sgemm: SgemmRow[]; steps: StepRow[] }> {
  const stepsOf = ({ steps = Infinity }: Running) => Math.min(steps, sizes.steps);
  const isYardstick = ({ kind }: Running) => kind === "yardstick";
  for (const running of race.running.filter(({ network }) => network)) {
    await race.prepare(running, { ...sizes, steps: stepsOf(running) });
  }
  const finishers = await race.inRounds(
    "training steps and sgemm",
    rounds,
    race.running.filter(({ productsOnly }) => !productsOnly),
    (running) => isYardstick(running) ? { do: "sgemm", size: n } : { do: "step" },
  );
  const sgemm = finishers.filter(({ running }) => isYardstick(running)).map(
    ({ running: { label, cores, contestant: { description } }, seconds }) => ({
      ...{ label, description, cores: cores!, gigaflops: map(seconds, (s) => 2 * n ** 3 / s / 1e9) },
    }),
  );
  const rate = sgemm.find(({ cores }) => cores === threads)?.gigaflops;
  const row = async ({ running, seconds: measured, first }: Finisher): Promise<StepRow> => {
    const { name, label, network, contestant: { description } } = running;
    const steps = stepsOf(running);
    const whole = steps === sizes.steps;
    const seconds = map(measured, (s) => s * sizes.steps / steps);
    const gigaflops = map(seconds, (s) => stepFlops(sizes) / s / 1e9);
    const onProcessor = !/gpu|cuda|mps|xpu/i.test(description);
    const memory = whole ? await race.ask<{ bytes: number | null }>(running, { do: "memory" }) : undefined;
    return {
      ...{ name, label, description, seconds, gigaflops },
      share: rate && onProcessor ? ratio(gigaflops, rate) : null,
      peakBytes: memory?.bytes ?? null,
      measuredSteps: whole ? null : steps,
      loss: whole && network === "whole" ? first.loss! : null,
    };
  };
  const steps: StepRow[] = [];
  for (const finisher of finishers) if (!isYardstick(finisher.running)) steps.push(await row(finisher));
  return { sgemm, steps };
}

/** Of peers that cannot do the step: the square product, and the one of each time step. */
async function measureProducts(
  race: Race,
  { sgemm: side, rounds, sizes: { batch, cells } }: Plan,
): Promise<ProductRow[]> {
  const rows: ProductRow[] = [];
  for (const [m, k, n] of [[side, side, side], [batch, cells, 4 * cells]]) {
    const field = race.running.filter(({ productsOnly }) => productsOnly);
    const command = { do: "product", m, k, n };
    for (const { running, seconds } of await race.inRounds("products", rounds, field, () => command)) {
      const gigaflops = map(seconds, (s) => 2 * m * k * n / s / 1e9);
      rows.push({ label: running.label, product: [m, k, n], gigaflops });
    }
  }
  return rows;
}

async function measureSampling(race: Race, { points, lanes, rounds }: Plan): Promise<SamplingRow[]> {
  const rows: SamplingRow[] = [];
  const pointsOf = ({ steps = Infinity }: Running) => Math.min(steps, points);
  for (const lines of [1, lanes]) {
    const finishers = await race.inRounds(
      `sampling ${lines} together`,
      rounds,
      race.running.filter(({ kind }) => kind === "engine"),
      (running) => ({ do: "sample", lines, points: pointsOf(running) }),
    );
    for (const { running, seconds } of finishers) {
      const each = pointsOf(running);
      const pointsPerSecond = map(seconds, (s) => lines * each / s);
      rows.push({ label: running.label, lines, points: each, seconds, pointsPerSecond });
    }
  }
  return rows;
}

/** The first engine's step against T, B and H. */
async function measureCost(race: Race, { cost: { base, ...series }, rounds }: Plan): Promise<CostRow[]> {
  const rows: CostRow[] = [];
  for (const varied of ["steps", "batch", "cells"] as const) {
    for (const value of series[varied]) {
      const engine = race.running.find(({ kind }) => kind === "engine");
      if (!engine) return rows;
      const sizes = { ...base, [varied]: value };
      await race.prepare(engine, sizes);
      const what = `cost, ${varied} ${value}`;
      for (const { seconds } of await race.inRounds(what, rounds, [engine], () => ({ do: "step" }))) {
        const gigaflops = map(seconds, (s) => stepFlops(sizes) / s / 1e9);
        rows.push({ varied, sizes, seconds, gigaflops });
      }
    }
  }
  return rows;
}

/** Fresh processes in turns; the first of each fills Deno's cache and does not count. */
async function measureStartup(race: Race, rounds: number, engines: string[]): Promise<StartRow[]> {
  const all = ["nothing", "library", ...engines];
  const times = new Map(all.map((what) => [what, { seconds: [] as number[], process: [] as number[] }]));
  for (let round = 0; round <= rounds; round++) {
    race.report(`start-up: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
    for (const [what, { seconds, process }] of times) {
      try {
        const once = await startOnce(what);
        if (round === 0) continue;
        seconds.push(once.seconds);
        process.push(once.process);
      } catch (error) {
        race.skip(`start-up of ${what}`, error);
        times.delete(what);
      }
    }
  }
  const summaries = (
    values: { seconds: number[]; process: number[] },
  ): Record<keyof typeof values, Summary> => ({
    seconds: summarise(values.seconds),
    process: summarise(values.process),
  });
  return Array.from(times, ([what, values]) => ({ what, ...summaries(values) }));
}

async function startOnce(what: string): Promise<{ seconds: number; process: number }> {
  const args = ["run", "-A", fileURLToPath(new URL("startup.ts", import.meta.url)), what];
  const start = performance.now();
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const process = (performance.now() - start) / 1000;
  const answer = new TextDecoder().decode(stdout).split("\n").map(parseAnswer).find((found) => found);
  if (!answer) throw new Error(new TextDecoder().decode(stderr).trim().split("\n").at(-1));
  return { seconds: answer.seconds as number, process };
}
