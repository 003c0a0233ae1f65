import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { root } from "../../lib/files.ts";
import { joinLines, readNotebook } from "../../lib/jupyter/notebook_file.ts";
import { findNotebooks, notebookName } from "../../lib/jupyter/notebooks.ts";
import type { Evidence } from "../../lib/report/claim.ts";
import { claims, claimsTable, countVerdicts } from "../../lib/report/claims.ts";
import {
  listRecords,
  type PrimingRow,
  readLegibility,
  readPriming,
  type RunRecord,
} from "../../lib/runs/mod.ts";

const nothing: Evidence = { records: [], legibility: {} };
const text = (bitsPerCharacter: number, perplexity = 100) => ({ bitsPerCharacter, perplexity, error: 0 });
const record = (run: string, results: RunRecord["results"]) => ({ run, results }) as RunRecord;
const find = (claim: RegExp, evidence: Evidence) => {
  const found = claims.filter((one) => claim.test(one.claim));
  assertEquals(found.length, 1, `${claim} should name one claim`);
  return found[0].find(evidence);
};

Deno.test("each claim is shown under a heading that its notebook has", async () => {
  const headings = new Map<string, string[]>();
  for (const path of await findNotebooks()) {
    const { cells } = await readNotebook(path);
    headings.set(
      notebookName(path),
      cells.filter(({ cell_type }) => cell_type === "markdown")
        .flatMap(({ source }) =>
          [...joinLines(source).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading)
        ),
    );
  }
  for (const { claim, shown: { notebook, heading } } of claims) {
    assert(headings.get(notebook)?.includes(heading), `“${claim}”: ${notebook} has no heading “${heading}”`);
  }
});

Deno.test("what was not recorded is not tried, and a cell of no table ends early", () => {
  for (const { claim, find } of claims) {
    const { verdict, found } = find(nothing);
    // Numbers come from records, so that without any there are none; what a network's size is needs no record.
    if (/\d \w*→|BPC$|nats$|perplexity$/.test(found)) assertEquals(verdict, "not tried", claim);
  }
  assertEquals(find(/^Words, no regularisation/, nothing), { verdict: "not tried", found: "–" });
  for (const line of claimsTable(nothing).split("\n")) assertMatch(line, /^\|([^|]*\|){5}$/);
  const counts = countVerdicts(nothing);
  assertEquals(Object.values(counts).reduce((a, b) => a + b), claims.length);
});

Deno.test("verdicts follow from the numbers", () => {
  const evidence = (...records: RunRecord[]) => ({ records, legibility: {} });
  const words = (perplexity: number) => evidence(record("word", { static: text(1.3, perplexity) }));
  const value = /^Words, no regularisation/;
  assertEquals(find(value, words(138)), { verdict: "confirmed", found: "138.0 perplexity" });
  assertEquals(find(value, words(138.04)).verdict, "confirmed", "as printed");
  assertEquals(find(value, words(138.06)).verdict, "not confirmed");

  const gain = (from: number, to: number) =>
    find(
      /^Words are better/,
      evidence(record("char", { static: text(from) }), record("word", { static: text(to) })),
    );
  assertEquals(gain(1.35, 1.3), { verdict: "confirmed", found: "1.350 → 1.300 BPC" }); // the paper: 0.05
  assertEquals(gain(1.35, 1.32).verdict, "confirmed");
  assertEquals(gain(1.35, 1.34).verdict, "in part");
  assertEquals(gain(1.35, 1.36).verdict, "not confirmed");
  assertEquals(find(/^Words are better/, evidence(record("char", { static: text(1) }))).verdict, "not tried");
});

Deno.test("how far back the network remembers is the furthest context that helps", () => {
  const context = (from: number, gain: number) => ({ from, to: 4 * from - 1, bits: 2, gain, error: 0.01 });
  const memory = (...gains: number[]) => ({
    records: [],
    legibility: {},
    memory: { contexts: gains.map((gain, k) => context(4 ** k, gain)) } as Evidence["memory"],
  });
  const claim = /^It remembers what lies/;
  assertEquals(find(claim, memory(1, 0.1, 0.1, 0.1, 0.03, 0.01)), {
    verdict: "in part",
    found: "256 to 1023 bytes back still help",
  });
  assertEquals(find(claim, memory(1, 0, 0, 0, 0, 0.03)).verdict, "confirmed");
  assertEquals(find(claim, memory(1, 0.01)).verdict, "not confirmed");
});

Deno.test("priming works better after writers whom the network has seen if each trait follows them more", () => {
  const row = (primes: PrimingRow["primes"], slopes: number[], bias = 0) => {
    const [slant, height, strokesPerCharacter] = slopes.map((slope) => ({ slope, correlation: slope }));
    return { primes, bias, errorRate: 0.25, slant, height, strokesPerCharacter } as PrimingRow;
  };
  const verdict = (...priming: PrimingRow[]) =>
    find(/^Priming works better/, { ...nothing, priming }).verdict;
  const unseen = row("validation", [0.6, 0.4, 0.2]);
  assertEquals(verdict(row("training", [0.7, 0.5, 0.3]), unseen), "confirmed");
  assertEquals(verdict(row("training", [0.7, 0.3, 0.1]), unseen), "in part");
  assertEquals(verdict(row("training", [0.5, 0.3, 0.1]), unseen), "not confirmed");
  assertEquals(verdict(row("training", [0.7, 0.5, 0.3], 1), unseen), "not tried", "without bias");
});

Deno.test("every number of the table that a record can give is the record's", async () => {
  const evidence = {
    records: await listRecords(join(root, "results")),
    legibility: {
      "synthesis": await readLegibility("synthesis"),
      "synthesis-adaptive": await readLegibility("synthesis-adaptive"),
    },
    priming: await readPriming("synthesis-adaptive"),
  };
  const primed = evidence.priming.find(({ primes, bias }) => primes === "training" && bias === 0)!.errorRate;
  const words = evidence.records.find(({ run }) => run === "word")!.results.static!.perplexity;
  const biased = evidence.legibility["synthesis-adaptive"].find(({ bias }) => bias === 1)!.errorRate;
  const table = claimsTable(evidence);
  assert(table.includes(`| ${words.toFixed(1)} perplexity |`));
  assert(table.includes(`→ ${(100 * biased).toFixed(1)} % of the characters`));
  assert(table.includes(`misread ${(100 * primed).toFixed(1)} %, else`));
});
