/** Figures with sliders, in the book. The drawing itself is tested where there is a Chromium. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists } from "../../lib/files.ts";
import { writeBook } from "../../lib/jupyter/book.ts";
import type { Notebook, Output } from "../../lib/jupyter/notebook_file.ts";
import { figure } from "../../lib/report/figure.ts";
import { cellSliders } from "../../lib/report/sliders/cell.ts";
import { stepPanels } from "../../lib/report/curves.ts";
import type { Spec } from "../../lib/report/render.ts";
import { Browser, findChromium } from "../live/browser.ts";

/** A notebook that shows figures, as `show` leaves them there. */
async function withFigures(directory: string, ...specs: Spec[]): Promise<Notebook> {
  const outputs = await Promise.all(specs.map(async (spec, k): Promise<Output> => {
    const drawn = await figure(spec, { name: `chart-${k}`, alt: "a cell </script> with sliders", directory });
    const { width, height } = drawn;
    return {
      output_type: "display_data",
      data: drawn.bundle,
      metadata: { "image/png": { width, height } },
    };
  }));
  const cells: Notebook["cells"] = [
    { cell_type: "code", id: "c0", metadata: {}, source: "", execution_count: 1, outputs },
  ];
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

Deno.test("a page with sliders draws them itself, offline; pages without load nothing", async () => {
  const directory = await Deno.makeTempDir();
  const still = stepPanels([{ name: "x", points: [{ x: 0, y: 1 }, { x: 1, y: 0 }] }], { x: "t" });
  try {
    const pages = [
      {
        path: join(directory, "1-moves.ipynb"),
        notebook: await withFigures(directory, cellSliders(), still),
      },
      { path: join(directory, "2-stands.ipynb"), notebook: await withFigures(directory, still) },
    ];
    assertEquals(await writeBook({ title: "Book", pages, directory }), []);
    const [moving, standing] = await Promise.all(
      ["1-moves", "2-stands"].map((name) => Deno.readTextFile(join(directory, `${name}.html`))),
    );
    assertEquals(moving.match(/class="chart"/g)?.length, 1);
    assertEquals(moving.match(/<img /g)?.length, 2, "the picture is there for who has no scripts");
    assertStringIncludes(moving, '<script src="vega.min.js"></script>');
    assert(!standing.includes("vega.min.js"), "Vega is not loaded where nothing moves");
    assert(await exists(join(directory, "vega.min.js")));

    const chromium = await findChromium();
    if (!chromium) return;
    const browser = await Browser.open(chromium);
    try {
      for (const width of [1200, 390]) {
        const page = await browser.page(pathToFileURL(join(directory, "1-moves.html")).href, { width });
        await page.until(`document.querySelectorAll(".chart input[type=range]").length === 4`);
        const drawn = `document.querySelector(".chart svg").outerHTML`;
        const before = await page.value<string>(drawn);
        await page.value(
          `(() => { const slider = document.querySelector(".chart input"); slider.value = 0;
             slider.dispatchEvent(new Event("input")); })()`,
        );
        await page.until(`${drawn} !== ${JSON.stringify(before)}`);
        assertNotEquals(await page.value(drawn), before);
        assertEquals(await page.value(`document.querySelectorAll(".chart img").length`), 0);
        assertEquals(
          await page.value("document.documentElement.scrollWidth <= innerWidth"),
          true,
          `${width} px`,
        );
        assertEquals(page.complaints, []);
        assertEquals(page.requests.filter((url) => !/^(file|data):/.test(url)), []);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
