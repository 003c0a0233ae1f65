/** Tables, figures and handwriting as pictures. Drawing libraries are loaded at the first drawing. */
export * from "./figures.ts";
export { displayMarkdown } from "./display.ts";
export { claimsTable, countVerdicts, showClaims } from "./claims.ts";
export { type Figure, figure, type FigureOptions, show } from "./figure.ts";
export { equationLines } from "./equation_lines.ts";
export { GrowingChart, type GrowingOptions } from "./growing_chart.ts";
export { showSource, sourceOf } from "./source.ts";
export { pngDensity, type Spec, svgToPng } from "./render.ts";
export { table1, table2, table3, table4 } from "./tables.ts";
export type { Measure, PaperTable, PaperTableRow } from "./tables.ts";
export { type DrawnTable, table } from "./table.ts";
export {
  type ChartOptions,
  compareAtCommon,
  compareTrainings,
  learningCurves,
  lineChart,
  type Series,
  stepPanels,
} from "./curves.ts";
export {
  boundsOf,
  deskew,
  type OffsetScale,
  penPositions,
  type Position,
  type Stroke,
  strokesOf,
  strokesToJson,
  strokesToSvg,
  wordSpan,
} from "./strokes.ts";
export { partSigns, placeSigns, type SignedRow, signs, withoutSigns } from "./signs.ts";
export { type GcodeOptions, sheetToGcode } from "./gcode.ts";
export {
  demandRoom,
  layOutSheets,
  paperSizes,
  type Sheet,
  type SheetOptions,
  type SheetRow,
  sheetToSvg,
} from "./sheets.ts";
export { type Block, handwritingPage } from "./handwriting_pages.ts";
export { closingCurves, dynamicEvaluationGain, memoryCurves } from "./text_curves.ts";
export { pageRows, textPage, textPageHtml, type TextPageOptions } from "./text_pages.ts";
export { densityHeatMap, type ReadLine, windowHeatMap } from "./heatmaps.ts";
export { densityRegions, mixturePlanes, type PlaneOptions } from "./planes.ts";
export { densityRaster, partOf, type PredictedLine, type SheetRaster } from "./density.ts";
export { type Raster, rasterUrl } from "./raster.ts";
export { cellSliders } from "./sliders/cell.ts";
export { windowSliders, type WindowStart } from "./sliders/window.ts";
export { biasedWriting, biasPlane, type PlaneFrame } from "./sliders/bias.ts";
export { readingSlider } from "./sliders/reading.ts";
