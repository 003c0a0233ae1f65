/** A front end for tests: jupyter_client, on which Jupyter's own front ends stand. */
import { assert } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installKernelspec } from "../../lib/jupyter/kernelspec.ts";
import { installPackages, pythonWith, systemPython } from "../../lib/python.ts";

/** Continuous integration must have Python; elsewhere this client cannot be tested without it. */
export const canRun = Deno.env.get("CI") !== undefined || await systemPython() !== undefined;

const script = fileURLToPath(new URL("./front_end.py", import.meta.url));
const notebooks = fileURLToPath(new URL("../../notebooks", import.meta.url));
const clientPython = async () => await pythonWith("nbclient") ?? await installPackages("nbclient==0.11.0");

export interface Cell {
  code: string;
  /** Seconds from its beginning at which Stop is pressed; 0: just before it. */
  stops?: number[];
  /** Seconds to go on listening after its end. */
  late?: number;
}
export interface Ended {
  reply: "ok" | "error" | null;
  ended: boolean;
  result: string;
  errors: string[];
  /** From the last Stop to the cell's end. */
  seconds: number | null;
}

/** Runs cells in a kernel "deno": the one that `deno task lab` gives, or what is found in the environment `env`. */
export async function runCells(cells: Cell[], env?: Record<string, string>): Promise<Ended[]> {
  const directory = await Deno.makeTempDir();
  try {
    const child = new Deno.Command(await clientPython(), {
      args: [script, "deno", notebooks],
      env: env ?? { JUPYTER_PATH: await installKernelspec(directory) },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await new Response(JSON.stringify(cells)).body!.pipeTo(child.stdin);
    const { success, stdout, stderr } = await child.output();
    assert(success, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Calls `work` with the environment of a user who has nothing yet, no deno on the PATH either, and with a Python. */
export async function withHome(
  work: (env: Record<string, string>, python: string) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    const python = await clientPython();
    const env = { HOME: home, XDG_DATA_HOME: join(home, ".local", "share"), JUPYTER_PATH: "" };
    await work({ ...env, PATH: [dirname(python), "/usr/bin", "/bin"].join(":") }, python);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
