import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import { inflateSync } from "node:zlib";
import { Buffer } from "node:buffer";
import { type Mixture, mixtureOf } from "../../lib/equations/mod.ts";
import { componentWeights, densityRaster, partOf } from "../../lib/report/density.ts";
import { densityHeatMap, windowHeatMap } from "../../lib/report/heatmaps.ts";
import { densityRegions, mixturePlanes } from "../../lib/report/planes.ts";
import { rasterUrl, stretch } from "../../lib/report/raster.ts";
import { specToSvg } from "../../lib/report/render.ts";
import { assertWellFormed } from "./well_formed.ts";

/** One Gaussian at an offset. */
function gaussian(mean1: number, mean2: number, std: number): Mixture {
  return mixtureOf([0, 0, mean1, mean2, Math.log(std), Math.log(std), 0]);
}

const points = [10, 0, 0, 10, 10, 0, 10, -5, 1];

Deno.test("the densities of all predictions add up to the number of steps", () => {
  const mixtures = [gaussian(10, 0, 0.8), gaussian(10, 10, 0.5), gaussian(10, -5, 1)];
  const sheet = densityRaster({ points, mixtures }, 400);
  const mass = sheet.values.reduce((a, b) => a + b) * sheet.pixel ** 2;
  assertAlmostEquals(mass, 3, 0.02);
});

Deno.test("each prediction lies around the pen's place before its step", () => {
  const elsewhere = gaussian(-1e6, 0, 1);
  const sheet = densityRaster({ points, mixtures: [elsewhere, elsewhere, gaussian(3, -4, 0.5)] }, 400);
  let brightest = 0;
  sheet.values.forEach((value, k) => brightest = value > sheet.values[brightest] ? k : brightest);
  const x = sheet.left + (brightest % sheet.columns + 0.5) * sheet.pixel;
  const y = sheet.top + (Math.floor(brightest / sheet.columns) + 0.5) * sheet.pixel;
  assertAlmostEquals(x, 23, sheet.pixel);
  assertAlmostEquals(y, 6, sheet.pixel);
});

Deno.test("the scale applies to predictions as to points", () => {
  const scale = { mean: [1, 2], std: [4, 3] };
  const raw = { points, mixtures: [gaussian(10, 0, 1), gaussian(10, 10, 1), gaussian(10, -5, 1)] };
  const normalised = {
    points: points.map((value, k) => k % 3 === 2 ? value : (value - scale.mean[k % 3]) / scale.std[k % 3]),
    mixtures: raw.mixtures.map((mixture) => ({
      ...mixture,
      mean1: mixture.mean1.map((value) => (value - 1) / 4),
      mean2: mixture.mean2.map((value) => (value - 2) / 3),
      std1: mixture.std1.map((value) => value / 4),
      std2: mixture.std2.map((value) => value / 3),
    })),
    scale,
  };
  const a = densityRaster(raw, 100), b = densityRaster(normalised, 100);
  a.values.forEach((value, k) => assertAlmostEquals(b.values[k], value, 1e-9));
});

Deno.test("a prediction sharper than a pixel is not lost between pixels", () => {
  const sharp = [0.3, 0.5, 0.7].map((at) => {
    const mixtures = [gaussian(10 + at, 0, 1e-4), gaussian(10, 10, 1), gaussian(10, -5, 1)];
    const sheet = densityRaster({ points, mixtures }, 60);
    return sheet.values.reduce((a, b) => a + b) * sheet.pixel ** 2;
  });
  for (const mass of sharp) assertAlmostEquals(mass, 3, 0.15);
});

Deno.test("one mixture for each point is demanded", () => {
  assertThrows(() => densityRaster({ points, mixtures: [] }), RangeError, "found 0 for 3");
});

