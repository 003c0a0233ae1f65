/**
 * Checks that data flows one way: in lib/ a file imports, types included, only from its own folder and from those that the
 * README's layout names before it; no files import one another in a circle; and the layout names all there is.
 * `deno run -A tests/layout.ts` prints what is wrong.
 */
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../lib/files.ts";

/** Imports of each file by its path below lib/, with slashes. */
export type Imports = Map<string, string[]>;

/** The folders and files of lib/ in the order of the README's layout: the lines below `lib/` that are indented. */
export function readOrder(readme: string): string[] {
  const block = readme.match(/^lib\/.*\n((?: +.*\n)+)/m)?.[1];
  if (!block) throw new Error("README.md has no layout of lib/: a line `lib/` and indented lines below it.");
  return [...block.matchAll(/^ +(\S+)/gm)].map(([, name]) => name);
}

/** What breaks the order, in words; nothing if all is well. Files of lib/ itself that the layout does not name are tools, and
 * come before all others. */
export function faults(imports: Imports, order: string[]): string[] {
  const tools = 0, unknown = -1;
  const placeOf = (file: string) => {
    const names = order.filter((name) => file === name || name.endsWith("/") && file.startsWith(name));
    if (names.length === 0) return file.includes("/") ? unknown : tools;
    // engine/mod.ts may have another place than engine/.
    return 1 + order.indexOf(names.reduce((a, b) => b.length > a.length ? b : a));
  };
  const files = [...imports.keys()];
  return [
    ...files.filter((file) => placeOf(file) === unknown)
      .map((file) => `${file}: the README's layout does not name its folder`),
    ...order.filter((name) => !files.some((file) => file.startsWith(name)))
      .map((name) => `${name}: the README's layout names it, and it is not there`),
    ...files.flatMap((file) =>
      imports.get(file)!
        .filter((other) => placeOf(file) !== unknown && placeOf(other) > placeOf(file))
        .map((other) => `${file} imports ${other}, which comes after it`)
    ),
    ...circles(imports).map((circle) => `a circle: ${circle.join(" → ")}`),
  ];
}

/** Files that import one another: each circle once, from its first file back to it. */
function circles(imports: Imports): string[][] {
  const found: string[][] = [], done = new Set<string>(), path: string[] = [];
  const visit = (file: string) => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const other of imports.get(file) ?? []) visit(other);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return found;
}

/** The imports among the files of lib/, as Deno finds them; those of types too. */
export async function readImports(): Promise<Imports> {
  const lib = join(root, "lib"), files = [];
  for await (const path of walk(lib)) files.push(path);
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((path) => `import ${JSON.stringify(pathToFileURL(path).href)};\n`);
    await Deno.writeTextFile(all, lines.join(""));
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", join(root, "deno.json"), all],
      stderr: "null",
    }).output();
    const { modules }: { modules: Module[] } = JSON.parse(new TextDecoder().decode(stdout));
    const base = pathToFileURL(lib).href + "/";
    const below = (url = "") => url.startsWith(base) ? [url.slice(base.length)] : [];
    const imports: Imports = new Map();
    for (const { specifier, error, dependencies = [] } of modules) {
      if (error) throw new Error(`${specifier}: ${error}`);
      for (const file of below(specifier)) {
        const others = dependencies.flatMap(({ code, type }) =>
          [code, type].flatMap((to) => below(to?.specifier))
        );
        imports.set(file, others);
      }
    }
    return imports;
  } finally {
    await Deno.remove(all);
  }
}

interface Module {
  specifier: string;
  error?: string;
  dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
}

/** The TypeScript files below a folder; AssemblyScript's are none. */
async function* walk(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory && name !== "assembly") yield* walk(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

if (import.meta.main) {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const found = faults(await readImports(), readOrder(readme));
  console.log(found.join("\n") || `${relative(Deno.cwd(), join(root, "lib"))}: data flows one way`);
  Deno.exit(found.length > 0 ? 1 : 0);
}
