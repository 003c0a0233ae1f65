/** Samples in the making, side by side: one lane each in the rows of one `Stepper`. */
import type { Values } from "../engine/mod.ts";
import { type Mixture, mixtureOf, softWindowWeight, softWindowWeights } from "../equations/mod.ts";
import type { Network } from "../network/network.ts";
import type { Random } from "../random.ts";
import { drawPoint } from "./draw.ts";

/** "text end": the window moved past the text (Section 5.3); "hard limit": it had not when the points ran out. */
export type StoppedBy = "text end" | "hard limit";

export interface Sample {
  /** The points drawn: 3 numbers each, normalised Δx, Δy, end of stroke. */
  points: Float32Array;
  /** With a prime: its points and then those drawn. Else the same as `points`. */
  whole: Float32Array;
  /** The text that the window read: c, or with a prime c' = c + s. */
  characters: Int32Array;
  /** How many of `characters` belong to the prime. */
  primeCharacters: number;
  /** φ(t, u) (Eq. 46), one row a point of `whole`: what was looked at when that point was predicted. Computed when it is
   * first asked for. */
  readonly window: Float32Array[];
  stoppedBy: StoppedBy;
  /** Number of points drawn. */
  steps: number;
}

/** One sample to make. */
export interface Job {
  index: number;
  random: Random;
  bias: number;
  /** Number of points to draw at most. */
  limit: number;
  /** Points that the inputs are clamped to first. */
  clamped: Float32Array;
  characters?: Int32Array;
  primeCharacters?: number;
  /** The text's last character is not to be written: a stroke that was begun there when the sample ends is dropped. */
  isClosed?: boolean;
}

export interface LaneOptions {
  /** The most samples that are computed side by side. Default 64. */
  lanes?: number;
  /** Called after every step: samples finished, and points so far (a prime's among them). */
  onProgress?: (progress: { finished: number; samples: number; points: number }) => void;
  /** What each step is drawn from: y_t, of ŷ_t and the bias (Eq. 4). Default `mixtureOf`; another function makes another
   * sampler of the same network, one that biases e_t too, say. */
  mixture?: (outputs: ArrayLike<number>, bias: number) => Mixture;
}
export const laneNames = ["lanes", "onProgress", "mixture"] as const satisfies (keyof LaneOptions)[];

/** All jobs, `lanes` at a time, those of like length together. */
export async function runAll(network: Network, jobs: Job[], options: LaneOptions): Promise<Sample[]> {
  if (network.config.domain.kind !== "pen") {
    throw new RangeError(
      "Handwriting is sampled from a network that predicts pen points; this one predicts symbols.",
    );
  }
  const { lanes = 64, onProgress } = options;
  if (!(lanes >= 1)) {
    throw new RangeError(`At least one sample is computed at a time; found lanes = ${lanes}.`);
  }
  const sorted = [...jobs].sort((a, b) =>
    (b.characters?.length ?? 0) - (a.characters?.length ?? 0) || b.bias - a.bias || a.index - b.index
  );
  const samples = new Array<Sample>(jobs.length);
  let finished = 0, points = 0;
  for (let from = 0; from < sorted.length; from += lanes) {
    const group = sorted.slice(from, from + lanes).map((job) => new Lane(job, options));
    await runTogether(network, group, (fed, done) => {
      points += fed;
      finished += done;
      onProgress?.({ finished, samples: jobs.length, points });
    });
    for (const { job, sample } of group) samples[job.index] = sample!;
  }
  return samples;
}

/** Runs lanes side by side until all have finished; when half of them have, the others go on alone. */
async function runTogether(
  network: Network,
  group: Lane[],
  onStep: (fed: number, done: number) => void,
): Promise<void> {
  let running = group;
  const texts = network.config.window && running.map(({ job }) => job.characters!);
  let stepper = network.stepper(running.length, texts);
  try {
    let inputs = new Float32Array(3 * running.length);
    for (let left = running.length; left > 0;) {
      const { outputs, windowParameters } = await stepper.step(inputs);
      const n = outputs.length / running.length, k = (windowParameters?.length ?? 0) / running.length;
      const before = left;
      let fed = 0;
      running.forEach((lane, b) => {
        if (lane.sample) return;
        const point = lane.next(
          outputs.subarray(b * n, (b + 1) * n),
          windowParameters?.subarray(b * k, (b + 1) * k),
        );
        if (point) {
          inputs.set(point, 3 * b);
          fed++;
        } else left--;
      });
      onStep(fed, before - left);
      if (left > 0 && left <= running.length / 2) {
        const rows = running.flatMap((lane, b) => lane.sample ? [] : [b]);
        stepper = await stepper.keep(rows);
        running = rows.map((b) => running[b]);
        inputs = Float32Array.from(rows.flatMap((b) => [...inputs.subarray(3 * b, 3 * b + 3)]));
      }
    }
  } finally {
    stepper.free();
  }
}

