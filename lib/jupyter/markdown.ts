/**
 * Markdown with mathematics, as Jupyter shows it: the mathematics is taken out before Markdown sees it, so that its
 * underscores, stars, bars and backslashes are its own, and typeset by KaTeX.
 */
import highlighter from "highlight.js";
import katex from "katex";
import MarkdownIt from "markdown-it";

export interface MarkdownOptions {
  /** Told of a formula that cannot be typeset: the formula and KaTeX's words. */
  onMathError?: (formula: string, problem: string) => void;
  /** Where the target of a link, or an image's address, is to be found instead. */
  onLink?: (address: string, isImage: boolean) => string;
}

const markdown = new MarkdownIt({ html: true, linkify: true, highlight });
markdown.renderer.rules.heading_open = (tokens, i, options, _env, renderer) => {
  tokens[i].attrSet("id", anchor(tokens[i + 1].content));
  return renderer.renderToken(tokens, i, options);
};

// In this order: fenced code and code spans, where a dollar is a dollar; an escaped one; display mathematics; bare
// environments; inline mathematics, which has no empty line in it and ends at no price ("$5 and $6").
const code =
  /(?<code>^[ \t]*(?<fence>```+|~~~+)[\s\S]*?^[ \t]*\k<fence>[ \t]*$|(?<ticks>`+)[^`][\s\S]*?\k<ticks>|\\[\\$])/;
const display = /\$\$(?<display>[\s\S]+?)\$\$/;
const environment = /(?<environment>\\begin\{(?<kind>[a-z]+\*?)\}[\s\S]*?\\end\{\k<kind>\})/;
const inline = /\$(?<inline>(?:\\.|[^$\\\n]|\n(?!\s*\n))+)\$(?!\d)/;
const tokens = new RegExp([code, display, environment, inline].map(({ source }) => source).join("|"), "gm");
// Private characters that Markdown leaves alone hold each formula's place.
const place = /\uE000(\d+)\uE001/g;

/** Renders Markdown to HTML. A formula that cannot be typeset stands there as it was written. */
export function renderMarkdown(text: string, options: MarkdownOptions = {}): string {
  const formulas: { source: string; html: string }[] = [];
  const withPlaces = text.replace(tokens, (whole, ...rest) => {
    const found = rest.at(-1) as Record<string, string | undefined>;
    if (found.code) return whole;
    const source = found.display ?? found.environment ?? found.inline!;
    formulas.push({ source, html: typeset(source, found.inline === undefined, options) });
    return `\uE000${formulas.length - 1}\uE001`;
  });
  const parsed = markdown.parse(withPlaces, {});
  for (const token of parsed.flatMap(({ children }) => children ?? [])) {
    const [attribute, isImage] = token.type === "image" ? ["src", true] as const : ["href", false] as const;
    const address = token.attrGet(attribute);
    if (typeof address === "string" && options.onLink) {
      token.attrSet(attribute, options.onLink(address, isImage));
    }
  }
  return markdown.renderer.render(parsed, markdown.options, {})
    .replace(/="[^"]*"/g, (value) => value.replace(place, (_, i) => escapeHtml(formulas[i].source)))
    .replace(place, (_, i) => formulas[i].html);
}

/** Typesets the mathematics of a `text/latex` output. */
export function renderLatex(text: string, options?: MarkdownOptions): string {
  return renderMarkdown(/^\s*(\$|\\begin)/.test(text) ? text : `$$${text}$$`, options);
}

/** A heading's address within its page, as Jupyter makes it. */
export function anchor(heading: string): string {
  return heading.replace(place, "").replaceAll("`", "").trim().replaceAll(" ", "-");
}

/** TypeScript, or another language that highlight.js knows, with its words marked up. */
export function highlight(source: string, language: string): string {
  if (!highlighter.getLanguage(language)) return escapeHtml(source);
  return highlighter.highlight(source, { language }).value;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function typeset(formula: string, displayMode: boolean, options: MarkdownOptions): string {
  try {
    // Line breaks in display mathematics: MathJax, and so Jupyter, takes them.
    return katex.renderToString(formula, { displayMode, strict: "ignore" });
  } catch (error) {
    options.onMathError?.(formula, (error as Error).message);
    return `<code class="formula-error">${escapeHtml(formula)}</code>`;
  }
}
