/** Figures 1, 2 and 12: the networks and the cell, drawn as in the paper. */
import { arrow, circle, diagram, mathematics, type Node, prediction, words } from "./diagram.ts";

const times = ["t−1", "t", "t+1"];

/** Figure 1: three hidden layers with skip connections from the inputs and to the outputs. */
export function predictionArchitecture(): string {
  const columns = [180, 370, 560], radius = 16;
  const at = (y: number) => columns.map((x): Node => ({ x, y, radius }));
  const outputs = at(40), h3 = at(130), h2 = at(220), h1 = at(310), inputs = at(400);
  const parts = columns.flatMap((_, t) => [
    arrow(inputs[t], h1[t]),
    arrow(inputs[t], h2[t], { bend: 36 }),
    arrow(inputs[t], h3[t], { bend: 56 }),
    arrow(h1[t], h2[t]),
    arrow(h2[t], h3[t]),
    arrow(h3[t], outputs[t]),
    arrow(h2[t], outputs[t], { bend: -36 }),
    arrow(h1[t], outputs[t], { bend: -56 }),
    ...(t < 2 ? [h1, h2, h3].map((layer) => arrow(layer[t], layer[t + 1])) : []),
    ...(t < 2 ? predicts(outputs[t], inputs[t + 1], t) : []),
  ]);
  const nodes = columns.flatMap((_, t) => [
    circle(outputs[t], { letter: "y", below: times[t] }),
    ...[h1, h2, h3].map((layer, n) =>
      circle(layer[t], { letter: "h", above: String(n + 1), below: times[t] })
    ),
    circle(inputs[t], { letter: "x", below: times[t] }),
  ]);
  const names = [
    words("Outputs", { x: 100, y: 40 }, "end"),
    words("Hidden Layers", { x: 100, y: 220 }, "end"),
    words("Inputs", { x: 100, y: 400 }, "end"),
  ];
  return diagram(640, 440, ...parts, ...nodes, ...names);
}

/** Figure 12: the characters reach the hidden layers through the window, the first of them with a delay. */
export function synthesisArchitecture(): string {
  const columns = [170, 370, 570], radius = 17;
  const at = (y: number) => columns.map((x): Node => ({ x, y, radius }));
  const outputs = at(40), h2 = at(135), window = at(232), h1 = at(326), inputs = at(420);
  const characters: Node = { x: columns[1], y: 512, radius };
  const parts = columns.flatMap((_, t) => [
    arrow(inputs[t], h1[t]),
    arrow(inputs[t], h2[t], { bend: 60 }),
    arrow(h1[t], window[t]),
    arrow(h1[t], h2[t], { bend: 34 }),
    arrow(window[t], h2[t]),
    arrow(h2[t], outputs[t]),
    arrow(characters, window[t], { bend: t === 1 ? -38 : 0 }),
    ...(t < 2
      ? [
        arrow(h1[t], h1[t + 1]),
        arrow(h2[t], h2[t + 1]),
        arrow(window[t], h1[t + 1]),
        ...predicts(outputs[t], inputs[t + 1], t),
      ]
      : []),
  ]);
  const nodes = columns.flatMap((_, t) => [
    circle(outputs[t], { letter: "y", below: times[t] }),
    circle(h2[t], { letter: "h", above: "2", below: times[t] }),
    circle(window[t], { letter: "w", below: times[t] }),
    circle(h1[t], { letter: "h", above: "1", below: times[t] }),
    circle(inputs[t], { letter: "x", below: times[t] }),
  ]);
  const names = ["Outputs", "Hidden 2", "Window", "Hidden 1", "Inputs", "Characters"].map((name, row) =>
    words(name, { x: 92, y: [40, 135, 232, 326, 420, 512][row] }, "end")
  );
  return diagram(630, 550, ...parts, ...nodes, circle(characters, { letter: "c", bold: true }), ...names);
}

