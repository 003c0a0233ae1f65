/**
 * The paper's Figures 1, 2 and 9–21, one function each (Figures 3–8 are pages of text, `textPage`): from data to a Vega-Lite
 * specification, or to SVG where Vega-Lite has no marks for it (diagrams). `figure` draws what they return.
 *
 * Handwriting comes as arrays of 3·T numbers (normalised Δx, Δy, end of stroke), with the data set's statistics, which
 * undo the normalisation.
 */
import { lstmCell, predictionArchitecture, synthesisArchitecture } from "./architecture.ts";
import { handwritingPage } from "./handwriting_pages.ts";
import { densityHeatMap, windowHeatMap } from "./heatmaps.ts";
import type { Spec } from "./render.ts";
import { type OffsetScale, strokesOf } from "./strokes.ts";

/** One line: 3·T numbers. */
export type Points = ArrayLike<number>;

/** Deep recurrent neural network prediction architecture, as SVG. */
export const figure1 = predictionArchitecture;
/** Long Short-term Memory cell, as SVG. */
export const figure2 = lstmCell;

/** Training samples. */
export function figure9(lines: Points[], scale: OffsetScale): Spec {
  return handwritingPage([{ lines: lines.map((line) => strokesOf(line, scale)) }]);
}

/** Mixture density outputs of the prediction network while a word is written. */
export const figure10 = densityHeatMap;
/** Samples of the prediction network. */
export const figure11 = figure9;
/** Synthesis network architecture, as SVG. */
export const figure12 = synthesisArchitecture;
/** Window weights during a handwriting synthesis sequence. */
export const figure13 = windowHeatMap;
/** Mixture density outputs of the synthesis network while the word of Figure 10 is written. */
export const figure14 = densityHeatMap;

/** A real line and samples that have to do with it. */
export interface RealAndGenerated {
  real: Points;
  generated: Points[];
}

/** Real and generated handwriting: in each block the line above the rule is real, the rest are unbiased samples of its text. */
export function figure15(blocks: RealAndGenerated[], scale: OffsetScale): Spec {
  return handwritingPage(blocks.map(({ real, generated }) => ({
    lines: [real, ...generated].map((points) => strokesOf(points, scale)),
    rule: true,
  })));
}

/** Samples with a growing probability bias, which is written at the left. */
export function figure16(samples: { bias: number; points: Points }[], scale: OffsetScale): Spec {
  return handwritingPage([{
    lines: samples.map(({ points }) => strokesOf(points, scale)),
    labels: samples.map(({ bias }) => String(bias)),
  }]);
}

/** The texts of Figure 15 with a slight bias. */
export const figure17 = figure15;
/** Primed samples: the real line that primed them above the rule, what was written in its style below. */
export const figure18 = figure15, figure19 = figure15;
/** Samples that are primed and biased. */
export const figure20 = figure15, figure21 = figure15;
