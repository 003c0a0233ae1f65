import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import type { HandwritingResults, Results } from "../../lib/evaluation/mod.ts";
import { findExperiment } from "../../lib/experiments/mod.ts";
import { formatDuration } from "../../lib/duration.ts";
import { rowsTable } from "../../lib/report/rows.ts";
import { provenance, table } from "../../lib/report/table.ts";
import { table1, table2, table3, table4 } from "../../lib/report/tables.ts";
import type { RunRecord } from "../../lib/runs/mod.ts";
import type { StageRun } from "../../lib/weights/mod.ts";
import { assertWellFormed } from "./well_formed.ts";

/** A record of an experiment whose stages are as said. */
function record(
  experiment: string,
  results: Results,
  stages: Partial<StageRun>[] = [{}],
): RunRecord {
  const [{ recipe, regularisation }] = findExperiment("synthesis").stages;
  const stage: StageRun = {
    experiment,
    from: "random",
    plan: "shipped",
    recipe,
    regularisation,
    seed: 1,
    updates: 9,
    epochs: 0.83,
    seconds: 3700,
    engines: ["cpu"],
    device: "2 cores <test>",
    revisions: ["abc"],
  };
  return {
    run: experiment,
    table: 4,
    row: "",
    parameters: 1,
    logFromStage: 1,
    revision: null,
    date: "",
    provenance: {
      experiment,
      network: findExperiment("synthesis").network,
      data: { name: "made up", checksum: "" },
      stages: stages.map((change) => ({ ...stage, ...change })),
    },
    results,
    notes: [],
  };
}

const synthesisResults: Results = {
  recorded: handwriting({ logLoss: -512.345, sumSquaredError: 0.3, meanLength: 650.2 }),
  cleaned: handwriting({ logLoss: -500, offsetMean: [8, 9] }),
};
const synthesis = record("synthesis", synthesisResults);

function handwriting(known: Partial<HandwritingResults>): HandwritingResults {
  return { logLoss: -1, sumSquaredError: 2, offsetMean: [3, 4], offsetStd: [5, 6], meanLength: 7, ...known };
}

const texts = (bitsPerCharacter: number, perplexity: number) => ({ bitsPerCharacter, perplexity, error: 30 });

Deno.test("all rows of the paper are there, in its order, with its values", () => {
  const [one, two, three, four] = [table1, table2, table3, table4].map((make) => make([]).rows);
  assertEquals([one.length, two.length, three.length, four.length], [12, 3, 3, 2]);
  assertEquals(one[3].measures.map(({ paper }) => paper), [1.24, 124, 26.9, 25]);
  assertEquals(two.map(({ measures }) => measures[0].paper), [1.42, 1.67, 1.33]);
  assertEquals(three[2].measures[0].paper, -1057.7);
  assertEquals(four.map(({ experiment }) => experiment), ["synthesis", "synthesis-adaptive"]);
});

Deno.test("what was not run has no value of ours", () => {
  for (const make of [table1, table2, table3, table4]) {
    for (const row of make([]).rows) {
      assertEquals(row.run, null);
      for (const { ours } of row.measures) assertEquals(ours, null);
    }
  }
});

Deno.test("a row whose network had teachers says so", () => {
  const label = (change: Partial<StageRun>) =>
    table1([record("char", { static: texts(1.5, 9) }, [change])]).rows[0].keys.regularisation;
  assertEquals(label({}), "none");
  assertEquals(label({ teachers: [{ experiment: "char", checksum: "a", share: 0.5 }] }), "none, distilled");
});

