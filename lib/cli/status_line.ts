/** A line that says how far things are: rewritten in place on a terminal, now and then a new one in a log. */
import { printPart } from "./output.ts";

const LOG_INTERVAL = 20_000; // milliseconds between two lines of a log

export class StatusLine {
  #text: () => string = () => "";
  #loggedAt = Date.now();
  readonly #terminal = Deno.stdout.isTerminal();
  readonly #timer = setInterval(() => this.#show(), 500);

  /** Shows `text()` from now on, anew every half second, so that it may tell the time. */
  set(text: () => string): void {
    this.#text = text;
    if (this.#terminal) this.#show();
  }

  /** Prints a line to stay. */
  print(line: string): void {
    printPart(this.#terminal ? `\r\x1b[K${line}\n` : `${line}\n`);
    this.#loggedAt = Date.now();
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#terminal) printPart("\r\x1b[K");
  }

  #show(): void {
    const text = this.#text();
    if (!text) return;
    if (this.#terminal) {
      const { columns } = Deno.consoleSize();
      printPart(`\r\x1b[K${text.slice(0, columns - 1)}`);
    } else if (Date.now() - this.#loggedAt > LOG_INTERVAL) {
      this.print(text);
    }
  }
}
