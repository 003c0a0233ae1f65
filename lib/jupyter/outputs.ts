/** From the messages of a running cell to the outputs of its notebook. */
import type { Content } from "./kernel.ts";
import { type DisplayOutput, type Output, splitLines } from "./notebook_file.ts";

/** Displays by their id: a later cell may update what an earlier one showed. */
export type Displays = Map<string, DisplayOutput[]>;

/** Collects the outputs of one cell, at any time as a file holds them, so that nothing is left to do when the cell ends. */
export class OutputCollector {
  readonly outputs: Output[] = [];
  #clearOnNext = false;
  readonly #displays: Displays;
  readonly #executionCount: number;

  constructor(displays: Displays, executionCount: number) {
    this.#displays = displays;
    this.#executionCount = executionCount;
  }

  /** Takes a message from the kernel's output channel; those that are no output are passed over. */
  receive(type: string, content: Content): void {
    switch (type) {
      case "stream":
        return this.#write(content.name === "stderr" ? "stderr" : "stdout", String(content.text ?? ""));
      case "display_data":
      case "execute_result":
        return this.#display(type, content);
      case "update_display_data":
        for (const output of this.#displays.get(displayId(content)) ?? []) {
          output.data = inLines(content.data);
          output.metadata = content.metadata as Content ?? {};
        }
        return;
      case "clear_output":
        if (content.wait) this.#clearOnNext = true;
        else this.outputs.length = 0;
        return;
      case "error":
        return this.#add({
          output_type: "error",
          ename: String(content.ename),
          evalue: String(content.evalue),
          traceback: [content.traceback ?? []].flat().map(String),
        });
    }
  }

  #add(output: Output): void {
    if (this.#clearOnNext) this.outputs.length = 0;
    this.#clearOnNext = false;
    this.outputs.push(output);
  }

  #write(name: "stdout" | "stderr", text: string): void {
    const last = this.outputs.at(-1);
    const goesOn = !this.#clearOnNext && last?.output_type === "stream" && last.name === name;
    const lines = goesOn ? last.text as string[] : [];
    if (!goesOn) this.#add({ output_type: "stream", name, text: lines });
    const begun = lines.at(-1)?.endsWith("\n") === false ? lines.pop() : "";
    for (const line of splitLines(lastWritten(begun + text))) lines.push(line);
  }

  #display(type: DisplayOutput["output_type"], content: Content): void {
    const output: DisplayOutput = {
      output_type: type,
      data: inLines(content.data),
      metadata: content.metadata as Content ?? {},
    };
    if (type === "execute_result") output.execution_count = this.#executionCount;
    this.#add(output);
    const id = displayId(content);
    if (id) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output]);
  }
}

function displayId(content: Content): string {
  return (content.transient as { display_id?: string } | undefined)?.display_id ?? "";
}

/** Of a line that is written over (`\r`), what was last to be read. Takes time in proportion to the text's length. */
function lastWritten(text: string): string {
  return text.replace(/(?<![^\n])[^\n]*\r(?=[^\r\n])/g, "");
}

/** A display's forms as a file holds them: texts in lines, JSON and pictures as they are, else JSON in words. */
function inLines(data: unknown): Content {
  const inFile = (type: string, value: unknown) => {
    if (/json$/.test(type)) return value;
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
    return /^text\/|^image\/svg/.test(type) ? splitLines(text) : text;
  };
  return Object.fromEntries(Object.entries(data ?? {}).map(([type, value]) => [type, inFile(type, value)]));
}
