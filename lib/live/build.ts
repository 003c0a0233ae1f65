/** Builds the live pages: lib's own code in a bundle, and weights from `results/weights` as scripts. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../bundle.ts";
import { root, writeFile } from "../files.ts";
import type { StaticPage } from "../jupyter/book_page.ts";
import { openWeights } from "../runs/mod.ts";
import { type PackedNetwork, packWeights } from "./quantise.ts";

/** A page's program, the networks that it computes and its text. */
interface LivePage {
  name: string;
  title: string;
  about: string;
  networks: string[];
}

const pages: LivePage[] = [
  {
    name: "pen",
    title: "The network writes, here",
    about:
      "The synthesis network at work in your browser: type a text, move the bias while the pen moves, look " +
      "into its cells, or let it go on in your own hand.",
    networks: ["synthesis"],
  },
  {
    name: "text",
    title: "The network goes on with your text",
    about:
      "A character network reads what you type, says after each character what it expects next, and goes on by itself.",
    networks: ["char-modern"],
  },
];

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Writes what the live pages need into `live/` below `directory`, and gives the pages for the book. They are opened from
 * files, where a page may load scripts but no modules, and fetch nothing.
 * Throws if weights are missing or the code cannot be bundled.
 */
export async function buildLive(directory: string): Promise<StaticPage[]> {
  const file = (name: string) => join(directory, "live", name);
  const kernels = await Deno.readFile(join(root, "lib", "engine", "cpu", "kernels.wasm"));
  const data = { kernels: kernels.toBase64(), networks: {} };
  await writeFile(file("kernels.js"), `globalThis.gravesLive = ${JSON.stringify(data)};\n`);
  for (const name of new Set(pages.flatMap(({ networks }) => networks))) {
    const packed = await packed8(name);
    await writeFile(
      file(`${name}.js`),
      `gravesLive.networks[${JSON.stringify(name)}] = ${JSON.stringify(packed)};\n`,
    );
  }
  await writeFile(file("live.css"), await Deno.readFile(here("live.css")));
  return await Promise.all(pages.map(async ({ name, title, about, networks }) => {
    await writeFile(file(`${name}.js`), await bundle(here(`page/${name}.ts`)));
    return {
      title,
      about,
      address: `live-${name}.html`,
      main: await Deno.readTextFile(here(`page/${name}.html`)),
      styles: ["live/live.css"],
      scripts: ["kernels", ...networks, name].map((script) => `live/${script}.js`),
    };
  }));
}

/** An experiment's shipped weights, a byte each. */
async function packed8(experiment: string): Promise<PackedNetwork> {
  const { weights, alphabet, provenance: { network, data: { statistics } } } = await openWeights(experiment);
  return {
    experiment,
    network,
    alphabet: alphabet ?? { name: "none", symbols: [] },
    statistics,
    weights: packWeights(network, weights).toBase64(),
  };
}
