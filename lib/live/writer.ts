/** A line in the making that can be watched, changed on the way, and taken back. */
import { encodeText } from "../data/alphabet.ts";
import type { Values } from "../engine/engine.ts";
import { mixtureOf } from "../equations/mod.ts";
import type { Stepper } from "../network/stepper.ts";
import { Random } from "../random.ts";
import { drawPoint, type Point } from "../sampling/draw.ts";
import { synthesisJobs } from "../sampling/handwriting.ts";
import { Lane, type Sample } from "../sampling/lanes.ts";
import type { Prime } from "../sampling/prime.ts";
import type { Model } from "./model.ts";

/** What the network says after a point, of the next one. */
export interface Prediction {
  /** ŷ_t (Eq. 17). */
  outputs: Values;
  /** α | β | κ (Eqs. 49–51). */
  windowParameters: Values;
  /** `Stepper.state`: h of all layers first. */
  state: Values[];
}

/** One point, and the prediction that it was drawn from. */
export interface Moment extends Prediction {
  /** Normalised Δx, Δy, end of stroke. */
  point: ArrayLike<number>;
  /** Chance as it was before. */
  chance: Random;
}

export interface Order {
  /** What to write, in characters of the alphabet. */
  text: string;
  seed: number;
  /** A hand to write in (Section 5.5). */
  prime?: Prime;
}

export interface Futures {
  /** After so many of the line's points they go on. */
  from: number;
  count: number;
  /** Points of each. */
  steps: number;
  bias: number;
  seed: number;
}

export class Writer {
  /** All points so far, a prime's first. */
  readonly moments: Moment[] = [];
  /** The characters that the window reads: a prime's, the text's, a space. */
  readonly characters: Int32Array;
  /** Points that are the prime's. */
  readonly primePoints: number;
  readonly #lane: Lane;
  readonly #stepper: Stepper;
  /** Of the point after all moments. */
  #ahead: Prediction;

  private constructor(readonly model: Model, lane: Lane, stepper: Stepper, first: Prediction) {
    this.#lane = lane;
    this.#stepper = stepper;
    this.#ahead = first;
    this.characters = lane.job.characters!;
    this.primePoints = lane.job.clamped.length / 3;
  }

  /** A line of which nothing is written yet. As long as the bias stays, it is the one that `synthesise` writes with that
   * text, seed and prime, closed by a space. Throws as it does. */
  static async begin(model: Model, { text, seed, prime }: Order): Promise<Writer> {
    const { network, alphabet } = model;
    const texts = [encodeText(text, alphabet).ids], closing = alphabet.symbols.indexOf(" ");
    const [job] = synthesisJobs(network, { texts, seed, prime, closing });
    const stepper = network.stepper(1, [job.characters!]);
    return new Writer(model, new Lane(job), stepper, await predict(stepper, [0, 0, 0]));
  }

  /** The line, once it has come to its end. */
  get sample(): Sample | undefined {
    return this.#lane.sample;
  }

  /** What was predicted of point number `index`. Throws if the line is not that far. */
  predictionOf(index: number): Prediction {
    if (index === this.moments.length) return this.#ahead;
    const moment = this.moments[index];
    if (!moment) throw new RangeError(`There are ${this.moments.length} points; found ${index}.`);
    return moment;
  }

  /** Draws the next point; tells whether there was one, or the line has come to its end. */
  async step(bias: number): Promise<boolean> {
    if (this.sample) return false;
    const { job } = this.#lane, { outputs, windowParameters } = this.#ahead;
    const chance = job.random.clone();
    job.bias = bias;
    const point = this.#lane.next(outputs, windowParameters);
    if (!point) return false;
    this.moments.push({ ...this.#ahead, point, chance });
    this.#ahead = await predict(this.#stepper, point);
    return true;
  }

  /** Takes back all points from number `count` on; chance is as it was before them. */
  rewind(count: number): void {
    const moment = this.moments[count];
    this.#lane.rewind(count, moment ? moment.chance : this.#lane.job.random);
    if (!moment) return;
    this.#stepper.restore(moment.state);
    this.#ahead = moment;
    this.moments.splice(count);
  }

  /** How the line might go on from one of its points. Gives the points of all futures anew after each step. */
  async *futures({ from, count, steps, bias, seed }: Futures): AsyncGenerator<Point[][]> {
    const drawn = Array.from({ length: count }, (): Point[] => []);
    const chances = drawn.map((_, k) => new Random(seed, "future", k));
    const { state, outputs } = this.predictionOf(from), size = outputs.length;
    const stepper = this.model.network.stepper(count, drawn.map(() => this.characters));
    try {
      stepper.restore(state);
      let all = drawn.map(() => outputs);
      for (let t = 0; t < steps; t++) {
        drawn.forEach((points, k) => points.push(drawPoint(mixtureOf(all[k], bias), chances[k])));
        yield drawn;
        if (t + 1 === steps) return;
        const next = await stepper.step(drawn.flatMap((points) => points[t]));
        all = drawn.map((_, k) => next.outputs.subarray(k * size, (k + 1) * size));
      }
    } finally {
      stepper.free();
    }
  }

  /** Gives the network's memory back; the moments stay. */
  free(): void {
    this.#stepper.free();
  }
}

async function predict(stepper: Stepper, point: ArrayLike<number>): Promise<Prediction> {
  const { outputs, windowParameters } = await stepper.step(point);
  return { outputs, windowParameters: windowParameters!, state: await stepper.state() };
}
