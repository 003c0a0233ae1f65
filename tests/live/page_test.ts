/** The live pages in a real browser, opened from files as a reader opens them. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openInk } from "../../lib/data/mod.ts";
import { root } from "../../lib/files.ts";
import { Browser, findChromium, type Page, type PageOptions } from "./browser.ts";

const chromium = await findChromium();
const skipped = chromium ? "" : " (skipped: no Chromium here; CHROMIUM names one)";
if (skipped) console.log(`Live pages are not tested in a browser${skipped}`);

/** The book with its live pages, made once by the command. */
let book: Promise<string> | undefined;
function build(): Promise<string> {
  return book ??= (async () => {
    const out = await Deno.makeTempDir();
    addEventListener("unload", () => Deno.removeSync(out, { recursive: true }));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", join(root, "lib/cli/live.ts"), "--out", out],
      env: { INIT_CWD: root },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return join(out, "book");
  })();
}

type Live = "pen" | "text";
const ready: Record<Live, string> = {
  pen: "globalThis.penPage?.line?.shown > 0",
  text: "globalThis.textPage && !document.getElementById('go-on').disabled",
};

/** What a reader does with one page, in a browser of its own. */
function browse(
  live: Live,
  name: string,
  options: PageOptions & { hash?: string },
  work: (page: Page, folder: string) => Promise<void>,
): void {
  Deno.test({
    name: name + skipped,
    ignore: !chromium,
    // The browser is a process, with a socket.
    fn: async () => {
      const folder = await build();
      const browser = await Browser.open(chromium!);
      try {
        const page = await browser.page(
          pathToFileURL(join(folder, `live-${live}.html`)).href + (options.hash ?? ""),
          options,
        );
        try {
          await page.until(ready[live]);
          await work(page, folder);
          assertEquals(page.complaints, []);
          for (const url of page.requests) {
            assert(/^(file|blob|data):/.test(url), `The page asked for ${url}`);
          }
        } finally {
          await page.close();
        }
      } finally {
        await browser.close();
      }
    },
  });
}

const phone = { width: 390, height: 800 };

/** Sets a control as a reader does. */
const set = (id: string, value: string | number, event = "input") =>
  `(() => {
  const control = document.getElementById(${JSON.stringify(id)});
  control.value = ${JSON.stringify(`${value}`)};
  control.dispatchEvent(new Event(${JSON.stringify(event)}, { bubbles: true }));
})()`;
const click = (id: string) => `document.getElementById(${JSON.stringify(id)}).click()`;
const points = "penPage.line.writer.moments.slice(0, penPage.line.shown).flatMap(({ point }) => [...point])";

browse(
  "pen",
  "live page: a text is written to its end, as the cpu engine writes it; it can be wound back",
  {},
  async (page, folder) => {
    await page.value(set("speed", "Infinity"));
    await page.value(set("text", "a pen"));
    await page.value(set("bias", 1));
    await page.value(set("seed", 7, "change"));
    await page.until("penPage.line.writer.characters.length === 6 && penPage.line.isFinished");
    const found = await page.value<number[]>(points);
    const { openEngine } = await import("../../lib/engine/mod.ts");
    const { Network } = await import("../../lib/network/network.ts");
    const { synthesise } = await import("../../lib/sampling/mod.ts");
    const { encodeText } = await import("../../lib/data/alphabet.ts");
    const { fromBase64 } = await import("../../lib/live/model.ts");
    const { unpackWeights } = await import("../../lib/live/quantise.ts");
    const script = await Deno.readTextFile(join(folder, "live", "synthesis-adaptive.js"));
    const { network, alphabet, weights } = JSON.parse(
      script.slice(script.indexOf("{"), script.lastIndexOf("}") + 1),
    );
    const engine = await openEngine("cpu", { threads: 1, blas: false });
    const [expected] = await synthesise(
      new Network(engine, network, unpackWeights(network, fromBase64(weights))),
      {
        texts: [encodeText("a pen", alphabet).ids],
        seed: 7,
        bias: 1,
        closing: alphabet.symbols.indexOf(" "),
      },
    );
    await engine.close();
    assertEquals(found.length, expected.whole.length);
    found.forEach((value, k) => assertAlmostEquals(value, expected.whole[k], 1e-3));

    await page.value(set("position", 20));
    await page.until("penPage.line.shown === 20");
    await page.value(click("futures"));
    await page.until("document.getElementById('status').textContent.startsWith('Fifty')");
    await page.value(click("step"));
    await page.until("penPage.line.shown === 21 && penPage.line.end === 21");
    assertEquals(await page.value(points), found.slice(0, 63), "the same bias: the same point");
    await page.value(set("bias", 0));
    for (let k = 22; k < 32; k++) {
      await page.value(click("step"));
      await page.until(`penPage.line.shown === ${k}`);
    }
    assertNotEquals((await page.value<number[]>(points)).slice(63), found.slice(63, 93), "another bias");
    await page.value(click("play"));
    await page.until("penPage.line.isFinished");
  },
);

