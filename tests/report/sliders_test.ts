/** What the sliders' figures compute in Vega's expressions is what the equations say, wherever the sliders stand. */
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as vega from "vega";
import { lstmStep, mixtureDensity, mixtureOf, softWindowWeights } from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { type Spec, vegaOf } from "../../lib/report/render.ts";
import { biasedWriting, biasPlane } from "../../lib/report/sliders/bias.ts";
import { cellSliders } from "../../lib/report/sliders/cell.ts";
import { readingSlider } from "../../lib/report/sliders/reading.ts";
import { hasSliders } from "../../lib/report/sliders/slider.ts";
import { windowSliders } from "../../lib/report/sliders/window.ts";

type Row = Record<string, number>;

/** The rows of every data set of a figure in which each row has these fields, at these places of its sliders. */
async function rowsAt(spec: Spec, sliders: Record<string, number>, fields: string[]): Promise<Row[][]> {
  const compiled = await vegaOf(spec) as Spec & { data: { name: string }[] };
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  try {
    for (const [name, value] of Object.entries(sliders)) view.signal(name, value);
    await view.runAsync();
    return compiled.data.map(({ name }): Row[] => view.data(name)).filter((rows) =>
      rows.length > 0 && fields.every((field) => field in rows[0])
    );
  } finally {
    view.finalize();
  }
}

Deno.test("the cell with sliders takes lstmStep's steps", async () => {
  for (const [W_co, b_i, b_f, b_o] of [[6, -5, 8, -3], [0, -12, 1, 2], [3.5, -9, -1, 0]]) {
    const found = await rowsAt(cellSliders(), { W_co, b_i, b_f, b_o }, ["t", "x", "c", "h"]);
    assert(found.length > 0);
    const layer = { recurrent: new Float64Array(4), peepholes: Float64Array.of(0, 0, W_co) };
    const zeros = () => ({ hidden: new Float64Array(1), cell: new Float64Array(1) });
    let before = zeros();
    assertEquals(found[0].length, 40);
    for (const row of found[0]) {
      const gates = Float64Array.of(10 * row.x + b_i, b_f, 3 * row.x, b_o), now = zeros();
      lstmStep(gates, layer, before, now);
      before = now;
      assertAlmostEquals(row.i, gates[0], 1e-12);
      assertAlmostEquals(row.f, gates[1], 1e-12);
      assertAlmostEquals(row.c, now.cell[0], 1e-12);
      assertAlmostEquals(row.o, gates[3], 1e-12);
      assertAlmostEquals(row.h, now.hidden[0], 1e-12);
    }
  }
});

Deno.test("the window with sliders is Equation 46", async () => {
  const start = { alpha: [1, 0.4], beta: [2, 0.15], kappa: [3, 6] };
  const found = await rowsAt(windowSliders("soft window", start), { kappa_1: 4.2, beta_2: 3 }, [
    "u",
    "character",
    "phi",
  ]);
  const expected = softWindowWeights([1, 0.4, 2, 3, 4.2, 6], 11);
  assertEquals(found[0].length, 11);
  for (const { u, phi } of found[0]) assertAlmostEquals(phi, expected[u - 1], 1e-12);
});

Deno.test("the plane with a slider is the density of Equations 61 and 62", async () => {
  const random = new Random(1, "outputs");
  const outputs = Float64Array.from({ length: 19 }, () => random.gaussian() / 2);
  const spec = biasPlane(outputs, { x1: [-2, 2], x2: [-1, 1], step: 0.25 });
  for (const b of [0, 1.5]) {
    const mixture = mixtureOf(outputs, b);
    const [plane] = await rowsAt(spec, { b }, ["left", "low", "density", "share"]);
    assertEquals(plane.length, 16 * 8);
    for (const { left, low, density, share } of plane) {
      const expected = 2 * Math.PI * mixtureDensity(mixture, left + 0.125, low + 0.125);
      assertAlmostEquals(density, expected, 1e-9 * Math.max(1, expected));
      assert(share >= 0 && share <= 1);
    }
    const [weights] = await rowsAt(spec, { b }, ["j", "weight", "sigma"]);
    weights.forEach(({ weight, sigma }, j) => {
      assertAlmostEquals(weight, mixture.weights[j], 1e-12);
      assertAlmostEquals(sigma, mixture.std1[j], 1e-12);
    });
  }
});

const strokes = [[{ x: 0, y: 0 }, { x: 30, y: 20.04 }, { x: 12, y: 44 }], [{ x: 40, y: 10 }]];

Deno.test("of a text at several biases the slider shows one, its strokes in the order in which they were written", async () => {
  const written = [0, 0.5, 1].map((bias) => ({
    bias,
    strokes: strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x * (1 + bias), y }))),
  }));
  const spec = biasedWriting(written);
  assert(hasSliders(spec));
  const view = new vega.View(vega.parse(await vegaOf(spec)), { renderer: "none" });
  const paths = async (b: number) =>
    [...(await view.signal("b", b).toSVG()).matchAll(/ d="M([^"]+)"[^>]*stroke="#1b2a6b"/g)].map(([, d]) =>
      d
    );
  const [plain, dot] = await paths(0);
  // Three points whose x goes back: a line that is sorted by x would not.
  const x = plain.split("L").map((point) => Number(point.split(",")[0]));
  assert(x[0] < x[2] && x[2] < x[1], plain);
  assertEquals(dot.split("L").length, 2, "a dot is a short line");
  const [wider] = await paths(1);
  const widths = [plain, wider].map((d) =>
    Number(d.split("L")[1].split(",")[0]) - Number(d.split("L")[0].split(",")[0])
  );
  assertAlmostEquals(widths[1] / widths[0], 2, 0.02);
  view.finalize();
});

Deno.test("pen, ink and window move together with the slider of Figure 13", async () => {
  const points = [0, 0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1];
  const window = [[1, 0], [0.6, 0.3], [0.01, 0.9], [0, 1.2]];
  const spec = readingSlider({ text: "ab", points, window });
  const phi = async (time: number) =>
    (await rowsAt(spec, { time }, ["t", "u", "phi"])).at(-1)!.map(({ t, u, phi }) => [t, u, phi]);
  assertEquals(await phi(2), [[2, 1, 0.6], [2, 2, 0.3]]);
  assertEquals(await phi(3), [[3, 2, 0.9]], "what is all but 0 is not drawn");
  const sizes = (await rowsAt(spec, { time: 3 }, ["t", "s", "x", "y"])).map(({ length }) => length);
  assertEquals(new Set(sizes), new Set([4, 3, 1]), "all, what is written, and the pen");
});

Deno.test("a slider's figure stays small enough for a page", () => {
  const points = Float32Array.from(
    { length: 2100 },
    (_, k) => k % 3 === 2 ? Number(k % 60 === 2) : Math.sin(k),
  );
  const window = Array.from(
    { length: 700 },
    (_, t) => Float32Array.from({ length: 40 }, (_, u) => Math.exp(-((t / 17.5 - u) ** 2))),
  );
  const { length } = JSON.stringify(readingSlider({ text: "x".repeat(40), points, window }));
  assertLess(length, 60_000);
});
