/** Heat maps as pictures: a grid of numbers to a small PNG that a Vega-Lite image mark shows. */
import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";
import { checkOptions } from "../check_options.ts";

/** Numbers on a grid, row by row from the top left. */
export interface Raster {
  columns: number;
  rows: number;
  values: Float64Array;
}

/** The colour map viridis (Smith & van der Walt 2015), even to the eye and for the colour-blind, at equal distances. */
export const viridis = [
  "#440154",
  "#482475",
  "#414487",
  "#355f8d",
  "#2a788e",
  "#21908d",
  "#22a884",
  "#42be71",
  "#7ad151",
  "#bddf26",
  "#fde725",
];

/** How numbers become colours (`rasterUrl`). */
export interface RasterColours {
  maximum?: number;
  exponent?: number;
  floor?: number;
  colours?: string[];
}

/** The largest number, or 0 if none is above it. */
export const largest = ({ values }: Raster): number => values.reduce((a, b) => Math.max(a, b), 0);

/** 256 colours, linear between the stops. */
function paletteBytes(stops: string[]): Uint8Array {
  const channels = stops.map((stop) => [1, 3, 5].map((k) => parseInt(stop.slice(k, k + 2), 16)));
  return Uint8Array.from({ length: 3 * 256 }, (_, k) => {
    const at = Math.floor(k / 3) / 255 * (stops.length - 1);
    const left = Math.min(Math.floor(at), stops.length - 2);
    const channel = k % 3;
    return Math.round(
      channels[left][channel] + (at - left) * (channels[left + 1][channel] - channels[left][channel]),
    );
  });
}

/** Brings the raster to a given size, each pixel taking the nearest number: columns keep hard edges. */
export function stretch({ columns, rows, values }: Raster, width: number, height: number): Raster {
  const stretched = { columns: width, rows: height, values: new Float64Array(width * height) };
  for (let row = 0; row < height; row++) {
    const from = Math.floor((row + 0.5) * rows / height) * columns;
    for (let column = 0; column < width; column++) {
      stretched.values[row * width + column] = values[from + Math.floor((column + 0.5) * columns / width)];
    }
  }
  return stretched;
}

/**
 * The raster in colours, as the `data:` address of a PNG.
 *
 * @param options.maximum the number that gets the last colour; by default the largest. 0 gets the first.
 * @param options.exponent colours are spaced by (value / maximum)^exponent: below 1 it lifts small values into sight.
 * @param options.floor if given, colours are spaced by the logarithm instead: it and all below get the first.
 * @param options.colours from the lowest to the highest; default viridis.
 */
export function rasterUrl(raster: Raster, options: RasterColours = {}): string {
  checkOptions("rasterUrl", options, ["maximum", "exponent", "floor", "colours"]);
  const { columns, rows, values } = raster;
  const { maximum = largest(raster), exponent = 1, floor, colours = viridis } = options;
  const shareOf = (value: number) =>
    floor === undefined
      ? maximum > 0 ? Math.max(value / maximum, 0) ** exponent : 0
      : Math.log(Math.max(value, floor) / floor) / Math.log(maximum / floor);
  const scanlines = new Uint8Array(rows * (columns + 1)); // Each begins with its filter, 0: none.
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const share = Math.min(shareOf(values[row * columns + column]), 1);
      scanlines[row * (columns + 1) + 1 + column] = Math.round(255 * share);
    }
  }
  return `data:image/png;base64,${
    indexedPng(columns, rows, paletteBytes(colours), scanlines).toString("base64")
  }`;
}

/** A PNG with 8-bit palette indices (PNG specification, third edition, 11.2). */
function indexedPng(width: number, height: number, palette: Uint8Array, scanlines: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // bit depth, palette colours, deflate, adaptive filter, not interlaced
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk("IHDR", header),
    pngChunk("PLTE", palette),
    pngChunk("IDAT", deflateSync(scanlines, { level: 9 })),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
