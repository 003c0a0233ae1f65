/** Reading XML element by element. */
import { SaxesParser, type SaxesTagPlain } from "saxes";

/** Calls back for every element of an XML text, without its prefix, in order. Throws if it is not well-formed. */
export function walkXml(
  xml: string,
  on: {
    open?: (name: string, attributes: Record<string, string>) => void;
    close?: (name: string, text: string) => void;
  },
): void {
  const parser = new SaxesParser();
  const local = (name: string) => name.slice(name.indexOf(":") + 1);
  const texts: string[] = [];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }: SaxesTagPlain) => {
    texts.push("");
    on.open?.(local(name), attributes);
  });
  const add = (text: string) => {
    if (texts.length) texts[texts.length - 1] += text;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.on("closetag", ({ name }: SaxesTagPlain) => on.close?.(local(name), texts.pop() ?? ""));
  parser.write(xml).close();
}
