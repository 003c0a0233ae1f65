import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { exists, writeFile } from "../lib/files.ts";

/** Evaluates an expression over lib/python.ts in a process with this environment. */
async function evaluate(expression: string, env: Record<string, string>): Promise<string> {
  const module = JSON.stringify(import.meta.resolve("../lib/python.ts"));
  const program = `
    const python = await import(${module});
    console.log(await ${expression}.then((value) => value ?? "none", (error) => error.message));`;
  const args = ["eval", "--no-check", program];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, env: { ...env, NO_COLOR: "1" } })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("python: what a package has brought is found in the active environment", async () => {
  const folder = await Deno.makeTempDir();
  const site = Deno.build.os === "windows" ? "Lib/site-packages" : "lib/python3.99/site-packages";
  const file = join(folder, site, "package/library.so");
  await writeFile(file, "");
  const env = { VIRTUAL_ENV: folder };
  assertEquals(await evaluate(`python.installedFile("package/library.so")`, env), file);
  assertEquals(await evaluate(`python.installedFile("package/other.so")`, env), "none");
  assertEquals(
    await evaluate(`python.installedFile("package/library.so")`, { VIRTUAL_ENV: "/nonexistent" }),
    "none",
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "python: an environment that could not be made leaves nothing that would be taken for one",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir(), environment = join(folder, "venv");
    // A Python without the module ensurepip does so.
    await writeFile(
      join(folder, "python3"),
      `#!/bin/sh\n[ "$2" = venv ] || exit 0\nmkdir -p "$3/bin"\ntouch "$3/bin/python"\necho no ensurepip >&2\nexit 1\n`,
    );
    await Deno.chmod(join(folder, "python3"), 0o755);
    const env = { VIRTUAL_ENV: environment, PATH: `${folder}:${Deno.env.get("PATH")}` };
    assertMatch(await evaluate("python.environmentPython()", env), /could not make[^]*no ensurepip/);
    assertEquals(await exists(environment), false);
    await Deno.remove(folder, { recursive: true });
  },
});
