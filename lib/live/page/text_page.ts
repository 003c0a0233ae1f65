/// <reference lib="dom" />
/** The page on which a character network reads along: its controls, and what it expects. */
import { Random } from "../../random.ts";
import { fitToSymbols, type Reader } from "../reader.ts";
import { byId, frame } from "./dom.ts";

/** So many of the likeliest characters are shown. */
const shown = 12;
/** So many characters are drawn at a time. */
const drawn = 120;

const names: Record<string, string> = { " ": "space", "\n": "end" };

export class TextPage {
  readonly #typed = byId<HTMLTextAreaElement>("typed");
  readonly #go = byId<HTMLButtonElement>("go-on");
  /** The text that is to be read; what reads or writes another one ends. */
  #version = 0;
  #work: Promise<unknown> = Promise.resolve();
  #isWriting = false;

  constructor(readonly reader: Reader) {
    this.#typed.addEventListener("input", () => this.read());
    document.addEventListener("selectionchange", () => this.#showNext());
    this.#go.addEventListener("click", () => this.#isWriting ? this.stop() : this.goOn());
    byId("clear").addEventListener("click", () => this.#type(""));
    const temperature = byId<HTMLInputElement>("temperature");
    temperature.addEventListener("input", () => {
      byId("temperature-value").textContent = (+temperature.value).toFixed(2);
    });
  }

  get #symbols(): string[] {
    return this.reader.model.alphabet.symbols;
  }

  /** Has the network read what is typed. */
  read(): Promise<void> {
    const version = ++this.#version;
    return this.#queue(async () => {
      if (version !== this.#version) return;
      const at = this.#typed.selectionStart, { value } = this.#typed;
      const { text, unknown } = fitToSymbols(value, this.#symbols);
      if (text !== value) {
        this.#typed.value = text;
        const place = fitToSymbols(value.slice(0, at), this.#symbols).text.length;
        this.#typed.setSelectionRange(place, place);
      }
      const start = performance.now();
      const symbols = [...text].map((character) => this.#symbols.indexOf(character));
      await this.reader.readTo(symbols, () => version !== this.#version);
      if (version !== this.#version) return;
      const missing = unknown.map((character) => JSON.stringify(character)).join(", ");
      const time = Math.round(performance.now() - start);
      this.#say(missing ? `Its newspaper has no ${missing}.` : `Read, the last change in ${time} ms.`);
      this.#show();
    });
  }

  /** Draws characters after the text, until enough are drawn or the reader types. */
  goOn(): Promise<void> {
    const version = ++this.#version;
    const random = new Random(+byId<HTMLInputElement>("seed").value, "text sample");
    const temperature = +byId<HTMLInputElement>("temperature").value;
    this.#isWriting = true;
    return this.#queue(async () => {
      for (let k = 0; k < drawn && version === this.#version; k++) {
        const symbol = await this.reader.goOn(temperature, random);
        this.#typed.value += this.#symbols[symbol];
        this.#typed.setSelectionRange(this.#typed.value.length, this.#typed.value.length);
        this.#show();
        await frame();
      }
      this.#isWriting = false;
      this.#show();
    });
  }
  stop(): void {
    this.#version++;
  }

  #type(text: string): void {
    this.#typed.value = text;
    this.#typed.focus();
    this.read();
  }

  #show(): void {
    this.#go.disabled = false;
    this.#go.textContent = this.#isWriting ? "Stop" : "Go on";
    const { symbols, surprises } = this.reader;
    byId("surprises").replaceChildren(...symbols.map((symbol, k) => {
      const letter = document.createElement("span");
      letter.textContent = this.#symbols[symbol];
      letter.title = `${surprises[k].toFixed(1)} bits`;
      letter.style.setProperty("--bits", Math.min(9, surprises[k]).toFixed(2));
      return letter;
    }));
    this.#showNext();
  }

  /** What is expected at the cursor. */
  #showNext(): void {
    const place = Math.min(this.#typed.selectionStart, this.reader.symbols.length);
    const expected = this.reader.expected(place);
    const order = Array.from(this.#symbols, (_, k) => k).sort((a, b) => expected[b] - expected[a]);
    const list = byId("next"), best = order.slice(0, shown);
    while (list.children.length < best.length) list.append(this.#choice());
    best.forEach((symbol, k) => {
      const button = list.children[k].firstElementChild as HTMLButtonElement;
      const character = this.#symbols[symbol], percent = `${(100 * expected[symbol]).toFixed(1)} %`;
      button.dataset.character = character;
      button.style.setProperty("--share", expected[symbol].toFixed(4));
      button.children[0].textContent = names[character] ?? character;
      button.children[2].textContent = percent;
    });
    for (const [k, letter] of [...byId("surprises").children].entries()) {
      letter.classList.toggle("at", k === place - 1);
    }
  }

  /** A button that writes its character at the cursor. */
  #choice(): HTMLLIElement {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    for (const name of ["name", "bar", "percent"]) {
      button.append(Object.assign(document.createElement("span"), { className: name }));
    }
    button.addEventListener("click", () => {
      const at = this.#typed.selectionStart;
      this.#typed.setRangeText(button.dataset.character!, at, at, "end");
      this.read();
    });
    item.append(button);
    return item;
  }

  #say(text: string): void {
    byId("status").textContent = text;
  }

  #queue(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch((error) => this.#say(error.message));
    return done;
  }
}
