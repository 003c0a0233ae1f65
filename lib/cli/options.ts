/** The one reader of command lines: every command declares its options here as data. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { engineNames } from "../engine/mod.ts";

export interface Option {
  type: "string" | "number" | "boolean";
  description: string;
  /** The only values allowed. */
  choices?: readonly string[];
  /** A number's bounds, inclusive. */
  minimum?: number;
  maximum?: number;
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
}

type Value<O extends Option> = O["type"] extends "number" ? number
  : O["type"] extends "boolean" ? boolean
  : string;
export interface Arguments<C extends Command> {
  options: { -readonly [K in keyof C["options"]]?: Value<C["options"][K]> };
  positionals: string[];
}

/** A command line that makes no sense; its message is for people. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What `--help` prints. */
export function usage(command: Command): string {
  const { positionals = [], options } = command;
  const names = positionals.map(({ name, optional, several }) =>
    (optional ? `[${name}]` : `<${name}>`) + (several ? "…" : "")
  );
  const rows = [
    ...positionals.map(({ name, description, choices }) => [name, description, choices] as const),
    ...Object.entries(options).map(([name, { type, description, choices }]) =>
      [`--${name}${type === "boolean" ? "" : type === "number" ? " N" : " …"}`, description, choices] as const
    ),
    ["--help", "this text", undefined] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const list = rows.map(([name, description, choices]) =>
    `  ${name.padEnd(width)}  ${description}${choices ? ` (${choices.join(", ")})` : ""}`
  );
  return [`deno task ${[command.name, ...names].join(" ")} [options]`, command.description, "", ...list].join(
    "\n",
  );
}

/**
 * Reads a command line. Booleans can be turned off with `--no-…`.
 * Throws `UsageError` for an unknown option, a missing or surplus argument and a value out of place.
 */
export function parseOptions<const C extends Command>(command: C, args: string[]): Arguments<C> {
  const { positionals: wanted = [], options } = command;
  const names = Object.keys(options).map((name) => `--${name}`).join(", ");
  const tokens = readTokens(args, options, names);
  const values: Record<string, string | number | boolean> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const off = token.name.startsWith("no-") && !(token.name in options);
    const name = off ? token.name.slice(3) : token.name;
    const option = options[name];
    if (!option || (off && option.type !== "boolean")) {
      throw new UsageError(`Unknown option ${token.rawName}. The options are ${names}.`);
    }
    values[name] = option.type === "boolean" ? !off : readValue(name, option, token.value);
  }
  wanted.forEach(({ name, choices, optional }, k) => {
    const value = positionals[k];
    if (value === undefined && !optional) {
      throw new UsageError(`Missing: <${name}>.${choices ? ` Choose one of ${choices.join(", ")}.` : ""}`);
    }
    if (value !== undefined && choices && !choices.includes(value)) {
      throw new UsageError(`'${value}' is no <${name}>. Choose one of ${choices.join(", ")}.`);
    }
  });
  if (positionals.length > wanted.length && !wanted.at(-1)?.several) {
    throw new UsageError(
      `Did not expect '${positionals[wanted.length]}'. What has spaces in it needs quotes around it.`,
    );
  }
  return { options: values as Arguments<C>["options"], positionals };
}

function readTokens(args: string[], options: Command["options"], names: string) {
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
    throw new UsageError(`${sentence}. The options are ${names}.`);
  }
}

function readValue(name: string, option: Option, text: string | undefined): string | number {
  if (text === undefined || text === "") {
    throw new UsageError(`--${name} needs a value: ${option.description}.`);
  }
  if (option.choices && !option.choices.includes(text)) {
    throw new UsageError(`--${name} is one of ${option.choices.join(", ")}, found '${text}'.`);
  }
  if (option.type !== "number") return text;
  const { minimum = -Infinity, maximum = Infinity } = option;
  const value = Number(text);
  if (!Number.isFinite(value) || value < minimum || value > maximum) {
    const bounds = [
      ...(minimum > -Infinity ? [`at least ${minimum}`] : []),
      ...(maximum < Infinity ? [`at most ${maximum}`] : []),
    ];
    throw new UsageError(
      `--${name} must be a number${bounds.length ? ` of ${bounds.join(" and ")}` : ""}, found '${text}'.`,
    );
  }
  return value;
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
    await main(parseOptions(command, args));
  } catch (error) {
    if (Deno.env.get("GRAVES_DEBUG")) console.error(error);
    else console.error(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) console.error(`\nSee deno task ${command.name} --help`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}

/** Options that several commands share. */
export const shared = {
  engine: {
    type: "string",
    description: "what computes",
    choices: engineNames,
  },
  threads: { type: "number", description: "threads of the cpu engine", minimum: 1 },
  blas: { type: "boolean", description: "let the cpu engine use the system's BLAS (default; --no-blas)" },
  seed: { type: "number", description: "seed of all chance" },
  json: { type: "boolean", description: "print JSON only" },
} as const satisfies Record<string, Option>;

/** A path as the user means it: `deno task` itself runs in the project's folder. */
export const userPath = (path: string) => resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
