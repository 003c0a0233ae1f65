/** How far back a network remembers (Section 3.2): what its predictions owe to symbols that lie further and further back. */
import { checkOptions } from "../check_options.ts";
import type { SymbolBatch, Text } from "../data/mod.ts";
import type { Network } from "../network/network.ts";
import { Random } from "../random.ts";

/** What symbols cost when the state was reset `from` to `to` symbols before each of them. */
export interface ContextRow {
  from: number;
  to: number;
  /** Per symbol. */
  bits: number;
  /** By how many bits that is less than in the row before, with a quarter of the context; none in the first row. */
  gain: number | null;
  /** The standard error of `gain`. */
  error: number | null;
}

/** How sure the network is that something closes where it does, over how long ago it was opened. */
export interface ClosingRow {
  kind: string;
  /** Symbols between what opens and what closes. */
  from: number;
  to: number;
  spans: number;
  /** The mean probability of the first symbol that closes. */
  probability: number;
  /** The same where the network never read what opens, but all else. */
  unopened: number;
}

/** Symbols that a network reads from the null state, and those that come next: all from `scoredFrom` on are scored. */
interface Sequence {
  inputs: Int32Array;
  targets: Int32Array;
  scoredFrom: number;
}

/** The most points of a batch; of the paper's network for Wikipedia each takes some 100 kB. */
const points = 3200;
const steps = 50;
/** Symbols whose mean counts as one draw where errors are told: neighbours are not independent. */
const block = 500;

/** Gives −ln Pr of what is scored to `take`, with the number of the sequence and the place in it. */
async function scoreSequences(
  network: Network,
  sequences: Sequence[],
  take: (nats: number, sequence: number, t: number) => void,
  onProgress?: (points: number) => void,
): Promise<void> {
  const longest = sequences.reduce((most, { inputs }) => Math.max(most, inputs.length), 0);
  const size = Math.max(1, Math.floor(points / Math.min(steps, longest)));
  for (let first = 0; first < sequences.length; first += size) {
    const group = sequences.slice(first, first + size);
    const state = network.zeroState(group.length);
    const length = Math.max(...group.map(({ inputs }) => inputs.length));
    try {
      for (let from = 0; from < length; from += steps) {
        const batch = cut(group, from, Math.min(steps, length - from));
        const { losses } = await network.loss(batch, { state });
        batch.targets.forEach((target, row) => {
          const b = row % group.length, t = from + (row - b) / group.length;
          if (target >= 0) take(losses[row], first + b, t);
        });
        onProgress?.(batch.targets.length);
      }
    } finally {
      network.freeState(state);
    }
  }
}

/** Steps `from` to `from + steps` of sequences side by side. */
function cut(group: Sequence[], from: number, steps: number): SymbolBatch {
  const size = group.length;
  const inputs = new Int32Array(steps * size).fill(-1), targets = new Int32Array(steps * size).fill(-1);
  group.forEach((sequence, b) => {
    for (let t = 0; t < steps && from + t < sequence.inputs.length; t++) {
      inputs[t * size + b] = sequence.inputs[from + t];
      if (from + t >= sequence.scoredFrom) targets[t * size + b] = sequence.targets[from + t];
    }
  });
  return { kind: "symbols", steps, size, inputs, targets, startsFresh: from === 0 };
}

/**
 * Bits per symbol over how much the network has read since its state was reset: 1 to 3 symbols, 4 to 15, 16 to 63, and so on
 * for `rows` rows. Every row is of the same symbols, each scored once: those behind the first 4^(rows − 1), so that rows
 * differ by their context only.
 *
 * @throws RangeError if the text has no symbols behind those.
 */
