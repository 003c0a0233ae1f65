/** A text network that reads along, and can be asked after each character what it expects next. */
import type { Values } from "../engine/engine.ts";
import { softmax } from "../equations/softmax.ts";
import type { Stepper } from "../network/stepper.ts";
import type { Random } from "../random.ts";
import { drawSymbol } from "../sampling/draw.ts";
import type { Model } from "./model.ts";

/** What stands after so many symbols. */
interface Place {
  /** The last symbol read; −1 before the first. */
  symbol: number;
  /** ŷ for the next. */
  outputs: Values;
  /** `Stepper.state`. */
  state: Values[];
}

export class Reader {
  /** One more than there are symbols: the first is before all of them. */
  readonly #places: Place[] = [];
  readonly #stepper: Stepper;

  private constructor(readonly model: Model) {
    this.#stepper = model.network.stepper(1);
  }

  /** A reader that has read nothing. */
  static async begin(model: Model): Promise<Reader> {
    const reader = new Reader(model);
    await reader.#read(-1);
    return reader;
  }

  /** The symbols read, as indices into the alphabet. */
  get symbols(): number[] {
    return this.#places.slice(1).map(({ symbol }) => symbol);
  }

  /** Has it read these symbols, and no others: where they begin as those before, only the rest is read. Ends early when
   * `isStale` says so, with fewer read. */
  async readTo(symbols: ArrayLike<number>, isStale: () => boolean = () => false): Promise<void> {
    let same = 0;
    while (same < symbols.length && this.#places[same + 1]?.symbol === symbols[same]) same++;
    if (same + 1 < this.#places.length) {
      this.#places.splice(same + 1);
      this.#stepper.restore(this.#places[same].state);
    }
    for (let k = same; k < symbols.length && !isStale(); k++) await this.#read(symbols[k]);
  }

  /** Pr(next symbol) after the first `count` symbols (Eq. 12). */
  expected(count: number): Float64Array {
    return softmax(this.#outputs(count));
  }

  /** −log₂ Pr of each symbol read: how many bits it came as a surprise with. */
  get surprises(): number[] {
    return this.symbols.map((symbol, k) => -Math.log2(this.expected(k)[symbol]));
  }

  /** Draws the next symbol, as `drawSymbol` does, and reads it. */
  async goOn(temperature: number, random: Random): Promise<number> {
    const symbol = drawSymbol(this.#outputs(this.#places.length - 1), temperature, random);
    await this.#read(symbol);
    return symbol;
  }

  #outputs(count: number): Values {
    const place = this.#places[count];
    if (!place) throw new RangeError(`${this.#places.length - 1} symbols are read; found ${count}.`);
    return place.outputs;
  }

  async #read(symbol: number): Promise<void> {
    const { outputs } = await this.#stepper.step([symbol]);
    this.#places.push({ symbol, outputs, state: await this.#stepper.state() });
  }
}

/** A text as the network can read it: small letters without accents; what its alphabet lacks is left out, and told. */
export function fitToSymbols(text: string, symbols: string[]): { text: string; unknown: string[] } {
  const known = new Set(symbols), unknown = new Set<string>();
  const fitted = [...text].map((character) => {
    if (known.has(character)) return character;
    const plain = character.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    if (known.has(plain)) return plain;
    unknown.add(character);
    return "";
  });
  return { text: fitted.join(""), unknown: [...unknown] };
}
