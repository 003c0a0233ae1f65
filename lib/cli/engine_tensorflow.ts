/** `deno task engine:tensorflow` */
import { dirname, join, relative } from "node:path";
import {
  downloadedLibrary,
  findLibrary,
  lackOfDriver,
  libraryOfPython,
  tfjsNodeFolder,
  tfjsNodePackage,
} from "../engine/tensorflow/installed.ts";
import { exists, root, writeFile } from "../files.ts";
import { environmentPython, virtualEnvironment } from "../python.ts";
import { runCommand } from "./options.ts";

const version = { tfjsNode: "4.22.0", tensorflow: "2.21.0" };
const sources = ["npm", "pypi"] as const;
type Source = typeof sources[number];

const command = {
  name: "engine:tensorflow",
  description:
    "Sets up the tensorflow engine: tfjs-node's JavaScript, and a TensorFlow library if there is none yet.\n" +
    "npm's (TensorFlow 2.9, by tfjs-node's install script) is tried first and PyPI's (into the active virtual\n" +
    "environment, or else .venv) next; with --gpu the other way round, because 2.9 knows no current GPU. What is for\n" +
    "CUDA takes 6 GB, and is fetched only where NVIDIA's driver is, or with --from.",
  options: {
    gpu: { type: "boolean", description: "a TensorFlow for CUDA; without it one for the CPU" },
    from: { type: "string", description: "fetch the library, from here only", choices: sources },
  },
} as const;

await runCommand(command, async ({ options: { gpu = false, from } }) => {
  const lack = gpu && !from ? lackOfDriver() : undefined;
  if (lack) {
    throw new Error(
      `TensorFlow would find no CUDA device: ${lack}. Nothing was fetched. Install the driver first; leave out --gpu for the ` +
        "CPU; or, to prepare another machine's disk, add --from pypi.",
    );
  }
  if (!await exists(tfjsNodePackage("tfjs-node"))) {
    console.log("Installing tfjs-node's JavaScript from npm.");
    await installTfjsNode(["tfjs-node"]);
  }
  if (from || !await findLibrary()) {
    await fetchLibrary(from ? [from as Source] : gpu ? ["pypi", "npm"] : ["npm", "pypi"], gpu);
  }
  const { openTensorflowEngine } = await import("../engine/tensorflow/mod.ts");
  const engine = await openTensorflowEngine(gpu ? { device: "CUDA" } : {});
  console.log(`The tensorflow engine is ready: ${engine.description}.`);
});

/** Tries the sources in order. Throws, with what went wrong at each, if none gives a library. */
async function fetchLibrary(order: Source[], gpu: boolean): Promise<void> {
  const failures: string[] = [];
  for (const source of order) {
    try {
      return await (source === "npm" ? fetchFromNpm(gpu) : fetchFromPypi(gpu));
    } catch (error) {
      failures.push((error as Error).message);
      if (source !== order.at(-1)) console.log(failures.at(-1));
    }
  }
  throw new Error(
    `No TensorFlow library could be fetched:\n${failures.map((failure) => `- ${failure}`).join("\n")}\n` +
      "If this machine has one, name its file (libtensorflow_cc.so.2 or libtensorflow.so.2) in the environment " +
      "variable GRAVES_LIBTENSORFLOW.",
  );
}

/** Lets the package's install script download its libtensorflow. */
async function fetchFromNpm(gpu: boolean): Promise<void> {
  const name = gpu ? "tfjs-node-gpu" : "tfjs-node";
  console.log(`Downloading TensorFlow with the install script of @tensorflow/${name}.`);
  // Deno runs a script once only, whether or not it succeeds.
  await Deno.remove(join(tfjsNodeFolder, "node_modules"), { recursive: true });
  const packages = ["tfjs-node", ...gpu ? [name] : []];
  const problem = await installTfjsNode(packages, name).then(() => "", (error: Error) => error.message);
  // The script goes on to fetch an addon, which is not needed.
  if (await downloadedLibrary(name)) return;
  throw new Error(`The install script of @tensorflow/${name} downloaded no library. ${problem}`);
}

/** Lets pip put a TensorFlow into the virtual environment, which is made if need be. */
async function fetchFromPypi(gpu: boolean): Promise<void> {
  const { os, arch } = Deno.build;
  const name = gpu
    ? "tensorflow[and-cuda]"
    : os === "linux" && arch === "x86_64"
    ? "tensorflow-cpu"
    : "tensorflow";
  console.log(`Installing ${name} ${version.tensorflow} from PyPI into ${virtualEnvironment}.`);
  const python = await environmentPython();
  // Of the CPU's package only the library is used; CUDA itself is among the dependencies of the other.
  const dependencies = gpu ? [] : ["--no-deps"];
  const pip = ["-m", "pip", "--disable-pip-version-check"];
  // tensorflow and tensorflow-cpu fill the same folder.
  await run(python, [...pip, "uninstall", "--yes", gpu ? "tensorflow-cpu" : "tensorflow"]);
  const install = ["install", "--only-binary=:all:", ...dependencies, `${name}==${version.tensorflow}`];
  await run(python, [...pip, ...install]);
  if (await libraryOfPython(python)) return;
  throw new Error(`PyPI's ${name} has no TensorFlow library with a C interface for this system.`);
}

/**
 * Installs tfjs-node packages in a folder of their own, so that only those who use this engine fetch them. They are to
 * use the TensorFlow.js that the library imports: with a core of their own, its kernels would be registered there.
 */
async function installTfjsNode(names: string[], runScriptOf?: string): Promise<void> {
  const pinned = (name: string) => `npm:@tensorflow/${name}@${version.tfjsNode}`;
  const imports = Object.fromEntries(names.map((name) => [`@tensorflow/${name}`, pinned(name)]));
  const settings = { nodeModulesDir: "auto", imports };
  await writeFile(join(tfjsNodeFolder, "deno.json"), JSON.stringify(settings, null, 2) + "\n");
  const scripts = runScriptOf ? [`--allow-scripts=${pinned(runScriptOf)}`] : [];
  try {
    await run(Deno.execPath(), ["install", ...scripts], tfjsNodeFolder);
  } finally {
    await shareCore();
  }
}

/** Puts the library's `tfjs-core` in the place of the one that tfjs-node's TensorFlow.js has brought. */
async function shareCore(): Promise<void> {
  try {
    const tfjs = await Deno.realPath(
      join(dirname(await Deno.realPath(tfjsNodePackage("tfjs-node"))), "tfjs"),
    );
    const own = await Deno.realPath(join(dirname(tfjs), "tfjs-core"));
    const shared = await Deno.realPath(join(root, "node_modules/@tensorflow/tfjs-core"));
    if (own === shared) return;
    await Deno.remove(own, { recursive: true });
    await Deno.symlink(relative(dirname(own), shared), own, { type: "dir" });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // The install has failed, and says why.
  }
}

/** Runs a program. Throws, with the line that tells why, if it fails or is not there. */
async function run(program: string, args: string[], cwd?: string): Promise<void> {
  const name = program.split(/[\\/]/).at(-1);
  const process = new Deno.Command(program, {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await process.output().catch(() => {
    throw new Error(`There is no program '${name}' on this machine.`);
  });
  if (success) return;
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim()).join("\n");
  const lines = output.split("\n");
  const line = lines.findLast((line) => /Error: /.test(line)) ??
    lines.findLast((line) => /error:/i.test(line)) ??
    lines.at(-1);
  throw new Error(`'${name} ${args.join(" ")}' failed: ${line?.trim()}`);
}
