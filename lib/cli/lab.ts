/** `deno task lab`: what it does not know it hands on to JupyterLab. */
import { delimiter, join, relative } from "node:path";
import { cacheDirectory, exists, root, writeFile } from "../files.ts";
import { installKernelspec } from "../jupyter/kernelspec.ts";
import { notebooksDirectory } from "../jupyter/notebooks.ts";
import { installPackages, pythonWith, virtualEnvironment } from "../python.ts";
import { userPath } from "./options.ts";

const help = `deno task lab [--install] [options of JupyterLab]
Opens JupyterLab, or Notebook if that is what there is, at the notebooks, with a kernel of the Deno that runs this.

  --install  first installs JupyterLab into the active virtual environment, or else .venv of this project
             (needs Python 3.9 and a network)
  --help     this text; the rest is JupyterLab's: --no-browser, --port=N, a notebook to open`;

const missing = `Found neither JupyterLab nor Notebook.
To have it installed:       deno task lab --install
Or install it yourself:     pip install jupyterlab`;

const notAsRoot =
  `Jupyter does not run as root unless it is told to, since whoever opens its pages can then do anything.
If that is meant, as in a container, add --allow-root: deno task lab`;

// Jupyter drops outputs above a rate that a single figure or a long log exceeds.
const settings = ["--ZMQChannelsWebsocketConnection.limit_rate=False"];
/** The front ends, in order of preference, and how to have each begin at a folder or file of the project. */
const fronts = [
  { module: "jupyterlab", beginAt: (path: string) => `--LabApp.default_url=/lab/tree/${path}` },
  { module: "notebook", beginAt: (path: string) => `--JupyterNotebookApp.default_url=/tree/${path}` },
];
/** Settings of JupyterLab where the user has chosen none: it asks nobody whether to fetch Jupyter's news. */
const defaults = { "@jupyterlab/apputils-extension:notification": { fetchNews: "false" } };

/** Writes the kernelspec and the settings; returns the environment in which Jupyter finds them. */
async function prepare(): Promise<Record<string, string>> {
  const directory = join(cacheDirectory, "jupyter");
  await writeFile(join(directory, "labconfig", "default_setting_overrides.json"), JSON.stringify(defaults));
  const configPath = [directory, Deno.env.get("JUPYTER_CONFIG_PATH")].filter(Boolean).join(delimiter);
  return { JUPYTER_PATH: await installKernelspec(directory), JUPYTER_CONFIG_PATH: configPath };
}

async function lab(args: string[]): Promise<number> {
  if (Deno.uid() === 0 && !args.some((arg) => /^--(ServerApp\.)?allow[-_]root/.test(arg))) {
    throw new Error([notAsRoot, ...args, "--allow-root"].join(" "));
  }
  let beginning = notebooksDirectory;
  const rest: string[] = [];
  for (const arg of args) {
    if (!arg.startsWith("-") && userPath(arg).startsWith(root) && await exists(userPath(arg))) {
      beginning = userPath(arg);
    } else if (arg !== "--install") rest.push(arg);
  }
  const place = encodeURI(relative(root, beginning).replaceAll("\\", "/"));
  if (args.includes("--install")) {
    console.log(`installing JupyterLab into ${virtualEnvironment} …`);
    await installPackages("jupyterlab>=4.2,<5");
  }
  for (const { module, beginAt } of fronts) {
    const python = await pythonWith(module);
    if (!python) continue;
    const jupyter = new Deno.Command(python, {
      args: ["-m", module, ...settings, beginAt(place), ...rest],
      cwd: root,
      env: await prepare(),
    }).spawn();
    // Ctrl-C reaches Jupyter by itself, which asks whether to stop; other signals reach only this process.
    Deno.addSignalListener("SIGINT", () => {});
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => jupyter.kill("SIGTERM"));
    return (await jupyter.status).code;
  }
  throw new Error(missing);
}

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  console.log(help);
} else {
  try {
    Deno.exit(await lab(Deno.args));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
