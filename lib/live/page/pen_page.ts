/// <reference lib="dom" />
/** The page on which the synthesis network writes: its controls, and what is drawn at each frame. */
import { strokesToSvg } from "../../report/strokes.ts";
import type { Stroke } from "../../report/strokes.ts";
import { fitToAlphabet } from "../../sampling/lines.ts";
import type { Prime } from "../../sampling/prime.ts";
import { Line } from "../line.ts";
import type { Model } from "../model.ts";
import { byId, frame, save } from "./dom.ts";
import { cellsInRow, paintCells, paintReading, paintWeights, showLetters } from "./panels.ts";
import { paint } from "./paper.ts";

/** Milliseconds of a frame in which points may be drawn; the rest is for the picture. */
const perFrame = 11;

const input = (id: string) => byId<HTMLInputElement>(id);
const canvas = (id: string) => byId<HTMLCanvasElement>(id);
const button = (id: string) => byId<HTMLButtonElement>(id);
const status = (text: string) => void (byId("status").textContent = text);

export class PenPage {
  line!: Line;
  #playing = false;
  /** How often it was begun to draw: what an earlier turn still waits for ends it. */
  #turn = 0;
  #futures?: Stroke[][];
  #prime?: Prime;
  /** What the network does is done one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  /** Points drawn, and milliseconds taken. */
  #drawn = 0;
  #busy = 0;

  constructor(readonly model: Model) {
    byId("order").addEventListener("submit", (event) => {
      event.preventDefault();
      this.begin();
    });
    input("seed").addEventListener("change", () => this.begin());
    input("bias").addEventListener("input", () => this.#forgetFutures());
    button("play").addEventListener("click", () => this.#playing ? this.pause() : this.play());
    button("step").addEventListener("click", () => {
      this.pause();
      this.#queue(() => this.#advance());
    });
    button("back").addEventListener("click", () => this.windTo(this.line.strokeBefore));
    input("position").addEventListener("input", () => this.windTo(+input("position").value));
    button("futures").addEventListener("click", () => this.#showFutures());
    button("svg").addEventListener("click", () => {
      const svg = strokesToSvg([this.line.strokes]);
      save("handwriting.svg", "image/svg+xml", svg);
    });
    for (const id of ["layer", "cell"]) input(id).addEventListener("input", () => this.paint());
    canvas("cells").addEventListener("click", (event) => this.#chooseCell(event));
    new ResizeObserver(() => this.paint()).observe(canvas("paper"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  get bias(): number {
    return +input("bias").value;
  }

  /** Lines are written in this hand from now on; in the network's own, if there is none. */
  setPrime(prime?: Prime): void {
    this.#prime = prime;
  }

  /** Begins the text anew. */
  begin(playing = true): Promise<void> {
    return this.#queue(async () => {
      const { text } = fitToAlphabet(input("text").value.trim().replace(/\s+/g, " "), this.model.alphabet);
      if (!text) return status("There is no text to write.");
      const seed = Math.abs(Math.trunc(+input("seed").value));
      const line = await Line.begin(this.model, { text, seed, prime: this.#prime });
      this.line?.free();
      this.line = line;
      this.#futures = undefined;
      this.#drawn = this.#busy = 0;
      canvas("paper").setAttribute("aria-label", `Handwriting: ${text}`);
      this.#playing = false;
      if (playing) this.play();
      this.paint();
    });
  }

  play(): void {
    if (this.line.isFinished) return void this.begin();
    if (this.#playing) return;
    this.#playing = true;
    status("Writing …");
    this.#forgetFutures();
    this.#run().catch((error) => status(error.message));
  }
  pause(): void {
    if (this.#playing) status(this.line.isFinished ? "Ended with its text." : "Paused.");
    this.#playing = false;
    this.#showControls();
  }

  /** Shows the line's first points only; to go on from there forgets the others. */
  windTo(count: number): void {
    this.pause();
    this.#queue(() => {
      this.line.shown = Math.min(count, this.line.end);
      this.#forgetFutures();
    });
  }

  /** Draws points as fast as the reader wishes, until the line has ended or is paused. */
  async #run(): Promise<void> {
    const { line } = this, turn = ++this.#turn;
    const goesOn = () => turn === this.#turn && this.#playing && line === this.line && !line.isFinished;
    let before = performance.now(), due = 0;
    while (goesOn()) {
      const now = await frame();
      // The reader's own points are read at once. (A frame's time may lie a little before the clock's.)
      const speed = line.shown < line.writer.primePoints ? Infinity : +input("speed").value;
      due = speed === Infinity ? Infinity : due + Math.max(0, now - before) / 1000 * speed;
      before = now;
      const stop = performance.now() + perFrame;
      await this.#queue(async () => {
        while (due >= 1 && performance.now() < stop && goesOn()) {
          await this.#advance(false);
          due--;
        }
      });
      due = Math.min(due, 4);
      this.paint();
    }
    if (turn === this.#turn && line === this.line) this.pause();
  }

  async #advance(paints = true): Promise<void> {
    const start = performance.now();
    await this.line.advance(this.bias);
    this.#busy += performance.now() - start;
    this.#drawn++;
    if (!paints) return;
    this.#forgetFutures();
  }

  async #showFutures(): Promise<void> {
    this.pause();
    await this.#queue(async () => {
      const { line } = this, pen = line.strokes.at(-1)?.at(-1) ?? { x: 0, y: 0 };
      if (line.isFinished) {
        return status("The line has ended: wind it back, and see how else it might have gone.");
      }
      let last = performance.now();
      for await (const futures of line.futures(this.bias, +input("seed").value, pen)) {
        this.#futures = futures;
        if (performance.now() - last < 30) continue;
        this.paint();
        await frame();
        last = performance.now();
      }
      this.paint();
      status("Fifty ways in which the next fifty points might have gone.");
    });
  }
  #forgetFutures(): void {
    this.#futures = undefined;
    this.paint();
  }

