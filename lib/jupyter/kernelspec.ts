/** The kernelspec with which Jupyter's front ends start Deno's kernel. */
import { delimiter, join } from "node:path";
import { cacheDirectory, writeFile } from "../files.ts";

/**
 * `interrupt_mode`: without it, Stop kills the kernel and all that it holds. `NO_COLOR`: tables and texts in notebooks
 * carry no terminal colours. The same, with `deno` from the PATH, is kept in `.jupyter/` for front ends started by hand.
 */
export function kernelspec(deno: string) {
  return {
    argv: [deno, "jupyter", "--quiet", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "message",
    env: { NO_COLOR: "1" },
  };
}

/** Writes a kernelspec for the Deno that runs now, which need not be on the PATH; returns the value of `JUPYTER_PATH`. */
export async function installKernelspec(directory = join(cacheDirectory, "jupyter")): Promise<string> {
  const text = JSON.stringify(kernelspec(Deno.execPath()), null, 2) + "\n";
  await writeFile(join(directory, "kernels", "deno", "kernel.json"), text);
  return [directory, Deno.env.get("JUPYTER_PATH")].filter(Boolean).join(delimiter);
}
