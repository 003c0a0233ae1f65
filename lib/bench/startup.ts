/** A fresh process that gets ready and prints the seconds that it took:
 * `startup.ts nothing|library|<engine>`. */
import type { EngineName } from "../engine/mod.ts";

const [what] = Deno.args;
const start = performance.now();
if (what === "library") await import("../notebook.ts");
else if (what !== "nothing") {
  const { openEngine } = await import("../engine/mod.ts");
  await openEngine(what as EngineName);
}
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
Deno.exit(0);
