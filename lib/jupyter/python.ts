/** Python beside the project: only to open notebooks in Jupyter's own front ends, in a virtual environment of its own. */
import { join } from "node:path";
import { exists, root } from "../files.ts";

/** The virtual environment that is active, or else `.venv` of the project. */
export const virtualEnvironment = Deno.env.get("VIRTUAL_ENV") ?? join(root, ".venv");
const windows = Deno.build.os === "windows";
const venvPython = join(virtualEnvironment, windows ? "Scripts/python.exe" : "bin/python");

/** Runs a command to its end; null when there is no such command. */
async function run(command: string, args: string[]): Promise<{ success: boolean; text: string } | null> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The system's Python 3, if there is one. */
export async function systemPython(): Promise<string | undefined> {
  for (const name of windows ? ["py", "python"] : ["python3", "python"]) {
    if ((await run(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]))?.success) return name;
  }
}

/** The Python that can import `module`: the project's own environment's, or the system's. */
export async function pythonWith(module: string): Promise<string | undefined> {
  const own = await exists(venvPython) ? [venvPython] : [];
  for (const python of [...own, await systemPython()]) {
    if (python && (await run(python, ["-c", `import ${module}`]))?.success) return python;
  }
}

/**
 * Installs packages into the virtual environment, which is made if need be; returns its Python. Throws when there is no
 * Python 3, and when pip cannot get a package.
 */
export async function installPackages(...packages: string[]): Promise<string> {
  if (!await exists(venvPython)) {
    const python = await systemPython();
    if (!python) {
      throw new Error(
        "Python 3.9 or newer was not found: install it (https://www.python.org/downloads), then try again.",
      );
    }
    await need(python, ["-m", "venv", virtualEnvironment], "Python could not make a virtual environment");
  }
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  await need(venvPython, pip, `pip could not install ${packages.join(", ")}. Is there a network?`);
  return venvPython;
}

async function need(command: string, args: string[], problem: string): Promise<void> {
  const result = await run(command, args);
  if (result?.success) return;
  const end = result?.text.trim().split("\n").slice(-5).join("\n") ?? "no such command";
  throw new Error(`${problem}\n${[command, ...args].join(" ")}\n${end}`);
}
