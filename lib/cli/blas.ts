/** `deno task blas` */
import { describeBlas, findBlas, installedBlas } from "../engine/cpu/main/blas_library.ts";
import { installPackages, virtualEnvironment } from "../python.ts";
import { runCommand } from "./options.ts";

const wheel = "scipy-openblas32==0.3.34.481.3";

const command = {
  name: "blas",
  description:
    "Puts an OpenBLAS (PyPI's scipy-openblas32, 27 MB) into .venv, where the cpu engine looks for it first.\n" +
    "It needs Python 3.9 with venv, but no administrator. Without a BLAS the engine's own kernels multiply matrices.",
  options: {},
} as const;

await runCommand(command, async () => {
  console.log(`Installing ${wheel} from PyPI into ${virtualEnvironment}.`);
  await installPackages("--only-binary=:all:", "--no-deps", wheel);
  const path = await installedBlas();
  if (!path) throw new Error(`PyPI's ${wheel} has no library for this system.`);
  console.log(`The cpu engine's BLAS is ready: ${describeBlas(await findBlas(path))}.`);
});
