/**
 * A folder that trains an experiment on a machine of this kind that has neither network nor Deno: the library with its packages, the
 * data, the weights it starts from, Deno itself, and `train.sh`. It is a project of its own: checkpoints go there, too.
 */
import { basename, join } from "node:path";
import { excerptDirectory, findSet, packedHandwriting } from "../data/mod.ts";
import { installedBlas } from "../engine/cpu/main/blas_library.ts";
import type { Experiment } from "../experiments/mod.ts";
import { exists, root, writeFile } from "../files.ts";
import { revision, revisionFile } from "../training/revision.ts";
import { needed, quoted } from "./jobs.ts";
import { copyShipped } from "./shipped.ts";

/** Writes the folder `out`, which must be empty or missing. Throws if it is not, or if this system is not Linux. */
export async function writePortable(
  { name, data, stages }: Experiment,
  out: string,
  report: (message: string) => void,
): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new Error(
      `A portable folder is for Linux, and has this system's Deno in it: write it on Linux, not ${Deno.build.os}.`,
    );
  }
  await Deno.mkdir(out, { recursive: true });
  for await (const { name } of Deno.readDir(out)) {
    throw new Error(`${out} is not empty: there is ${name}. Name an empty or a new folder.`);
  }
  report("The library and its packages");
  await copyFolder(join(root, "lib"), join(out, "lib"));
  await installPackages(out);
  await writeFile(join(out, revisionFile), await revision() ?? "no git");
  report("The data");
  await copyFolder(excerptDirectory, join(out, "data", "excerpts"));
  await copyData(data.set, join(out, "data"), report);
  for (const one of new Set([...needed(stages), name])) await copyShipped(one, join(out, "results"));
  report("Deno and a BLAS");
  await compress(Deno.execPath(), join(out, "deno.gz"));
  const blas = await installedBlas();
  if (blas) await compress(blas, join(out, `${basename(blas)}.gz`));
  else {report(
      "`deno task blas` was not run here: without one the far machine trains at half the speed, unless it has its own.",
    );}
  await writeFile(join(out, "train.sh"), script(name, blas && basename(blas)));
}

/** `train.sh`, which needs a shell, and gzip for its first time. */
function script(experiment: string, blas?: string): string {
  return `#!/bin/sh
# sh train.sh [options of \`deno task train\`, such as --minutes 60, --resume or --help]
# Trains ${experiment}. Checkpoints and the best weights so far lie in .checkpoints/${experiment}; SIGTERM and Ctrl-C leave one.
# To be scored at home: \`deno task evaluate ${experiment} --weights best.safetensors\`.
set -eu
case $0 in */*) cd "\${0%/*}" ;; esac
PATH=\${PATH:+$PATH:}/usr/bin:/bin
for packed in *.gz data/*/packed.bin.gz; do [ ! -e "$packed" ] || gzip -df "$packed"; done
export PATH DENO_DIR="$PWD/.deno" DENO_NO_UPDATE_CHECK=1${
    blas ? `\n[ -n "\${GRAVES_BLAS:-}" ] || export GRAVES_BLAS="$PWD/"${quoted(blas)}` : ""
  }
exec ./deno run -A --cached-only lib/cli/train.ts ${quoted(experiment)} "$@"
`;
}

/** The configuration with what training needs, and packages for it. */
async function installPackages(out: string): Promise<void> {
  const text = await Deno.readTextFile(join(root, "deno.json"));
  const { imports, tasks: _, ...config } = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
  const { modules } = JSON.parse(await deno(root, "info", "--json", join(root, "lib/cli/train.ts")));
  const used = (modules as { specifier: string }[]).map(({ specifier }) => specifier.replace(/^npm:\/?/, ""));
  const isUsed = (to: string) => {
    const [, name] = /^npm:(.+)$/.exec(to) ?? [];
    // Engines of other libraries stay here: they are larger than all else.
    return name && !name.startsWith("@tensorflow/") &&
      used.some((one) => one === name || one.startsWith(`${name}/`));
  };
  const kept = Object.entries(imports as Record<string, string>).filter(([, to]) => isUsed(to));
  await writeFile(
    join(out, "deno.json"),
    JSON.stringify({ ...config, imports: Object.fromEntries(kept) }, null, 2),
  );
  await Deno.copyFile(join(root, "deno.lock"), join(out, "deno.lock"));
  await deno(out, "install");
  // Native code of packages for another runtime, Bare: most of what there is.
  const packages = join(out, "node_modules", ".deno");
  for await (const { name } of Deno.readDir(packages)) {
    const [bare] = /^bare-[a-z]+/.exec(name) ?? [];
    const prebuilds = join(packages, name, "node_modules", bare ?? "", "prebuilds");
    if (bare && await exists(prebuilds)) await Deno.remove(prebuilds, { recursive: true });
  }
}

async function deno(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`deno ${args.join(" ")} failed in ${cwd}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** A full data set, where there is one: handwriting packed, as it is trained on. */
async function copyData(
  set: Experiment["data"]["set"],
  out: string,
  report: (message: string) => void,
): Promise<void> {
  if (set === "iam-ondb") {
    const packed = await packedHandwriting(report);
    if (!packed) return report("Only the excerpt is here, so it is what goes along.");
    const bytes = new Blob([packed.bytes]).stream().pipeThrough(new CompressionStream("gzip"));
    await Deno.mkdir(join(out, packed.folder));
    return await Deno.writeFile(join(out, packed.folder, `${packed.name}.gz`), bytes);
  }
  const found = await findSet(set === "wikipedia" ? "enwik8" : set);
  if (!found) return report("Only the excerpt is here, so it is what goes along.");
  const folder = join(out, basename(found.folder));
  await Deno.mkdir(folder);
  for (const file of found.files) await Deno.copyFile(join(found.folder, file), join(folder, file));
}

/** A file as gzip has it, with the mode of the file itself. */
async function compress(from: string, to: string): Promise<void> {
  using file = await Deno.open(from);
  const { mode } = await file.stat();
  await Deno.writeFile(to, file.readable.pipeThrough(new CompressionStream("gzip")), { mode: mode ?? 0o755 });
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isFile, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else if (isFile) await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** The bytes of all files of a folder. */
export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) bytes += await sizeOf(join(folder, name));
    else if (isFile) bytes += (await Deno.stat(join(folder, name))).size;
  }
  return bytes;
}
