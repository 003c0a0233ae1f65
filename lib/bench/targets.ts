/** What the engines are to reach on two cores, and whether they did. */
import { ratio } from "./statistics.ts";
import type { Results } from "./results.ts";

export interface Target {
  what: string;
  wanted: string;
  found: number;
  reached: boolean;
}

/** The targets that these results can tell about. Only for the paper's sizes. */
export function targets({ steps, sampling, startup }: Results): Target[] {
  const step = (name: string) => steps.find((row) => row.name === name);
  const list: Target[] = [];
  const add = (
    what: string,
    wanted: string,
    found: number | undefined,
    reached: (found: number) => boolean,
  ) => {
    if (found !== undefined) list.push({ what, wanted, found, reached: reached(found) });
  };
  const cpu = step("cpu"), noBlas = step("cpu-no-blas");
  add("cpu with BLAS, share of sgemm", "≥ 0.75", cpu?.share?.median, (x) => x >= 0.75);
  add("cpu without BLAS, share of sgemm", "≥ 0.4", noBlas?.share?.median, (x) => x >= 0.4);
  for (const [peer, wanted] of [["torch-eager", "> 1"], ["torch-lstm", "≥ 1"]]) {
    const rival = step(peer);
    const times = cpu && rival && ratio(rival.seconds, cpu.seconds).median;
    add(
      `${rival?.label}: its time against the cpu engine's`,
      wanted,
      times,
      (x) => wanted === "> 1" ? x > 1 : x >= 1,
    );
  }
  const lines = sampling.filter(({ label }) => label === cpu?.label);
  const alone = lines.find((row) => row.lines === 1), together = lines.find((row) => row.lines > 1);
  add("one line sampled, seconds", "≤ 0.3", alone?.seconds.median, (x) => x <= 0.3);
  const gain = alone && together && ratio(together.pointsPerSecond, alone.pointsPerSecond).median;
  add(`${together?.lines} lines together, points/s against one`, "≥ 8", gain, (x) => x >= 8);
  add("webgpu step, seconds", "≤ 0.2", step("webgpu")?.seconds.median, (x) => x <= 0.2);
  const library = startup.find(({ what }) => what === "library");
  add("import of the library, seconds", "< 0.5", library?.seconds.median, (x) => x < 0.5);
  return list;
}