function predicts(output: Node, nextInput: Node, t: number): string[] {
  return [
    arrow(output, nextInput, { dashed: true }),
    prediction(output, nextInput, times[t + 1], times[t]),
  ];
}

/** Figure 2: one LSTM cell with its three gates; the lines from the cell to the gates are the peepholes. */
export function lstmCell(): string {
  const cell: Node = { x: 310, y: 220, radius: 29.5 };
  const inputSquash: Node = { x: 140, y: 220, radius: 20 },
    outputSquash: Node = { x: 400, y: 220, radius: 20 };
  const inputGate: Node = { x: 222, y: 106, radius: 20 }, outputGate: Node = { x: 480, y: 106, radius: 20 };
  const forgetGate: Node = { x: 310, y: 324, radius: 20 };
  const times1: Node = { x: 222, y: 220, radius: 8 }, times2: Node = { x: 480, y: 220, radius: 8 };
  const times3: Node = { x: 310, y: 276, radius: 8 };
  const point = (x: number, y: number): Node => ({ x, y, radius: 0 });
  const feed = (to: Node, dx: number, dy: number) =>
    [-1, 0, 1].map((side) =>
      arrow(point(to.x + 62 * dx + 46 * side * dy, to.y + 62 * dy + 46 * side * dx), to)
    );
  const squash = ({ x, y, radius: r }: Node) =>
    `<path d="M${x - 0.6 * r} ${y + 0.45 * r}C${x + 0.15 * r} ${y + 0.45 * r} ${x - 0.15 * r} ${
      y - 0.45 * r
    } ` +
    `${x + 0.6 * r} ${y - 0.45 * r}" fill="none" stroke="#111" stroke-width="1.3"/>`;
  const product = (node: Node) =>
    circle(node, undefined, 1.2) +
    `<path d="M${node.x - 4} ${node.y - 4}l8 8m0 -8l-8 8" stroke="#111" stroke-width="1.2"/>`;
  return diagram(
    620,
    430,
    `<rect x="120" y="86" width="380" height="258" fill="none" stroke="#111" stroke-width="1.3"/>`,
    ...feed(inputSquash, -1, 0),
    ...feed(inputGate, 0, -1),
    ...feed(outputGate, 0, -1),
    ...feed(forgetGate, 0, 1),
    arrow(inputSquash, times1),
    arrow(inputGate, times1),
    arrow(times1, cell),
    arrow(cell, outputSquash),
    arrow(outputSquash, times2),
    arrow(outputGate, times2),
    arrow(times2, point(548, 220)),
    arrow(cell, inputGate),
    arrow(cell, outputGate),
    arrow(cell, forgetGate, { bend: -38 }),
    arrow(forgetGate, times3),
    arrow(cell, times3, { bend: 16 }),
    arrow(times3, cell, { bend: 16 }),
    circle(cell, { letter: "c", below: "t" }, 3.4),
    circle(inputGate, { letter: "i", below: "t" }),
    circle(outputGate, { letter: "o", below: "t" }),
    circle(forgetGate, { letter: "f", below: "t" }),
    circle(inputSquash) + squash(inputSquash),
    circle(outputSquash) + squash(outputSquash),
    product(times1),
    product(times2),
    product(times3),
    mathematics({ x: 66, y: 220 }, { letter: "x", below: "t" }, 20),
    mathematics({ x: 222, y: 30 }, { letter: "x", below: "t" }, 20),
    mathematics({ x: 480, y: 30 }, { letter: "x", below: "t" }, 20),
    mathematics({ x: 310, y: 402 }, { letter: "x", below: "t" }, 20),
    mathematics({ x: 564, y: 220 }, { letter: "h", below: "t" }, 20),
    words("Input Gate", { x: 196, y: 106 }, "end"),
    words("Output Gate", { x: 454, y: 106 }, "end"),
    words("Forget Gate", { x: 336, y: 318 }),
    words("Cell", { x: 322, y: 182 }, "middle"),
  );
}
