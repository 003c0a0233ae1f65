/** The fonts that pictures are drawn with, so that every machine draws the same. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, exists, writeFile } from "../files.ts";

const dejaVu = [
  "DejaVuSans.ttf",
  "DejaVuSans-Bold.ttf",
  "DejaVuSans-Oblique.ttf",
  "DejaVuSansMono.ttf",
  "DejaVuSerif.ttf",
  "DejaVuSerif-Italic.ttf",
];

/** Has a picture for every character of Unicode's first plane: pages of Wikipedia are in all the world's scripts. */
export const fallbackFont = "UnifontExMono";
const packed = "@fontsource/unifontex/files/unifontex-latin-400-normal.woff2";

/** Paths of the font files. The fallback font comes compressed, and is unpacked once into the cache. */
export async function fontFiles(): Promise<string[]> {
  const unpacked = join(cacheDirectory, "UnifontEX.ttf");
  if (!await exists(unpacked)) {
    const { default: woff2 } = await import("wawoff2");
    const font = await Deno.readFile(fileURLToPath(import.meta.resolve(packed)));
    await writeFile(unpacked, await woff2.decompress(font));
  }
  return [
    ...dejaVu.map((name) => fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}`))),
    unpacked,
  ];
}
