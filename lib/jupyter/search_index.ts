/** What the book's search knows: each section's words, without what only a machine reads. */
import { type BookPage, pageAddress, pageTitle } from "./book_page.ts";
import { replaceFormulas } from "./formulas.ts";
import { anchor } from "./markdown.ts";
import { type Cell, joinLines, type MultiLine } from "./notebook_file.ts";

export interface Section {
  /** The title of its page. */
  page: string;
  heading: string;
  /** Where it is in the book. */
  address: string;
  text: string;
}

/** A page's sections: from each heading to the next, with code and what was shown. */
export function sectionsOf(page: BookPage): Section[] {
  const title = pageTitle(page), address = pageAddress(page);
  const sections: Section[] = [{ page: title, heading: title, address, text: "" }];
  for (const cell of page.notebook.cells) {
    if (cell.cell_type === "raw") continue;
    if (cell.cell_type === "code") {
      sections.at(-1)!.text += ` ${[joinLines(cell.source), ...captions(cell).map(words)].join(" ")}`;
      continue;
    }
    for (const part of joinLines(cell.source).split(/^(?=#{1,6} )/m)) {
      const [, heading] = part.match(/^#{2,6} (.+)/) ?? [];
      if (heading !== undefined) {
        const target = `${address}#${anchor(heading.trim())}`;
        sections.push({ page: title, heading: words(heading), address: target, text: "" });
      }
      sections.at(-1)!.text += ` ${words(part.replace(/^#{1,6} .*/, ""))}`;
    }
  }
  return sections.map((section) => ({ ...section, text: section.text.replace(/\s+/g, " ").trim() }));
}

/** What a cell shows as prose, and the words of its tables. */
function captions({ outputs = [] }: Cell): string[] {
  return outputs.flatMap((output) => {
    if (!("data" in output)) return [];
    const { "text/markdown": prose, "text/html": table, "text/plain": text } = output.data;
    const form = prose ?? (table === undefined ? undefined : text);
    return form === undefined ? [] : [joinLines(form as MultiLine)];
  });
}

/** Markdown's words. */
function words(markdown: string): string {
  return replaceFormulas(markdown, () => " ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<[^>]*>/g, " ")
    .replace(/[`*#|]|^>/gm, "")
    .replace(/\s+/g, " ").trim();
}
