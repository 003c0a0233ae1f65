/// <reference lib="dom" />
/** The pad on which readers write in their own hand, for the network to go on in it (Section 5.5). */
import { defaultCleaning, type Stroke } from "../../data/cleaning.ts";
import { pointsOf } from "../../data/sensor_units.ts";
import { primeFrom } from "../../sampling/prime.ts";
import { fitToAlphabet } from "../../sampling/lines.ts";
import { byId, save, surfaceOf } from "./dom.ts";
import type { PenPage } from "./pen_page.ts";

export class Hand {
  /** In pixels and milliseconds. */
  #strokes: Stroke[] = [];
  readonly #pad = byId<HTMLCanvasElement>("pad");
  readonly #says = byId<HTMLInputElement>("says");

  constructor(readonly page: PenPage) {
    const pad = this.#pad;
    let pen: number | undefined;
    pad.addEventListener("pointerdown", (event) => {
      if (pen !== undefined || event.button !== 0) return;
      pen = event.pointerId;
      pad.setPointerCapture(pen);
      this.#strokes.push([]);
      this.#take(event);
    });
    pad.addEventListener("pointermove", (event) => event.pointerId === pen && this.#take(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      pad.addEventListener(end, (event) => {
        if (event.pointerId === pen) pen = undefined;
      });
    }
    byId("hand").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#use();
    });
    byId("clear").addEventListener("click", () => this.#clear());
    byId("save-strokes").addEventListener("click", () => save("strokes.json", "application/json", this.file));
    new ResizeObserver(() => this.#paint()).observe(pad);
  }

  /** What `deno task write --prime-file` reads. */
  get file(): string {
    const round = (value: number) => Math.round(10 * value) / 10;
    const strokes = this.#strokes.map((stroke) =>
      stroke.map(({ x, y, time }) => [round(x), round(y), round(time!)])
    );
    return JSON.stringify({ text: this.#says.value.trim(), strokes });
  }

  /** A pointer may have been at several places since the last event. */
  #take(event: PointerEvent): void {
    const { left, top } = this.#pad.getBoundingClientRect();
    const between = event.type === "pointermove" ? event.getCoalescedEvents?.() ?? [] : [];
    for (const { clientX, clientY, timeStamp } of between.length ? between : [event]) {
      this.#strokes.at(-1)!.push({ x: clientX - left, y: clientY - top, time: timeStamp });
    }
    this.#paint();
  }

  /** The strokes as a prime, and the page's text anew in that hand. */
  #use(): void {
    const { model } = this.page, { alphabet, statistics } = model;
    const { text } = fitToAlphabet(this.#says.value.trim().replace(/\s+/g, " "), alphabet);
    if (!text) {
      return this.#say("Say first what your line says: the network reads the text along with the pen.");
    }
    try {
      const points = pointsOf(this.#strokes, { text, cleaning: defaultCleaning, statistics });
      this.page.setPrime(primeFrom({ id: "own", text, points }, alphabet));
    } catch (error) {
      return this.#say(`This cannot be read as a line of handwriting: ${(error as Error).message}.`);
    }
    this.page.begin();
    this.#say(
      "The network reads your line, in green above, and goes on in your hand. Clear gives it back its own.",
    );
    byId("paper").scrollIntoView({ block: "center" });
  }

  #clear(): void {
    this.#strokes = [];
    this.page.setPrime();
    this.#paint();
    this.#say("The network writes in its own hand again.");
  }

  #say(text: string): void {
    byId("hand-status").textContent = text;
  }

  #paint(): void {
    const { context, color } = surfaceOf(this.#pad);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = 2;
    context.strokeStyle = color("--own");
    context.beginPath();
    for (const stroke of this.#strokes) {
      context.moveTo(stroke[0].x, stroke[0].y);
      for (const { x, y } of stroke) context.lineTo(x, y);
    }
    context.stroke();
  }
}
