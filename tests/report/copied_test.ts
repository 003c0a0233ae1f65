import { assertEquals, assertLess } from "@std/assert";
import { Random } from "../../lib/random.ts";
import { copiedLengths, longestCopy } from "../../lib/report/copied.ts";

/** The same by looking at every string. */
function byHand(text: string, source: string): number[] {
  return Array.from(text, (_, k) => {
    let length = 0;
    while (length <= k && source.includes(text.slice(k - length, k + 1))) length++;
    return length;
  });
}

Deno.test("copied lengths are those that a search for every string finds", () => {
  assertEquals(
    [...copiedLengths("the cat sat", "a cat satisfies")],
    byHand("the cat sat", "a cat satisfies"),
  );
  assertEquals([...copiedLengths("", "abc")], []);
  assertEquals([...copiedLengths("abc", "")], [0, 0, 0]);
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed, "copies");
    const letters = 1 + random.integer(4);
    const draw = (length: number) => Array.from({ length }, () => "abcd"[random.integer(letters)]).join("");
    const [text, source] = [draw(random.integer(40)), draw(random.integer(60))];
    assertEquals([...copiedLengths(text, source)], byHand(text, source), `${text} in ${source}`);
  }
});

Deno.test("the longest copy is the first of equals", () => {
  assertEquals(longestCopy("xxabcyydefg", "abc defg"), "defg");
  assertEquals(longestCopy("xxabcyydef", "def abc"), "abc");
  assertEquals(longestCopy("", "abc"), "");
  assertEquals(longestCopy("xyz", "abc"), "");
});

Deno.test("a source of millions of characters is read through in seconds", () => {
  const random = new Random(1, "copies");
  const source = Array.from({ length: 2_000_000 }, () => "etaoin shrdlu"[random.integer(13)]).join("");
  const start = performance.now();
  assertEquals(longestCopy(`#${source.slice(1000, 4000)}#`, source).length, 3000);
  assertLess(performance.now() - start, 60_000);
});
