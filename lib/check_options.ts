/** Options that nobody knows are refused. In a notebook, whose cells are not type-checked, a misspelt one would otherwise
 * do nothing without a word. */
import { editDistance } from "./edit_distance.ts";

/** `names`, if they are all the keys of `T`; else a type that says which are missing. */
type All<T, Names extends readonly unknown[]> = Exclude<keyof T, Names[number]> extends never ? Names
  : { missing: Exclude<keyof T, Names[number]> };

/**
 * Throws a TypeError if `options` has a name that is not in `names`, with the nearest that is, or is no object at all.
 *
 * @param owner the function whose options they are, for the message.
 * @param names all options that there are: the compiler takes no list that has fewer or others than the type.
 */
export function checkOptions<T extends object, const Names extends readonly (keyof T & string)[]>(
  owner: string,
  options: T,
  names: Names & All<T, Names>,
): void {
  const known: readonly string[] = names as Names;
  const all = `Its options are ${known.join(", ")}.`;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${owner} takes its options by name, as { ${known[0]}: … }, not ${options}. ${all}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`${owner} has no option '${name}'${didYouMean(name, known)}. ${all}`);
    }
  }
}

/** ` (did you mean 'bias'?)` for a name that is like one that is known, else nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const distances = known.map((other) => editDistance(name, other)), least = Math.min(...distances);
  if (least > Math.max(2, name.length / 3)) return "";
  return ` (did you mean '${known[distances.indexOf(least)]}'?)`;
}
