/** `deno task notebooks strip|check [names…]` */
import { checkCells, isStripped, strip } from "../jupyter/cells.ts";
import { findNotebooks, notebookName, notebooksDirectory } from "../jupyter/notebooks.ts";
import { runCommand, userPath } from "./options.ts";

const command = {
  name: "notebooks",
  description: "Keeps the notebooks fit for git.",
  positionals: [
    {
      name: "what",
      description: "strip: removes outputs, formats code; check: is all stripped, do types and lint hold",
      choices: ["strip", "check"],
    },
    {
      name: "names",
      description: "notebooks, by the start of their names; default: all",
      optional: true,
      several: true,
    },
  ],
  options: {
    notebooks: { type: "string", description: "the folder of notebooks; default notebooks/" },
  },
} as const;

await runCommand(command, async ({ options, positionals: [what, ...names] }) => {
  const folder = options.notebooks ? userPath(options.notebooks) : notebooksDirectory;
  const paths = await findNotebooks(folder, names);
  const problems: string[] = [];
  const readable: string[] = [];
  for (const path of paths) {
    try {
      if (what === "strip") {
        if (await strip(path)) console.log(`stripped ${notebookName(path)}`);
      } else if (!await isStripped(path)) {
        problems.push(`${notebookName(path)} has outputs or is not formatted: run deno task notebooks strip`);
      }
      readable.push(path);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (what === "check" && readable.length) problems.push(...await checkCells(readable));
  if (problems.length) throw new Error(problems.join("\n\n"));
  if (what === "check") console.log(`${paths.length} notebooks: stripped, formatted, types and lint hold`);
});
