/** `deno task live` */
import { join } from "node:path";
import { resultsDirectory } from "../files.ts";
import { runCommand, userPath } from "./options.ts";
import { writeProjectBook } from "./project_book.ts";

const command = {
  name: "live",
  description:
    "Builds the pages on which the network writes in the browser, from the library's code and the weights in\n" +
    "results/weights, and with them the book. They can be opened from files and need no network.",
  options: {
    out: { type: "string", description: "where book/ is written; default results/" },
  },
} as const;

await runCommand(command, async ({ options }) => {
  const out = options.out ? userPath(options.out) : resultsDirectory;
  const { problems } = await writeProjectBook({ results: out });
  console.log(`book: ${join(out, "book", "index.html")}`);
  if (problems.length) throw new Error(problems.join("\n"));
});
