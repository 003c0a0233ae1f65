/// <reference lib="dom" />
/** The book's search, in the reader's browser. */
import MiniSearch from "minisearch";
import type { Section } from "../search_index.ts";

declare global {
  /** Put here by sections.js. */
  var bookSections: Section[] | undefined;
}

/** So many places are shown. */
const mostShown = 12;
/** Characters of a place's text that are shown. */
const excerptLength = 130;

const field = document.querySelector<HTMLInputElement>("#search")!;
const list = document.querySelector<HTMLOListElement>("#found")!;
const count = document.querySelector("#found-count")!;
let index: Promise<MiniSearch<Section>> | undefined;

async function openIndex(): Promise<MiniSearch<Section>> {
  await new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: "sections.js" });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("The book's search is not there: sections.js")));
    document.head.append(script);
  });
  const search = new MiniSearch<Section>({
    idField: "address",
    fields: ["heading", "page", "text"],
    storeFields: ["heading", "page", "text"],
    // Diacritics make no difference.
    processTerm: (term) => term.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase(),
    searchOptions: {
      boost: { heading: 4, page: 2 },
      combineWith: "AND",
      prefix: true,
      fuzzy: (term) => term.length > 4 ? 0.2 : false,
    },
  });
  search.addAll(globalThis.bookSections!);
  return search;
}

async function show(): Promise<void> {
  const query = field.value.trim();
  const search = await (index ??= openIndex());
  if (query !== field.value.trim()) return; // There is another one by now.
  const found = query ? search.search(query) : [];
  count.textContent = query ? `${found.length || "no"} ${found.length === 1 ? "place" : "places"}` : "";
  list.replaceChildren(
    ...found.slice(0, mostShown).map(({ id, heading, page, text, terms }) => {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = id;
      const name = heading === page ? heading : `${heading} · ${page}`;
      link.append(element("strong", name), ...excerpt(text, terms));
      item.append(link);
      return item;
    }),
  );
}

/** A piece of the text around the first of these words, with all of them marked. */
function excerpt(text: string, terms: string[]): Node[] {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const places = terms.map((term) => plain.indexOf(term)).filter((at) => at >= 0);
  const start = places.length ? Math.max(0, text.lastIndexOf(" ", Math.min(...places) - 30) + 1) : 0;
  const piece = text.slice(start, start + excerptLength).replace(/\S*$/, "");
  if (!piece) return [];
  const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")})`, "iu");
  const parts = terms.length ? piece.split(pattern) : [piece];
  const line = document.createElement("span");
  line.append(start > 0 ? "… " : "", ...parts.map((part, k) => k % 2 ? element("mark", part) : part));
  if (start + piece.length < text.length) line.append("…");
  return [line];
}

function element(name: string, text: string): HTMLElement {
  return Object.assign(document.createElement(name), { textContent: text });
}

function clear(): void {
  field.value = count.textContent = "";
  list.replaceChildren();
}

/** The arrows go from the field to the places and between them; Escape ends the search. */
function goByKey(event: KeyboardEvent): void {
  const links = [field, ...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement as HTMLInputElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) links[at + step]?.focus();
  else if (event.key === "Enter" && at === 0) links[1]?.click();
  else if (event.key === "Escape") {
    clear();
    field.focus();
  } else return;
  event.preventDefault();
}

field.parentElement!.hidden = false;
field.addEventListener("input", () => show().catch((error) => count.textContent = error.message));
field.parentElement!.addEventListener("keydown", goByKey);
list.addEventListener("click", clear);
document.addEventListener("keydown", (event) => {
  const isTyping = (event.target as HTMLElement).matches("input, textarea, select");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
});