Deno.test("a row beyond the paper says so, and has no value of the paper's", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const run = record("char-modern", { static: texts(1.5, 9) });
    const data = table1([run]);
    const [row] = data.rows.slice(-2);
    assertStringIncludes(row.keys.regularisation, "beyond the paper");
    assertEquals(row.measures.map(({ paper, ours }) => [paper, ours])[0], [NaN, 1.5]);
    const { csv, html, text } = await table(data, { directory });
    assertStringIncludes(csv.trim().split("\n").at(-2)!, "no,NaN,1.5,NaN,9.0,");
    assertStringIncludes(html, '>–</td><td style="text-align:right">1.50</td>');
    assertMatch(text, /beyond the paper\) +no +– +1\.50/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("static and dynamic evaluation of one network fill two rows", () => {
  const results = { static: texts(1.4, 200), dynamic: texts(1.3, 180) };
  const { rows } = table1([record("char", results)]);
  assertEquals(rows.slice(0, 2).map(({ measures }) => measures[1].ours), [200, 180]);
  assertEquals(rows.slice(0, 2).map(({ measures }) => measures[0].ours), [1.4, 1.3]);
});

Deno.test("two runs of one experiment have their own rows, and one of which nothing was measured has none", () => {
  const paper = record("synthesis", synthesisResults, [{ plan: "paper" }]);
  const { rows } = table4([synthesis, paper, record("synthesis", {})]);
  assertEquals(rows.map(({ run, keys }) => [run?.provenance.stages[0].plan, keys.offsets]), [
    ["shipped", "as recorded"],
    ["shipped", "cleaned"],
    ["paper", "as recorded"],
    ["paper", "cleaned"],
    [undefined, "as recorded"],
  ]);
});

Deno.test("handwriting is told in both units, each with what it depends on", () => {
  const [recorded, cleaned] = table4([synthesis]).rows;
  const ours = (row: typeof recorded) =>
    Object.fromEntries(row.measures.map(({ name, ours }) => [name, ours]));
  const some = (row: typeof recorded) =>
    ["log-loss", "length", "mean Δx", "mean Δy", "std Δx", "std Δy"].map((name) => ours(row)[name]);
  assertEquals(some(recorded), [-512.345, 650.2, 3, 4, 5, 6]);
  assertEquals(some(cleaned), [-500, 7, 8, 9, 5, 6]);
  assertEquals([recorded, cleaned].map(({ measures }) => measures[0].paper), [-1096.9, -1096.9]);
});

Deno.test("all of an experiment's own stages count, those of another that it began with do not", async () => {
  const from = { experiment: "synthesis", checksum: "0" };
  const first = { epochs: 2, seconds: 100 };
  const trained = async (run: RunRecord) => {
    const data = table4([run]), directory = await Deno.makeTempDir();
    try {
      const { frame } = await table(data, { directory });
      const row = data.rows.findIndex((row) => row.run);
      const [epochs, seconds] = ["epochs (ours)", "training seconds"].map((name) =>
        frame.getColumn(name).toArray()[row]
      );
      return { epochs, seconds, said: provenance(data.rows[row]) };
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  };
  const own = await trained(record("synthesis", synthesisResults, [first, { ...first, from }, { from }]));
  assertEquals([own.epochs, own.seconds], [4.83, 3900]);
  assert(!own.said.includes("from the weights"), own.said);
  const adaptive = [{ ...first, experiment: "synthesis" }, { from }];
  const other = await trained(record("synthesis-adaptive", synthesisResults, adaptive));
  assertEquals([other.epochs, other.seconds], [0.83, 3700]);
  assertStringIncludes(other.said, "from the weights of synthesis");
});

Deno.test("a row's note tells of weight decay, which the paper's rows do not have", () => {
  const { recipe } = findExperiment("word-noise").stages[0];
  const [decayed, plain] = [[{ recipe }], [{}]].map((stages) =>
    provenance(table4([record("synthesis", synthesisResults, stages)]).rows.find(({ run }) => run)!)
  );
  assertStringIncludes(decayed, "weight decay 0.3");
  assert(!plain.includes("decay"), plain);
});

Deno.test("a second run that measured nothing of a row is not in it", () => {
  const { rows } = table1([
    record("char", { static: texts(1.4, 200), dynamic: texts(1.3, 180) }),
    record("char", { static: texts(2, 900) }, [{ plan: "paper" }]),
    record("word", { static: texts(1.3, 160) }, [{ epochs: 2 }]),
  ]);
  assertEquals(rows.slice(0, 3).map(({ measures }) => measures[1].ours), [200, 900, 180]);
  const words = rows.filter(({ experiment }) => experiment === "word");
  assertEquals(words.map(({ measures }) => [measures[1].ours, measures[3].ours]), [[160, 2], [null, 2]]);
});

Deno.test("a table is written as CSV and shown as HTML and text, with 'not run' where nothing was run", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const drawn = await table(table4([synthesis]), { directory });
    assertEquals(drawn.frame.height, 3);
    assertAlmostEquals(drawn.frame.getColumn("log-loss (ours)").toArray()[0] as number, -512.345, 1e-9);
    assertEquals(drawn.frame.getColumn("log-loss (ours)").nullCount(), 1);
    const csv = await Deno.readTextFile(join(directory, "table-4.csv"));
    assertEquals(csv, drawn.csv);
    const lines = csv.trim().split("\n");
    assertEquals(lines.length, 4);
    assertStringIncludes(lines[1], "-1096.9,-512.345,0.23,0.3,");
    assertStringIncludes(lines[2], "-1096.9,-500.0,");
    assertStringIncludes(lines[3], "-1128.2,not run,0.23,not run,");
    assertWellFormed(drawn.html);
    assertStringIncludes(drawn.html, "2 cores &#60;test&#62;");
    assertStringIncludes(drawn.html, "synthesis-adaptive: not run");
    assertStringIncludes(drawn.text, "synthesis, recipe shipped, 0.83 epochs, in 1 h 2 min, engine cpu");
    const shown = (drawn as unknown as Record<symbol, () => object>)[Symbol.for("Jupyter.display")]();
    assertEquals(Object.keys(shown), ["text/html", "text/plain"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("where values come from is a footnote, said once; text stands left and numbers right", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { html, text } = await table(table4([synthesis]), { directory });
    const [body, notes] = html.split("</table>");
    assert(!body.includes("2 cores"), "a row is no higher for where it comes from");
    const note =
      "synthesis, recipe shipped, 0.83 epochs, in 1 h 2 min, engine cpu, on 2 cores &#60;test&#62;";
    assertStringIncludes(notes, `<li>${note}</li>\n<li>synthesis-adaptive: not run</li>`);
    const marks = [...body.matchAll(/(\d)<\/td><\/tr>/g)].map(([, mark]) => mark);
    assertEquals(marks, ["1", "1", "2"]);
    for (const [cell] of body.matchAll(/<t[hd]\b[^>]*>/g)) assertMatch(cell, /text-align:(left|right)/);
    const [heading, ...rows] = text.split("\n").slice(1, 5);
    assertEquals(heading.indexOf("regularisation"), rows[0].indexOf("none"));
    assertEquals(new Set([heading, ...rows].map((row) => row.length)).size, 1);
    assertEquals(text.split("\n").at(-1), "2. synthesis-adaptive: not run");

    const rowsHtml = rowsTable([{ name: "a", value: 1 }]).html;
    assertStringIncludes(rowsHtml, '<td style="text-align:left">a</td><td style="text-align:right">1</td>');
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("durations are for people", () => {
  assertEquals([8.21, 59.4, 200, 3599.9, 7510].map(formatDuration), [
    "8.2 s",
    "59 s",
    "3 min 20 s",
    "1 h 0 min",
    "2 h 5 min",
  ]);
});
