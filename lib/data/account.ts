/** The account that a reader gives: which lines it left out, and what else is worth knowing. */

/** Lines that were left out, by reason. */
export interface Skipped {
  reason: string;
  count: number;
  /** The first few. */
  examples: string[];
}

const exampleCount = 5;

/** The first few names, for people. */
export function someOf(names: string[]): string {
  return names.slice(0, exampleCount).join(", ") + (names.length > exampleCount ? ", …" : "");
}

export class Account {
  readonly #skips = new Map<string, Skipped>();
  /** Sentences for people. */
  readonly notes: string[] = [];

  /** A line is left out. */
  skip(reason: string, example: string): void {
    const entry = this.#skips.get(reason) ?? { reason, count: 0, examples: [] };
    if (entry.count++ < exampleCount) entry.examples.push(example);
    this.#skips.set(reason, entry);
  }

  /** Notes what `names` have in common; nothing if there are none. */
  note(names: Iterable<string>, sentence: (count: string, some: string) => string): void {
    const all = [...names];
    if (all.length) this.notes.push(sentence(all.length.toLocaleString("en"), someOf(all)));
  }

  get skipped(): Skipped[] {
    return [...this.#skips.values()];
  }
}

/** `12 damaged XML (a01-000u-01, …)`, joined by semicolons. */
export function describeSkipped(skipped: Skipped[]): string {
  return skipped.map(({ reason, count, examples }) =>
    `${count.toLocaleString("en")} ${reason} (${examples.join(", ")}${count > examples.length ? ", …" : ""})`
  ).join("; ");
}