for (const [how, stroke, options] of [["mouse", "drag", {}], ["finger", "swipe", phone]] as const) {
  browse(
    "pen",
    `live page: a line that is drawn with a ${how} is read first, gone on from, and saved for \`write\``,
    options,
    async (page, folder) => {
      await page.value(set("speed", "Infinity"));
      await page.value("document.getElementById('pad').scrollIntoView({ block: 'center' })");
      const { left, top } = await page.value<{ left: number; top: number }>(
        "document.getElementById('pad').getBoundingClientRect().toJSON()",
      );
      for (let letter = 0; letter < 3; letter++) {
        await page[stroke](Array.from({ length: 24 }, (_, k) => [
          left + 60 + 50 * letter + 18 * Math.cos(k / 4),
          top + 90 + 22 * Math.sin(k / 4),
        ]));
      }
      // The words above it, which change while the network writes, differ in height by part of a pixel.
      const moved = await page.value<number>("document.getElementById('pad').getBoundingClientRect().top") -
        top;
      assert(Math.abs(moved) < 1, `the page moved by ${moved} pixels under the pen`);
      await page.value(click("use"));
      await page.until("document.getElementById('hand-status').textContent.startsWith('Say first')");
      await page.value(set("says", "ooo"));
      await page.value(set("text", "moon"));
      await page.value(click("use"));
      await page.until("penPage.line.writer.primePoints > 0");
      await page.until("penPage.line.shown > penPage.line.writer.primePoints + 5");
      const { prime, ends, characters } = await page.value<
        { prime: number; ends: number; characters: number }
      >(
        `({
    prime: penPage.line.writer.primePoints,
    ends: penPage.line.writer.moments.slice(0, penPage.line.writer.primePoints).filter(({ point }) => point[2]).length,
    characters: penPage.line.writer.characters.length,
  })`,
      );
      assertEquals([ends, characters], [3, "ooo moon ".length]);
      const path = join(folder, "strokes.json");
      await Deno.writeTextFile(path, await page.value("hand.file"));
      const [line] = await openInk(path);
      assertEquals([line.text, line.points.length / 3], ["ooo", prime]);
      await page.value(click("clear"));
      await page.value("penPage.begin()");
      await page.until("penPage.line.writer.primePoints === 0");
    },
  );
}

browse("pen", "live page: it can be used with the keyboard alone", {}, async (page) => {
  const focused = () => page.value<string>("document.activeElement.id");
  await page.value("document.getElementById('text').focus()");
  const order = [];
  for (let k = 0; k < 4; k++) {
    await page.press("Tab");
    order.push(await focused());
  }
  assertEquals(order.slice(0, 3), ["bias", "seed", "speed"]);
  await page.value("document.getElementById('bias').focus()");
  await page.press("ArrowRight");
  assertEquals(await page.value("document.getElementById('bias-value').textContent"), "0.55");
  await page.value("document.getElementById('play').focus()");
  await page.press(" ");
  await page.until("document.getElementById('play').textContent === 'Write on'");
  const shown = await page.value<number>("penPage.line.shown");
  await page.press("Tab");
  assertEquals(await focused(), "step");
  await page.press("Enter");
  await page.until(`penPage.line.shown === ${shown + 1}`);
  const unnamed = await page.value<string[]>(`[...document.querySelectorAll("input, select, button, canvas")]
    .filter((one) => !one.labels?.length && !one.textContent.trim() && !one.getAttribute("aria-label")).map(({ id }) => id)`);
  assertEquals(unnamed, []);
});

