/** The network at work in a notebook's output, as front ends show it. */
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { penPage, readLiveData } from "../../lib/live/build.ts";
import { live } from "../../lib/live/notebook.ts";
import type { Figure } from "../../lib/report/figure.ts";
import { Browser, findChromium, type Page } from "./browser.ts";

const chromium = await findChromium();
const skipped = chromium ? "" : " (skipped: no Chromium here; CHROMIUM names one)";

const order = { text: 'she said: "é"', bias: 1.25, seed: 9 }, fitted = 'she said: "e"';
let made: Promise<Figure> | undefined;
const output = () =>
  made ??= (async () => {
    const folder = await Deno.makeTempDir(), before = Deno.env.get("GRAVES_OUTPUT");
    Deno.env.set("GRAVES_OUTPUT", folder);
    try {
      return await live({ ...order, caption: "A line." });
    } finally {
      if (before === undefined) Deno.env.delete("GRAVES_OUTPUT");
      else Deno.env.set("GRAVES_OUTPUT", before);
      await Deno.remove(folder, { recursive: true });
    }
  })();

Deno.test("live: a page with its weights once, at most 6 MB, beside a picture and words", async () => {
  const { bundle, metadata, png, caption } = await output();
  const html = bundle["text/html"] as string;
  const { networks: { [penPage.network]: { weights } } } = await readLiveData(penPage);
  assertEquals(html.split(weights).length, 2, "the weights stand there once");
  assertLess(html.length, 6e6);
  assertEquals(Uint8Array.fromBase64(bundle["image/png"] as string), png);
  assertEquals([bundle["text/plain"], caption], [`“${fitted}”, written by the network`, "A line."]);
  const [page, settings] = (metadata!.live as string).split("#");
  assertEquals(page, "live-pen.html");
  assertEquals(Object.fromEntries(new URLSearchParams(settings)), { text: fitted, bias: "1.25", seed: "9" });
});

Deno.test("live: a text that is none, or too long, or an option that is unknown, is refused", async () => {
  await assertRejects(() => live({ text: " " }), RangeError, "1 to 200 characters of text, found 0");
  await assertRejects(() => live({ text: "x".repeat(201) }), RangeError, "found 201");
  // @ts-expect-error: no option
  await assertRejects(() => live({ text: "x", speed: 3 }), Error, "speed");
});

/** A front end's page with the output in it twice; where it trusts the notebook, it has the output's scripts run. */
function browse(name: string, trusts: boolean, work: (page: Page) => Promise<void>): void {
  Deno.test({
    name: name + skipped,
    ignore: !chromium,
    fn: async () => {
      const html = (await output()).bundle["text/html"] as string, folder = await Deno.makeTempDir();
      const browser = await Browser.open(chromium!);
      try {
        const path = join(folder, "front_end.html");
        await Deno.writeTextFile(
          path,
          `<!doctype html><body><script>
const html = ${JSON.stringify(html).replaceAll("<", "\\u003c")};
for (let k = 0; k < 2; k++) {
  const output = document.createElement("div");
  output.innerHTML = html;
  document.body.append(output);
  if (${trusts}) {
    for (const script of output.querySelectorAll("script")) {
      script.replaceWith(Object.assign(document.createElement("script"), { textContent: script.textContent }));
    }
  }
}
</script>`,
        );
        const page = await browser.page(pathToFileURL(path).href);
        await work(page);
        assertEquals(page.complaints, []);
        await page.close();
      } finally {
        await browser.close();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

browse("live: where scripts run the page is there, and writes what was asked for", true, async (page) => {
  await page.until("document.querySelectorAll('iframe').length === 2");
  await page.until("frames.length === 2 && [0, 1].every((k) => frames[k].penPage?.line?.shown > 3)");
  assertEquals(await page.value("document.querySelectorAll('img').length"), 0);
  assertEquals(
    await page.value("['text', 'bias', 'seed'].map((id) => frames[1].document.getElementById(id).value)"),
    [fitted, "1.25", "9"],
  );
  assertEquals(
    await page.value("getComputedStyle(frames[0].document.querySelector('h1')).display"),
    "none",
  );
});

browse("live: where scripts do not run the picture is there", false, async (page) => {
  await page.until(
    "[...document.images].length === 2 && [...document.images].every((image) => image.complete)",
  );
  const sizes = await page.value<number[]>("[...document.images].map(({ naturalWidth }) => naturalWidth)");
  assertEquals(sizes, [338, 338], "26 pixels a character");
  assertEquals(await page.value("document.images[0].alt"), `“${fitted}”, written by the network`);
  assert(await page.value("frames.length === 0"));
});
