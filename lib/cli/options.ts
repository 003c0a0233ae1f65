/** The one reader of command lines: every command declares its options here as data. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { didYouMean } from "../check_options.ts";
import { engineNames, precisions } from "../engine/mod.ts";
import { checkDeno } from "./deno_version.ts";

export interface Option {
  /** `integer` is a number without a fraction, `numbers` and `integers` are one or several with commas between, `strings` may be
   * given more than once. */
  type: "string" | "strings" | "boolean" | "number" | "integer" | "numbers" | "integers";
  description: string;
  /** The only values allowed, of a string. */
  choices?: readonly string[];
  /** A number's bounds, inclusive. */
  minimum?: number;
  maximum?: number;
  /** Stands above this option in the help: what it and those below it are about. */
  heading?: string;
}
export interface Positional {
  name: string;
  description: string;
  choices?: readonly string[];
  optional?: boolean;
  /** The last one may stand for any number of arguments. */
  several?: boolean;
}
export interface Command {
  /** As in `deno task <name>`. */
  name: string;
  description: string;
  positionals?: readonly Positional[];
  options: Readonly<Record<string, Option>>;
  /** What stands behind `deno task <name>` in command lines that show what it is good for. */
  examples?: readonly string[];
  /** What else the help says, read when it is asked for. */
  notes?: () => string;
}

type Choice<O> = O extends { choices: readonly (infer Name)[] } ? Name : string;
type Value<O extends Option> = O["type"] extends "number" | "integer" ? number
  : O["type"] extends "numbers" | "integers" ? number[]
  : O["type"] extends "boolean" ? boolean
  : O["type"] extends "strings" ? string[]
  : Choice<O>;
/** Positionals by their place, optional ones perhaps undefined, several as the tuple's rest. */
type Places<P> = P extends readonly [infer First, ...infer Others]
  ? First extends { several: true } ? Choice<First>[]
  : [First extends { optional: true } ? Choice<First> | undefined : Choice<First>, ...Places<Others>]
  : [];
export interface Arguments<C extends Command> {
  options: { -readonly [K in keyof C["options"]]?: Value<C["options"][K]> };
  positionals: Places<C["positionals"]>;
}

/** A command line that makes no sense; its message is for people. */
export class UsageError extends Error {
  override name = "UsageError";
}

const placeholders: Record<Option["type"], string> = {
  string: " …",
  strings: " …",
  boolean: "",
  number: " N",
  integer: " N",
  numbers: " N,…",
  integers: " N,…",
};

/** What `--help` prints. */
export function usage(command: Command): string {
  const { positionals = [], options } = command;
  const names = positionals.map(({ name, optional, several }) =>
    (optional ? `[${name}]` : `<${name}>`) + (several ? "…" : "")
  );
  const rows: { name: string; description: string; choices?: readonly string[]; heading?: string }[] = [
    ...positionals,
    ...Object.entries(options).map(([name, option]) => ({
      ...option,
      name: `--${name}${placeholders[option.type]}`,
    })),
    { name: "--help", description: "this text" },
  ];
  const width = Math.max(...rows.map(({ name }) => name.length));
  const list = rows.flatMap(({ name, description, choices, heading }) => {
    const [first, ...others] = wrap(
      `${description}${choices ? ` (${choices.join(", ")})` : ""}`,
      106 - width,
    );
    return [
      ...(heading ? ["", `${heading}:`] : []),
      `  ${name.padEnd(width)}  ${first}`,
      ...others.map((line) => `${" ".repeat(width + 4)}${line}`),
    ];
  });
  return [
    `deno task ${[command.name, ...names].join(" ")} [options]`,
    command.description,
    ...(rows[0].heading ? [] : [""]),
    ...list,
    ...(command.examples ? ["", "Examples:"] : []),
    ...(command.examples ?? []).map((example) => `  deno task ${command.name} ${example}`),
    ...(command.notes ? ["", ...wrap(command.notes(), 108)] : []),
  ].join("\n");
}

/** Lines of at most `width` characters, but for longer words. */
function wrap(text: string, width: number): string[] {
  return text.match(new RegExp(`\\S.{0,${width - 2}}\\S(?=\\s|$)|\\S+`, "g")) ?? [""];
}

/**
 * Reads a command line. Booleans can be turned off with `--no-…`.
 * Throws `UsageError` for an unknown option, a missing or surplus argument and a value out of place.
 */
