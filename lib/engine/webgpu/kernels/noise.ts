/** Weight noise and dropout: `gaussianNoise` and `dropoutMask` of `lib/random.ts` on the device, and the sums
 * that adaptive weight noise needs. */
import { dropoutThreshold } from "../../../random.ts";
import type { DropoutOptions } from "../../engine.ts";
import { elementwise, kernel } from "../kernel.ts";
import type { DeviceTensor } from "../memory.ts";
import type { Runtime } from "../runtime.ts";
import { forEachElement } from "./elementwise.ts";
import { reductions } from "./functions.ts";

const hash = `
  // Jarzynski & Olano (2020)
  fn pcg4d(counter: vec4u) -> vec4u {
    var v = counter * 1664525u + 1013904223u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    v ^= v >> vec4u(16u);
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v;
  }`;

const gaussian = `${hash}

  // ln((u + 1) / 2³²). Near 1 a float32 is too coarse and WGSL's log too free: there, with d = 1 − (u +
  // 1)/2³²,
  // ln(1 − d) = −2 artanh(d / (2 − d)) by its series, whose argument is at most 1/3.
  fn logUniform(u: u32) -> f32 {
    if (u < 0x80000000u) { return log((f32(u) + 1.0) / 4294967296.0); }
    let d = f32(~u) / 4294967296.0;
    let s = d / (2.0 - d);
    let s2 = s * s;
    return -2.0 * s * (1.0 + s2 * (1.0 / 3.0 + s2 * (1.0 / 5.0 + s2 * (1.0 / 7.0 + s2 * (1.0 / 9.0
      + s2 * (1.0 / 11.0 + s2 / 13.0))))));
  }

  // (cos, sin) of 2π v / 2³²: the nearest quarter turn exactly, the rest, at most π/4, by its series.
  fn onCircle(v: u32) -> vec2f {
    let turned = v + 0x20000000u;
    let x = f32(i32(turned & 0x3fffffffu) - 0x20000000) * (6.283185307179586 / 4294967296.0);
    let x2 = x * x;
    let c = 1.0 - x2 / 2.0 * (1.0 - x2 / 12.0 * (1.0 - x2 / 30.0 * (1.0 - x2 / 56.0 * (1.0 - x2 / 90.0))));
    let s = x * (1.0 - x2 / 6.0 * (1.0 - x2 / 20.0 * (1.0 - x2 / 42.0 * (1.0 - x2 / 72.0))));
    switch (turned >> 30u) {
      case 0u: { return vec2f(c, s); }
      case 1u: { return vec2f(-s, c); }
      case 2u: { return vec2f(-c, -s); }
      default: { return vec2f(s, -c); }
    }
  }

  // Element i of the noise: Box–Muller on two of the four words of its counter.
  fn gaussian(i: u32) -> f32 {
    let words = pcg4d(vec4u(i / 4u, p.seed, p.stream, 0x6e6f6973u));
    let pair = select(words.xy, words.zw, (i & 2u) != 0u);
    let point = sqrt(-2.0 * logUniform(pair.x)) * onCircle(pair.y);
    return select(point.x, point.y, (i & 1u) != 0u);
  }`;

const counter = { seed: "u32", stream: "u32", first: "u32" } as const;
const addNoiseKernel = elementwise({
  name: "add noise",
  reads: { mean: "f32", logVariance: "f32" },
  writes: { out: "f32" },
  numbers: counter,
  declarations: gaussian,
  each: `
    let deviation = exp(0.5 * logVariance[p.logVariance + i]);
    out[p.out + i] = mean[p.mean + i] + deviation * gaussian(p.first + i);`,
});
const addSharedNoiseKernel = elementwise({
  name: "add noise of one variance",
  reads: { mean: "f32" },
  writes: { out: "f32" },
  numbers: { ...counter, deviation: "f32" },
  declarations: gaussian,
  each: "out[p.out + i] = mean[p.mean + i] + p.deviation * gaussian(p.first + i);",
});
export function addNoise(
  runtime: Runtime,
  mean: DeviceTensor,
  logVariance: DeviceTensor | number,
  out: DeviceTensor,
  seed: number,
  stream: number,
): void {
  if (typeof logVariance === "number") {
    const deviation = Math.exp(logVariance / 2);
    forEachElement(
      runtime,
      addSharedNoiseKernel,
      { mean, out },
      (first) => ({ seed, stream, first, deviation }),
    );
  } else {
    forEachElement(runtime, addNoiseKernel, { mean, logVariance, out }, (first) => ({ seed, stream, first }));
  }
}

const dropoutKernel = elementwise({
  name: "dropout",
  reads: {},
  writes: { x: "f32" },
  numbers: { ...counter, threshold: "u32", scale: "f32" },
  declarations: hash,
  each: `
    let element = p.first + i;
    let word = pcg4d(vec4u(element / 4u, p.seed, p.stream, 0x64726f70u))[element % 4u];
    x[p.x + i] = select(p.scale * x[p.x + i], 0.0, word < p.threshold);`,
});
export function dropout(runtime: Runtime, x: DeviceTensor, { rate, seed, stream }: DropoutOptions): void {
  const threshold = dropoutThreshold(rate), scale = 1 / (1 - rate);
  forEachElement(runtime, dropoutKernel, { x }, (first) => ({ seed, stream, first, threshold, scale }));
}

const sumsKernel = kernel({
  name: "adaptive noise sums",
  reads: { mean: "f32", logVariance: "f32" },
  writes: { sums: "f32" },
  numbers: { size: "u32", firstGroup: "u32" },
  declarations: reductions(256),
  body: `
    var total = vec4f();
    for (var i = 256u * group.x + thread; i < p.size; i += 256u * groups.x) {
      let mu = mean[p.mean + i];
      let logarithm = logVariance[p.logVariance + i];
      total += vec4f(mu, mu * mu, exp(logarithm), logarithm);
    }
    for (var k = 0u; k < 4u; k++) {
      let sum = sumOverThreads(total[k], thread);
      if (thread == 0u) { sums[p.sums + 4u * (p.firstGroup + group.x) + k] = sum; }
    }`,
});
/** Workgroups leave one partial sum each; the host adds these up in float64. */
export async function adaptiveNoiseSums(runtime: Runtime, mean: DeviceTensor, logVariance: DeviceTensor) {
  const spans = runtime.spans(mean.size, 4).map(([from, to]) => ({
    from,
    size: to - from,
    groups: Math.min(256, Math.ceil((to - from) / 1024)),
  }));
  const total = spans.reduce((sum, { groups }) => sum + groups, 0);
  const content = await runtime.withScratch(4 * total, (sums) => {
    let firstGroup = 0;
    for (const { from, size, groups } of spans) {
      const parts = { mean: mean.part(from, size), logVariance: logVariance.part(from, size), sums };
      runtime.run(sumsKernel, parts, { size, firstGroup }, [groups]);
      firstGroup += groups;
    }
    return runtime.download(sums);
  });
  const sums = [0, 0, 0, 0];
  new Float32Array(content).forEach((value, k) => sums[k % 4] += value);
  return { mean: sums[0], meanSquare: sums[1], variance: sums[2], logVariance: sums[3] };
}
