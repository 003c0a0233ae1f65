/** `deno task book` as a user runs it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { exists, root } from "../../lib/files.ts";
import { readNotebook, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { findNotebooks, notebookName } from "../../lib/jupyter/notebooks.ts";

async function book(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib/cli/book.ts"), ...args],
    env: { INIT_CWD: root, NO_COLOR: "1" },
  }).output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("deno task book: what was executed is in it, what was not is said, links go to the repository", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [first, second, ...others] = await findNotebooks();
    const notebook = await readNotebook(first);
    await writeNotebook(join(folder, "notebooks", `${notebookName(first)}.ipynb`), notebook);
    const changed = await readNotebook(second);
    await writeNotebook(join(folder, "notebooks", `${notebookName(second)}.ipynb`), {
      ...changed,
      cells: [...changed.cells, { cell_type: "markdown", metadata: {}, source: "It was there once." }],
    });
    const site = join(folder, "site"), repository = "https://example.org/graves/blob/main";
    const { code, said } = await book("--results", folder, "--out", site, "--repository", `${repository}/`);
    assertEquals(code, 0, said);
    assert(!said.includes(notebookName(first)), said);
    assertStringIncludes(said, `${notebookName(second)} has been changed since it was executed`);
    for (const path of others) {
      assertStringIncludes(said, `${notebookName(path)} has not been executed: it is not in the book`);
      assert(!await exists(join(site, `${notebookName(path)}.html`)));
    }
    assertStringIncludes(
      await Deno.readTextFile(join(site, `${notebookName(first)}.html`)),
      `href="${repository}/notebooks/${notebookName(first)}.ipynb"`,
    );
    assertStringIncludes(
      await Deno.readTextFile(join(site, `${notebookName(second)}.html`)),
      "It was there once.",
    );
    for (const file of ["index.html", "live-pen.html", "search.js", "sections.js"]) {
      assert(await exists(join(site, file)), file);
    }
    assert(!await exists(join(folder, "book")), "nothing is written beside --out");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("deno task book: an address that is none is refused before anything is written", async () => {
  const { code, said } = await book("--out", "/dev/null/book", "--repository", "example.org");
  assertEquals(code, 2, "a command line that makes no sense");
  assertStringIncludes(
    said,
    "--repository expects an address such as https://example.org, found 'example.org'",
  );
});
