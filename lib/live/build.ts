/** Builds the live pages: lib's own code in a bundle, and weights from `results/weights`, as scripts of the book or as one
 * page for a frame. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../bundle.ts";
import { root, writeFile } from "../files.ts";
import type { StaticPage } from "../jupyter/book_page.ts";
import { openWeights } from "../runs/mod.ts";
import type { LiveData, PageOrder } from "./model.ts";
import { type PackedNetwork, packWeights } from "./quantise.ts";

/** A page's program, the network that it computes and its text. */
interface LivePage {
  name: string;
  title: string;
  about: string;
  network: string;
}

/** The page on which the network writes by hand. */
export const penPage: LivePage = {
  name: "pen",
  title: "The network writes, here",
  about:
    "The synthesis network at work in your browser: type a text, move the bias while the pen moves, look " +
    "into its cells, or let it go on in your own hand.",
  network: "synthesis-adaptive",
};

const pages: LivePage[] = [
  penPage,
  {
    name: "text",
    title: "The network goes on with your text",
    about:
      "A character network reads what you type, says after each character what it expects next, and goes on by itself.",
    network: "char-modern",
  },
];

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const addressOf = ({ name }: LivePage) => `live-${name}.html`;
const mainOf = ({ name }: LivePage) => Deno.readTextFile(here(`page/${name}.html`));
const programOf = ({ name }: LivePage) => bundle(here(`page/${name}.ts`));

/**
 * Writes what the live pages need into `live/` below `directory`, and gives the pages for the book. They are opened from
 * files, where a page may load scripts but no modules, and fetch nothing.
 * Throws if weights are missing or the code cannot be bundled.
 */
export async function buildLive(directory: string): Promise<StaticPage[]> {
  const file = (name: string) => join(directory, "live", name);
  const data: LiveData = { kernels: await readKernels(), networks: {} };
  await writeFile(file("kernels.js"), `globalThis.gravesLive = ${JSON.stringify(data)};\n`);
  for (const name of new Set(pages.map(({ network }) => network))) {
    const packed = await readPacked(name);
    await writeFile(
      file(`${name}.js`),
      `gravesLive.networks[${JSON.stringify(name)}] = ${JSON.stringify(packed)};\n`,
    );
  }
  await writeFile(file("live.css"), await Deno.readFile(here("live.css")));
  return await Promise.all(pages.map(async (page) => {
    const { name, title, about, network } = page;
    await writeFile(file(`${name}.js`), await programOf(page));
    return {
      title,
      about,
      address: addressOf(page),
      main: await mainOf(page),
      styles: ["live/live.css"],
      scripts: ["kernels", network, name].map((script) => `live/${script}.js`),
    };
  }));
}

/** The address in the book of a live page that begins with this. */
export function orderedAddress(page: LivePage, order: PageOrder): string {
  const settings = Object.entries(order).map(([name, value]) => [name, String(value)]);
  return `${addressOf(page)}#${new URLSearchParams(settings)}`;
}

/** What a live page computes with. Throws if weights are missing. */
export async function readLiveData({ network }: LivePage): Promise<LiveData> {
  return { kernels: await readKernels(), networks: { [network]: await readPacked(network) } };
}

/** A live page in one piece, with these data. Throws if the code cannot be bundled. */
export async function livePageHtml(page: LivePage, data: LiveData): Promise<string> {
  const styles = ["../jupyter/book.css", "live.css"].map((name) => Deno.readTextFile(here(name)));
  const program = new TextDecoder().decode(await programOf(page));
  const scripts = [`globalThis.gravesLive = ${JSON.stringify(data)};`, program];
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${page.title}</title><style>${
    (await Promise.all(styles)).join("\n")
  }</style></head>
<body><main>${await mainOf(page)}</main>
${scripts.map((script) => `<script>${script.replaceAll("</", "<\\/")}</script>`).join("\n")}</body>
</html>`;
}

/** kernels.wasm in base64. */
async function readKernels(): Promise<string> {
  return (await Deno.readFile(join(root, "lib", "engine", "cpu", "kernels.wasm"))).toBase64();
}

/** An experiment's shipped weights, a byte each. */
async function readPacked(experiment: string): Promise<PackedNetwork> {
  const { weights, alphabet, provenance: { network, data: { statistics } } } = await openWeights(experiment);
  return {
    experiment,
    network,
    alphabet: alphabet ?? { name: "none", symbols: [] },
    statistics,
    weights: packWeights(network, weights).toBase64(),
  };
}
