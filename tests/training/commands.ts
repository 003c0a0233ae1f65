/** Commands as they are run. */
import { join } from "node:path";
import { root } from "../../lib/files.ts";

/** Runs a command on the excerpts, as a process of its own. */
export const run = (name: string, ...args: string[]) => runWith({}, name, ...args);

/** The same with other settings by environment. */
export async function runWith(
  env: Record<string, string>,
  name: string,
  ...args: string[]
): Promise<{ code: number; out: string; errors: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib", "cli", `${name}.ts`), ...args],
    env: { GRAVES_DATA: "data/excerpts", NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), errors: text(stderr) };
}
