import { assertEquals } from "@std/assert";
import plugin from "./definitions_first.ts";

/** The names that the rule finds defined too late. */
const found = (source: string) =>
  Deno.lint.runPlugin(plugin, "module.ts", source).map(({ message }) => message.split("'")[1]);

Deno.test("lint: a const, let or class below a top-level await that may use it is found", () => {
  assertEquals(found("await run(); function run() { return size(1); } const size = (n: number) => n;"), [
    "size",
  ]);
  assertEquals(found("await run(() => { new Page(count); }); export class Page {} let count = 0;"), [
    "Page",
    "count",
  ]);
  assertEquals(found("await run(); function run() { a; c; } const { a, b: [c] } = it;"), ["a", "c"]);
});

Deno.test("lint: what is defined above it, is a function, or is not used in reach of it is left alone", () => {
  assertEquals(found("const size = 1; function run() { size; late(); } await run(); function late() {}"), []);
  assertEquals(found("await run(); const size = 1; console.log(size, it.size);"), []);
  assertEquals(found("function run() { it.size; sizes; } await run(); const size = 1;"), []);
  assertEquals(found("const late = () => size; const size = 1;"), []);
});
