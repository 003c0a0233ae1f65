/** The part of `@std/assert` that the tests use, over `node:assert/strict`; see the note in deno.json. */
import strict from "node:assert/strict";

export { AssertionError } from "node:assert";

export function assert(condition: unknown, message = "assertion failed"): asserts condition {
  strict.ok(condition, message as string);
}
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  strict.deepStrictEqual(actual, expected, message as string);
}
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  strict.notDeepStrictEqual(actual, expected, message as string);
}
export function assertStrictEquals<T>(actual: T, expected: T, message?: string): void {
  strict.strictEqual(actual, expected, message as string);
}
/** Like `@std/assert`: the default tolerance is 1e-7 relative to `expected`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = Math.abs(expected) * 1e-7 || 1e-7,
  message?: string,
): void {
  if (Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance) return;
  strict.fail(message ?? `expected ${expected} ± ${tolerance}, found ${actual}`);
}
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    strict.fail(message ?? `expected to find ${JSON.stringify(expected)} in ${JSON.stringify(actual)}`);
  }
}
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  strict.match(actual, expected, message as string);
}
export function assertGreater(actual: number, expected: number, message?: string): void {
  if (!(actual > expected)) strict.fail(message ?? `expected ${actual} > ${expected}`);
}
export function assertLess(actual: number, expected: number, message?: string): void {
  if (!(actual < expected)) strict.fail(message ?? `expected ${actual} < ${expected}`);
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = new (...args: any[]) => E;

function check<E extends Error>(error: unknown, kind?: ErrorClass<E>, includes?: string): E {
  if (!(error instanceof Error)) strict.fail(`expected an Error to be thrown, found ${error}`);
  if (kind && !(error instanceof kind)) {
    strict.fail(`expected ${kind.name}, found ${error.name}: ${error.message}`);
  }
  if (includes) assertStringIncludes(error.message, includes);
  return error as E;
}
export function assertThrows<E extends Error = Error>(
  body: () => unknown,
  kind?: ErrorClass<E>,
  includes?: string,
): E {
  try {
    body();
  } catch (error) {
    return check(error, kind, includes);
  }
  return strict.fail("expected the function to throw");
}
export async function assertRejects<E extends Error = Error>(
  body: () => Promise<unknown>,
  kind?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await body();
  } catch (error) {
    return check(error, kind, includes);
  }
  return strict.fail("expected the promise to be rejected");
}
