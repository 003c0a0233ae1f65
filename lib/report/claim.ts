/** One claim of the paper, and the rules by which the records in results/ confirm it or not. */
import type { LegibilityRow, MemoryRecord, PrimingRow, RunRecord } from "../runs/mod.ts";

export type Verdict = "confirmed" | "in part" | "not confirmed" | "not tried";

/** What was recorded: the runs, what a reader misreads of what they write, how they write after a real line, and how far back
 * Wikipedia's remembers. */
export interface Evidence {
  records: RunRecord[];
  legibility: Record<string, LegibilityRow[]>;
  priming?: PrimingRow[];
  memory?: MemoryRecord;
}

export interface Finding {
  verdict: Verdict;
  /** The number behind it, or where there is none recorded what is to be seen. */
  found: string;
}

export interface Claim {
  section: string;
  /** In short, the paper's numbers among it. */
  claim: string;
  /** The notebook and the heading under which a cell shows it. */
  shown: { notebook: string; heading: string };
  find(evidence: Evidence): Finding;
}

export const claim = (section: string, claim: string, shown: Claim["shown"], find: Claim["find"]): Claim => ({
  section,
  claim,
  shown,
  find,
});
/** Under which heading of a notebook. */
export const shownIn = (notebook: string) => (heading: string): Claim["shown"] => ({ notebook, heading });

export const notTried: Finding = { verdict: "not tried", found: "–" };
const minus = (text: string) => text.replace(/^-/, "−");
export const fixed = (value: number, digits: number) => minus(value.toFixed(digits));

type Measure = (results: RunRecord["results"]) => number | undefined;
export const bits: Measure = ({ static: fixed }) => fixed?.bitsPerCharacter;
export const dynamicBits: Measure = ({ dynamic }) => dynamic?.bitsPerCharacter;
export const perplexity: Measure = ({ static: fixed }) => fixed?.perplexity;
export const dynamicPerplexity: Measure = ({ dynamic }) => dynamic?.perplexity;
export const nats: Measure = ({ cleaned }) => cleaned?.logLoss;
export const squaredError: Measure = ({ cleaned }) => cleaned?.sumSquaredError;

/** A measure of the run that has the experiment's name. */
export const of = ({ records }: Evidence, run: string, measure: Measure) => {
  const record = records.find((record) => record.run === run);
  return record && measure(record.results);
};

/** How a measure is written: ours, the paper's, and its unit. */
interface Unit {
  digits: number;
  digitsInPaper: number;
  unit: string;
}
export const inBits: Unit = { digits: 3, digitsInPaper: 2, unit: "BPC" };
export const inBitsPerByte: Unit = { ...inBits, unit: "bits per byte" };
export const inPerplexity: Unit = { digits: 1, digitsInPaper: 0, unit: "perplexity" };
export const inNats: Unit = { digits: 1, digitsInPaper: 1, unit: "nats" };

type Point = [run: string, measure: Measure, inPaper: number];

/** The claim that one measure, `to`, is below another: confirmed if it is at least half as far as in the paper. */
export function lower(
  section: string,
  what: string,
  shown: Claim["shown"],
  { digits, digitsInPaper, unit }: Unit,
  from: Point,
  to: Point,
): Claim {
  const [a, b] = [from, to].map(([, , inPaper]) => inPaper);
  return claim(
    section,
    `${what} (${fixed(a, digitsInPaper)} → ${fixed(b, digitsInPaper)} ${unit})`,
    shown,
    (evidence) => {
      const [above, below] = [from, to].map(([run, measure]) => of(evidence, run, measure));
      if (above === undefined || below === undefined) return notTried;
      const by = above - below;
      const verdict = by >= (a - b) / 2 ? "confirmed" : by > 0 ? "in part" : "not confirmed";
      return { verdict, found: `${fixed(above, digits)} → ${fixed(below, digits)} ${unit}` };
    },
  );
}

/** Whether a measure is as low as in the paper. */
export const reached =
  (run: string, measure: Measure, inPaper: number, digits: number, unit: string) =>
  (evidence: Evidence): Finding => {
    const value = of(evidence, run, measure);
    if (value === undefined) return notTried;
    // What is printed is compared, as the paper's value is a printed one.
    const verdict = Number(value.toFixed(digits)) <= inPaper ? "confirmed" : "not confirmed";
    return { verdict, found: `${fixed(value, digits)} ${unit}` };
  };

/** A verdict that people read off a picture or a table which a cell makes. */
export const seen = (verdict: Verdict, found: string) => (): Finding => ({ verdict, found });
export const nobody = () => notTried;

/** What a reader misreads of random texts that a network wrote at a bias. */
function misread({ legibility }: Evidence, run: string, bias: number): number | undefined {
  return legibility[run]?.find((row) => row.what === "random texts" && row.bias === bias)?.errorRate;
}

/** Whether a reader misreads less of what one network wrote than of another's, each at a bias. */
export const readsBetter = (from: { run: string; bias: number }, to: { run: string; bias: number }) =>
(
  evidence: Evidence,
): Finding => {
  const [worse, better] = [from, to].map(({ run, bias }) => misread(evidence, run, bias));
  if (worse === undefined || better === undefined) return notTried;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return {
    verdict: better < worse ? "confirmed" : "not confirmed",
    found: `a reader misreads ${percent(worse)} → ${percent(better)} of the characters`,
  };
};

/** Whether the squared error of two runs is the same within a twentieth. */
export const sameError = (a: string, b: string) => (evidence: Evidence): Finding => {
  const [first, second] = [of(evidence, a, squaredError), of(evidence, b, squaredError)];
  if (first === undefined || second === undefined) return notTried;
  return {
    verdict: Math.abs(second / first - 1) < 0.05 ? "confirmed" : "not confirmed",
    // Halved as in the paper's units (notebook 4, Table 3).
    found: `${(first / 2).toFixed(3)} → ${(second / 2).toFixed(3)}`,
  };
};
