import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine, connectionFile, installGuard } from "../../lib/jupyter/guard.ts";
import { Kernel } from "../../lib/jupyter/kernel.ts";
import { installKernelspec } from "../../lib/jupyter/kernelspec.ts";
import { readNotebook, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { installPackages, pythonWith, systemPython } from "../../lib/python.ts";
import { assertStress, notebook, shown, stress } from "./stress.ts";

const guard = new URL("../../lib/jupyter/guard.ts", import.meta.url).href;
// Continuous integration must have Python; elsewhere this client cannot be tested without it.
const canRun = Deno.env.get("CI") !== undefined || await systemPython() !== undefined;

Deno.test("the guard does nothing outside a kernel", async () => {
  const before = JSON.stringify;
  await installGuard();
  assertEquals(JSON.stringify, before);
});

Deno.test("the guard finds the connection file in a kernel's command line", () => {
  const argv = "/usr/bin/deno jupyter --quiet --kernel --conn";
  assertEquals(connectionFile(`${argv} /run/kernel-1.json `), "/run/kernel-1.json");
  assertEquals(
    connectionFile(`${argv} /Users/A B/Library/kernel-1.json\n`),
    "/Users/A B/Library/kernel-1.json",
  );
  assertEquals(connectionFile(`deno.exe --conn "C:\\A B\\kernel.json"\r\n`), "C:\\A B\\kernel.json");
  assertEquals(connectionFile(`${argv}=/run/kernel-1.json`), "/run/kernel-1.json");
  assertThrows(() => connectionFile("/usr/bin/deno run x.ts"), Error, "kernelspec of Deno");
});

Deno.test(
  "the command line is found on every system with ps",
  { ignore: Deno.build.os === "windows" },
  async () => {
    assertMatch(await commandLine("darwin"), /deno.* test /);
    assertMatch(await commandLine(), /deno.* test /);
  },
);

Deno.test("a kernel without the internal that the guard needs is refused with the Deno to use", async () => {
  const kernel = await Kernel.start({ directory: Deno.cwd() });
  try {
    const reply = await kernel.execute(`
      delete Deno[Deno.internal].jupyter.broadcastResult;
      delete globalThis[Symbol.for("graves.jupyter.guard")];
      await import(${JSON.stringify(guard + "?again")});`);
    assertEquals(reply.status, "error");
    assertStringIncludes(reply.evalue!, "broadcastResult");
    assertStringIncludes(reply.evalue!, "2.9.6");
  } finally {
    await kernel.stop();
  }
});

Deno.test("with the guard, nbclient gets every output, every time", { ignore: !canRun }, async () => {
  const python = await pythonWith("nbclient") ?? await installPackages("nbclient==0.11.0");
  const script = fileURLToPath(new URL("./nbclient_run.py", import.meta.url));
  const directory = await Deno.makeTempDir();
  try {
    const from = join(directory, "from.ipynb");
    const to = [1, 2, 3].map((round) => join(directory, `to-${round}.ipynb`));
    const sources = stress.map(([source]) => source);
    await writeNotebook(from, notebook(`await import(${JSON.stringify(guard)}); "on"`, ...sources));
    const env = { JUPYTER_PATH: await installKernelspec(directory) };
    const client = await new Deno.Command(python, { args: [script, from, ...to], env }).output();
    assert(client.success, new TextDecoder().decode(client.stderr));
    for (const path of to) {
      const [first, ...others] = (await readNotebook(path)).cells.map(({ outputs }) => outputs!);
      assertEquals(shown(first), '<"on", 4>');
      assertStress(others);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