Deno.test("component weights are laid out as components by steps", () => {
  const mixture = (...weights: number[]) => ({ ...gaussian(0, 0, 1), weights: Float64Array.from(weights) });
  assertEquals([...componentWeights([mixture(0.2, 0.8), mixture(0.4, 0.6), mixture(1, 0)]).values], [
    ...[0.2, 0.4, 1],
    ...[0.8, 0.6, 0],
  ]);
});

Deno.test("a raster becomes a PNG whose pixels grow with the values", () => {
  const url = rasterUrl({ columns: 3, rows: 2, values: Float64Array.of(0, 1, 2, 4, 8, 16) }, {
    exponent: 0.5,
  });
  const png = Buffer.from(url.replace("data:image/png;base64,", ""), "base64");
  assertEquals(png.subarray(1, 4).toString(), "PNG");
  assertEquals([png.readUInt32BE(16), png.readUInt32BE(20)], [3, 2]);
  const at = png.indexOf("IDAT");
  const pixels = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  assertEquals([...pixels], [0, 0, 64, 90, 0, 128, 180, 255]);
});

/** Palette indices of a raster of one row. */
function colours(values: number[], options: Parameters<typeof rasterUrl>[1]): number[] {
  const url = rasterUrl({ columns: values.length, rows: 1, values: Float64Array.from(values) }, options);
  const png = Buffer.from(url.replace("data:image/png;base64,", ""), "base64");
  const at = png.indexOf("IDAT");
  return [...inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))].slice(1);
}

Deno.test("with a floor, colours go with the logarithm, and what is below it or above the maximum keeps to the ends", () => {
  assertEquals(colours([0, 1e-6, 1e-5, 1e-4, 1e-3, 1], { floor: 1e-5, maximum: 1e-3 }), [
    ...[0, 0, 0],
    ...[128, 255, 255],
  ]);
});

Deno.test("a part of a line lies where it lay, seen from the pen's place before it", () => {
  const mixtures = [gaussian(10, 0, 0.8), gaussian(10, 10, 0.5), gaussian(10, -5, 1)];
  const part = partOf({ points, mixtures }, [1, 3]);
  assertEquals(part.points, points.slice(3));
  assertEquals(part.mixtures, mixtures.slice(1));
});

Deno.test("ends of strokes are marked and numbered on the sheet and over time, the part's own end is not", () => {
  const lifted = [10, 0, 1, 10, 10, 0, 10, -5, 1];
  const mixtures = [gaussian(10, 0, 0.8), gaussian(10, 10, 0.5), gaussian(10, -5, 1)];
  const { vconcat } = densityHeatMap({ points: lifted, mixtures }) as {
    vconcat: { layer: { data: { values: { name?: string; t?: number }[] } }[] }[];
  };
  for (const { layer } of vconcat) {
    assertEquals(layer.slice(2).map(({ data }) => data.values.map(({ name, t }) => [name, t])), [
      [["1", 1]],
      [["1", 1]],
    ]);
  }
});

Deno.test("heat maps say which colour is which number", async () => {
  const mixtures = [gaussian(10, 0, 0.8), gaussian(10, 10, 0.5), gaussian(10, -5, 1)];
  const density = await specToSvg(densityHeatMap({ points, mixtures }));
  assertEquals(density.match(/<linearGradient/g)?.length, 2);
  for (const label of ["density", "1e-4", "weight π"]) assert(density.includes(label), label);
  const window = await specToSvg(windowHeatMap({ text: "ab", points, window: [[1, 2], [3, 4], [0, 1]] }));
  assertEquals(window.match(/<linearGradient/g)?.length, 1);
  // Each number of the bar as it is, none rounded to its neighbour.
  for (const value of ["0", "0.5", "1", "2"]) {
    assertEquals(window.match(new RegExp(`>${value}</text>`, "g"))?.length, 1);
  }
  assert(density.includes(">0.25</text>"));
});

