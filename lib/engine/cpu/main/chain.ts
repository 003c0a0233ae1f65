/** Which commands may follow one another without a meeting of the ranks. */

/** Memory: its address and bytes; of a matrix, the bytes of one row. */
type Place = readonly [at: number, bytes: number];

/** A command of which each rank does its share of the rows, as `Rank.share` gives it: of the matrices it reads and writes it
 * touches only these rows. What it needs `whole` is only read. */
export interface Rowwise {
  rows: number;
  reads: Place[];
  writes: Place[];
  whole: Place[];
}

/** Commands of a run: the main thread waits for room in the ring, which a run does not give back before its end. */
const longest = 64;

/** A run of such commands. */
export class Chain {
  #rows = 0;
  #read: Place[] = [];
  #written: Place[] = [];

  /** Whether the next command is one more of the run, else the first of another: what was written in the run it must take
   * by the same rows, and write nothing that was read by others. */
  take({ rows, reads, writes, whole }: Rowwise): boolean {
    const apart = ([at, bytes]: Place, [from, length]: Place) => at + bytes <= from || from + length <= at;
    const fits = (place: Place, others: Place[]) =>
      others.every((other) =>
        place[0] === other[0] && place[1] === other[1] || apart(all(place), all(other))
      );
    const all = ([at, bytes]: Place): Place => [at, rows * bytes];
    const goesOn = rows === this.#rows && this.#written.length < longest &&
      reads.every((place) => fits(place, this.#written)) &&
      writes.every((place) => fits(place, this.#written) && fits(place, this.#read)) &&
      whole.every((place) => this.#written.every((other) => apart(place, all(other))));
    if (!goesOn) this.end();
    this.#rows = rows;
    this.#read.push(...reads);
    this.#written.push(...writes);
    return goesOn;
  }
  /** The next command is none of the run. */
  end(): void {
    this.#rows = 0;
    this.#read = [];
    this.#written = [];
  }
}
