/** The book as a website, in a real browser: the project's notebooks as they are in git, without outputs but for some of each
 * kind. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeBook } from "../../lib/jupyter/book.ts";
import { type Cell, readNotebook } from "../../lib/jupyter/notebook_file.ts";
import { findNotebooks } from "../../lib/jupyter/notebooks.ts";
import { Browser, findChromium, type Page, type PageOptions } from "./browser.ts";

const chromium = await findChromium();
const skipped = chromium ? "" : " (skipped: no Chromium here; CHROMIUM names one)";

const wide = "wide ".repeat(60);
const lines = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="20"><path d="M0 0L900 20"/></svg>`;
const outputs: Cell = {
  cell_type: "code",
  metadata: { tags: ["hide-input"] },
  source: `const hidden = "${wide}";`,
  outputs: [
    { output_type: "stream", name: "stdout", text: [`${wide}\n`, "line\n".repeat(200)] },
    { output_type: "display_data", data: { "text/html": `<pre class="page">${wide}</pre>` }, metadata: {} },
    { output_type: "display_data", data: { "image/svg+xml": lines }, metadata: {} },
    {
      output_type: "display_data",
      metadata: {},
      data: { "text/html": `<table><tr>${`<td>${"cell ".repeat(3)}</td>`.repeat(20)}</tr></table>` },
    },
  ],
};

let made: Promise<{ folder: string; pages: string[] }> | undefined;
const book = () =>
  made ??= (async () => {
    const folder = await Deno.makeTempDir();
    addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
    const pages = await Promise.all((await findNotebooks()).map(async (path) => {
      const notebook = await readNotebook(path);
      return { path, notebook: { ...notebook, cells: [...notebook.cells, outputs] } };
    }));
    assertEquals(await writeBook({ title: "The book", pages, directory: folder }), []);
    return { folder, pages: pages.map(({ path }) => `${basename(path, ".ipynb")}.html`) };
  })();

/** What a reader does in a browser, on each page or on one. */
function browse(
  name: string,
  options: PageOptions & { only?: string },
  work: (page: Page, address: string) => Promise<void>,
): void {
  Deno.test({
    name: name + skipped,
    ignore: !chromium,
    fn: async () => {
      const { folder, pages } = await book();
      const browser = await Browser.open(chromium!);
      try {
        for (const address of options.only ? [options.only] : [...pages, "index.html"]) {
          const page = await browser.page(pathToFileURL(join(folder, address)).href, options);
          await page.until("document.readyState === 'complete'");
          await page.value("document.fonts.ready.then(() => true)");
          await work(page, address);
          assertEquals(page.complaints, [], address);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    },
  });
}

/** Numbers of equations that lie on something else of their formula, or outside of what can be seen of it. */
const covered = `[...document.querySelectorAll(".katex-html > .tag")].filter((tag) => {
  const a = tag.getBoundingClientRect(), line = tag.closest(".katex-display");
  if (a.right > line.getBoundingClientRect().left + line.scrollWidth + 1) return true;
  return [...tag.parentElement.querySelectorAll(":scope > .base")].some((base) => {
    const b = base.getBoundingClientRect();
    return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  });
}).map((tag) => tag.textContent)`;
const tooWide = `[...document.querySelectorAll("main *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1 &&
  !one.closest("pre, .table, section > table, .katex, .katex-display")).map((one) => one.tagName + " " + one.textContent.slice(0, 40))`;

browse(
  "book: fits a phone, and no equation's number lies on a formula",
  { width: 390, height: 844 },
  async (page, address) => {
    assertEquals(await page.value(covered), [], address);
    assertEquals(await page.value(tooWide), [], address);
    assertEquals(await page.value("document.documentElement.scrollWidth"), 390, address);
    assertEquals(await page.value("document.querySelector('nav details').open"), false);
    assert(await page.value("document.querySelector('nav summary').checkVisibility()"));
  },
);

for (const dark of [false, true]) {
  browse(
    `book: is ${dark ? "dark" : "light"} as the reader's screen is`,
    { dark, only: "index.html" },
    async (page) => {
      const [ink, paper] = await page.value<number[]>(`["color", "backgroundColor"].map((name) =>
        getComputedStyle(document.body)[name].match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0))`);
      assertLess(dark ? paper : ink, 150);
      assertLess(600, dark ? ink : paper);
    },
  );
}

browse(
  "book: on a wide page the contents stand beside it; headings can be linked to",
  {},
  async (page, address) => {
    assertEquals(await page.value(covered), [], address);
    assertEquals(await page.value(tooWide), [], address);
    assert(
      await page.value(
        "document.querySelector('nav details a').checkVisibility({ contentVisibilityAuto: true })",
      ),
    );
    const ids = await page.value<string[]>("[...document.querySelectorAll('[id]')].map(({ id }) => id)");
    assertEquals(ids.length, new Set(ids).size, `${address} has an id twice: ${ids}`);
    const links = await page.value<string[]>(
      "[...document.querySelectorAll('a[href^=\"#\"]')].map((link) => decodeURI(link.getAttribute('href')).slice(1))",
    );
    if (address !== "index.html") assertLess(3, links.length);
    for (const link of links) assert(ids.includes(link), `${address} has no #${link}`);
  },
);

browse(
  "book: printed, no code is cut, and what was folded is there",
  { dark: true },
  async (page, address) => {
    await page.print();
    const cut = await page.value(`[...document.querySelectorAll("pre, .table, figure")].filter((one) =>
    one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
    .filter((one) => ["auto", "scroll", "hidden"].includes(getComputedStyle(one).overflowX) || one.matches("pre"))
    .map((one) => one.tagName + " " + one.className)`);
    assertEquals(cut, [], address);
    const paper = await page.value<string>("getComputedStyle(document.body).backgroundColor");
    assertMatch(paper, /255, 255, 255/);
    if (address === "index.html") return;
    assert(
      await page.value(`[...document.querySelectorAll("main details pre")].every((one) =>
    one.getBoundingClientRect().height > 10 && one.checkVisibility({ contentVisibilityAuto: true }))`),
    );
  },
);

browse("book: a word is searched and found with the keyboard alone", { only: "index.html" }, async (page) => {
  const type = async (text: string) => {
    for (const character of text) await page.press(character);
  };
  const found = "[...document.querySelectorAll('#found a')]";
  await page.press("/");
  assertEquals(await page.value("document.activeElement.id"), "search");
  await type("qqqq");
  await page.until("document.getElementById('found-count').textContent === 'no places'");
  await page.press("Escape");
  assertEquals(await page.value("document.getElementById('search').value"), "");
  await type("soft wind");
  await page.until(`${found}.length > 0`);
  assertMatch(await page.value(`${found}[0].textContent`), /^The soft window · 5 · /);
  assertMatch(await page.value(`${found}[0].querySelector("mark").textContent`), /window|soft/i);
  await page.press("ArrowDown");
  assertEquals(await page.value(`document.activeElement === ${found}[0]`), true);
  await page.press("ArrowUp");
  assertEquals(await page.value("document.activeElement.id"), "search");
  await page.press("Enter");
  await page.until("location.href.endsWith('5-handwriting-synthesis.html#The-soft-window')");
});
