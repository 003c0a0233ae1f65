/** Trainings as a user starts them: `lib/cli/train.ts` in a process of its own, on the excerpts. */
import { join } from "node:path";
import { root } from "../../lib/files.ts";
import { planned } from "../training/tiny.ts";

/** Whether to run the tests of this folder at full length: minutes instead of seconds. */
export const full = Deno.env.get("GRAVES_ENDURANCE") === "full";

/** Options of a network that learns in milliseconds, for so many updates, with other parts of the recipe. */
export const small = (updates: number, more: { rate?: number } = {}): string[] => [
  ...["--engine", "cpu", "--threads", "2"],
  ...planned({ updates, epochs: 1000, ...more }, { layers: 1, cells: 8 }),
];

export interface Ended {
  code: number;
  signal: Deno.Signal | null;
  out: string;
  errors: string;
}

export interface Start {
  /** Where the checkpoints of all runs lie. */
  checkpoints: string;
  /** Replaces the modules that deno.json names. */
  importMap?: string;
  env?: Record<string, string>;
  /** A program that starts the command that follows its own arguments. */
  wrapper?: string[];
}

/** A training under way. */
export class Process {
  readonly child: Deno.ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #changed = Promise.withResolvers<void>();
  #open = true;

  /** Starts `deno task train` with these arguments. */
  constructor(args: string[], { checkpoints, importMap, env, wrapper = [] }: Start) {
    const [program, ...rest] = [
      ...wrapper,
      ...[Deno.execPath(), "run", "-A", "--no-check"],
      ...(importMap ? ["--import-map", importMap] : []),
      ...[join(root, "lib", "cli", "train.ts"), ...args],
    ];
    this.child = new Deno.Command(program, {
      args: rest,
      env: {
        GRAVES_DATA: "data/excerpts",
        GRAVES_CHECKPOINTS: checkpoints,
        NO_COLOR: "1",
        ...env,
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ended = this.#follow();
  }

  /** Resolves with what `pattern` found in the output at its `count`th place; rejects if the process ends before. */
  async output(pattern: RegExp, count = 1): Promise<RegExpMatchArray> {
    for (;;) {
      const found = [...this.#out.matchAll(new RegExp(pattern, "g"))][count - 1];
      if (found) return found;
      if (!this.#open) {
        throw new Error(`The training ended without saying ${pattern}:\n${(await this.ended).errors}`);
      }
      await this.#changed.promise;
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: Deno.Signal): Promise<Ended> {
    try {
      this.child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    return await this.ended;
  }

  async #follow(): Promise<Ended> {
    const errors = new Response(this.child.stderr).text();
    for await (const text of this.child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#out += text;
      this.#notify();
    }
    this.#open = false;
    this.#notify();
    const { code, signal } = await this.child.status;
    return { code, signal, out: this.#out, errors: await errors };
  }
  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Trains to the end. */
export function runTraining(args: string[], start: Start): Promise<Ended> {
  return new Process(args, start).ended;
}

/** What deno.json calls modules, and what they are. */
export async function moduleNames(): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(join(root, "deno.json"));
  const { imports } = JSON.parse(text.replaceAll(/^ *\/\/.*$/gm, ""));
  return imports;
}
