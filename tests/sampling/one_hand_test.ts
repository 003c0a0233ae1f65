import { assert, assertEquals } from "@std/assert";
import { alphabets, encodeText } from "../../lib/data/alphabet.ts";
import { hasShrunkToDots } from "../../lib/sampling/dots.ts";
import { retryStride } from "../../lib/sampling/one_hand.ts";
import { synthesise, writeInOneHand } from "../../lib/sampling/mod.ts";
import { network, steadyWindow, synthesisConfig } from "./networks.ts";

const ids = (text: string) => encodeText(text, alphabets.paper).ids;
const [space] = ids(" ");
const texts = ["dear ann", "the window moves on and on", "it ends", "so it is"].map(ids);
const closing = space, seed = 3;

Deno.test("the first line that is long enough gives the hand of all others", async () => {
  // The pen goes right by two standard deviations and often lifts.
  const steady = steadyWindow(0.4, ({ b_y }) => b_y.values.fill(2, 3, 5));
  const reports: string[] = [];
  const hands = await writeInOneHand(steady, {
    hands: [texts, texts.slice(2)],
    space,
    seed,
    onProgress: ({ finished, lines }) => reports.push(`${finished} of ${lines}`),
  });
  assertEquals(hands.map(({ length }) => length), [4, 2]);
  assertEquals(reports.at(-1), "6 of 6");
  const [[dear, specimen, ends], [, longest]] = hands;
  const alone = await synthesise(steady, { texts: [texts[1], texts[3]], seed, streams: [1, 5], closing });
  assertEquals(
    [specimen.points, longest.points],
    alone.map(({ points }) => points),
    "of two short ones the longer",
  );
  const prime = beginningOf(specimen.points);
  const primed = await synthesise(steady, {
    texts: [texts[0], texts[2]],
    seed,
    prime,
    streams: [0, 2],
    closing,
  });
  assertEquals([dear.points, ends.points], primed.map(({ points }) => points));
  assert(hands.flat().every(({ failures, tries }) => failures.length === 0 && tries === 1));
});

/** What primes the others when "the window moves on and on" was written. The window is 0.4 characters further at each point:
 * at these, about the space before "moves", character 11, or the two behind it. The largest of the lifted pen's moves there
 * ends it; "the" alone is too short. */
function beginningOf(points: Float32Array) {
  const places = [26, 27, 28, 29, 30, 31, 32].filter((t) => points[3 * t - 1] === 1);
  const [end] = places.toSorted((a, b) => points[3 * b] - points[3 * a]);
  assert(points[3 * end] > 1, `moves to ${points[3 * end]}`);
  return { points: points.slice(0, 3 * end), characters: ids("the window ") };
}

Deno.test("where no line is long enough a carrier gives the hand, and is left out", async () => {
  const steady = steadyWindow(0.4, ({ b_y }) => b_y.values.fill(2, 3, 5).fill(-1, 0, 1));
  const short = texts.slice(2), carrier = texts[1];
  const hands = await writeInOneHand(steady, { hands: [[texts[1]], short], space, seed, carrier });
  const streams = [0, retryStride - 2];
  const [own, carried] = await synthesise(steady, { texts: [carrier, carrier], seed, streams, closing });
  const prime = beginningOf(carried.points);
  const primed = await synthesise(steady, { texts: short, seed, prime, streams: [1, 2], closing });
  assertEquals(hands.map((hand) => hand.map(({ points }) => points)), [
    [own.points],
    primed.map(({ points }) => points),
  ]);
});

const prime = { points: new Float32Array(30).fill(0.1), characters: Int32Array.of(...ids("hand"), space) };

Deno.test("with a prime every line goes on from that", async () => {
  const steady = steadyWindow(0.5);
  const [hand] = await writeInOneHand(steady, { hands: [texts], space, seed, prime });
  const primed = await synthesise(steady, { texts, seed, prime, closing });
  assertEquals(hand.map(({ points }) => points), primed.map(({ points }) => points));
});

