/// <reference lib="dom" />
/** Elements of a page by their ids, and canvases that are as sharp as the screen. */

/** Throws if the page has no such element. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element as T;
}

export interface Surface {
  context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  width: number;
  height: number;
  /** A colour of the page's styles, by the name of its custom property. */
  color(name: string): string;
}

/** A canvas, empty, in CSS pixels. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface {
  const { clientWidth: width, clientHeight: height } = canvas, ratio = globalThis.devicePixelRatio || 1;
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  return { context, width, height, color: (name) => style.getPropertyValue(name).trim() };
}

/** The next time that the page is drawn. */
export const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));

/** Gives the reader a file. */
export function save(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
