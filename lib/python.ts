/** The one place that finds Python: for Jupyter's front ends, libraries from PyPI and the bench's peers. */
import { join } from "node:path";
import { exists, root } from "./files.ts";

const projectEnvironment = join(root, ".venv");
/** The virtual environment that packages are installed into: the one that is active, or else `.venv` of the
 * project. */
export const virtualEnvironment = Deno.env.get("VIRTUAL_ENV") || projectEnvironment;
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

/** The Pythons that there are, in the order in which they are asked: the virtual environment's, the
 * system's. */
export async function pythons(): Promise<string[]> {
  const own = await exists(venvPython) ? venvPython : undefined;
  return [own, await systemPython()].filter((python) => python !== undefined);
}

/** The first of `pythons` that can import `module`. */
export async function pythonWith(module: string): Promise<string | undefined> {
  for (const python of await pythons()) {
    if ((await run(python, ["-c", `import ${module}`]))?.success) return python;
  }
}

/** The virtual environment's Python; the environment is made if need be. Throws when there is no Python 3. */
export async function environmentPython(): Promise<string> {
  if (!await exists(venvPython)) {
    const python = await systemPython();
    if (!python) {
      throw new Error(
        "Python 3.9 or newer was not found: install it (https://www.python.org/downloads), then try again.",
      );
    }
    const isNew = !await exists(virtualEnvironment);
    try {
      await need(python, ["-m", "venv", virtualEnvironment], "Python could not make a virtual environment");
    } catch (error) {
      // What is left of it may have a Python without pip, which would be taken for an environment the next
      // time.
      if (isNew) await Deno.remove(virtualEnvironment, { recursive: true }).catch(() => {});
      throw error;
    }
  }
  return venvPython;
}

/** Installs packages into the virtual environment; returns its Python. Throws when there is no Python 3, and
 * when pip cannot get a package. */
export async function installPackages(...packages: string[]): Promise<string> {
  const python = await environmentPython();
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  await need(python, pip, `pip could not install ${packages.join(", ")}. Is there a network?`);
  return python;
}

async function need(command: string, args: string[], problem: string): Promise<void> {
  const result = await run(command, args);
  if (result?.success) return;
  const end = result?.text.trim().split("\n").slice(-5).join("\n") ?? "no such command";
  throw new Error(`${problem}\n${[command, ...args].join(" ")}\n${end}`);
}

/** The path of a file that a package from PyPI has brought, in the virtual environment or the project's
 * own. */
export async function installedFile(path: string): Promise<string | undefined> {
  for (const environment of new Set([virtualEnvironment, projectEnvironment])) {
    const lib = join(environment, windows ? "Lib" : "lib");
    const folders = windows ? [lib] : await names(lib).then((names) => names.map((name) => join(lib, name)));
    for (const folder of folders) {
      const file = join(folder, "site-packages", path);
      if (await exists(file)) return file;
    }
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch {
    return []; // There is no such folder.
  }
}
