/** The page on which the network writes, as the output of a notebook's cell. */
import { checkOptions } from "../check_options.ts";
import { sha256 } from "../files.ts";
import { type Figure, figure } from "../report/figure.ts";
import { strokesToSvg } from "../report/strokes.ts";
import { escapeXml } from "../report/svg.ts";
import { fitToAlphabet } from "../sampling/lines.ts";
import { livePageHtml, orderedAddress, penPage, readLiveData } from "./build.ts";
import { Line } from "./line.ts";
import { type Model, openModel, type PageOrder } from "./model.ts";

export interface LiveOptions {
  /** What the network is to write, at most 200 characters. */
  text: string;
  /** Section 5.4. Default 0.5. */
  bias?: number;
  /** Default 1. */
  seed?: number;
  /** The picture's file name without its ending. Default `live`. */
  name?: string;
  /** Markdown that is shown below. */
  caption?: string;
}

/** As many as the page's field takes. */
const mostCharacters = 200;

/**
 * The network at work, for `show`: where scripts run the live page, with all that it needs (5 MB, of which the weights, a byte
 * each, are most), elsewhere a picture of the line that it writes with this text, bias and seed. In the book it is the
 * book's own live page.
 * Throws RangeError if there is no text or too much of it.
 */
export async function live(options: LiveOptions): Promise<Figure> {
  checkOptions("live", options, ["text", "bias", "seed", "name", "caption"]);
  const { bias = 0.5, seed = 1, name = "live", caption } = options;
  const data = await readLiveData(penPage);
  const model = await openModel(data, penPage.network);
  const { text } = fitToAlphabet(options.text.trim().replace(/\s+/g, " "), model.alphabet);
  if (!text || text.length > mostCharacters) {
    throw new RangeError(`live expects 1 to ${mostCharacters} characters of text, found ${text.length}.`);
  }
  const order = { text, bias, seed };
  const svg = await drawLine(model, order), alt = `“${text}”, written by the network`;
  const page = await livePageHtml(penPage, { ...data, order });
  const drawn = await figure(svg, { name, alt, caption, html: outputHtml(svg, alt, page) });
  return { ...drawn, metadata: { live: orderedAddress(penPage, order) } };
}

/** The line that the page writes, as SVG; its letters are about as large as the page's. */
async function drawLine(model: Model, { text, bias, seed }: PageOrder): Promise<string> {
  const line = await Line.begin(model, { text, seed });
  try {
    while (!line.isFinished) await line.advance(bias);
    return strokesToSvg([line.strokes], Math.min(800, 26 * text.length));
  } finally {
    line.free();
    await model.network.engine.close();
  }
}

/** A picture, and a script that puts the page in its place. Front ends run a script wherever they like, and a document may
 * hold the same output twice. */
function outputHtml(svg: string, alt: string, page: string): string {
  const id = sha256(new TextEncoder().encode(page)).slice(0, 12);
  const source = `data:image/svg+xml;base64,${new TextEncoder().encode(svg).toBase64()}`;
  return `<div data-graves-live="${id}"><img alt="${
    escapeXml(alt)
  }" src="${source}" style="max-width: 100%; background: white"></div>
<script>
for (const place of document.querySelectorAll('[data-graves-live="${id}"]')) {
  if (place.querySelector("iframe")) continue;
  const frame = Object.assign(document.createElement("iframe"), { title: "The network writes" });
  frame.style = "width: 100%; height: 46rem; border: 0";
  frame.srcdoc = ${JSON.stringify(page).replaceAll("<", "\\u003c")};
  place.replaceChildren(frame);
}
</script>`;
}
