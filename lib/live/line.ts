/** A line as the page shows it: as far as the reader has wound it, with what the pictures need of it. */
import { type Mixture, mixtureOf, softWindowWeights } from "../equations/mod.ts";
import { type Position, type Stroke, strokesOf } from "../report/strokes.ts";
import type { Model } from "./model.ts";
import { type Order, Writer } from "./writer.ts";

/** Points of each future, and how many futures. */
const futureSteps = 50, futureCount = 50;

/** The training set's mean points for each character (Section 5), times its mean step to the right. */
const widthOfCharacter = (model: Model) => 25 * model.statistics.mean[0];

export class Line {
  /** How many of the points are shown. */
  shown = 0;
  /** φ(t, u) of the points written. */
  readonly #reading: Float64Array[] = [];

  private constructor(readonly writer: Writer) {}

  static async begin(model: Model, order: Order): Promise<Line> {
    return new Line(await Writer.begin(model, order));
  }

  /** How many points there are to show. */
  get end(): number {
    const { sample, moments } = this.writer;
    return sample ? sample.whole.length / 3 : moments.length;
  }
  /** Whether all is written and shown. */
  get isFinished(): boolean {
    return this.writer.sample !== undefined && this.shown === this.end;
  }

  /** Goes on by one point from where it is shown, with this bias; what stood behind is forgotten. */
  async advance(bias: number): Promise<void> {
    if (this.isFinished) return;
    if (this.shown < this.writer.moments.length) {
      this.writer.rewind(this.shown);
      this.#reading.splice(this.shown);
    }
    await this.writer.step(bias);
    this.shown = this.end;
  }

  /** The point at which the stroke before the pen began. */
  get strokeBefore(): number {
    let start = Math.max(0, this.shown - 1);
    while (start > 0 && this.writer.moments[start - 1].point[2] < 0.5) start--;
    return start;
  }

  get strokes(): Stroke[] {
    const points = this.writer.moments.slice(0, this.shown).flatMap(({ point }) => Array.from(point));
    return strokesOf(points, this.writer.model.statistics);
  }

  /** In sensor units. */
  get expectedWidth(): number {
    return widthOfCharacter(this.writer.model) * this.writer.characters.length;
  }

  /** Pr(x_{t+1} | y_t) for the point after those shown; nothing at the end. */
  next(bias: number): Mixture | undefined {
    return this.isFinished ? undefined : mixtureOf(this.writer.predictionOf(this.shown).outputs, bias);
  }

  /** φ(t, u) for the same point. */
  get looking(): Float64Array {
    const { windowParameters } = this.writer.predictionOf(this.shown);
    return softWindowWeights(windowParameters, this.writer.characters.length);
  }

  /** φ(t, u) of the points shown. */
  get reading(): Float64Array[] {
    const { moments, characters } = this.writer;
    while (this.#reading.length < moments.length) {
      const { windowParameters } = moments[this.#reading.length];
      this.#reading.push(softWindowWeights(windowParameters, characters.length));
    }
    return this.#reading.slice(0, this.shown);
  }

  /** h of a layer (1, 2, …) before the next point. */
  cells(layer: number): ArrayLike<number> {
    return this.writer.predictionOf(this.shown).state[layer - 1];
  }

  /** What a cell put out when each of the points shown was predicted. */
  activity(layer: number, cell: number): Float64Array {
    return Float64Array.from(
      this.writer.moments.slice(0, this.shown),
      ({ state }) => state[layer - 1][cell],
    );
  }

  /** Fifty ways in which the line might go on from where it is shown, longer from one to the next. */
  async *futures(bias: number, seed: number, pen: Position): AsyncGenerator<Stroke[][]> {
    const options = { from: this.shown, count: futureCount, steps: futureSteps, bias, seed };
    for await (const all of this.writer.futures(options)) {
      yield all.map((points) => {
        const strokes = strokesOf(points.flat(), this.writer.model.statistics);
        return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x + pen.x, y: y + pen.y })));
      });
    }
  }

  free(): void {
    this.writer.free();
  }
}
