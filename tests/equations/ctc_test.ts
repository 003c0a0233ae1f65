import { assertAlmostEquals, assertEquals } from "@std/assert";
import { editDistance } from "../../lib/edit_distance.ts";
import { bestPath, ctcLoss, type Labelling } from "../../lib/equations/ctc.ts";
import { Random } from "../../lib/random.ts";

const classes = 4, blank = 3;

/** Two lines side by side; the second is the one that is read. */
function line(steps: number, seed = 1): Labelling & { outputs: Float64Array } {
  const random = new Random(seed, "outputs");
  const outputs = Float64Array.from({ length: steps * 2 * classes }, () => random.gaussian());
  return { outputs, classes, offset: classes, stride: 2 * classes, steps };
}

/** What a path says: repetitions once, blanks left out. */
const collapse = (path: number[]) => path.filter((k, t) => k !== blank && k !== path[t - 1]);

/** Pr(labels) as the sum over all K^T paths. */
function bySummation({ outputs, offset, stride, steps }: Labelling, labels: number[]): number {
  let sum = 0;
  for (let code = 0; code < classes ** steps; code++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(code / classes ** t) % classes);
    if (collapse(path).join() !== labels.join()) continue;
    sum += path.reduce((product, k, t) => {
      const row = Array.from({ length: classes }, (_, j) => Math.exp(outputs[offset + t * stride + j]));
      return product * row[k] / row.reduce((a, b) => a + b);
    }, 1);
  }
  return -Math.log(sum);
}

Deno.test("CTC: the loss is that of all paths that read the labels", () => {
  for (const labels of [[], [0], [0, 1], [2, 2], [0, 1, 0], [1, 1, 2]]) {
    for (const steps of [4, 6]) {
      const at = line(steps, labels.length);
      const expected = bySummation(at, labels);
      assertAlmostEquals(ctcLoss(at, labels), expected, 1e-10, `${labels} in ${steps} steps`);
    }
  }
});

Deno.test("CTC: labels that do not fit have no probability", () => {
  assertEquals(ctcLoss(line(2), [0, 1, 2]), Infinity);
  // Equal labels need a blank between them.
  assertEquals(ctcLoss(line(2), [1, 1]), Infinity);
  assertEquals(bySummation(line(2), [1, 1]), Infinity);
});

Deno.test("CTC: the derivatives are those of finite differences, and only of the line's own outputs", () => {
  const labels = [0, 1, 1, 2], steps = 9;
  const derivatives = line(steps);
  ctcLoss(derivatives, labels);
  for (let k = 0; k < derivatives.outputs.length; k++) {
    const at = (step: number) => {
      const moved = line(steps);
      moved.outputs[k] += step;
      return ctcLoss(moved, labels);
    };
    const own = Math.floor(k / classes) % 2 === 1;
    const expected = own ? (at(1e-5) - at(-1e-5)) / 2e-5 : line(steps).outputs[k];
    assertAlmostEquals(derivatives.outputs[k], expected, 1e-8);
  }
});

Deno.test("CTC: a long line does not underflow", () => {
  const labels = Array.from({ length: 60 }, (_, u) => u % 3);
  const loss = ctcLoss(line(2000), labels);
  assertEquals(Number.isFinite(loss) && loss > 0, true);
});

Deno.test("best path: repetitions once, blanks left out", () => {
  const path = [3, 0, 0, 3, 0, 1, 1, 3, 2];
  const outputs = Float64Array.from(
    path.flatMap((k) => Array.from({ length: classes }, (_, j) => +(j === k))),
  );
  assertEquals(bestPath({ outputs, classes, offset: 0, stride: classes, steps: path.length }), [0, 0, 1, 2]);
});

Deno.test("edit distance", () => {
  assertEquals(editDistance("kitten", "sitting"), 3);
  assertEquals(editDistance("", "abc"), 3);
  assertEquals(editDistance([1, 2, 3], [1, 3]), 1);
});
