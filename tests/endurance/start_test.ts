/** What a notebook imports is there at once: nothing heavy is loaded before it is used. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../lib/files.ts";
import { withFolder } from "../training/tiny.ts";
import { moduleNames } from "./process.ts";

const library = pathToFileURL(join(root, "lib", "notebook.ts")).href;
const heavy = [
  "@tensorflow/",
  "vega",
  "@resvg/resvg-js",
  "nodejs-polars",
  "assemblyscript",
  "katex",
  "markdown-it",
  "highlight.js",
];
const isHeavy = (name: string) => heavy.some((start) => name.startsWith(start));

async function deno(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier?: string }; isDynamic?: boolean }[];
  }[];
  redirects: Record<string, string>;
}

Deno.test("the library's static imports name nothing heavy", async () => {
  const { modules, redirects }: Graph = JSON.parse(await deno("info", "--json", library));
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set<string>();
  const visit = (specifier: string) => {
    const name = redirects[specifier] ?? specifier;
    if (reached.has(name)) return;
    reached.add(name);
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code?.specifier && !isDynamic) visit(code.specifier);
    }
  };
  visit(library);
  const packages = [...reached].filter((name) => name.startsWith("npm:"))
    .map((name) => name.replace(/^npm:\/?/, ""));
  assert(reached.size > 50 && packages.length > 0, `${reached.size} modules`);
  assertEquals(packages.filter(isHeavy), []);
});

Deno.test("importing the library takes less than half a second and loads nothing heavy", async () => {
  await withFolder(async (folder) => {
    // With these names, to load one of the heavy packages is an error.
    const names = Object.entries(await moduleNames()).map(([name, address]) => [
      name,
      isHeavy(name) ? `data:text/javascript,throw new Error("${name} was loaded")` : address,
    ]);
    assertLess(heavy.length, names.length);
    const importMap = join(folder, "import-map.json");
    await Deno.writeTextFile(importMap, JSON.stringify({ imports: Object.fromEntries(names) }));
    const program = join(folder, "start.ts");
    await Deno.writeTextFile(
      program,
      `import process from "node:process";
       const before = process.cpuUsage();
       await import(${JSON.stringify(library)});
       const { user, system } = process.cpuUsage(before);
       console.log((user + system) / 1000);`,
    );
    // The processor's time, of all threads: the clock's would be that of whatever else this machine does.
    const times: number[] = [];
    for (let k = 0; k < 3; k++) {
      times.push(Number(await deno("run", "-A", "--no-check", "--import-map", importMap, program)));
    }
    const [, median] = times.toSorted((a, b) => a - b);
    assertLess(median, 500, `${times} ms`);
  });
});
