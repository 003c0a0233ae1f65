/** Which commands may follow one another without a meeting of the ranks. */

/** A place in memory: its address and its bytes, which are those of one row for a matrix. */
type Place = readonly [at: number, bytes: number];

/** A command of which each rank does its share of the rows, as `Rank.share` gives it: in the matrices that it
 * `reads` and `writes` it touches only these rows. Those that it needs `whole` are only read. */
export interface Rowwise {
  rows: number;
  reads: Place[];
  writes: Place[];
  whole: Place[];
}

/** The longest run: the main thread waits for room in the ring, which a run gives back only at its end. */
const longest = 64;

/** A run of such commands. */
export class Chain {
  #rows = 0;
  #read: Place[] = [];
  #written: Place[] = [];

  /** Takes the next command; tells whether it is one more of the run, and not the first of another. It must
   * read by the same rows what was written in the run, and must write nothing that other rows were read
   * from. */
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
  /** Ends the run: the next command begins another. */
  end(): void {
    this.#rows = 0;
    this.#read = [];
    this.#written = [];
  }
}
