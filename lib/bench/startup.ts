/** How long a fresh process takes to be ready: `startup.ts nothing|library|<engine>` does that and prints the seconds. */
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
