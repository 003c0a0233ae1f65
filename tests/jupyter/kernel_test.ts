import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exists } from "../../lib/files.ts";
import { freePorts, Kernel, type KernelOptions } from "../../lib/jupyter/kernel.ts";
import { writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { notebook } from "./stress.ts";

const directory = Deno.cwd();
const fake = fileURLToPath(new URL("./fake_kernel.ts", import.meta.url));
const reproduce = fileURLToPath(new URL("../../lib/cli/reproduce.ts", import.meta.url));

/** Options for a kernel that closes its sockets at a moment and ends `delay` milliseconds later (see fake_kernel.ts). */
function dying(when: string, delay: number | "never"): KernelOptions {
  const command = [Deno.execPath(), "run", "-A", "--no-config", fake, when, String(delay)];
  return { directory, command };
}

/** Starts a kernel and runs a cell; returns what it was told. */
async function toldBy(options: KernelOptions): Promise<string> {
  let kernel: Kernel | undefined;
  try {
    kernel = await Kernel.start(options);
    return (await kernel.execute("1")).status;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await kernel?.stop();
  }
}

Deno.test("a kernel that closes its sockets and ends later has died, with its cause: 50 of 50", async () => {
  const moments = ["connection", "kernel_info", "guard", "cell", "cell"].flatMap((when) =>
    [300, 1000].map((delay) => dying(when, delay))
  );
  const told: string[] = [];
  for (let round = 0; round < 5; round++) told.push(...await Promise.all(moments.map(toldBy)));
  assertEquals(told, Array(50).fill("the kernel died (exit code 7):\nthe cause"));
});

Deno.test("a kernel whose ports another kernel has is started again on others, and the other goes on", async () => {
  const taken = freePorts();
  const other = await Kernel.start({ directory }, () => taken);
  // It speaks all the while, signed with another key.
  const speaking = other.execute(`for (let k = 0; k < 80; k++) {
    console.log(k); await new Promise((ok) => setTimeout(ok, 50));
  }`);
  let choices = 0;
  const kernel = await Kernel.start({ directory }, () => choices++ ? freePorts() : taken);
  try {
    assertEquals(choices, 2);
    assertEquals((await kernel.execute("1")).status, "ok");
    assertEquals((await speaking).status, "ok");
  } finally {
    await kernel.stop();
    await other.stop();
  }
});

Deno.test("a killed kernel is told as killed, each time it is asked", async () => {
  for (let round = 0; round < 5; round++) {
    const kernel = await Kernel.start({ directory });
    try {
      const pid = Number((await evaluate(kernel, "Deno.pid")).trim());
      Deno.kill(pid, "SIGKILL");
      const told = [];
      for (let k = 0; k < 2; k++) told.push(await kernel.execute("1").catch((error) => error.message));
      assertEquals(told, Array(2).fill("the kernel died (signal SIGKILL)"));
    } finally {
      await kernel.stop();
    }
  }
});

Deno.test("a kernel that closes its sockets and lives on, or says nothing at all, is no endless wait", async () => {
  const [closed, silent] = await Promise.all([
    toldBy(dying("cell", "never")),
    toldBy({ ...dying("silent", "never"), startTimeout: 3 }),
  ]);
  assertEquals(closed, "the kernel closed its connection without an end");
  assertEquals(silent, "the kernel did not answer within 3 s of its start");
});

Deno.test("a kernel that cannot be started leaves nothing", async () => {
  await assertRejects(() => Kernel.start({ directory, command: ["/nonexistent"] }), Deno.errors.NotFound);
  await assertRejects(() => Kernel.start({ directory: "/nonexistent" }), Error);
});

Deno.test("a time beyond the longest timer is no time at all", async () => {
  const kernel = await Kernel.start({ directory });
  try {
    assertEquals((await kernel.execute("1", { timeout: 1e9 })).status, "ok");
  } finally {
    await kernel.stop();
  }
});

/** What a cell prints. */
async function evaluate(kernel: Kernel, expression: string): Promise<string> {
  let printed = "";
  const onOutput = (_: string, content: Record<string, unknown>) => printed += content.text ?? "";
  await kernel.execute(`console.log(${expression})`, { onOutput });
  return printed;
}

Deno.test("once a kernel has started, its key is in no file", async () => {
  const kernel = await Kernel.start({ directory });
  try {
    const file = await evaluate(kernel, `Deno.readTextFileSync("/proc/self/cmdline").split("\\0").at(-2)`);
    assert(file.includes("kernel-"), file);
    assertEquals(await exists(file.trim()), false);
  } finally {
    await kernel.stop();
  }
});

/** The command lines of the processes that name a path. */
async function processesNaming(path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const commandLine = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (commandLine.includes(path)) found.push(commandLine.replaceAll("\0", " "));
  }
  return found;
}

/** Waits until `what` says that there is nothing more to wait for. */
async function until(what: () => Promise<boolean>, failure: string): Promise<void> {
  for (const start = performance.now(); !await what();) {
    assertLess(performance.now() - start, 120_000, failure);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a kernel ends when reproduce is killed, at any time, and leaves no file with its key", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  // From before the kernel has read its connection file to the middle of an endless cell.
  await Promise.all([0, 100, 500, 3000].map(async (milliseconds) => {
    const folder = await Deno.makeTempDir();
    try {
      const temporary = join(folder, "temporary");
      await Deno.mkdir(temporary);
      await writeNotebook(join(folder, "1.ipynb"), notebook("for (;;);"));
      const runner = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", reproduce, "--notebooks", folder, "--out", folder],
        env: { TMPDIR: temporary },
        stdout: "null",
      }).spawn();
      const kernels = async () =>
        (await processesNaming(temporary)).filter((line) => line.includes(" jupyter "));
      await until(async () => (await kernels()).length > 0, "no kernel starts");
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      assertEquals((await kernels()).length, 1);
      runner.kill("SIGKILL");
      await runner.status;
      const left = async () => [
        ...await processesNaming(temporary),
        ...[...Deno.readDirSync(temporary)].map(({ name }) => name),
      ];
      await until(async () => (await left()).length === 0, `${milliseconds} ms: ${(await left()).join()}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }));
});
