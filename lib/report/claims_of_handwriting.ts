/** What the paper claims in its Sections 4 and 5, each with the cell that shows it and the rule for what this edition found. */
import * as paper from "../paper.ts";
import {
  type Claim,
  claim,
  fixed,
  inNats,
  lower,
  nats,
  nobody,
  notTried,
  of,
  reached,
  readsBetter,
  sameError,
  seen,
  shownIn,
  squaredError,
} from "./claim.ts";

const [oneLayer, threeLayers, threeAdaptive] = paper.table3, [plain, adaptive] = paper.table4;
const unbiased = { run: "synthesis-adaptive", bias: 0 };
const prediction = shownIn("4-handwriting-prediction");
const synthesis = shownIn("5-handwriting-synthesis");
const biased = shownIn("5.4-biased-sampling");
const primed = shownIn("5.5-primed-sampling");

export const claimsOfHandwriting: Claim[] = [
  claim(
    "4.1",
    "The first point of the next stroke is predicted least precisely",
    prediction("Figure 10: what it predicts while a word is written"),
    seen("confirmed", "nearly all of the squared error follows a lift"),
  ),
  claim(
    "4.1",
    "At the ends of strokes other components of the mixture take over",
    prediction("Figure 10: what it predicts while a word is written"),
    seen("confirmed", "Figure 10, below"),
  ),
  lower("4.2", "Three layers are better than one", prediction("Table 3"), inNats, [
    "prediction-1x900",
    nats,
    oneLayer.logLoss,
  ], ["prediction-3x400", nats, threeLayers.logLoss]),
  claim(
    "4.2",
    `Three layers: ${fixed(threeLayers.logLoss, 1)} nats`,
    prediction("Table 3"),
    reached("prediction-3x400", nats, threeLayers.logLoss, 1, "nats"),
  ),
  lower("4.2", "Adaptive weight noise helps", prediction("Table 3"), inNats, [
    "prediction-3x400",
    nats,
    threeLayers.logLoss,
  ], ["prediction-3x400-adaptive", nats, threeAdaptive.logLoss]),
  claim(
    "4.2",
    "Neither depth nor noise changes the squared error much",
    prediction("Table 3"),
    sameError("prediction-3x400", "prediction-3x400-adaptive"),
  ),
  claim(
    "4.2",
    "Fixed weight noise does not help handwriting; clipping the output derivatives is vital",
    prediction("How it was trained"),
    nobody,
  ),
  claim(
    "4.3",
    "Without text the network learns strokes, letters, short words, and a style for a line",
    prediction("Figure 11: what it dreams"),
    seen("confirmed", "Figure 11"),
  ),
  claim(
    "5.1",
    "The window aligns pen and text, though nobody says which point belongs to which letter",
    synthesis("Figure 13: what a trained network looks at"),
    seen("confirmed", "one bright band from the first letter to the last"),
  ),
  claim(
    "5.1",
    "That the window's place is an offset from the last was essential",
    synthesis("The soft window"),
    nobody,
  ),
  lower("5.2", "To know the text helps", synthesis("Table 4"), inNats, [
    "prediction-3x400",
    nats,
    threeLayers.logLoss,
  ], ["synthesis", nats, plain.logLoss]),
  claim(
    "5.2",
    `Most of all it helps the squared error (${threeLayers.sumSquaredError} → ${
      plain.sumSquaredError.toFixed(2)
    }, −44 %)`,
    synthesis("Table 4"),
    (evidence) => {
      const [without, told] = ["prediction-3x400", "synthesis"].map((run) => of(evidence, run, squaredError));
      if (without === undefined || told === undefined) return notTried;
      const less = 1 - told / without, inPaper = 1 - plain.sumSquaredError / threeLayers.sumSquaredError;
      return {
        verdict: less >= inPaper / 2 ? "confirmed" : less > 0 ? "in part" : "not confirmed",
        // Halved as in the paper's units (notebook 4, Table 3).
        found: `${(without / 2).toFixed(2)} → ${(told / 2).toFixed(2)}, −${(100 * less).toFixed(0)} %`,
      };
    },
  ),
  claim(
    "5.2",
    "That is likely due to the ends of strokes",
    synthesis("Figure 14: what it predicts"),
    seen("confirmed", "for the squared error; the log-loss gains within strokes"),
  ),
  lower("5.2", "Adaptive weight noise helps", synthesis("Table 4"), inNats, [
    "synthesis",
    nats,
    plain.logLoss,
  ], ["synthesis-adaptive", nats, adaptive.logLoss]),
  claim(
    "5.2",
    "It does not change the squared error",
    synthesis("Table 4"),
    sameError("synthesis", "synthesis-adaptive"),
  ),
  claim(
    "5.2",
    "It makes samples slightly more realistic",
    biased("Can it be read?"),
    readsBetter({ run: "synthesis", bias: 0 }, unbiased),
  ),
  claim("5.3", "Styles vary between samples and keep within each", {
    notebook: "6-conclusions",
    heading: "Does a sample keep its style?",
  }, seen("confirmed", "measured in that cell")),
  claim(
    "5.3",
    "Any combination of traits can be found: they are modelled independently of each other",
    { notebook: "6-conclusions", heading: "Does a sample keep its style?" },
    seen("in part", "slant and height hardly depend on each other"),
  ),
  claim(
    "5.3",
    "Some samples cannot be told from real handwriting",
    synthesis("A blind taste test"),
    seen("not tried", "a test for you to take"),
  ),
  claim("5.3", "Rare words bring more mistakes", biased("Can it be read?"), nobody),
  claim(
    "5.4",
    "A slight bias of 0.15 makes samples easier to read",
    biased("Can it be read?"),
    readsBetter(unbiased, { run: "synthesis-adaptive", bias: 0.15 }),
  ),
  claim(
    "5.4",
    "A bias of 1 does so even more",
    biased("Can it be read?"),
    readsBetter(unbiased, { run: "synthesis-adaptive", bias: 1 }),
  ),
  claim(
    "5.4",
    "At a bias of 10 everything can be read and looks the same",
    biased("Figure 16: growing bias"),
    (evidence) => {
      const rows = evidence.legibility["synthesis-adaptive"] ?? [];
      const row = rows.find((row) => row.what === "random texts" && row.bias === 10);
      if (!row) return notTried;
      return {
        verdict: row.lost === 0 ? "confirmed" : "in part",
        found: `${row.lost} of ${row.lines} lines are lost`,
      };
    },
  ),
  claim(
    "5.5",
    "Primed with a line, the network goes on in its style",
    primed("Does it take over the style? Three numbers"),
    seen("in part", "slant; see the three numbers"),
  ),
  claim(
    "5.5",
    "Priming works better with lines of the training set than with others",
    primed("Writers whom it has seen, and others"),
    ({ priming }) => {
      const [seen, unseen] = ["training", "validation"].map((primes) =>
        priming?.find((row) => row.primes === primes && row.bias === 0)
      );
      if (!seen || !unseen) return notTried;
      const better = (["slant", "height", "strokesPerCharacter"] as const).filter((trait) =>
        seen[trait].slope > unseen[trait].slope
      );
      return {
        verdict: better.length === 3 ? "confirmed" : better.length > 0 ? "in part" : "not confirmed",
        found: `${better.length} of 3 traits follow more; misread ${
          (100 * seen.errorRate).toFixed(1)
        } %, else ${(100 * unseen.errorRate).toFixed(1)} %`,
      };
    },
  ),
  claim(
    "5.5",
    "Primed and biased, it writes a cleaned-up version of that style",
    primed("Figures 20 and 21"),
    seen("confirmed", "Figures 20 and 21"),
  ),
];