Deno.test("a line that fails is begun anew with other chance, and what stays broken is told", async () => {
  // Three characters at each step: two of them are passed over.
  const [[line]] = await writeInOneHand(steadyWindow(3), { hands: [[ids("the window")]], space, seed });
  assertEquals([line.failures.includes("skipped"), line.tries], [true, 3]);
  assertEquals(line.skipped.slice(0, 4), [0, 1, 3, 4]);
  const [[once]] = await writeInOneHand(steadyWindow(3), {
    hands: [[ids("the window")]],
    space,
    seed,
    retries: 0,
  });
  assertEquals(once.tries, 1);

  const text = ids("the window moves on");
  const hasty = network(synthesisConfig, ({ b_p }) => b_p.values.fill(0.4, 4));
  const hands = await writeInOneHand(hasty, { hands: Array.from({ length: 20 }, () => [text]), space, seed });
  const mended = hands.findIndex(([{ failures, tries }]) => failures.length === 0 && tries > 1);
  assert(mended >= 0 && hands.some(([{ tries }]) => tries === 1), "some fail at first");
  const streams = [mended + (hands[mended][0].tries - 1) * retryStride];
  const [again] = await synthesise(hasty, { texts: [text], seed, streams, closing });
  assertEquals(hands[mended][0].points, again.points);
});

Deno.test("ink that has shrunk to dots is a failure, a dot or two are none", async () => {
  const statistics = { mean: [8, 0], std: [40, 36] };
  const letter = [1, 2, 0, 1, -2, 1], dot = [0.3, 0, 0, 0.1, 0.2, 1];
  const line = (...counts: number[]) => counts.flatMap((dots) => [letter, ...Array(dots).fill(dot)]).flat();
  assertEquals([line(7, 7), line(8), line(2, 30, 1)].map((points) => hasShrunkToDots(points, statistics)), [
    false,
    true,
    true,
  ]);
  // As the pen often lifts, every stroke of a network whose units are small is a dot.
  const often = steadyWindow(0.2, ({ b_y }) => b_y.values[0] = -1);
  const small = { mean: [0, 0], std: [0.1, 0.1] };
  const [[shrunk]] = await writeInOneHand(often, { hands: [[texts[1]]], space, seed, statistics: small });
  assertEquals([shrunk.failures, shrunk.tries], [["dots"], 3]);
});

Deno.test("of several candidates the best is kept: first what did not fail, then what is misread least", async () => {
  const steady = steadyWindow(0.4, ({ b_y }) => b_y.values.fill(2, 3, 5));
  const asked: number[] = [];
  // What begins further to the right is misread more, and the first line altogether.
  const misread = (lines: { points: Float32Array; text: ArrayLike<number> }[]) => {
    asked.push(lines.length);
    return Promise.resolve(
      lines.map(({ points, text }) => text === texts[0] ? text.length : points[0] / 100),
    );
  };
  const reports: string[] = [];
  const [hand] = await writeInOneHand(steady, {
    hands: [texts],
    space,
    seed,
    prime,
    misread,
    candidates: 3,
    onProgress: ({ finished, lines }) => reports.push(`${finished} of ${lines}`),
  });
  assertEquals(asked, [12, 1, 1]);
  assertEquals([hand[0].failures, hand[0].misread, hand[0].tries], [["illegible"], texts[0].length, 5]);
  assertEquals(reports.at(-1), "14 of 14");
  const streams = [1, 1 + retryStride, 1 + 2 * retryStride];
  const all = await synthesise(steady, { texts: streams.map(() => texts[1]), seed, prime, streams, closing });
  const best = all.toSorted((a, b) => a.points[0] - b.points[0])[0];
  assertEquals([hand[1].points, hand[1].misread, hand[1].tries], [best.points, best.points[0] / 100, 3]);
});

Deno.test("a few letters are written more often when they are read; what is doubtful is begun anew and has not failed", async () => {
  const steady = steadyWindow(0.4), asked: number[] = [];
  // Two of the first line's twelve characters are misread, three of the second's, the third's only one.
  const misread = (lines: { text: ArrayLike<number> }[]) => {
    asked.push(lines.length);
    return Promise.resolve(
      lines.map(({ text }) =>
        text.length === 12 ? text[0] === ids("d")[0] ? 2 : 3 : text.length === 1 ? 1 : 0
      ),
    );
  };
  const hands = ["dear brother", "see you soon", "I", "hi"].map((text) => [ids(text)]);
  const written = await writeInOneHand(steady, { hands, space, seed, prime, misread });
  assertEquals(written.map(([{ tries, failures }]) => [tries, failures.length]), [
    [2, 0],
    [4, 0],
    [22, 0],
    [10, 0],
  ]);
  assertEquals(asked, [2 + 2 + 20 + 10, 2, 2]);
});
