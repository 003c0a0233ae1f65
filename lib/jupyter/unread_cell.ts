/** Cells that the kernel ends without running them and without a word: what was wrong with their text. */

const noReason = "Deno's kernel could not run this cell and does not say why. " +
  "A package that it imports may not exist, or not in that version.";

/** What the kernel replies for such a cell. */
export const UNREAD = "Execution failed";

/** Why the kernel did not run a cell: the parser's words, if it refuses the text. */
export async function reasonUnread(code: string): Promise<{ ename: string; evalue: string }> {
  // The formatter begins with the kernel's own parser, and needs neither a file nor a network.
  const parser = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=tsx", "-"],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  await new Response(code).body!.pipeTo(parser.stdin).catch(() => {});
  const { success, stderr } = await parser.output();
  const words = new TextDecoder().decode(stderr).replace(/\s*Stack backtrace:[^]*$/, "")
    .replace(/^error: SyntaxError: /, "").replace(/ *at file:\S*:(\d+):(\d+)/, "at line $1, column $2");
  return success ? { ename: "Error", evalue: noReason } : { ename: "SyntaxError", evalue: words.trim() };
}
