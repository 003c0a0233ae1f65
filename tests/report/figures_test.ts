import {
  assert,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { parse, resetSVGDefIds, View } from "vega";
import { compile } from "vega-lite";
import { executeNotebook } from "../../lib/jupyter/execute.ts";
import { mixtureOf } from "../../lib/equations/mod.ts";
import { compareAtCommon, learningCurves, lineChart, stepPanels } from "../../lib/report/curves.ts";
import { figure, show } from "../../lib/report/figure.ts";
import * as report from "../../lib/report/mod.ts";
import { type Spec, specToSvg, svgToPng, themed } from "../../lib/report/render.ts";
import { svgSize } from "../../lib/report/svg.ts";
import { notebook } from "../jupyter/stress.ts";
import { assertWellFormed } from "./well_formed.ts";

const scale = { mean: [8, 0], std: [40, 35] };
const line = Float32Array.from({ length: 90 }, (_, k) => k % 3 === 2 ? +(k % 30 === 29) : Math.sin(k * k));
const blocks = [{ real: line, generated: [line, line] }];
const text = "<page> & so on\n".repeat(64 * 4);

/** Every figure, from small made-up data. */
const figures: Record<number, () => Spec | string> = {
  1: () => report.figure1(),
  2: () => report.figure2(),
  3: () => report.textPage(text, { page: 1 }),
  4: () => report.textPage(text, { page: 2 }),
  5: () => report.textPage(text, { page: 1 }),
  6: () => report.textPage(text, { page: 2 }),
  7: () => report.textPage(text, { page: 3 }),
  8: () => report.textPage(text, { page: 4 }),
  9: () => report.figure9([line, line], scale),
  10: () => report.figure10(predicted()),
  11: () => report.figure11([line], scale),
  12: () => report.figure12(),
  13: () =>
    report.figure13({
      text: "abc",
      points: line,
      window: Array.from({ length: 30 }, () => [0, 1, 2, 3]),
      scale,
    }),
  14: () => report.figure14(predicted()),
  15: () => report.figure15(blocks, scale),
  16: () => report.figure16([{ bias: 0, points: line }, { bias: 0.1, points: line }], scale),
  17: () => report.figure17(blocks, scale),
  18: () => report.figure18(blocks, scale),
  19: () => report.figure19(blocks, scale),
  20: () => report.figure20(blocks, scale),
  21: () => report.figure21(blocks, scale),
};

function predicted() {
  return {
    points: line,
    mixtures: Array.from({ length: 30 }, (_, t) => mixtureOf([0, 1, -1, ...Array(10).fill(t / 30)])),
    scale,
  };
}

for (const [number, make] of Object.entries(figures)) {
  Deno.test(`figure ${number} draws as well-formed SVG of a page's width`, async () => {
    const source = make();
    const svg = typeof source === "string" ? source : await specToSvg(source);
    assertWellFormed(svg);
    const { width, height } = svgSize(svg);
    assert(width > 500 && width < 900, `width ${width}`);
    assert(height > 40 && height < 1400, `height ${height}`);
  });
}

Deno.test("the figures' data are not changed by drawing them, and drawing twice gives the same", async () => {
  assertEquals(await specToSvg(figures[10]() as Spec), await specToSvg(figures[10]() as Spec));
  const before = line.slice();
  assertEquals(JSON.stringify(figures[18]()), JSON.stringify(figures[18]()));
  assertEquals(line, before);
});

Deno.test("figure writes SVG and PNG and can be shown, small specifications live", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const spec = lineChart([{ name: "a", points: [{ x: 1, y: 1 }, { x: 2, y: 2 }] }], { x: "x", y: "y" });
    const drawn = await figure(spec, {
      name: "lines",
      alt: "two points",
      caption: "**Figure 0.** A line.",
      directory,
    });
    assertEquals(drawn.caption, "**Figure 0.** A line.");
    assertEquals(await Deno.readTextFile(join(directory, "lines.svg")), drawn.svg);
    const png = await Deno.readFile(join(directory, "lines.png"));
    assertEquals([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
    const pixels = new DataView(png.buffer);
    assertEquals(pixels.getUint32(16), Math.round(2 * drawn.width));
    assertEquals(pixels.getUint32(20), Math.round(2 * drawn.height));
    assertEquals(drawn.bundle["text/plain"], "two points");
    const live = drawn.bundle["application/vnd.vegalite.v5+json"] as { $schema: string };
    assertStringIncludes(live.$schema, "/v5.json");
    const shown = (drawn as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")]();
    assertEquals(shown, drawn.bundle);
    await show(drawn); // Outside a notebook it prints the words.
    const page = await figure(figures[3](), { name: "page", alt: "a page", directory });
    assertEquals(Object.keys(page.bundle), ["image/png", "text/plain"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** What JupyterLab's dark theme puts under a figure's own settings: vega-themes' "dark". */
const dark = {
  background: "#333",
  view: { stroke: "#888" },
  title: { color: "#fff", subtitleColor: "#fff" },
  style: { "guide-label": { fill: "#fff" }, "guide-title": { fill: "#fff" } },
  axis: { domainColor: "#fff", gridColor: "#888", tickColor: "#fff" },
};

Deno.test("a front end's dark theme leaves every figure as it is", async () => {
  const facets: Spec = {
    title: { text: "a title", subtitle: "and more" },
    data: { values: [{ x: 1, y: 2, kind: "a" }, { x: 2, y: 3, kind: "b" }] },
    mark: "line",
    encoding: {
      x: { field: "x", type: "quantitative" },
      y: { field: "y", type: "quantitative" },
      color: { field: "kind", type: "nominal" },
      row: { field: "kind", type: "nominal" },
    },
  };
  const specs = [
    facets,
    ...Object.values(figures).map((make) => make()).filter((made) => typeof made !== "string"),
  ];
  for (const spec of specs) {
    const { spec: compiled } = compile(themed(spec) as never, { config: dark as never });
    const lines = async (svg: string | Promise<string>) => (await svg).replaceAll("><", ">\n<").split("\n");
    const asItIs = await lines(specToSvg(spec));
    const view = new View(parse(compiled), { renderer: "none" });
    resetSVGDefIds();
    const asDark = await lines(view.toSVG());
    view.finalize();
    assertEquals(asDark.filter((line, k) => line !== asItIs[k]), []);
  }
});

Deno.test("in a notebook a figure comes with its size and its words, where nbconvert looks for them", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const module = new URL("../../lib/report/figure.ts", import.meta.url).href;
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"></svg>';
    const options = JSON.stringify({ name: "a", alt: 'a "blank"', caption: "**Figure 0.**", directory });
    const source =
      `const { figure, show } = await import("${module}"); await show(figure(\`${svg}\`, ${options}));`;
    const { executed, error } = await executeNotebook(notebook(source), { directory: Deno.cwd() });
    assertEquals(error, undefined);
    const [output, caption] = executed.cells[0].outputs!;
    assertEquals(output.output_type === "display_data" && output.metadata, {
      "image/png": { width: 60, height: 20, alt: 'a "blank"' },
      figure: "a",
    });
    assert(caption.output_type === "display_data");
    assertEquals(caption.metadata, { caption: true });
    assertEquals(caption.data["text/markdown"], ["**Figure 0.**"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("letters reach the PNG: the project's own fonts are used", async () => {
  const page = (content: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="15">${content}</text></svg>`;
  const [blank, sans, mono] = await Promise.all(
    ["", "abc", `<tspan font-family="DejaVu Sans Mono">abc</tspan>`].map((text) => svgToPng(page(text))),
  );
  assertLess(blank.length, sans.length);
  assertNotEquals(sans, mono);
});

Deno.test("a specification that Vega-Lite warns about is refused", async () => {
  await assertRejects(
    () =>
      specToSvg({
        data: { values: [{ a: 1 }] },
        mark: "bar",
        encoding: { shape: { field: "a", type: "nominal" } },
      }),
    Error,
    "Vega-Lite warned",
  );
});

Deno.test("svgSize wants a picture", () => {
  assertThrows(() => svgSize("<p>no</p>"), Error, "Expected an <svg>");
});

Deno.test("the log of a training is drawn as two curves with the paper's result", () => {
  const rows = [
    { update: 100, epoch: 0.5, seconds: 60, trainingLoss: -10, validationLoss: NaN, rate: 0.001 },
    { update: 200, epoch: 1, seconds: 120, trainingLoss: -20, validationLoss: -15, rate: 0.001 },
  ];
  const spec = learningCurves(rows, { references: [{ name: "none", y: -1096.9 }] });
  const [curves, paper] = spec.layer as { data: { values: unknown[] } }[];
  assertEquals(curves.data.values, [
    { x: 0.5, y: -10, name: "training" },
    { x: 1, y: -20, name: "training" },
    { x: 1, y: -15, name: "validation" },
  ]);
  assertEquals(paper.data.values, [{ name: "paper: none", y: -1096.9 }]);
});

Deno.test("trainings are compared over what they saw and over the time it took", async () => {
  const row = { update: 1, epoch: 0.5, seconds: 60, trainingLoss: NaN, validationLoss: -10, rate: 0.001 };
  const rows = [{ ...row, epoch: 0 }, row];
  const spec = report.compareTrainings([{ name: "a", rows }, { name: "b", rows: [row] }]);
  const [seen, time] = spec.hconcat as { layer: { data: { values: unknown[] } }[] }[];
  const a = { x: 0.5, y: -10, name: "a" };
  assertEquals(seen.layer[0].data.values, [a, { ...a, name: "b" }], "no logarithm of 0");
  assertEquals(time.layer[0].data.values.length, 3);
  assertWellFormed(await specToSvg(spec));
});

Deno.test("importing the library does not load the drawing libraries", async () => {
  const script = `
    await import(${JSON.stringify(import.meta.resolve("../../lib/report/mod.ts"))});
    if (Deno.readTextFileSync("/proc/self/maps").includes("resvg")) Deno.exit(1);
  `;
  const begin = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", Deno.build.os === "linux" ? script : script.replace(/.*maps.*/, "")],
  }).output();
  assert(success);
  assertLess(performance.now() - begin, 3000);
});

const row = (epoch: number, minutes: number, validationLoss: number) => ({
  update: 1,
  epoch,
  seconds: 60 * minutes,
  trainingLoss: 1,
  validationLoss,
  rate: 1,
});

Deno.test("trainings are compared at the furthest point that all reached, and not where one was measured later", () => {
  const fast = { name: "fast", rows: [row(0, 0, NaN), row(1, 10, 8), row(3, 30, 4)] };
  const slow = { name: "slow", rows: [row(0.5, 20, 9), row(2, 80, 5)] };
  assertEquals(compareAtCommon([fast, slow]), [
    { by: "passes", at: 2, losses: { fast: 6, slow: 5 } },
    { by: "minutes", at: 30, losses: { fast: 4, slow: 9 - 4 / 6 } },
  ]);
  const late = { name: "late", rows: [row(5, 1, 2)] };
  assertEquals(compareAtCommon([fast, late])[0], { by: "passes", at: 3, losses: { fast: 4, late: null } });
});

Deno.test("learning curves: what was validated on is said, and the result is a dot where the kept weights were", async () => {
  const spec = learningCurves([row(0, 0, NaN), row(1, 1, 3), row(2, 2, 2), row(3, 3, 2.5)], {
    validation: "validation, its beginning",
    result: { name: "these weights", y: 1.5 },
  });
  const layers = spec.layer as { data: { values: Record<string, unknown>[] } }[];
  assertEquals(layers.at(-1)!.data.values, [{ name: "these weights", y: 1.5, x: 2 }]);
  const svg = await specToSvg(spec);
  for (const label of ["validation, its beginning", "these weights"]) assertStringIncludes(svg, label);
});

Deno.test("step panels have one panel for each series and one title of the axis that they share", async () => {
  const svg = await specToSvg(
    stepPanels(["a", "b"].map((name) => ({ name, points: [{ x: 1, y: 0 }, { x: 2, y: 1 }] })), { x: "step" }),
  );
  assertWellFormed(svg);
  assertEquals(svg.match(/>step</g)?.length, 1);
});
