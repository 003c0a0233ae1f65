/** The orders of a step as tables, for people. */
import { formatTable, spread } from "../tables.ts";
import { stepFlops } from "../workload.ts";
import { dispatchesOfLoops, loopFlops, type StepOrders } from "./step.ts";

const count = (value: number) => value.toLocaleString("en");
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

/** Microseconds from a dispatch to the next that waits for it: what is known of cards. */
const perDispatch = [5, 10];
/** Seconds that a step is to take. */
const aims = [0.2, 0.1];

const rows: [string, (step: StepOrders) => string][] = [
  ["time steps, batch", ({ sizes }) => `${sizes.steps}, ${sizes.batch}`],
  ["dispatches", ({ later }) => count(later.dispatches)],
  [
    "  of them in time loops, a time step",
    ({ later, sizes }) => String(dispatchesOfLoops(later) / sizes.steps),
  ],
  ["barriers", ({ later }) => count(later.barriers)],
  ["passes, submissions", ({ later }) => `${later.passes}, ${later.submits}`],
  ["given to kernels, MB", ({ later }) => megabytes(later.boundBytes)],
  ["copied on the GPU, MB", ({ later }) => megabytes(later.copiedBytes - later.readBytes)],
  ["from the host, MB", ({ later }) => megabytes(later.uploadedBytes)],
  ["to the host, MB", ({ later }) => megabytes(later.readBytes)],
  ["reads, at whose end it stands still", ({ later }) => `${later.reads}, ${later.idleReads}`],
  ["pipelines: first step, later", ({ first, later }) => `${first.pipelines}, ${later.pipelines}`],
  ["bind groups: first step, later", ({ first, later }) => `${first.bindGroups}, ${later.bindGroups}`],
  ["buffers: first step, later", ({ first, later }) => `${first.buffers}, ${later.buffers}`],
  ["memory, MB", ({ first }) => megabytes(first.bufferBytes)],
  ["seconds", ({ seconds }) => seconds ? spread(seconds) : "–"],
];

export function describeOrders(counted: StepOrders, measured?: StepOrders): string {
  const steps = [counted, ...measured ? [measured] : []];
  return [
    formatTable(
      "What a training step after the first orders of a GPU",
      ["", ...steps.map(({ description }) => description)],
      rows.map(([what, of]) => [what, ...steps.map(of)]),
      [
        "The last read is the bench's own, which waits for all to be done.",
        ...budget(counted),
      ],
    ),
    formatTable(
      "By kernel",
      ["", "dispatches", "given to it, MB"],
      Object.entries(counted.later.kernels)
        .sort(([, a], [, b]) => b.dispatches - a.dispatches || b.boundBytes - a.boundBytes)
        .map(([name, { dispatches, boundBytes }]) => [name, count(dispatches), megabytes(boundBytes)]),
      ["Once for all steps of a time loop."],
    ),
  ].join("\n\n");
}

/** What the number of dispatches leaves of a step's time for the products of whole sequences. */
function budget({ later, sizes }: StepOrders): string[] {
  const dense = stepFlops(sizes) - loopFlops(sizes);
  const [low, high] = perDispatch.map((microseconds) => later.dispatches * microseconds / 1e6);
  const rates = aims.map((aim) => {
    const [slowest, fastest] = [low, high].map((taken) => (dense / (aim - taken) / 1e12).toFixed(1));
    return `${slowest} to ${fastest} TFLOP/s for ${aim} s`;
  });
  return [
    `At ${perDispatch.join(" to ")} µs a dispatch they take ${low.toFixed(3)} to ${high.toFixed(3)} s. The ${
      (dense / 1e9).toFixed(0)
    } GFLOP of products of whole`,
    `sequences would have to run at ${rates.join(", ")}.`,
  ];
}
