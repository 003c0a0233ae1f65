/** `deno task blas` */
import {
  describeBlas,
  findBfloat16Blas,
  findBlas,
  installedBlas,
  installedMkl,
} from "../engine/cpu/main/blas_library.ts";
import { installPackages, virtualEnvironment } from "../python.ts";
import { runCommand } from "./options.ts";

const openblas = "scipy-openblas32==0.3.34.481.3", mkl = "mkl==2026.2.0";

const command = {
  name: "blas",
  description:
    "Puts an OpenBLAS (PyPI's scipy-openblas32, 27 MB) into .venv, where the cpu engine looks for it first.\n" +
    "It needs Python 3.9 with venv, but no administrator. Without a BLAS the engine's own kernels multiply matrices.",
  options: {
    mkl: {
      type: "boolean",
      description: "Intel's MKL instead (PyPI's mkl, Linux on x86-64, 221 MB), for --precision bfloat16",
    },
  },
} as const;

await runCommand(command, async ({ options }) => {
  const wheel = options.mkl ? mkl : openblas;
  console.log(`Installing ${wheel} from PyPI into ${virtualEnvironment}.`);
  await installPackages("--only-binary=:all:", "--no-deps", wheel);
  const path = options.mkl ? await installedMkl() : await installedBlas();
  if (!path) throw new Error(`PyPI's ${wheel} has no library for this system.`);
  if (options.mkl) {
    const { name } = await findBfloat16Blas(path);
    console.log(
      `The cpu engine's products in bfloat16 are ready: ${name}. Use them with --precision bfloat16.`,
    );
  } else console.log(`The cpu engine's BLAS is ready: ${describeBlas(await findBlas(path))}.`);
});
