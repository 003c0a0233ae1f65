import { assertEquals } from "@std/assert";

/** Checks that tags are closed in order, attributes are quoted and no bare `&` or `<` is left in the text. */
export function assertWellFormed(xml: string): void {
  const open: string[] = [];
  const rest = xml.replace(
    /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
    (_, end, name, __, empty) => {
      if (end) assertEquals(name, open.pop(), `</${name}> closes another tag`);
      else if (!empty) open.push(name);
      return "";
    },
  );
  assertEquals(open, [], "tags left open");
  assertEquals(rest.replace(/&(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);/g, "").match(/[<&]/), null);
}
