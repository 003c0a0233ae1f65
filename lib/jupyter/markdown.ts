/**
 * Markdown with mathematics, as Jupyter shows it: the mathematics is taken out before Markdown sees it, so that its
 * underscores, stars, bars and backslashes are its own, and typeset by KaTeX.
 */
import highlighter from "highlight.js";
import katex from "katex";
import MarkdownIt from "markdown-it";
import { replaceFormulas } from "./formulas.ts";

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

markdown.renderer.rules.heading_close = (tokens, i, options, _env, renderer) => {
  const address = encodeURI(`#${anchor(tokens[i - 1].content)}`);
  return `<a class="permalink" href="${escapeHtml(address)}" aria-label="Link to this heading">#</a>${
    renderer.renderToken(tokens, i, options)
  }`;
};

// Private characters that Markdown leaves alone hold each formula's place.
const place = /\uE000(\d+)\uE001/g;

/** Renders Markdown to HTML. A formula that cannot be typeset stands there as it was written. */
export function renderMarkdown(text: string, options: MarkdownOptions = {}): string {
  const formulas: { source: string; html: string }[] = [];
  const withPlaces = replaceFormulas(text, ({ source, displayMode }) => {
    formulas.push({ source, html: typeset(source, displayMode, options) });
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
    .replace(/="[^"]*"/g, (value) => value.replace(place, (own, i) => escapeHtml(formulas[i]?.source ?? own)))
    .replace(place, (own, i) => formulas[i]?.html ?? own);
}

/** Typesets the mathematics of a `text/latex` output. */
export function renderLatex(text: string, options?: MarkdownOptions): string {
  return renderMarkdown(/^\s*(\$|\\begin)/.test(text) ? text : `$$${text}$$`, options);
}

/** A heading's address within its page, as Jupyter makes it. */
export function anchor(heading: string): string {
  return heading.replace(place, "").replaceAll("`", "").trim().replaceAll(" ", "-").toWellFormed();
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
