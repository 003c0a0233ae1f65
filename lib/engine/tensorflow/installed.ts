/** Where the parts of the tensorflow engine lie: tfjs-node's JavaScript, and some libtensorflow. */
import { join } from "node:path";
import { cacheDirectory, exists } from "../../files.ts";
import { pythons } from "../../python.ts";

/** Where `deno task engine:tensorflow` installs tfjs-node, apart from the project's own packages. */
export const tfjsNodeFolder = join(cacheDirectory, "tensorflow");
/** The folder of `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`, which have the same JavaScript. */
export const tfjsNodePackage = (name: "tfjs-node" | "tfjs-node-gpu") =>
  join(tfjsNodeFolder, "node_modules/@tensorflow", name);

const libraries: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libtensorflow_cc.so.2", "libtensorflow.so.2"],
  darwin: ["libtensorflow_cc.2.dylib", "libtensorflow.2.dylib"],
  windows: ["tensorflow.dll"],
};

export class NotInstalledError extends Error {
  override name = "NotInstalledError";
}

/**
 * The path of the first libtensorflow among: the file that the environment variable `GRAVES_LIBTENSORFLOW`
 * names, the TensorFlow of the virtual environment (the active one, or `.venv` of the project), the one of
 * the system's Python, and what tfjs-node's install script downloaded.
 */
export async function findLibrary(): Promise<string | undefined> {
  const named = Deno.env.get("GRAVES_LIBTENSORFLOW");
  if (named) {
    if (await exists(named)) return named;
    throw new NotInstalledError(`GRAVES_LIBTENSORFLOW names ${named}, and there is no such file.`);
  }
  for (const python of await pythons()) {
    const library = await libraryOfPython(python);
    if (library) return library;
  }
  return await downloadedLibrary("tfjs-node-gpu") ?? await downloadedLibrary("tfjs-node");
}

/** The libtensorflow of a Python's `tensorflow` package, if it has one. */
export async function libraryOfPython(python: string): Promise<string | undefined> {
  const code = "import importlib.util as u; print(*u.find_spec('tensorflow').submodule_search_locations)";
  try {
    const { success, stdout } = await new Deno.Command(python, { args: ["-c", code], stderr: "null" })
      .output();
    if (success) return await libraryIn(new TextDecoder().decode(stdout).trim());
  } catch {
    // No such Python.
  }
}

/** The libtensorflow that a tfjs-node package downloaded, if it did. */
export function downloadedLibrary(name: "tfjs-node" | "tfjs-node-gpu"): Promise<string | undefined> {
  return libraryIn(join(tfjsNodePackage(name), "deps/lib"));
}

async function libraryIn(folder: string): Promise<string | undefined> {
  for (const name of libraries[Deno.build.os] ?? []) {
    const path = join(folder, name);
    if (await exists(path)) return path;
  }
}

/** Finds what the engine needs. Throws a `NotInstalledError` that says what is missing and how to get it. */
export async function findInstallation(): Promise<{ library: string; scripts: string }> {
  const library = await findLibrary(), scripts = join(tfjsNodePackage("tfjs-node"), "dist");
  const missing = [
    ...(await exists(scripts) ? [] : ["the package @tensorflow/tfjs-node"]),
    ...(library ? [] : ["a TensorFlow library"]),
  ];
  if (library && !missing.length) return { library, scripts };
  throw new NotInstalledError(
    `The tensorflow engine is not set up: ${missing.join(" and ")} not found. ` +
      "Run `deno task engine:tensorflow` (with --gpu for CUDA), or choose another engine.",
  );
}

const drivers: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libcuda.so.1",
  windows: "nvcuda.dll",
};

/** Why no CUDA device can be here, in words: NVIDIA's driver is missing. Nothing if it is there. */
export function lackOfDriver(): string | undefined {
  const name = drivers[Deno.build.os];
  if (!name) return `there is no CUDA for ${Deno.build.os}`;
  try {
    Deno.dlopen(name, {}).close();
  } catch {
    return `NVIDIA's driver is not here, since ${name} cannot be loaded`;
  }
}

/** Whether it is worth starting TensorFlow for a CUDA device: the engine is set up and there is NVIDIA's
 * driver, or the one of Windows under Linux. */
export async function mayUseCuda(): Promise<boolean> {
  return await exists(tfjsNodePackage("tfjs-node")) &&
    (await exists("/dev/nvidiactl") || await exists("/dev/dxg"));
}

const RTLD_LAZY = 1;

/**
 * Loads TensorFlow's library for the life of the process, where it is set up: to be called before what brings an LLVM of
 * its own, as Mesa's Vulkan drivers do. TensorFlow 2.21 that is loaded behind that ends the process with a segmentation
 * fault; before it, both work.
 */
export async function loadBeforeDrivers(): Promise<void> {
  if (Deno.build.os !== "linux" || !await exists(tfjsNodePackage("tfjs-node"))) return;
  try {
    const library = await findLibrary();
    if (!library) return;
    // What Deno opens it closes again with the thread, or the file of tests, that opened it.
    const { symbols } = Deno.dlopen("libdl.so.2", {
      dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
    });
    symbols.dlopen(new TextEncoder().encode(`${library}\0`), RTLD_LAZY);
  } catch {
    // Whoever opens the engine is told why it cannot be.
  }
}