Deno.test("regions of a plane hold their share of the probability, and shrink as the standard deviation does", () => {
  // A Gaussian's smallest region with the share p is a disc of radius σ √(−2 ln(1 − p)).
  for (const std of [1, 0.5]) {
    const { values } = densityRegions(gaussian(0, 0, std), 700, 500);
    for (const [k, share] of [0.99, 0.9, 0.5].entries()) {
      const pixels = values.reduce((count, region) => count + Number(region > k), 0);
      const expected = -2 * Math.PI * std ** 2 * Math.log(1 - share);
      if (std === 0.5) assertAlmostEquals(pixels / 100 ** 2, expected, 0.02 * expected);
      else if (k > 0) assertAlmostEquals(pixels / 100 ** 2, expected, 0.05 * expected);
    }
  }
});

Deno.test("planes stand side by side, one for each mixture, with each component's mean", async () => {
  const spec = mixturePlanes([{ name: "one", mixture: gaussian(1, 0, 1) }, {
    name: "two",
    mixture: gaussian(0, 1, 0.5),
  }]);
  const svg = await specToSvg(spec);
  assertWellFormed(svg);
  assertEquals(svg.match(/<image /g)?.length, 2);
  for (const label of ["one", "two", "50 %", "99 %"]) assert(svg.includes(label), label);
});

Deno.test("a raster of zeros is all of the first colour", () => {
  const url = rasterUrl({ columns: 2, rows: 1, values: new Float64Array(2) });
  assert(url.startsWith("data:image/png;base64,"));
});

Deno.test("stretching keeps hard edges", () => {
  const { values } = stretch({ columns: 2, rows: 1, values: Float64Array.of(3, 7) }, 5, 2);
  assertEquals([...values], [3, 3, 7, 7, 7, 3, 3, 7, 7, 7]);
});

Deno.test("the density heat map is quick, small and well-formed", async () => {
  const steps = 300, components = 20;
  const hats = Array.from({ length: 6 * components + 1 }, (_, k) => Math.sin(k));
  const many = Array.from(
    { length: 3 * steps },
    (_, k) => k % 3 === 0 ? 0.4 : k % 3 === 1 ? Math.sin(k / 9) : 0,
  );
  const begin = performance.now();
  const spec = densityHeatMap({
    points: many,
    mixtures: Array.from({ length: steps }, () => mixtureOf(hats)),
  });
  const svg = await specToSvg(spec);
  assertLess(performance.now() - begin, 10_000);
  assertLess(svg.length, 500_000);
  assertWellFormed(svg);
  assertEquals(svg.match(/<image /g)?.length, 2);
});

Deno.test("the window heat map shows the text upwards and the trace below its time", async () => {
  // A steady hand: the pen passes each place of the sheet exactly when time does.
  const text = "ab<c", steps = 80;
  const trace = Array.from({ length: 3 * steps }, (_, k) => k % 3 === 0 ? 5 : k % 3 === 1 ? Math.cos(k) : 0);
  const window = Array.from(
    { length: steps },
    (_, t) => [0, 1, 2, 3, 4].map((u) => Math.exp(-((t / 20 - u) ** 2))),
  );
  const spec = windowHeatMap({ text, points: trace, window });
  const [top, bottom] = spec.vconcat as {
    layer: { data: { values: { u: number; character: string }[] } }[];
  }[];
  assertEquals(top.layer[1].data.values.map(({ character }) => character).join(""), text);
  const drawn = (bottom as unknown as { data: { values: { t: number }[] } }).data.values;
  assertEquals(drawn.length, steps);
  drawn.forEach(({ t }, k) => assertAlmostEquals(t, k + 0.5, 0.02));
  const svg = await specToSvg(spec);
  assertWellFormed(svg);
  assertGreater(svg.indexOf("&lt;"), 0);
});

Deno.test("the window heat map refuses weights that do not fit the text", () => {
  assertThrows(
    () => windowHeatMap({ text: "abc", points: [1, 1, 1], window: [[1, 2]] }),
    RangeError,
    "shortest of 2",
  );
});
