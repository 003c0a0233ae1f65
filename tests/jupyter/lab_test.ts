import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Output } from "../../lib/jupyter/notebook_file.ts";
import { OutputCollector } from "../../lib/jupyter/outputs.ts";
import { pythonWith } from "../../lib/python.ts";
import { assertStress, shown, stress } from "./stress.ts";

const script = fileURLToPath(new URL("../../lib/cli/lab.ts", import.meta.url));
const guard = new URL("../../lib/jupyter/guard.ts", import.meta.url).href;
const installed = await pythonWith("jupyterlab") !== undefined;
// Continuous integration installs it as a user does; elsewhere that would take too long.
const canRun = installed || Deno.env.get("CI") !== undefined;

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Runs cells through a Jupyter server's WebSocket, as JupyterLab's page does. */
async function runCells(address: string, sources: string[]): Promise<Output[][]> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const all: Output[][] = [];
  for (const [i, code] of sources.entries()) {
    const collector = new OutputCollector(new Map(), i + 1);
    const header = {
      msg_id: crypto.randomUUID(),
      msg_type: "execute_request",
      session: "test",
      version: "5.3",
    };
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
    const done = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.parent_header?.msg_id !== header.msg_id || message.channel !== "iopub") return;
        collector.receive(message.header.msg_type, message.content);
        if (message.content.execution_state === "idle") resolve();
      };
    });
    const about = { username: "test", date: new Date().toISOString() };
    const message = {
      channel: "shell",
      header: { ...header, ...about },
      parent_header: {},
      metadata: {},
      content,
    };
    socket.send(JSON.stringify({ ...message, buffers: [] }));
    await done;
    all.push(collector.outputs);
  }
  socket.close();
  return all;
}

Deno.test({
  name: "deno task lab starts JupyterLab, whose page gets every output of the project's kernel",
  ignore: !canRun,
  fn: async () => {
    const [port, token] = [freePort(), crypto.randomUUID()];
    const options = ["--no-browser", "--allow-root", `--port=${port}`, `--IdentityProvider.token=${token}`];
    if (!installed) options.push("--install");
    const lab = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, ...options],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const ask = async (path: string, method = "GET", body?: unknown) => {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, {
        method,
        headers: { authorization: `token ${token}` },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      assert(response.ok, text);
      return text && JSON.parse(text);
    };
    try {
      for (let attempt = 0;; attempt++) {
        try {
          await ask("api/status");
          break;
        } catch (error) {
          if (attempt === (installed ? 240 : 1200)) throw error;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
      const home = await fetch(`http://127.0.0.1:${port}/?token=${token}`, { redirect: "manual" });
      await home.body?.cancel();
      assertEquals(home.headers.get("location")?.split("?")[0], "/lab/tree/notebooks");
      const { schema } = await ask("lab/api/settings/@jupyterlab/apputils-extension:notification");
      assertEquals(schema.properties.fetchNews.default, "false");
      const { kernelspecs } = await ask("api/kernelspecs");
      assertEquals(kernelspecs.deno.spec.argv[0], Deno.execPath());
      assertEquals(kernelspecs.deno.spec.interrupt_mode, "signal");
      const { id } = await ask("api/kernels", "POST", { name: "deno" });
      const outputs = await runCells(
        `ws://127.0.0.1:${port}/api/kernels/${id}/channels?token=${token}`,
        [`await import(${JSON.stringify(guard)}); "on"`, ...stress.map(([source]) => source)],
      );
      assertEquals(shown(outputs[0]), '<"on", 4>');
      assertStress(outputs.slice(1));
      await ask(`api/kernels/${id}`, "DELETE");
    } finally {
      lab.kill("SIGTERM");
      await lab.status;
    }
  },
});

Deno.test("without JupyterLab, deno task lab says what to run; without Python, what to get", async () => {
  const lab = async (...args: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, ...args],
      env: { PATH: "/nonexistent", VIRTUAL_ENV: "/nonexistent" },
    }).output();
    return { code, stderr: new TextDecoder().decode(stderr) };
  };
  const missing = await lab("--allow-root");
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "deno task lab --install");
  const withoutPython = await lab("--install", "--allow-root");
  assertEquals(withoutPython.code, 1);
  assertStringIncludes(withoutPython.stderr, "Python 3.9 or newer was not found");
});

Deno.test("root is told how to start JupyterLab all the same", { ignore: Deno.uid() !== 0 }, async () => {
  const args = ["run", "-A", script, "--install", "--no-browser"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "deno task lab --install --no-browser --allow-root");
});
