/** The results as tables, for people. */
import { inColumns } from "../columns.ts";
import { ratio, type Results, type StepRow, type Summary } from "./results.ts";
import type { TogetherRow } from "./together.ts";

/**
 * The points that a pen writes in a second, pauses aside: the sensor's rate by the time stamps of IAM-OnDB
 * (every fifth line: 1,474,033 intervals between neighbouring points of a stroke, 11.4 ms in the mean). With
 * the time between the strokes it is 31.
 */
const penPointsPerSecond = 88;

/** A value with three digits that count. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
/** The median, with the lowest and the highest value. */
export function spread({ median, lowest, highest }: Summary): string {
  return `${short(median)} (${short(lowest)}–${short(highest)})`;
}
const labelOf = ({ label, measuredSteps }: StepRow) =>
  label + (measuredSteps ? ` [T = ${measuredSteps}, extrapolated]` : "");
const percent = (summary: Summary) => `${(100 * summary.median).toFixed(0)} %`;
const megabytes = (bytes: number | null) => bytes === null ? "–" : `${(bytes / 1e6).toFixed(0)}`;

/** A table below its title, the first column flush left; nothing where there are no rows. */
export function formatTable(title: string, head: string[], rows: string[][], notes: string[] = []): string {
  if (rows.length === 0) return "";
  const lines = [...inColumns([head, ...rows], (k) => k === 0), ...notes];
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** All tables of a run, one after another. */
export function describe(results: Results): string {
  const { sgemm, steps, batches, sampling, startup, cost, skipped } = results;
  const first = steps[0];
  return [
    formatTable(
      "sgemm, GFLOP/s",
      ["by", "median (lowest–highest)", ""],
      sgemm.map(({ label, gigaflops, description }) => [label, spread(gigaflops), description]),
    ),
    formatTable(
      "One training step: loss, gradient, update by Adam",
      ["", "seconds", "GFLOP/s", "of sgemm", "peak MB", "nats/point", first ? `time / ${first.label}` : ""],
      steps.map((row) => [
        labelOf(row),
        spread(row.seconds),
        spread(row.gigaflops),
        row.share ? percent(row.share) : "–",
        megabytes(row.peakBytes),
        row.loss === null ? "–" : row.loss.toFixed(4),
        short(ratio(row.seconds, first.seconds).median),
      ]),
      ["FLOP: 6 · T · B · (weights in matrix products); 'of sgemm': of all cores' rate in the same round."],
    ),
    formatTable(
      "The same step with other numbers of lines",
      ["", "B", "seconds", "GFLOP/s", "of sgemm", "time / the first's"],
      batches.map((row) => [
        labelOf(row),
        String(row.batch),
        spread(row.seconds),
        spread(row.gigaflops),
        row.share ? percent(row.share) : "–",
        short(ratio(row.seconds, batches.find(({ batch }) => batch === row.batch)!.seconds).median),
      ]),
    ),
    formatTable(
      "Sampling handwriting",
      ["", "lines", "points each", "seconds", "points/s", "times real time"],
      sampling.map(({ label, lines, points, seconds, pointsPerSecond }) => [
        label,
        String(lines),
        String(points),
        spread(seconds),
        spread(pointsPerSecond),
        short(pointsPerSecond.median / penPointsPerSecond),
      ]),
      [`Real time: ${penPointsPerSecond} points a second, as a pen writes in IAM-OnDB.`],
    ),
    formatTable(
      "Start-up of a fresh process, seconds",
      ["", "import and open", "whole process"],
      startup.map(({ what, seconds, process }) => [
        { nothing: what, library: "the library (lib/notebook.ts)" }[what] ?? `engine ${what}`,
        spread(seconds),
        spread(process),
      ]),
    ),
    formatTable(
      `Cost of a step${first ? `, ${first.label}` : ""}`,
      ["varied", "T", "B", "H", "seconds", "GFLOP/s"],
      cost.map(({ varied, sizes, seconds, gigaflops }) => [
        { steps: "T", cells: "H" }[varied],
        String(sizes.steps),
        String(sizes.batch),
        String(sizes.cells),
        spread(seconds),
        spread(gigaflops),
      ]),
    ),
    skipped.length ? ["Not measured", ...skipped.map((s) => `  ${s.label}: ${s.reason}`)].join("\n") : "",
  ].filter(Boolean).join("\n\n");
}

/** The training step by several processes. */
export function describeTogether(rows: TogetherRow[]): string {
  return formatTable(
    "One training step by several processes",
    ["", "seconds", "of it exchange", "of it waiting"],
    rows.map((
      { label, seconds, exchange, waiting },
    ) => [label, spread(seconds), percent(exchange), percent(waiting)]),
    [
      "Exchange: gradients gathered, summed by MPI_Allreduce and spread again, once all processes have theirs;",
      "waiting: for the slowest to have them. In the mean over the processes.",
    ],
  );
}