/** One sample in the making. */
export class Lane {
  sample?: Sample;
  readonly #points: number[] = [];
  /** (α, β, κ)_t of every point. */
  readonly #windowParameters: Values[] = [];

  readonly #mixture: (outputs: ArrayLike<number>, bias: number) => Mixture;

  constructor(readonly job: Job, { mixture = mixtureOf }: LaneOptions = {}) {
    this.#mixture = mixture;
  }

  /** The next input, x_{t+1}, given ŷ_t and the window's parameters; nothing once the sample is complete. */
  next(outputs: ArrayLike<number>, windowParameters?: Values): ArrayLike<number> | undefined {
    const { random, bias, limit, clamped, characters } = this.job;
    const drawn = (this.#points.length - clamped.length) / 3;
    if (drawn > 0 && characters && isPastText(windowParameters!, characters.length)) {
      return this.#finish("text end");
    }
    if (drawn >= limit) return this.#finish("hard limit");
    if (characters) this.#windowParameters.push(windowParameters!);
    const t = this.#points.length;
    const point = drawn < 0 ? clamped.subarray(t, t + 3) : drawPoint(this.#mixture(outputs, bias), random);
    this.#points.push(...point);
    return point;
  }

  /** Takes back the points from number `count` on, a prime's among them: the next is drawn with `random`. */
  rewind(count: number, random: Random): void {
    this.#points.splice(3 * count);
    this.#windowParameters.splice(count);
    this.job.random = random;
    this.sample = undefined;
  }

  #finish(stoppedBy: StoppedBy): undefined {
    const { clamped, characters = new Int32Array(0), primeCharacters = 0 } = this.job;
    const end = this.job.isClosed && stoppedBy === "text end" ? this.#endOfText() : this.#points.length / 3;
    const whole = Float32Array.from(this.#points.slice(0, 3 * end));
    const points = whole.subarray(clamped.length);
    const parameters = packRows(this.#windowParameters.slice(0, end));
    let window: Float32Array[] | undefined;
    this.sample = {
      points,
      whole,
      characters,
      primeCharacters,
      get window() {
        return window ??= parameters().map((row) =>
          new Float32Array(softWindowWeights(row, characters.length))
        );
      },
      stoppedBy,
      steps: points.length / 3,
    };
  }

  /** The number of points without the stroke that the pen is in, if that was begun at the text's last character. */
  #endOfText(): number {
    const points = this.#points, first = this.job.clamped.length / 3;
    const isUp = (t: number) => points[3 * t + 2] === 1;
    const end = points.length / 3;
    let start = end;
    while (start > first && !isUp(start - 1)) start--;
    if (start === end || start === first) return end;
    const weights = softWindowWeights(this.#windowParameters[start], this.job.characters!.length);
    return weights.indexOf(Math.max(...weights)) === weights.length - 1 ? start : end;
  }
}

/** Rows of equal length, side by side in one array: many samples have millions, and a row of its own takes three times
 * the memory. The function gives them back. */
function packRows(rows: Values[]): () => Values[] {
  if (rows.length === 0) return () => [];
  const [{ length }] = rows, count = rows.length;
  const packed = rows[0] instanceof Float32Array
    ? new Float32Array(count * length)
    : new Float64Array(count * length);
  rows.forEach((row, t) => packed.set(row, t * length));
  return () => Array.from({ length: count }, (_, t) => packed.subarray(t * length, (t + 1) * length));
}

/** Whether φ(t, U+1) is greater than φ(t, u) for all u ≤ U. From the end of the text back: mostly the first says no. */
function isPastText(windowParameters: ArrayLike<number>, U: number): boolean {
  const last = softWindowWeight(windowParameters, U + 1);
  for (let u = U; u >= 1; u--) if (softWindowWeight(windowParameters, u) >= last) return false;
  return true;
}
