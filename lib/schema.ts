/** Values from outside, such as JSON that was read, held against what they should be. */
import * as v from "valibot";
import { readText } from "./files.ts";

/** What a value must be to be a `T`. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** `value` itself, which is a `T`. Throws, naming `where` it stands and which part of it is wrong, with what was expected
 * and found. */
export function checked<T>(schema: Schema<T>, value: unknown, where: string): T {
  const { success, issues } = v.safeParse(schema, value, { abortEarly: true });
  // What the library gives back has its keys in another order.
  if (success) return value as T;
  const [issue] = issues;
  const place = v.getDotPath(issue);
  if (issue.type === "strict_object" && issue.expected === "never") {
    throw new Error(`${where}: expected no such setting as the one that was found: ${place}.`);
  }
  // Of a key that is missing the library says its name in quotes for what was expected.
  const isMissing = issue.input === undefined && issue.kind === "schema" && issue.type.endsWith("object");
  const expected = isMissing ? "a value" : issue.message;
  throw new Error(
    `${where}: ${place ? `${place}: ` : ""}expected ${expected}, found ${inShort(issue.input)}.`,
  );
}

/** `text` as JSON of that kind. Throws as `checked` does, and if it is not JSON. */
export function parseJson<T>(text: string, schema: Schema<T>, where: string, revive?: Revive): T {
  let value: unknown;
  try {
    value = JSON.parse(text, revive);
  } catch {
    throw new Error(`${where}: expected JSON, found ${inShort(text)}.`);
  }
  return checked(schema, value, where);
}

/** The JSON file `path`. Throws as `readText` and `parseJson` do. */
export async function readJson<T>(path: string, schema: Schema<T>, revive?: Revive): Promise<T> {
  return parseJson(await readText(path), schema, path, revive);
}

type Revive = (key: string, value: unknown) => unknown;

function inShort(value: unknown): string {
  if (typeof value === "number") return String(value);
  // Neither what is missing nor a list's own method, `every`, has a word in JSON.
  const text = JSON.stringify(value) ?? "none";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export const number: Schema<number> = v.pipe(v.number("a number"), v.finite("a finite number"));
export const positive: Schema<number> = v.pipe(
  v.number("a number above 0"),
  v.finite("a finite number"),
  v.gtValue(0, "a number above 0"),
);
export const text: Schema<string> = v.string("a text");
export const sha256: Schema<string> = v.pipe(
  v.string("a SHA-256"),
  v.regex(/^[0-9a-f]{64}$/, "a SHA-256"),
);
export const truth: Schema<boolean> = v.boolean("true or false");

/** An integer of `least` to `most`. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Schema<number> {
  const expected = `an integer of ${least} ${most < Number.MAX_SAFE_INTEGER ? `to ${most}` : "or more"}`;
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  );
}

/** A finite number of `least` to `most`. */
export function between(least: number, most: number = Number.MAX_VALUE): Schema<number> {
  const expected = `a number of ${least} ${most < Number.MAX_VALUE ? `to ${most}` : "or more"}`;
  return v.pipe(v.number(expected), v.minValue(least, expected), v.maxValue(most, expected));
}

/** One of some texts. */
export function oneOf<const T extends string>(choices: readonly T[]): Schema<T> {
  return v.picklist(choices, `one of ${choices.join(", ")}`);
}

/** An object with these keys, and others that are kept as they are. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.looseObject(entries, "an object");
}

export function list<T>(of: Schema<T>): Schema<T[]> {
  return v.array(of, "a list");
}

export function pair<T>(of: Schema<T>): Schema<[T, T]> {
  return v.strictTuple([of, of], "a list of two numbers");
}

export const optional = <T>(schema: Schema<T>) => v.optional(schema);
export const nullable = <T>(schema: Schema<T>): Schema<T | null> => v.nullable(schema);
