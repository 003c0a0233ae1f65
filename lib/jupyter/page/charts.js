/** In a page of the book: draws each chart in the place of its picture, with its sliders below. `vega` is a global here. */
for (const chart of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(chart.querySelector("script").textContent);
  const drawn = document.createElement("div");
  const view = new globalThis.vega.View(globalThis.vega.parse(spec), { renderer: "svg", container: drawn });
  view.runAsync().then(() => chart.replaceChildren(drawn));
}
