/** What the paper claims in its Sections 1 to 3, each with the cell that shows it and the rule for what this edition found. */
import { wikipediaNetwork } from "../experiments/mod.ts";
import { countWeights } from "../network/parameters.ts";
import * as paper from "../paper.ts";
import {
  bits,
  type Claim,
  claim,
  dynamicBits,
  dynamicPerplexity,
  fixed,
  inBits,
  inBitsPerByte,
  inPerplexity,
  lower,
  nobody,
  notTried,
  of,
  perplexity,
  reached,
  seen,
  shownIn,
} from "./claim.ts";

const tableRow = (experiment: string, dynamic: boolean) =>
  paper.table1.find((row) => row.experiment === experiment && row.dynamic === dynamic)!;
const [charPlain, charNoise, charAdaptive, wordPlain, wordNoise] = [
  "char",
  "char-noise",
  "char-adaptive",
  "word",
  "word-noise",
].map((experiment) => tableRow(experiment, false));
const introduction = shownIn("1-introduction");
const treebank = shownIn("3.1-penn-treebank")("Table 1");
const wikipedia = shownIn("3.2-wikipedia");
const synthesis = shownIn("5-handwriting-synthesis");

export const claimsOfText: Claim[] = [
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
    wikipedia("What the cells are good for"),
    seen("in part", "two small networks, trained side by side for seconds; notebook 1 has their forgetting"),
  ),
  claim("2.1", "Clipped derivatives prevent numerical trouble", {
    notebook: "2-prediction-network",
    heading: "Gradients, and why they are clipped",
  }, seen("confirmed", "from large weights a small training gets nowhere without them, Figure E2.4")),
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
  lower("3.1", "Words are better than characters", treebank, inBits, [
    "char",
    bits,
    charPlain.bitsPerCharacter,
  ], ["word", bits, wordPlain.bitsPerCharacter]),
  lower(
    "3.1",
    "Weight noise helps characters",
    treebank,
    inBits,
    ["char", bits, charPlain.bitsPerCharacter],
    ["char-noise", bits, charNoise.bitsPerCharacter],
  ),
  lower("3.1", "Adaptive weight noise helps them more", treebank, inBits, [
    "char-noise",
    bits,
    charNoise.bitsPerCharacter,
  ], ["char-adaptive", bits, charAdaptive.bitsPerCharacter]),
  lower(
    "3.1",
    "Weight noise helps words",
    treebank,
    inPerplexity,
    ["word", perplexity, wordPlain.perplexity],
    ["word-noise", perplexity, wordNoise.perplexity],
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
  lower(
    "3.1",
    "Dynamic evaluation helps characters",
    { notebook: "3.1-penn-treebank", heading: "Dynamic evaluation" },
    inBits,
    ["char", bits, charPlain.bitsPerCharacter],
    ["char", dynamicBits, tableRow("char", true).bitsPerCharacter],
  ),
  lower(
    "3.1",
    "It helps words far more than it did Mikolov's network, 124.7 → 123.2",
    { notebook: "3.1-penn-treebank", heading: "Dynamic evaluation" },
    inPerplexity,
    ["word", perplexity, wordPlain.perplexity],
    ["word", dynamicPerplexity, tableRow("word", true).perplexity],
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
  lower("3.2", "Dynamic evaluation helps much", wikipedia("Dynamic evaluation"), inBitsPerByte, [
    "wikipedia",
    bits,
    paper.table2.validationStatic,
  ], ["wikipedia", dynamicBits, paper.table2.validationDynamic]),
  lower(
    "3.2",
    "Evaluated dynamically it is better on new data than on its training data",
    wikipedia("Table 2"),
    inBitsPerByte,
    ["wikipedia", ({ training }) => training?.bitsPerCharacter, paper.table2.train],
    ["wikipedia", dynamicBits, paper.table2.validationDynamic],
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
    "It remembers what lies hundreds and thousands of bytes back",
    wikipedia("How far back does it remember?"),
    ({ memory }) => {
      if (!memory) return notTried;
      // The furthest context that gains more than two standard errors.
      const furthest = memory.contexts.findLast(({ gain, error }) =>
        gain !== null && gain > 2 * (error ?? 0)
      );
      const from = furthest?.from ?? 0;
      return {
        verdict: from >= 1000 ? "confirmed" : from >= 100 ? "in part" : "not confirmed",
        found: furthest ? `${furthest.from} to ${furthest.to} bytes back still help` : "no context helps",
      };
    },
  ),
  claim(
    "3.2",
    "Its pages have their parts in order, over thousands of bytes",
    wikipedia("Figures 5 to 8: generated pages"),
    seen("in part", "within a page; this network read four megabytes"),
  ),
];
