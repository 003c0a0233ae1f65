/** `deno task engine:tensorflow --gpu`: what is fetched, and what is refused where there is no driver. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { lackOfDriver } from "../../lib/engine/tensorflow/installed.ts";
import { root } from "../../lib/files.ts";

/** The command with folders of its own, in which a Python stands for pip and writes down what it is told. */
async function setUp(folder: string, ...args: string[]) {
  const environment = join(folder, "venv");
  await Deno.mkdir(join(environment, "bin"), { recursive: true });
  const python = `#!/bin/sh
if [ "$1" = -m ]; then echo "$@" >> ${folder}/calls; touch ${environment}/libtensorflow_cc.so.2; else echo ${environment}; fi
`;
  await Deno.writeTextFile(join(environment, "bin", "python"), python, { mode: 0o755 });
  // As if npm had been there.
  await Deno.mkdir(join(folder, "tensorflow/node_modules/@tensorflow/tfjs-node/dist"), { recursive: true });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib/cli/engine_tensorflow.ts"), "--gpu", ...args],
    env: {
      NO_COLOR: "1",
      VIRTUAL_ENV: environment,
      GRAVES_CACHE: folder,
      GRAVES_LIBTENSORFLOW: "",
      LD_LIBRARY_PATH: folder,
    },
  }).output();
  const told = await Deno.readTextFile(join(folder, "calls")).catch(() => "");
  return { code, told, out: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}
const installsCuda = "install --only-binary=:all: tensorflow[and-cuda]==";
const withFolder = async (run: (folder: string) => Promise<void>) => {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

const lack = lackOfDriver();
Deno.test({
  name: lack
    ? "tensorflow: --gpu fetches nothing where NVIDIA's driver is missing, unless it is told from where"
    : "tensorflow: --gpu without NVIDIA's driver is NOT tested, since it is here",
  ignore: !lack || Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const refused = await setUp(folder);
      assertEquals([refused.code, refused.told, refused.out], [1, "", ""]);
      assertStringIncludes(
        refused.errors,
        "libcuda.so.1 cannot be loaded. Nothing was fetched. Install the driver first",
      );
      const told = await setUp(folder, "--from", "pypi");
      assertStringIncludes(told.told, installsCuda);
    }),
});

Deno.test({
  name: "tensorflow: --gpu with NVIDIA's driver fetches PyPI's TensorFlow and CUDA",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      // Any library may stand for the driver: one that this process has loaded.
      const [library] = (await Deno.readTextFile("/proc/self/maps")).match(/\/\S+\/lib(gcc_s|m)\.so\S*/)!;
      await Deno.copyFile(library, join(folder, "libcuda.so.1"));
      const { told, out, errors } = await setUp(folder);
      assertStringIncludes(out, "Installing tensorflow[and-cuda]");
      assertStringIncludes(told, installsCuda);
      assertStringIncludes(told, "uninstall --yes tensorflow-cpu");
      // The stand-in has no library of TensorFlow's: that it is looked for shows that all was fetched.
      assert(!errors.includes("Nothing was fetched"), errors);
    }),
});
