/** From the messages of a running cell to the outputs of its notebook. */
import type { Content } from "./kernel.ts";
import { type DisplayOutput, joinLines, type Output, splitLines } from "./notebook_file.ts";

/** Displays by their id: a later cell may update what an earlier one showed. */
export type Displays = Map<string, DisplayOutput[]>;

/** Collects the outputs of one cell. */
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
        return this.#write(content.name as "stdout" | "stderr", content.text as string);
      case "display_data":
      case "execute_result":
        return this.#display(type, content);
      case "update_display_data":
        for (const output of this.#displays.get(displayId(content)) ?? []) {
          output.data = content.data as Content;
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
          traceback: content.traceback as string[] ?? [],
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
    if (!this.#clearOnNext && last?.output_type === "stream" && last.name === name) last.text += text;
    else this.#add({ output_type: "stream", name, text });
  }

  #display(type: DisplayOutput["output_type"], content: Content): void {
    const output: DisplayOutput = {
      output_type: type,
      data: content.data as Content,
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

/** Outputs as a file holds them: text in lines, and of a line written over (`\r`) what was last to be read. */
export function settled(outputs: Output[]): Output[] {
  return outputs.map((output) => {
    if (output.output_type === "error") return output;
    if (output.output_type === "stream") {
      return { ...output, text: splitLines(joinLines(output.text).replace(/.*\r(?=[^\r\n])/g, "")) };
    }
    const data = Object.entries(output.data).map(([type, value]) =>
      typeof value === "string" && /^text\/|^image\/svg/.test(type)
        ? [type, splitLines(value)]
        : [type, value]
    );
    return { ...output, data: Object.fromEntries(data) };
  });
}
