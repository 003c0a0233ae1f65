/** Two Gaussians of the soft window over a text, with sliders for α, β and κ (Eq. 46). */
import type { Spec } from "../render.ts";
import { slider, visible } from "./slider.ts";

/** α, β and κ at first, one entry for each Gaussian. */
export interface WindowStart {
  alpha: number[];
  beta: number[];
  kappa: number[];
}

const colours = ["#4c78a8", "#f58518", "#54a24b"];

/** φ(t, u) as a bar above each character of the text, and each Gaussian as a curve, as a Vega-Lite specification. */
export function windowSliders(text: string, { alpha, beta, kappa }: WindowStart): Spec {
  const characters = [...text], U = characters.length;
  const name = (symbol: string, k: number) => `${symbol}_${k + 1}`;
  const gaussian = (k: number, u: string) =>
    `${name("alpha", k)} * exp(-${name("beta", k)} * pow(${name("kappa", k)} - ${u}, 2))`;
  const x = { type: "quantitative", scale: { domain: [0.4, U + 0.6], nice: false } };
  const y = { type: "quantitative", scale: { domain: [0, 2], clamp: true }, title: "φ(t, u)" };
  return {
    params: alpha.flatMap((_, k) => [
      slider(name("alpha", k), `α${k + 1}, how much`, [0, 2, 0.05], alpha[k]),
      slider(name("beta", k), `β${k + 1}, how narrow`, [0.05, 4, 0.05], beta[k]),
      slider(name("kappa", k), `κ${k + 1}, where`, [0, U + 1, 0.05], kappa[k]),
    ]),
    width: 560,
    height: 180,
    layer: [
      {
        data: { values: characters.map((character, u) => ({ u: u + 1, character: visible(character) })) },
        transform: [{ calculate: alpha.map((_, k) => gaussian(k, "datum.u")).join(" + "), as: "phi" }],
        encoding: { x: { ...x, field: "u", axis: null } },
        layer: [
          { mark: { type: "bar", width: 22, color: "#c6dbef" }, encoding: { y: { ...y, field: "phi" } } },
          {
            mark: { type: "text", baseline: "top", dy: 6, fontSize: 15, color: "#000" },
            encoding: { y: { value: 180 }, text: { field: "character" } },
          },
        ],
      },
      ...alpha.map((_, k) => ({
        data: { sequence: { start: 0.4, stop: U + 0.6, step: 0.05, as: "u" } },
        transform: [{ calculate: gaussian(k, "datum.u"), as: "phi" }],
        mark: { type: "line", color: colours[k % colours.length], clip: true },
        encoding: { x: { ...x, field: "u" }, y: { ...y, field: "phi" } },
      })),
    ],
  };
}
