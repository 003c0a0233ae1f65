/** The paper's claims in its order, each with the cell that shows it and the rule for what this edition found. */
import { wikipediaNetwork } from "../experiments/mod.ts";
import { countWeights } from "../network/parameters.ts";
import * as paper from "../paper.ts";
import {
  bits,
  type Claim,
  dynamicBits,
  dynamicPerplexity,
  fell,
  fixed,
  nats,
  nobody,
  notTried,
  of,
  perplexity,
  reached,
  readsBetter,
  sameError,
  seen,
  squaredError,
} from "./claim.ts";

const [oneLayer, threeLayers, threeAdaptive] = paper.table3, [plain, adaptive] = paper.table4;
const tableRow = (experiment: string, dynamic: boolean) =>
  paper.table1.find((row) => row.experiment === experiment && row.dynamic === dynamic)!;
const [charPlain, charNoise, charAdaptive, wordPlain, wordNoise] = [
  "char",
  "char-noise",
  "char-adaptive",
  "word",
  "word-noise",
].map((experiment) => tableRow(experiment, false));
const introduction = (heading: string) => ({ notebook: "1-introduction", heading });
const treebank = { notebook: "3.1-penn-treebank", heading: "Table 1" };
const wikipedia = (heading: string) => ({ notebook: "3.2-wikipedia", heading });
const prediction = (heading: string) => ({ notebook: "4-handwriting-prediction", heading });
const synthesis = (heading: string) => ({ notebook: "5-handwriting-synthesis", heading });
const biased = (heading: string) => ({ notebook: "5.4-biased-sampling", heading });
const primed = (heading: string) => ({ notebook: "5.5-primed-sampling", heading });

const unbiased = { run: "synthesis-adaptive", bias: 0 };
const claim = (section: string, claim: string, shown: Claim["shown"], find: Claim["find"]): Claim => ({
  section,
  claim,
  shown,
  find,
});

