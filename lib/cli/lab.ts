/** `deno task lab`: what it does not know it hands on to JupyterLab. */
import { root } from "../files.ts";
import { installKernelspec } from "../jupyter/kernelspec.ts";
import { installPackages, pythonWith, virtualEnvironment } from "../python.ts";

const help = `deno task lab [--install] [options of JupyterLab]
Opens JupyterLab, or Notebook if that is what there is, with this project's Deno kernel.

  --install  first installs JupyterLab into the active virtual environment, or else .venv of this project
             (needs Python 3.9 and a network)
  --help     this text; the rest is JupyterLab's: --no-browser, --port=N, a notebook to open`;

const missing = `Found neither JupyterLab nor Notebook.
To have it installed:       deno task lab --install
Or install it yourself:     pip install jupyterlab`;

// Jupyter drops outputs above a rate that a single figure or a long log exceeds.
const settings = ["--ZMQChannelsWebsocketConnection.limit_rate=False"];

async function lab(args: string[]): Promise<number> {
  const rest = args.filter((arg) => arg !== "--install");
  if (rest.length < args.length) {
    console.log(`installing JupyterLab into ${virtualEnvironment} …`);
    await installPackages("jupyterlab>=4.2,<5");
  }
  for (const front of ["jupyterlab", "notebook"]) {
    const python = await pythonWith(front);
    if (!python) continue;
    const jupyter = new Deno.Command(python, {
      args: ["-m", front, ...settings, ...rest],
      cwd: root,
      env: { JUPYTER_PATH: await installKernelspec() },
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
