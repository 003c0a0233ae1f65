/** Tables 1–4: the paper's values beside ours and where ours come from. */
import * as paper from "../paper.ts";
import type { RunRecord } from "../runs/mod.ts";
import { ownStages, totalOf } from "../weights/mod.ts";

/** A measure with the paper's value and ours; `null`: not measured by the paper, not run by us. */
export interface Measure {
  name: string;
  /** Decimals to show; left out: three significant digits. */
  digits?: number;
  /** NaN: the paper has the measure but no such row. */
  paper: number | null;
  ours: number | null;
}

export interface PaperTableRow {
  /** What the row is about, by column. */
  keys: Record<string, string>;
  measures: Measure[];
  experiment: string;
  /** The run that ours come from; `null`: not run. */
  run: RunRecord | null;
}

/** A table before it is written or shown; rows have the same columns throughout. */
export interface PaperTable {
  number: number;
  caption: string;
  rows: PaperTableRow[];
}

/** No more weights than the characters' network, by a recipe of later years, static and dynamic: what Table 1 has beyond
 * the paper's rows. */
const beyondThePaper: paper.PennTreebankRow[] = [false, true].map((dynamic) => ({
  experiment: "char-modern",
  input: "char",
  regularisation: "two layers, weight noise and decay (beyond the paper)",
  dynamic,
  bitsPerCharacter: NaN,
  perplexity: NaN,
  error: NaN,
  epochs: NaN,
}));

/** Penn Treebank test set. One row for each run of a row's experiment that measured it, or one that
 * says "not run". */
export function table1(runs: RunRecord[]): PaperTable {
  return {
    number: 1,
    caption: "Penn Treebank test set. BPC is bits per character; error is of the next step's classification.",
    rows: [...paper.table1, ...beyondThePaper].flatMap((row) =>
      perRun(runs, row.experiment, (run) => ({
        keys: {
          input: row.input,
          regularisation: run && isDistilled(run) ? `${row.regularisation}, distilled` : row.regularisation,
          dynamic: row.dynamic ? "yes" : "no",
        },
        measures: [
          measure("BPC", 2, row.bitsPerCharacter, textOf(run, row)?.bitsPerCharacter),
          measure("perplexity", 0, row.perplexity, textOf(run, row)?.perplexity),
          measure("error %", 1, row.error, textOf(run, row)?.error),
          { name: "epochs", paper: row.epochs, ours: run && epochsOf(run) },
        ],
      }))
    ),
  };
}

/** Wikipedia, bits per character: a row for each of the paper's columns. */
export function table2(runs: RunRecord[]): PaperTable {
  const { experiment, train, validationStatic, validationDynamic, epochs } = paper.table2;
  const parts = [
    ["train", train, "training"],
    ["validation (static)", validationStatic, "static"],
    ["validation (dynamic)", validationDynamic, "dynamic"],
  ] as const;
  return {
    number: 2,
    caption: "Wikipedia, bits per character.",
    rows: parts.flatMap(([data, published, name]) =>
      perRun(runs, experiment, (run) => ({
        keys: { data },
        measures: [
          measure("BPC", 2, published, run?.results[name]?.bitsPerCharacter),
          { name: "epochs", paper: epochs, ours: run && epochsOf(run) },
        ],
      }))
    ),
  };
}

/** Handwriting prediction, validation set. */
export function table3(runs: RunRecord[]): PaperTable {
  return {
    number: 3,
    caption: `Handwriting prediction, validation set. ${handwritingMeasures}`,
    rows: handwritingRows(paper.table3, runs),
  };
}

/** Handwriting synthesis, validation set. */
export function table4(runs: RunRecord[]): PaperTable {
  return {
    number: 4,
    caption: `Handwriting synthesis, validation set. ${handwritingMeasures}`,
    rows: handwritingRows(paper.table4, runs),
  };
}

const handwritingMeasures =
  "Log-loss is the mean of L(x) in nats per sequence; SSE is the squared distance of a point from the mixture's mean " +
  "Σ π μ, in normalised units, averaged over points (Graves' RNNLIB halves it; the paper does not say which its own is). " +
  "Both depend on what was removed before the offsets were normalised, of which the paper does not say how much: as " +
  "recorded, no large step removed, or cleaned (missing readings interpolated, steps over 1000 units removed). Mean and standard deviation (std) are the training offsets' in tablet units, the length is points " +
  "in a validation sequence.";

/** Two rows for a run, one for each of the units that its nats are in. */
function handwritingRows(rows: paper.HandwritingRow[], runs: RunRecord[]): PaperTableRow[] {
  const inUnits = (row: paper.HandwritingRow, offsets: string, units: "recorded" | "cleaned") =>
    perRun(runs, row.experiment, (run) => {
      const ours = run?.results[units];
      return {
        keys: { network: row.network, regularisation: row.regularisation, offsets },
        measures: [
          measure("log-loss", 1, row.logLoss, ours?.logLoss),
          measure("SSE", 2, row.sumSquaredError, ours?.sumSquaredError),
          measure("mean Δx", 2, null, ours?.offsetMean[0]),
          measure("mean Δy", 2, null, ours?.offsetMean[1]),
          measure("std Δx", 2, null, ours?.offsetStd[0]),
          measure("std Δy", 2, null, ours?.offsetStd[1]),
          measure("length", 1, null, ours?.meanLength),
        ],
      };
    });
  return rows.flatMap((row) => {
    const recorded = inUnits(row, "as recorded", "recorded");
    const cleaned = inUnits(row, "cleaned", "cleaned");
    return recorded.flatMap((unit, k) => unit.run ? [unit, cleaned[k]] : [unit]);
  });
}

function perRun(
  runs: RunRecord[],
  experiment: string,
  row: (run: RunRecord | null) => Pick<PaperTableRow, "keys" | "measures">,
): PaperTableRow[] {
  // A trial, of which nothing was measured, is in no table.
  const own = runs.filter(({ provenance, results }) =>
    provenance.experiment === experiment && Object.keys(results).length > 0
  );
  const rows = own.map((run) => ({ ...row(run), experiment, run }));
  // A second run, such as one by the paper's recipe, need not have been evaluated dynamically.
  const measured = rows.filter(({ measures }) =>
    measures.some(({ name, ours }) => name !== "epochs" && ours !== null)
  );
  if (measured.length > 0) return measured;
  return rows.length > 0 ? rows.slice(0, 1) : [{ ...row(null), experiment, run: null }];
}

/** Passes over the training set in all of the experiment's own stages. */
const epochsOf = ({ provenance }: RunRecord) => totalOf(ownStages(provenance)).epochs;

const isDistilled = ({ provenance }: RunRecord) => provenance.stages.at(-1)?.teachers !== undefined;

function measure(name: string, digits: number, published: number | null, ours: number | undefined): Measure {
  return { name, digits, paper: published, ours: ours ?? null };
}

const textOf = (run: RunRecord | null, { dynamic }: { dynamic: boolean }) =>
  run?.results[dynamic ? "dynamic" : "static"];
