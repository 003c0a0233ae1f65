/** A chart that grows while its values are computed, in a kernel as a notebook sees it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { executeNotebook } from "../../lib/jupyter/execute.ts";
import { notebooksDirectory } from "../../lib/jupyter/notebooks.ts";
import { notebook } from "../jupyter/stress.ts";

Deno.test("a chart grows in one display, says what time is left, and ends as a figure with its caption", async () => {
  const said: string[] = [];
  const directory = await Deno.makeTempDir();
  try {
    const run = notebook(
      `import { figure, GrowingChart, lineChart } from "graves";
const chart = new GrowingChart({ x: "update", y: "nats", seconds: 90, pause: 0 });
const points = [];
for (let x = 1; x <= 5; x++) {
  points.push({ x, y: 1 / x });
  await chart.add("training", x, 1 / x);
}
await chart.end(figure(lineChart([{ name: "training", points }], { x: "update", y: "nats" }), {
  name: "grown",
  alt: "a curve that falls",
  caption: "**Figure E0.** A curve.",
  directory: ${JSON.stringify(directory)},
}));`,
    );
    const onProgress = ({ line }: { line: string }) => void said.push(line);
    const { executed, error } = await executeNotebook(run, { directory: notebooksDirectory, onProgress });
    if (error) throw error;
    const growing = said.filter((line) => line.startsWith("training: "));
    assertEquals(growing.length, 4, "the first drawing is no update");
    assertMatch(growing[0], /^training: update 2, 0.50 nats, (\d+ s|1 min \d+ s) left at most$/);
    const outputs = executed.cells[0].outputs!;
    assertEquals(outputs.length, 2, "one display and the caption");
    const [chart, caption] = outputs;
    assert(chart.output_type === "display_data" && caption.output_type === "display_data");
    assert(
      "image/png" in chart.data && !("image/svg+xml" in chart.data),
      "the figure took the chart's place",
    );
    assertEquals(chart.metadata.figure, "grown");
    assertEquals(caption.metadata.caption, true);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
