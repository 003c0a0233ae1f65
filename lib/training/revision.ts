/** Which code computes. */
import { join } from "node:path";
import { root } from "../files.ts";

/** A portable folder has no git, but its commit by this name. */
export const revisionFile = "revision";

/** The project's git commit, with `+` where files under lib/ had changed; `null` where there is no git. */
export async function revision(): Promise<string | null> {
  const git = async (...args: string[]) => {
    const { success, stdout } = await new Deno.Command("git", { args, cwd: root, stderr: "null" }).output();
    if (!success) throw new Error("git failed");
    return new TextDecoder().decode(stdout).trim();
  };
  const kept = await Deno.readTextFile(join(root, revisionFile)).catch(() => undefined);
  if (kept !== undefined) return kept;
  try {
    const changed = await git("status", "--porcelain", "--", "lib");
    return await git("rev-parse", "--short=12", "HEAD") + (changed ? "+" : "");
  } catch {
    return null;
  }
}
