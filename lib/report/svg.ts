/** Small helpers for SVG written by hand. */

/** Text made safe for SVG, XML and HTML, in content and in attributes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number for an attribute: two decimals, no trailing zeros. */
export function decimal(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** An element with its attributes; numbers are rounded, `undefined` attributes left out. */
export function element(
  name: string,
  attributes: Record<string, string | number | undefined>,
  ...content: string[]
): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === "number" ? decimal(value) : escapeXml(value)}"`]
  ).join("");
  return content.length > 0 ? `<${name}${written}>${content.join("")}</${name}>` : `<${name}${written}/>`;
}

/** A whole picture on white, in units of CSS pixels. */
export function svgDocument(width: number, height: number, ...content: string[]): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${decimal(width)} ${decimal(height)}`,
      "font-family": "DejaVu Sans, sans-serif",
    },
    element("rect", { width: "100%", height: "100%", fill: "white" }),
    ...content,
  );
}

/** CSS pixels to a millimetre. */
const pixelsPerMillimetre = 96 / 25.4;

/**
 * The `width` and `height` of a picture, given in pixels or millimetres, in CSS pixels.
 * Throws if the text is not an SVG picture with both.
 */
export function svgSize(svg: string): { width: number; height: number } {
  const tag = svg.match(/<svg\b[^<>]*>/)?.[0] ?? "";
  const [width, height] = ["width", "height"].map((side) => {
    const [, length, unit] = tag.match(new RegExp(`\\s${side}="([\\d.]+)(px|mm)?"`)) ?? [];
    return Number(length) * (unit === "mm" ? pixelsPerMillimetre : 1);
  });
  if (!(width > 0 && height > 0)) {
    throw new Error(
      `Expected an <svg> with width and height above 0; found ${JSON.stringify(svg.slice(0, 80))}.`,
    );
  }
  return { width, height };
}
