/** Which machine computes. */
import { cpus } from "node:os";

/** This machine in a line. */
export function device(): string {
  const all = cpus();
  const models = [...new Set(all.map(({ model }) => model.trim()))].join(", ");
  return `${all.length} cores of ${models || "an unnamed processor"} (${Deno.build.os} ${Deno.build.arch})`;
}
