/** Many updates on batches of ever other shapes take no more memory than some. */
import { assertEquals, assertLess } from "@std/assert";
import { join } from "node:path";
import { root } from "../../lib/files.ts";
import { full } from "./process.ts";
import type { Steps } from "./steps.ts";

const updates = full ? 2000 : 200;
/** In bytes, over the second half of the updates: a tensor forgotten in each of them takes more. */
const allowedGrowth = 4e6;

for (const kind of ["pen", "symbols"]) {
  Deno.test(`cpu: ${updates} updates of different shapes (${kind}) do not let memory grow`, async () => {
    const script = join(root, "tests", "endurance", "steps.ts");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", script, kind, String(updates)],
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const { bytes, bytesAtEnd, resident }: Steps = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(bytes.length, 1, `after one update or another: ${bytes} bytes of tensors`);
    assertEquals(bytesAtEnd, 0);
    const second = resident.slice(resident.length / 2);
    const growth = median(second.slice(-5)) - median(second.slice(0, 5));
    if (full) {
      console.log(`${kind}: ${(growth / (updates / 2)).toFixed(0)} bytes an update over the last half`);
    }
    assertLess(growth, allowedGrowth, `resident memory: ${resident.map((n) => (n / 1e6).toFixed(1))} MB`);
  });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