export async function bitsByContext(
  network: Network,
  ids: Int32Array,
  options: { rows: number; onProgress?: (done: number, all: number) => void },
): Promise<ContextRow[]> {
  checkOptions("bitsByContext", options, ["rows", "onProgress"]);
  const { rows, onProgress } = options, longest = 4 ** (rows - 1), count = ids.length - longest;
  if (!(count > 0)) {
    throw new RangeError(`A context of ${longest} symbols needs a text of more; this one has ${ids.length}.`);
  }
  const found: ContextRow[] = [], all = count * rows * 4 / 3;
  let before: Float64Array | undefined, done = 0;
  for (let context = 1; context <= longest; context *= 4) {
    // Of each sequence the last three quarters are scored; there the next one's begin.
    const sequences: Sequence[] = [], scored = 3 * context;
    for (let start = longest - context; start + context < ids.length; start += scored) {
      const end = Math.min(start + context + scored - 1, ids.length - 1);
      const inputs = ids.subarray(start, end), targets = ids.subarray(start + 1, end + 1);
      sequences.push({ inputs, targets, scoredFrom: context - 1 });
    }
    const bits = new Float64Array(count);
    const take = (nats: number, k: number, t: number) =>
      void (bits[k * scored + t - (context - 1)] = nats / Math.LN2);
    await scoreSequences(
      network,
      sequences,
      take,
      (points) => onProgress?.(Math.min(done += points, all), all),
    );
    const gains = blockMean(bits.map((now, k) => (before?.[k] ?? NaN) - now));
    found.push({
      from: context,
      to: 4 * context - 1,
      bits: bits.reduce((sum, one) => sum + one, 0) / count,
      gain: before ? gains.mean : null,
      error: before ? gains.error : null,
    });
    before = bits;
  }
  return found;
}

/** The mean, and its standard error from the means of blocks. */
function blockMean(values: Float64Array): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const blocks = Array.from(
    { length: Math.floor(values.length / block) },
    (_, k) => values.subarray(k * block, (k + 1) * block).reduce((sum, value) => sum + value, 0) / block,
  );
  const squares = blocks.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (blocks.length - 1) / blocks.length) };
}

/** What opens and closes in Wikipedia's text. */
const brackets: { kind: string; open: string; close: string }[] = [
  { kind: "[[…]]", open: "[[", close: "]]" },
  { kind: "(…)", open: "(", close: ")" },
];
/** Bounds of the distances; a doubling each. */
const distances = [4, 8, 16, 32, 64, 128, 256];
/** Symbols that are read before what opens. */
const before = 64;

/**
 * How sure the network is that brackets close where they do, over how far back they were opened, and how sure it would be
 * had it not read what opens them. The difference is memory, since nothing else in between tells. Distances that fewer than
 * ten spans have are left out; `most` of a distance's spans are scored.
 */
export async function closingByDistance(
  network: Network,
  text: Pick<Text, "symbols"> & { ids: Int32Array },
  options: { most: number; onProgress?: (done: number, all: number) => void },
): Promise<ClosingRow[]> {
  checkOptions("closingByDistance", options, ["most", "onProgress"]);
  const { most, onProgress } = options, { ids, symbols } = text;
  const written = Array.from(ids, (id) => symbols[id]).join("");
  const groups = brackets.flatMap(({ kind, open, close }) => {
    const spans = spansOf(written, open, close);
    return distances.slice(1).map((limit, k) => ({
      kind,
      open,
      from: distances[k],
      to: limit - 1,
      spans: new Random(0, "spans", k).shuffle(
        spans.filter(({ from, to }) => to - from >= distances[k] && to - from < limit),
      ).slice(0, most),
    })).filter(({ spans }) => spans.length >= 10);
  });
  const rows: ClosingRow[] = [];
  for (const [n, { kind, open, from, to, spans }] of groups.entries()) {
    const all = spans.flatMap(({ from, to }) => {
      const start = Math.max(0, from - open.length - before);
      const read = ids.subarray(start, to);
      const without = Int32Array.of(...ids.subarray(start, from - open.length), ...ids.subarray(from, to));
      return [read, without].map((inputs) => endOf(inputs, ids[to]));
    });
    const sums = [0, 0];
    await scoreSequences(network, all, (nats, k) => void (sums[k % 2] += Math.exp(-nats)));
    const [probability, unopened] = sums.map((sum) => sum / spans.length);
    rows.push({ kind, from, to, spans: spans.length, probability, unopened });
    onProgress?.(n + 1, groups.length);
  }
  return rows;
}

/** A sequence of which only what follows its end is scored. */
function endOf(inputs: Int32Array, next: number): Sequence {
  const targets = new Int32Array(inputs.length).fill(next);
  return { inputs, targets, scoredFrom: inputs.length - 1 };
}

/** Where what is opened and closed again begins and ends, nested or not; what is left open is none. */
function spansOf(text: string, open: string, close: string): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = [], opened: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith(open, at)) opened.push(at += open.length), at--;
    else if (text.startsWith(close, at)) {
      const from = opened.pop();
      if (from !== undefined) spans.push({ from, to: at });
      at += close.length - 1;
    }
  }
  return spans;
}
