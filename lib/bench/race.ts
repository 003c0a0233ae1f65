/** Contestants side by side: started, checked, asked in turns, and left out with a reason when they fail. */
import { join } from "node:path";
import { Float64Engine } from "../engine/float64.ts";
import { Contestant } from "./contestant.ts";
import { type Entrant, shortened } from "./field.ts";
import { summarise, type Summary } from "./statistics.ts";
import { type Check, check, difference } from "./training_step.ts";
import { makeWorkload, type Sizes, writeWorkload } from "./workload.ts";

export interface Running extends Entrant {
  contestant: Contestant;
}
export type Command = { do: string } & Record<string, unknown>;
interface Timed {
  seconds: number;
  loss?: number;
}
/** A contestant that lasted all rounds. */
export interface Finisher {
  running: Running;
  seconds: Summary;
  /** Its answer of the round that does not count. */
  first: Timed;
}

/** A small task, in which contestants must agree with the float64 reference. */
const checkSizes: Sizes = { steps: 9, batch: 3, layers: 3, cells: 12, characters: 5 };

export class Race {
  /** Those still in it. */
  running: Running[] = [];
  readonly skipped: { label: string; reason: string }[] = [];
  readonly #references = new Map<string, Check>();

  /** `limit`: seconds for one answer. `folder`: for the tasks' files. */
  constructor(readonly limit: number, readonly folder: string, readonly report: (line: string) => void) {}

  /** Starts a contestant and holds what it computes against the reference. */
  async start(entrant: Entrant): Promise<void> {
    let contestant: Contestant;
    try {
      contestant = await Contestant.start(await entrant.program(), this.limit);
    } catch (error) {
      return this.skip(entrant.label, error);
    }
    const slow = contestant.description.includes("(software)");
    const running = { ...entrant, contestant, steps: entrant.steps ?? (slow ? shortened : undefined) };
    this.running.push(running);
    this.report(`${entrant.label}: ${contestant.description}`);
    if (entrant.network) await this.#check(running, entrant.network);
  }

  async #check(running: Running, network: NonNullable<Entrant["network"]>): Promise<void> {
    const path = join(this.folder, `check ${network}.safetensors`);
    if (!this.#references.has(network)) {
      const whole = network === "whole";
      const workload = makeWorkload(checkSizes, { window: whole });
      await writeWorkload(path, workload);
      this.#references.set(network, await check(new Float64Engine(), workload, { peepholes: whole }));
    }
    const found = await this.ask<Check>(running, { do: "check", sizes: checkSizes, path });
    const wrong = found && difference(found, this.#references.get(network)!);
    if (wrong) await this.drop(running, `it does not compute the same network: ${wrong}`);
  }

  skip(label: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.skipped.push({ label, reason });
    this.report(`${label}: skipped: ${reason}`);
  }
  async drop(running: Running, reason: unknown): Promise<void> {
    this.skip(running.label, reason);
    this.running = this.running.filter((other) => other !== running);
    await running.contestant.close();
  }

  /** The answer; `undefined`, and the contestant out of the race, if it fails. */
  async ask<Answer>(running: Running, command: Command): Promise<Answer | undefined> {
    try {
      return await running.contestant.ask<Answer>(command, this.limit);
    } catch (error) {
      await this.drop(running, error);
    }
  }

  /** Sets the network and batch of the steps and samples to come. */
  async prepare(running: Running, sizes: Sizes): Promise<void> {
    const path = join(this.folder, `${Object.values(sizes).join("-")}.safetensors`);
    if (running.kind === "peer") await writeWorkload(path, makeWorkload(sizes));
    await this.ask(running, { do: "prepare", sizes, path });
  }

  /** Asks every one in turn, round by round, after a round that does not count. */
  async inRounds(
    what: string,
    rounds: number,
    field: Running[],
    command: (running: Running) => Command,
  ): Promise<Finisher[]> {
    const answers = new Map<Running, Timed[]>(field.map((running) => [running, []]));
    for (let round = 0; round <= rounds && field.length > 0; round++) {
      this.report(`${what}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
      for (const running of field.filter((running) => this.running.includes(running))) {
        const answer = await this.ask<Timed>(running, command(running));
        if (answer) answers.get(running)!.push(answer);
      }
    }
    return field.filter((running) => this.running.includes(running)).map((running) => {
      const [first, ...rest] = answers.get(running)!;
      return { running, first, seconds: summarise(rest.map(({ seconds }) => seconds)) };
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map(({ contestant }) => contestant.close()));
  }
}
