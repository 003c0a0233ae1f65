/** What a cell shows while it runs. */

/** A front end's rich output: content by MIME type. */
export type Bundle = Record<string, unknown>;

export function inNotebook(): boolean {
  try {
    return typeof Deno.jupyter?.broadcast === "function";
  } catch {
    return false; // Outside the kernel the property itself throws.
  }
}

/** Shows an output below the cell that runs. Only in a notebook. */
export async function display(data: Bundle, metadata: Bundle = {}): Promise<void> {
  await Deno.jupyter.broadcast("display_data", { data, metadata, transient: {} });
}

/** Shows Markdown below the cell that runs; outside a notebook, and where there is no Markdown, `plain`. */
export async function displayMarkdown(text: string, metadata: Bundle = {}, plain = text): Promise<void> {
  if (!inNotebook()) return console.log(plain);
  await display({ "text/markdown": text, "text/plain": plain }, metadata);
}

/** A display whose every output takes the place of the one before. Only in a notebook. */
export function updatableDisplay(): (data: Bundle, metadata?: Bundle) => Promise<void> {
  const transient = { display_id: crypto.randomUUID() };
  let type = "display_data";
  return async (data, metadata = {}) => {
    await Deno.jupyter.broadcast(type, { data, metadata, transient });
    type = "update_display_data";
  };
}