/** The paper's claims in its order. */
export const claims: Claim[] = [
  claim(
    "1",
    "A network that predicts one point at a time can generate sequences with long-range structure",
    synthesis("Writing"),
    seen("confirmed", "text, pen traces and lines of handwriting"),
  ),
  claim(
    "1",
    "Networks are fuzzy: they do not copy templates, and rarely write the same thing twice",
    introduction("Fuzzy, or a template"),
    seen("confirmed", "copies about as long as people's; see the table"),
  ),
  claim(
    "1",
    "Amnesia makes generation unstable, and a longer memory stabilises it",
    introduction("Instability"),
    seen("confirmed", "Figure E1.4"),
  ),
  claim(
    "1",
    "Noise in what is fed back makes a network robust, too, but memory is the better remedy",
    introduction("Instability"),
    nobody,
  ),
  claim(
    "2.1",
    "LSTM finds and exploits long-range dependencies better than sigmoid units",
    introduction("Amnesia"),
    seen("in part", "forgets more slowly, at random weights; no sigmoid network was trained"),
  ),
  claim("2.1", "Clipped derivatives prevent numerical trouble", {
    notebook: "2-prediction-network",
    heading: "Gradients, and why they are clipped",
  }, seen("in part", "they bound the gradient, at random weights; no training without them")),
  claim(
    "3.1",
    `Characters, no regularisation: ${charPlain.bitsPerCharacter} BPC`,
    treebank,
    reached("char", bits, charPlain.bitsPerCharacter, 3, "BPC"),
  ),
  claim(
    "3.1",
    `Words, no regularisation: perplexity ${wordPlain.perplexity}`,
    treebank,
    reached("word", perplexity, wordPlain.perplexity, 1, "perplexity"),
  ),
  claim(
    "3.1",
    `Words are better than characters (${charPlain.bitsPerCharacter} → ${wordPlain.bitsPerCharacter} BPC)`,
    treebank,
    fell(
      { from: ["char", bits], to: ["word", bits], digits: 3, unit: "BPC" },
      charPlain.bitsPerCharacter - wordPlain.bitsPerCharacter,
    ),
  ),
  claim(
    "3.1",
    `Weight noise helps characters (${charPlain.bitsPerCharacter} → ${charNoise.bitsPerCharacter} BPC)`,
    treebank,
    fell(
      { from: ["char", bits], to: ["char-noise", bits], digits: 3, unit: "BPC" },
      charPlain.bitsPerCharacter - charNoise.bitsPerCharacter,
    ),
  ),
  claim(
    "3.1",
    `Adaptive weight noise helps them more (${charPlain.bitsPerCharacter} → ${charAdaptive.bitsPerCharacter} BPC)`,
    treebank,
    fell(
      { from: ["char", bits], to: ["char-adaptive", bits], digits: 3, unit: "BPC" },
      charPlain.bitsPerCharacter - charAdaptive.bitsPerCharacter,
    ),
  ),
  claim(
    "3.1",
    `Weight noise helps words (${wordPlain.perplexity} → ${wordNoise.perplexity})`,
    treebank,
    fell(
      { from: ["word", perplexity], to: ["word-noise", perplexity], digits: 1, unit: "perplexity" },
      wordPlain.perplexity - wordNoise.perplexity,
    ),
  ),
  claim("3.1", "The gap between words and characters closes with regularisation", treebank, (evidence) => {
    const gap = (a: string, b: string) => {
      const [characters, words] = [of(evidence, a, bits), of(evidence, b, bits)];
      return characters === undefined || words === undefined ? undefined : characters - words;
    };
    const [without, noisy] = [gap("char", "word"), gap("char-noise", "word-noise")];
    if (without === undefined || noisy === undefined) return notTried;
    return {
      verdict: noisy < without ? "confirmed" : "not confirmed",
      found: `${fixed(without, 3)} → ${fixed(noisy, 3)} BPC between them`,
    };
  }),
  claim(
    "3.1",
    "Both networks overfit so small a text",
    { notebook: "3.1-penn-treebank", heading: "The networks of Table 1" },
    seen("confirmed", "the curves of training and validation part"),
  ),
  claim("3.1", "With adaptive weight noise no early stopping is needed", treebank, nobody),
  claim("3.1", "Regularising step by step is considerably faster than from random weights", treebank, nobody),
  claim(
    "3.1",
    `Dynamic evaluation helps characters (${charPlain.bitsPerCharacter} → ${
      tableRow("char", true).bitsPerCharacter
    } BPC)`,
    { notebook: "3.1-penn-treebank", heading: "Dynamic evaluation" },
    fell(
      { from: ["char", bits], to: ["char", dynamicBits], digits: 3, unit: "BPC" },
      charPlain.bitsPerCharacter - tableRow("char", true).bitsPerCharacter,
    ),
  ),
  claim(
    "3.1",
    "It helps LSTM's words far more than those of Mikolov's network (124.7 → 123.2)",
    { notebook: "3.1-penn-treebank", heading: "Dynamic evaluation" },
    fell(
      { from: ["word", perplexity], to: ["word", dynamicPerplexity], digits: 1, unit: "perplexity" },
      wordPlain.perplexity - tableRow("word", true).perplexity,
    ),
  ),
  claim("3.1", `Better than a 5-gram (perplexity ${paper.quotedPerplexities[0].perplexity})`, {
    notebook: "3.1-penn-treebank",
    heading: "What there was before",
  }, reached("word", perplexity, paper.quotedPerplexities[0].perplexity, 1, "perplexity")),
  claim(
    "3.2",
    `Wikipedia: ${paper.table2.validationStatic} bits per byte, read in four passes through 96 MB`,
    wikipedia("Table 2"),
    reached("wikipedia", bits, paper.table2.validationStatic, 2, "bits, of 4 MB"),
  ),
  claim(
    "3.2",
    `Dynamic evaluation helps much (${paper.table2.validationStatic} → ${paper.table2.validationDynamic})`,
    wikipedia("Dynamic evaluation"),
    fell(
      { from: ["wikipedia", bits], to: ["wikipedia", dynamicBits], digits: 3, unit: "bits per byte" },
      paper.table2.validationStatic - paper.table2.validationDynamic,
    ),
  ),
  claim(
    "3.2",
    `Evaluated dynamically it is better on new data than on its training data (${paper.table2.train} → ${paper.table2.validationDynamic})`,
    wikipedia("Table 2"),
    fell(
      {
        from: ["wikipedia", ({ training }) => training?.bitsPerCharacter],
        to: ["wikipedia", dynamicBits],
        digits: 3,
        unit: "bits per byte",
      },
      paper.table2.train - paper.table2.validationDynamic,
    ),
  ),
  claim("3.2", "The network has seven layers of 700 cells and 21.3M weights", {
    notebook: "2-prediction-network",
    heading: "How many weights?",
  }, () => {
    const [seven, five] = [7, 5].map((layers) =>
      `${(countWeights(wikipediaNetwork(layers)) / 1e6).toFixed(1)}M`
    );
    return { verdict: "not confirmed", found: `seven layers have ${seven} weights, five have ${five}` };
  }),
  claim(
    "3.2",
    "It invents words and names that might exist, punctuates, and writes addresses and other alphabets",
    wikipedia("Figures 5 to 8: generated pages"),
    seen("confirmed", "see the pages"),
  ),
  claim(
    "3.2",
    "The topics of the last articles that it read show in what it writes",
    wikipedia("Figures 5 to 8: generated pages"),
    nobody,
  ),
  claim(
    "3.2",
    "It closes quotes, brackets and nested tags, which no short context can predict",
    wikipedia("Does it close what it opens?"),
    seen("in part", "most links and brackets; see the table"),
  ),
  claim(
    "3.2",
    "Its pages have their parts in order, over thousands of bytes",
    wikipedia("Figures 5 to 8: generated pages"),
    seen("in part", "within a page; this network read four megabytes"),
  ),
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
  claim(
    "4.2",
    `Three layers are better than one (${fixed(oneLayer.logLoss, 1)} → ${
      fixed(threeLayers.logLoss, 1)
    } nats)`,
    prediction("Table 3"),
    fell(
      { from: ["prediction-1x900", nats], to: ["prediction-3x400", nats], digits: 1, unit: "nats" },
      oneLayer.logLoss - threeLayers.logLoss,
    ),
  ),
  claim(
    "4.2",
    `Three layers: ${fixed(threeLayers.logLoss, 1)} nats`,
    prediction("Table 3"),
    reached("prediction-3x400", nats, threeLayers.logLoss, 1, "nats"),
  ),
  claim(
    "4.2",
    `Adaptive weight noise helps (${fixed(threeLayers.logLoss, 1)} → ${
      fixed(threeAdaptive.logLoss, 1)
    } nats)`,
    prediction("Table 3"),
    fell(
      { from: ["prediction-3x400", nats], to: ["prediction-3x400-adaptive", nats], digits: 1, unit: "nats" },
      threeLayers.logLoss - threeAdaptive.logLoss,
    ),
  ),
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
  claim(
    "5.2",
    `To know the text helps (${fixed(threeLayers.logLoss, 1)} → ${fixed(plain.logLoss, 1)} nats)`,
    synthesis("Table 4"),
    fell(
      { from: ["prediction-3x400", nats], to: ["synthesis", nats], digits: 1, unit: "nats" },
      threeLayers.logLoss - plain.logLoss,
    ),
  ),
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
  claim(
    "5.2",
    `Adaptive weight noise helps (${fixed(plain.logLoss, 1)} → ${fixed(adaptive.logLoss, 1)} nats)`,
    synthesis("Table 4"),
    fell(
      { from: ["synthesis", nats], to: ["synthesis-adaptive", nats], digits: 1, unit: "nats" },
      plain.logLoss - adaptive.logLoss,
    ),
  ),
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
  claim("5.3", "Some samples cannot be told from real handwriting", synthesis("Writing"), nobody),
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
    primed("Exercises"),
    nobody,
  ),
  claim(
    "5.5",
    "Primed and biased, it writes a cleaned-up version of that style",
    primed("Figures 20 and 21"),
    seen("confirmed", "Figures 20 and 21"),
  ),
];
