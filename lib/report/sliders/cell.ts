/** One LSTM cell that is given two ones, with sliders for its peephole and its biases (Eqs. 7–11). */
import type { Spec } from "../render.ts";
import { slider } from "./slider.ts";

/** The time steps, from 1, at which x is 1. */
const ones = [6, 22];
const steps = 40;

/** What is drawn of each step, from the top. */
const panels = [
  ["x", "input x"],
  ["i", "input gate i"],
  ["f", "forget gate f"],
  ["c", "cell c"],
  ["o", "output gate o"],
  ["h", "output h"],
] as const;

/**
 * The cell of "One cell, by hand", as a Vega-Lite specification: W_xi = 10, W_xc = 3, W_co and the biases b_i, b_f and b_o by slider,
 * all else 0. With no peepholes but W_co the forget gate is the same at every step, so that c_t (Eq. 9) has a closed form: what each 1
 * has put in, times f for every step since.
 */
export function cellSliders(): Spec {
  const sigmoid = (argument: string) => `1 / (1 + exp(-(${argument})))`;
  const since = (one: number) => `(datum.t < ${one} ? 0 : pow(datum.f, datum.t - ${one}))`;
  const calculate = (as: string, expression: string) => ({ calculate: expression, as });
  return {
    params: [
      slider("W_co", "W_co, the peephole", [0, 10, 0.5], 6),
      slider("b_i", "b_i, input gate", [-15, 0, 0.5], -5),
      slider("b_f", "b_f, forget gate", [-2, 8, 0.25], 8),
      slider("b_o", "b_o, output gate", [-8, 4, 0.5], -3),
    ],
    data: { sequence: { start: 1, stop: steps + 1, as: "t" } },
    transform: [
      calculate("x", ones.map((one) => `datum.t === ${one}`).join(" || ") + " ? 1 : 0"),
      calculate("i", sigmoid("10 * datum.x + b_i")), // Eq. 7
      calculate("f", sigmoid("b_f")), // Eq. 8
      calculate(
        "c", // Eq. 9
        `${sigmoid("10 + b_i")} * ${Math.tanh(3)} * (${ones.map(since).join(" + ")})`,
      ),
      calculate("o", sigmoid("b_o + W_co * datum.c")), // Eq. 10
      // Eq. 11; Vega has no tanh.
      calculate("h", "datum.o * (1 - 2 / (exp(2 * datum.c) + 1))"),
    ],
    spacing: 8,
    vconcat: panels.map(([field, title], k) => {
      const isLast = k === panels.length - 1, isCell = field === "c";
      return {
        width: 520,
        height: 46,
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.8, color: "#4c78a8" },
        encoding: {
          x: {
            field: "t",
            type: "quantitative",
            title: isLast ? "time step" : null,
            axis: { labels: isLast, ticks: isLast, grid: false, format: "d", tickCount: 8 },
          },
          y: {
            field,
            type: "quantitative",
            title,
            scale: { domain: isCell ? [0, 2] : [0, 1], nice: false },
            axis: {
              values: isCell ? [0, 2] : [0, 1],
              format: "d",
              titleAngle: 0,
              titleAlign: "right",
              titleX: -24,
              titleY: 26,
            },
          },
        },
      };
    }),
  };
}
