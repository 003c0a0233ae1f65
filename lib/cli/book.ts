/** `deno task book` */
import { join } from "node:path";
import { resultsDirectory } from "../files.ts";
import { runCommand, UsageError, userPath } from "./options.ts";
import { writeProjectBook } from "./project_book.ts";

const command = {
  name: "book",
  description:
    "Builds the book, a website that needs no network: its live pages, and the notebooks as they were last executed\n" +
    "(deno task reproduce). It runs none of them, and says which it has not.",
  options: {
    out: { type: "string", description: "where it is written; default results/book" },
    results: {
      type: "string",
      description: "the folder in which deno task reproduce --out has written notebooks/; default results/",
    },
    repository: {
      type: "string",
      description: "the address under which this project's files can be read on the web, for links to them",
    },
  },
  examples: ["--out site --repository https://example.org/graves/blob/main"],
} as const;

await runCommand(command, async ({ options }) => {
  const { repository } = options;
  if (repository !== undefined && !/^https?:\/\/./.test(repository)) {
    throw new UsageError(
      `--repository expects an address such as https://example.org, found '${repository}'.`,
    );
  }
  const results = options.results ? userPath(options.results) : resultsDirectory;
  const directory = options.out ? userPath(options.out) : join(resultsDirectory, "book");
  const { problems, missing } = await writeProjectBook({ results, directory, repository });
  if (missing.length) {
    console.error(`${missing.join("\n")}\ndeno task reproduce executes them.`);
  }
  console.log(`book: ${join(directory, "index.html")}`);
  if (problems.length) throw new Error(problems.join("\n"));
});