  #chooseCell(event: MouseEvent): void {
    const { clientWidth, clientHeight } = canvas("cells");
    const rows = Math.ceil(this.model.network.config.cells / cellsInRow);
    const column = Math.floor(event.offsetX / clientWidth * cellsInRow);
    const cell = 1 + column + cellsInRow * Math.floor(event.offsetY / clientHeight * rows);
    input("cell").value = `${cell === +input("cell").value ? 0 : cell}`;
    this.paint();
  }

  #queue(work: () => unknown): Promise<void> {
    const done = this.#work.then(async () => void await work());
    this.#work = done.catch((error) => status(error.message));
    return done;
  }

  paint(): void {
    const { line, bias, model } = this;
    input("bias-value").textContent = bias.toFixed(2);
    if (!line) return;
    const layer = +input("layer").value, cell = +input("cell").value - 1;
    const chosen = cell >= 0 && cell < model.network.config.cells ? cell : undefined;
    const next = line.next(bias), { symbols } = model.alphabet, { strokes } = line;
    paint(canvas("paper"), {
      strokes,
      own: Math.min(line.shown, line.writer.primePoints),
      expectedWidth: line.expectedWidth,
      isFinished: line.isFinished,
      scale: model.statistics,
      next,
      futures: this.#futures,
      activity: chosen === undefined ? undefined : line.activity(layer, chosen),
    });
    const characters = Array.from(line.writer.characters.subarray(0, -1), (index) => symbols[index]);
    showLetters(byId("letters"), characters, next ? line.looking : []);
    if (next) paintWeights(canvas("weights"), next);
    paintReading(canvas("reading"), line.reading, characters.length);
    paintCells(canvas("cells"), line.cells(layer), chosen);
    this.#showControls();
  }

  #showControls(): void {
    const { line } = this, playing = this.#playing;
    if (!line) return;
    button("play").textContent = playing ? "Pause" : line.isFinished ? "Write again" : "Write on";
    for (const id of ["play", "svg", "position"]) button(id).disabled = false;
    for (const id of ["step", "futures"]) button(id).disabled = line.isFinished;
    button("back").disabled = line.shown === 0;
    const position = input("position");
    position.max = `${line.end}`;
    position.value = `${line.shown}`;
    byId("position-value").textContent = `${line.shown}`;
    const speed = this.#busy > 0 ? Math.round(1000 * this.#drawn / this.#busy) : 0;
    const how = this.model.network.engine.name === "cpu" ? "wasm" : "plain loops";
    const rate = speed ? `; the network can draw ${speed} a second here (${how})` : "";
    byId("rate").textContent = `${line.shown} points${rate}.`;
  }
}
