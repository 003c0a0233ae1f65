/** A module for the browser and all that it imports, as one script that a page may load from a file. */
import { join } from "node:path";
import { root } from "./files.ts";

/** The script of the module `entry`, a path. Throws what the bundler says if it cannot be made. */
export async function bundle(entry: string): Promise<Uint8Array<ArrayBuffer>> {
  const out = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      // deno-fmt-ignore
      args: [
        "bundle", "--quiet", "--platform", "browser", "--format", "iife", "--minify",
        "--config", join(root, "deno.json"), "--output", out, entry,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    if (success) return await Deno.readFile(out);
    throw new Error(`${entry} cannot be bundled:\n${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(out);
  }
}
