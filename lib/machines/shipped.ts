/** Shipped weights on their way to another machine. */
import { join } from "node:path";
import { exists, resultsDirectory } from "../files.ts";

/** Takes what is shipped of an experiment into other results, if it is not there. */
export async function copyShipped(name: string, results: string): Promise<void> {
  const isOwn = (file: string) => file === `${name}.safetensors` || file.startsWith(`${name}.part`);
  for (const [folder, isMeant] of [["weights", isOwn], [join("runs", name), () => true]] as const) {
    const from = join(resultsDirectory, folder), to = join(results, folder);
    if (!await exists(from)) continue;
    await Deno.mkdir(to, { recursive: true });
    for await (const { name: file, isFile } of Deno.readDir(from)) {
      if (isFile && isMeant(file) && !await exists(join(to, file))) {
        await Deno.copyFile(join(from, file), join(to, file));
      }
    }
  }
}
