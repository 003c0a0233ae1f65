/** Which Deno the commands run on. */

/** The version that the project is tested with. */
export const testedDeno = "2.9.6";
/** 2.7.5 and earlier stand still for ever when the cpu engine begins; this one was seen to work. */
const oldestDeno = "2.7.14";

/** Throws if this Deno is older than those that work. */
export function checkDeno(version: string = Deno.version.deno): void {
  const isOlder = version.localeCompare(oldestDeno, "en", { numeric: true }) < 0;
  if (!isOlder) return;
  throw new Error(
    `This is Deno ${version}, on which the cpu engine never ends; ${oldestDeno} or later is needed, ${testedDeno} is ` +
      `tested. \`deno upgrade ${testedDeno}\` changes it; \`npx -y deno@${testedDeno} task …\` runs a command with that alone.`,
  );
}