browse("pen", "live page: a cell colours the ink, by number and by a click", {}, async (page) => {
  const color = `(() => {
    const paper = document.getElementById("paper"), counts = {};
    const { data } = paper.getContext("2d").getImageData(0, 0, paper.width, paper.height);
    for (let k = 0; k < data.length; k += 4) {
      if (data[k + 3] > 200) counts[data[k] > data[k + 2] + 40 ? "minus" : data[k + 2] > data[k] + 40 ? "plus" : "ink"] = 1;
    }
    return Object.keys(counts);
  })()`;
  await page.until("penPage.line.shown > 60");
  await page.value(click("play"));
  assert((await page.value<string[]>(color)).includes("ink"));
  await page.value(set("layer", 1));
  await page.value(set("cell", 7));
  const activity = await page.value<number[]>("[...penPage.line.activity(1, 6)]");
  assertLess(Math.max(...activity.map(Math.abs)), 1);
  assertNotEquals(Math.min(...activity), Math.max(...activity));
  const { left, top, width, height } = await page.value<DOMRect>(
    "(() => { const cells = document.getElementById('cells'); cells.scrollIntoView({ block: 'center' });" +
      "return cells.getBoundingClientRect().toJSON(); })()",
  );
  // Row 3, column 10 of rows of 25.
  await page.drag([[left + 9.5 / 25 * width, top + 2.5 / 16 * height]]);
  await page.until("document.getElementById('cell').value === '60'");
});

browse(
  "text",
  "live page: a text is read, expectations are shown and written, and the network goes on",
  {},
  async (page) => {
    await page.value(set("typed", "Thé bank, sai"));
    await page.until("document.getElementById('status').textContent.includes('has no \",\"')");
    assertEquals(await page.value("document.getElementById('typed').value"), "the bank sai");
    await page.value("document.getElementById('typed').setSelectionRange(12, 12)");
    const first = "document.getElementById('next').children[0].textContent";
    await page.until(`${first}.startsWith('d')`);
    assertMatch(await page.value(first), /^d(9\d|100)\.\d %$/);
    await page.value("document.querySelector('#next button').click()");
    await page.until("document.getElementById('surprises').textContent === 'the bank said'");
    const likely = await page.value<number>("textPage.reader.surprises.at(-1)");
    assertLess(likely, 0.2);
    await page.value(click("go-on"));
    await page.until("document.getElementById('typed').value.length > 25");
    await page.value(click("go-on"));
    await page.until("document.getElementById('go-on').textContent === 'Go on'");
    const text = await page.value<string>("document.getElementById('typed').value");
    assertEquals(text.slice(0, 13), "the bank said");
    assertEquals(await page.value("document.getElementById('surprises').textContent"), text);
    await page.value(click("clear"));
    await page.until("textPage.reader.symbols.length === 0");
    assertEquals(await page.value("document.activeElement.id"), "typed");
  },
);

for (const live of ["pen", "text"] as const) {
  for (const dark of [false, true]) {
    const options = { ...phone, dark };
    browse(
      live,
      `live page: nothing of ${live} overflows a phone, ${dark ? "dark" : "light"}`,
      options,
      async (page) => {
        if (live === "pen") await page.until("penPage.line.shown > 5");
        const over = await page.value<string[]>(`[...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > 390.5).map((one) => one.tagName + "#" + one.id)`);
        assertEquals(over, []);
        assertLess(await page.value<number>("document.documentElement.scrollWidth"), 391);
      },
    );
  }
}

browse(
  "pen",
  "live page: it begins with what its address orders",
  { hash: "#text=so+it+is&bias=2&seed=8" },
  async (page) => {
    assertEquals(await page.value("penPage.line.writer.characters.length"), "so it is ".length);
    assertEquals(
      await page.value("['text', 'bias', 'seed'].map((id) => document.getElementById(id).value)"),
      ["so it is", "2", "8"],
    );
    assertEquals(await page.value("document.getElementById('bias-value').textContent"), "2.00");
  },
);

Deno.test("live pages: none has more than 6 MB to load, with all that it needs", async () => {
  const folder = await build();
  for (const live of ["pen", "text"]) {
    const html = await Deno.readTextFile(join(folder, `live-${live}.html`));
    const files = [...html.matchAll(/(?:<script src|<link rel="stylesheet" href)="([^"]*)"/g)].map((
      [, file],
    ) => file);
    assert(files.length > 4);
    const sizes = await Promise.all(files.map(async (file) => (await Deno.stat(join(folder, file))).size));
    assertLess(html.length + sizes.reduce((sum, size) => sum + size, 0), 6e6);
  }
});