export function parseOptions<const C extends Command>(command: C, args: string[]): Arguments<C> {
  const { positionals: wanted = [], options } = command;
  const names = Object.keys(options).map((name) => `--${name}`);
  const all = `The options are ${names.join(", ")}.`;
  const tokens = readTokens(args, options, all);
  const values: Record<string, string | number | boolean | number[] | string[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const off = token.name.startsWith("no-") && !Object.hasOwn(options, token.name);
    const name = off ? token.name.slice(3) : token.name;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option || (off && option.type !== "boolean")) {
      const dash = wanted.length > 0 && !token.rawName.startsWith("--")
        ? ` What begins with a dash and is no option goes after --, behind all options: -- '${token.rawName}…'.`
        : "";
      throw new UsageError(
        `Unknown option ${token.rawName}${didYouMean(token.rawName, names)}.${dash} ${all}`,
      );
    }
    if (option.type === "boolean") values[name] = !off;
    else {
      const value = readValue(`--${name}`, option, token.value);
      values[name] = option.type === "strings" ? [...values[name] as string[] ?? [], value as string] : value;
    }
  }
  wanted.forEach(({ name, choices, optional }, k) => {
    const value = positionals[k];
    if (value === undefined && !optional) {
      throw new UsageError(`Missing: <${name}>.${choices ? ` Choose one of ${choices.join(", ")}.` : ""}`);
    }
    if (value !== undefined && choices && !choices.includes(value)) {
      throw new UsageError(
        `'${value}' is no <${name}>${didYouMean(value, choices)}. Choose one of ${choices.join(", ")}.`,
      );
    }
  });
  if (positionals.length > wanted.length && !wanted.at(-1)?.several) {
    throw new UsageError(
      `Did not expect '${positionals[wanted.length]}'. What has spaces in it needs quotes around it.`,
    );
  }
  return { options: values, positionals } as unknown as Arguments<C>;
}

function readTokens(args: string[], options: Command["options"], all: string) {
  const types = Object.entries(options).map(([name, { type }]) =>
    [name, { type: type === "boolean" ? type : "string" }] as const
  );
  try {
    const { tokens } = parseArgs({
      args,
      strict: false,
      tokens: true,
      allowPositionals: true,
      allowNegative: true,
      options: Object.fromEntries(types),
    });
    return tokens ?? [];
  } catch (error) {
    const [sentence] = (error as Error).message.split(". ");
    throw new UsageError(`${sentence}. ${all}`);
  }
}

function readValue(name: string, option: Option, text = ""): string | number | number[] {
  const { type, description, choices } = option;
  if (text.trim() === "") throw new UsageError(`${name} needs a value: ${description}.`);
  if (choices && !choices.includes(text)) {
    throw new UsageError(
      `${name} is one of ${choices.join(", ")}, found '${text}'${didYouMean(text, choices)}.`,
    );
  }
  switch (type) {
    case "number":
    case "integer":
      return readNumber(name, option, text);
    case "numbers":
    case "integers":
      return text.split(",").map((one) => readNumber(name, option, one, text));
    default:
      return text;
  }
}

const decimals = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** `all` is the list that `text` is of. Only decimals count: `Number` takes an empty text for 0 and 0x10 for 16. */
function readNumber(name: string, option: Option, text: string, all?: string): number {
  const { type, minimum = -Infinity, maximum = Infinity } = option;
  const value = decimals.test(text.trim()) ? Number(text) : NaN;
  const isWhole = type === "integer" || type === "integers";
  const right = isWhole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (right && value >= minimum && value <= maximum) return value;
  const bounds = [
    ...(minimum > -Infinity ? [`at least ${minimum}`] : []),
    ...(maximum < Infinity ? [`at most ${maximum}`] : []),
  ].join(" and ");
  throw new UsageError(
    `${name} must be a ${isWhole ? "whole number" : "number"}${bounds && ` of ${bounds}`}` +
      `${all === undefined ? "" : ", or several with commas between"}, found '${all ?? text}'.`,
  );
}

/** Runs a command: `--help` prints its usage, an error its message without a stack, with exit code 2 (usage) or 1.
 * `GRAVES_DEBUG=1` shows the stack. */
export async function runCommand<const C extends Command>(
  command: C,
  main: (args: Arguments<C>) => Promise<void>,
  args: string[] = Deno.args,
): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) return console.log(usage(command));
  try {
    checkDeno();
    await main(parseOptions(command, args));
  } catch (error) {
    if (Deno.env.get("GRAVES_DEBUG")) console.error(error);
    else console.error(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) console.error(`\nSee deno task ${command.name} --help`);
    Deno.exit(error instanceof UsageError ? 2 : Deno.exitCode || 1);
  }
}

/** What computes; whether the cpu engine has a BLAS is the environment's to say (`GRAVES_BLAS`). */
export const machine = {
  engine: { type: "string", description: "what computes", choices: engineNames },
  threads: { type: "integer", description: "threads of the cpu engine", minimum: 1 },
} as const satisfies Record<string, Option>;

/** Of commands whose numbers need not be exact to the last digit. */
export const precision = {
  type: "string",
  description:
    "in what the cpu engine multiplies matrices; bfloat16 needs `deno task blas --mkl` and a processor with AMX",
  choices: precisions,
} as const satisfies Option;

/** Options that several commands share. */
export const shared = {
  seed: { type: "integer", description: "seed of all chance", minimum: 0, maximum: 2 ** 32 - 1 },
  data: {
    type: "string",
    description: "data of your own: a folder of handwriting, or a text file (see data/README.md)",
  },
  json: { type: "boolean", description: "print JSON only" },
} as const satisfies Record<string, Option>;

/** A path as the user means it: `deno task` itself runs in the project's folder. */
export const userPath = (path: string) => resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
