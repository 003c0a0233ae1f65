/** The kernelspec with which Jupyter's front ends start Deno's kernel. */
import { delimiter, join } from "node:path";
import { cacheDirectory, writeFile } from "../files.ts";

/**
 * It leaves out `interrupt_mode`, so that Stop is a SIGINT, which the guard hears (`guard_worker.ts`): the other mode, a
 * message, makes a cell that awaits hang for good (Deno 2.9.6, denoland/deno#24491). `NO_COLOR`: tables and texts in
 * notebooks carry no terminal colours.
 */
export function kernelspec(deno: string) {
  return {
    argv: [deno, "jupyter", "--quiet", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    env: { NO_COLOR: "1" },
  };
}

/** Writes a kernelspec for the Deno that runs now, which need not be on the PATH; returns the value of `JUPYTER_PATH`. */
export async function installKernelspec(directory = join(cacheDirectory, "jupyter")): Promise<string> {
  const text = JSON.stringify(kernelspec(Deno.execPath()), null, 2) + "\n";
  await writeFile(join(directory, "kernels", "deno", "kernel.json"), text);
  return [directory, Deno.env.get("JUPYTER_PATH")].filter(Boolean).join(delimiter);
}
