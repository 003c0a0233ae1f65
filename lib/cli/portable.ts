/** `deno task portable <experiment>` */
import { experimentNames, findExperiment } from "../experiments/mod.ts";
import { sizeOf, writePortable } from "../machines/portable.ts";
import { runCommand, UsageError, userPath } from "./options.ts";

const command = {
  name: "portable",
  description:
    "Writes a folder that trains an experiment on a Linux machine without network, Node or Deno: copy it there and run\n" +
    "`sh train.sh`. Its weights come back as .checkpoints/<experiment>/<stage>/best.safetensors.",
  positionals: [{ name: "experiment", description: "what to train there", choices: experimentNames }],
  options: { out: { type: "string", description: "the folder, new or empty" } },
  examples: ["synthesis-adaptive --out /media/stick/graves"],
} as const;

await runCommand(command, async ({ options, positionals: [name] }) => {
  if (!options.out) throw new UsageError("--out is missing: a new folder.");
  const out = userPath(options.out);
  await writePortable(findExperiment(name), out, (message) => console.log(message));
  console.log(`${out}: ${(await sizeOf(out) / 1e6).toFixed(0)} MB. There: sh train.sh`);
});
