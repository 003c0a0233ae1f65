/** A network that is fed one point at a time and keeps its state. */
import type { Tensor, Values } from "../engine/engine.ts";
import { throwIfStopped } from "../stop.ts";
import {
  type Activations,
  allocate,
  atRow,
  forward,
  type Model,
  recurrentTensors,
  stateTensors,
  type Texts,
} from "./passes.ts";

/** Steps whose states have their own places; after them the last state moves to the front, and so on. */
const rows = 8;

export class Stepper {
  readonly #activations: Activations;
  /** A view of the activations for each row of states. */
  readonly #steps: Activations[];
  readonly #texts?: Texts;
  /** Where the present state is. */
  #row = 0;

  /** See `Network.stepper`. */
  constructor(
    readonly model: Model,
    readonly size: number,
    private readonly texts?: ArrayLike<number>[],
  ) {
    const { engine, config } = model;
    if (texts) {
      const longest = Math.max(1, ...texts.map((text) => text.length));
      const characters = new Int32Array(size * longest).fill(-1);
      texts.forEach((text, b) => characters.set(Array.from(text), b * longest));
      this.#texts = [
        engine.integers([size, longest], characters),
        engine.integers([size], texts.map((text) => text.length)),
      ];
    }
    const inputs = config.domain.kind === "pen"
      ? engine.tensor([1, size, 3])
      : engine.integers([1, size], new Int32Array(size).fill(-1));
    this.#activations = allocate(model, { steps: 1, size, inputs, texts: this.#texts, rows });
    this.#steps = Array.from({ length: rows }, (_, row) => atRow(engine, this.#activations, row));
    for (const tensor of this.#state(0)) engine.fill(tensor, 0);
  }

  /** The tensors of the state in a row. */
  #state(row: number): Tensor[] {
    const { engine } = this.model;
    return stateTensors(recurrentTensors(this.#activations)).map((tensor) =>
      engine.rows(tensor, row, row + 1)
    );
  }

  /** Feeds x_t `[B, 3]` (pen) or symbol indices `[B]` (−1: the null vector); returns ŷ_t `[B, outputs]` and, for
   * synthesis, α | β | κ `[B, 3K]`. Throws `StopError` if Stop was pressed. */
  async step(inputs: ArrayLike<number>): Promise<{ outputs: Values; windowParameters?: Values }> {
    throwIfStopped();
    const { engine } = this.model;
    if (this.#row === rows) {
      const first = this.#state(0);
      this.#state(rows).forEach((tensor, k) => engine.copy(tensor, first[k]));
      this.#row = 0;
    }
    const activations = this.#steps[this.#row++];
    engine.write(activations.inputs, inputs);
    forward(this.model, activations);
    const { windowParameters: parameters } = recurrentTensors(activations);
    const [outputs, windowParameters] = await Promise.all([
      engine.read(activations.outputs),
      parameters && engine.read(engine.rows(parameters, 1, 2)),
    ]);
    return { outputs, windowParameters };
  }

  /** The state, `[B, …]` each: h of all layers, then c of all layers, and with a window w and α | β | κ. */
  async state(): Promise<Values[]> {
    return await Promise.all(this.#state(this.#row).map((tensor) => this.model.engine.read(tensor)));
  }

  /** Goes on from a state that `state` gave: this one's own, or that of a single sequence for all of them. */
  restore(state: readonly Values[]): void {
    this.#row = 0;
    this.#state(0).forEach((tensor, k) => {
      const values = new Float64Array(tensor.size);
      for (let at = 0; at < values.length; at += state[k].length) values.set(state[k], at);
      this.model.engine.write(tensor, values);
    });
  }

  /** Goes on with these of the sequences only, in this order: a new stepper in the place of this one, which is freed. */
  async keep(sequences: number[]): Promise<Stepper> {
    const { engine } = this.model;
    const next = new Stepper(
      this.model,
      sequences.length,
      this.texts && sequences.map((b) => this.texts![b]),
    );
    const kept = next.#state(0);
    for (const [k, tensor] of this.#state(this.#row).entries()) {
      const values = await engine.read(tensor);
      const n = values.length / this.size;
      const chosen = new Float64Array(sequences.length * n);
      sequences.forEach((b, row) => chosen.set(values.subarray(b * n, (b + 1) * n), row * n));
      engine.write(kept[k], chosen);
    }
    this.free();
    return next;
  }

  free(): void {
    const { tensors, inputs } = this.#activations;
    this.model.engine.free(...tensors, inputs, ...this.#texts ?? []);
  }
}
