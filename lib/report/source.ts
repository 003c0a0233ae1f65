/** The paper's equations as they run: their source, to be shown beside them. */
import { displayMarkdown } from "./display.ts";

const folder = new URL("../equations/", import.meta.url);

/**
 * The source of a function of `lib/equations` with its doc comment, and the file that it stands in.
 * Throws if it is none of them.
 */
export async function sourceOf(equation: { name: string }): Promise<{ file: string; code: string }> {
  const { name } = equation;
  // With the comment right before it, up to the brace in the first column.
  const definition = new RegExp(`^(/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?export function ${name}\\b[^]*?^}$`, "m");
  for await (const { name: file } of Deno.readDir(folder)) {
    const [code] = definition.exec(await Deno.readTextFile(new URL(file, folder))) ?? [];
    if (code && /^\w+$/.test(name)) return { file: `lib/equations/${file}`, code };
  }
  throw new Error(`'${name}' is no function of lib/equations, whose source could be shown.`);
}

/** Shows the source of functions of `lib/equations`, in a notebook as code with the name of its file below. */
export async function showSource(...equations: { name: string }[]): Promise<void> {
  const sources = await Promise.all(equations.map(sourceOf));
  const code = sources.map(({ code }) => code).join("\n\n");
  const files = [...new Set(sources.map(({ file }) => file))].join(", ");
  await displayMarkdown(`\`\`\`ts\n${code}\n\`\`\`\n\n*${files}*`, {}, code);
}
