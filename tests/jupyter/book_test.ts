import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { exists } from "../../lib/files.ts";
import { writeBook } from "../../lib/jupyter/book.ts";
import { renderLatex, renderMarkdown } from "../../lib/jupyter/markdown.ts";
import { type Cell, type Notebook, type Output, readNotebook } from "../../lib/jupyter/notebook_file.ts";
import { sectionsOf } from "../../lib/jupyter/search_index.ts";

/** The TeX of each formula in rendered Markdown, display ones in brackets. */
function formulas(html: string): string[] {
  return [
    ...html.matchAll(
      /(<span class="katex-display">)?<span class="katex">.*?<annotation[^>]*>(.*?)<\/annotation>/gs,
    ),
  ]
    .map(([, display, tex]) => display ? `[${tex.trim()}]` : tex.trim());
}

Deno.test("mathematics: inline, display, over several lines, with underscores, stars, bars and backslashes", () => {
  const found: [markdown: string, expected: string[]][] = [
    ["$x_1 + y_2$ and $a_1$, $a*b$ *c* $d*e$", ["x_1 + y_2", "a_1", "a*b", "d*e"]],
    ["text $$a_b$$ text", ["[a_b]"]],
    ["$$a_b$$ (Eq. 5)\n\ntext", ["[a_b]"]],
    ["$$\na_1 = \\\\ y_2\n- b\n$$", ["[a_1 = \\\\ y_2\n- b]"]],
    ["$$\\begin{aligned}\nx &= y_1 \\\\\nz &= w\n\\end{aligned}$$", [
      "[\\begin{aligned}\nx &amp;= y_1 \\\\\nz &amp;= w\n\\end{aligned}]",
    ]],
    ["\\begin{align}\nx &= y\n\\end{align}", ["[\\begin{align}\nx &amp;= y\n\\end{align}]"]],
    ["| a |\n|---|\n| $x|y$ |", ["x|y"]],
    ["- item\n  $$\n  x_1\n  $$", ["[x_1]"]],
    ["<div>\n$x$\n</div>", ["x"]],
    ["it costs $5 and $6, or \\$7 and \\$8", []],
    ["`$x$` and ``a ` $y$``", []],
    ["```\n$x$\n```\n\n$z$", ["z"]],
  ];
  for (const [markdown, expected] of found) {
    const html = renderMarkdown(markdown, { onMathError: (...error) => assert(false, error.join(": ")) });
    assertEquals(formulas(html), expected, markdown);
    assert(!/[\uE000\uE001]/.test(html));
  }
  assertEquals(formulas(renderLatex("x_1")), ["[x_1]"]);
  assertEquals(formulas(renderLatex("$x_1$")), ["x_1"]);
});

Deno.test("dollars in code are dollars: in a fence to its end, in a code span to as many backticks", () => {
  const found: [markdown: string, expected: string[]][] = [
    ["~~~\n$x$", []],
    ["````\n```\n$x$\n````\n$y$", ["y"]],
    ["``` $x$ ``` $y$", ["y"]],
    ["`a `` $x$ ` $y$", ["y"]],
    ["` $x$ ``", ["x"]],
    ["\\begin{a} $x$", ["x"]],
  ];
  for (const [markdown, expected] of found) {
    assertEquals(formulas(renderMarkdown(markdown)), expected, markdown);
  }
});

Deno.test("time for Markdown grows with its length, not with its square", () => {
  const parts = [
    "```x\n",
    "~~~ a\n",
    "`",
    "`a``b```c````",
    "\\begin{a}\n",
    "\\begin{a}\\end{b}\n",
    "$a\n\n",
    "$1",
    '="',
  ];
  const start = performance.now();
  for (const part of parts) renderMarkdown(part.repeat(300_000 / part.length));
  assertLess(performance.now() - start, 60_000);
});

Deno.test("the private characters that hold formulas' places may stand in a text", () => {
  assertStringIncludes(renderMarkdown("a \uE0007\uE001 $x$"), "\uE0007\uE001");
});

Deno.test("a formula that cannot be typeset is reported, and stands there as it was written", () => {
  const errors: string[] = [];
  const html = renderMarkdown("a $\\frac{1$ b", { onMathError: (formula) => void errors.push(formula) });
  assertEquals(errors, ["\\frac{1"]);
  assertStringIncludes(html, "\\frac{1</code>");
});

Deno.test("Markdown: headings have addresses, code has colours, formulas in attributes stay as text", () => {
  assertStringIncludes(renderMarkdown("## The soft `window`"), 'id="The-soft-window"');
  assertStringIncludes(renderMarkdown("```ts\nconst x = 1;\n```"), "hljs-keyword");
  assertStringIncludes(
    renderMarkdown('![a $x_1$ "b"](x.png)'),
    'alt="a x_1 &#34;b&#34;"'.replaceAll("&#34;", "&quot;"),
  );
});

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function markdown(source: string): Cell {
  return { cell_type: "markdown", metadata: {}, source };
}
function code(source: string, outputs: Output[], tags: string[] = []): Cell {
  return { cell_type: "code", metadata: { tags }, source, outputs, execution_count: 1 };
}
function display(data: Record<string, unknown>, metadata = {}): Output {
  return { output_type: "display_data", data, metadata };
}
function notebook(cells: Cell[], failure?: string): Notebook {
  const execution = { date: "2026-01-02T03:04:05Z", seconds: 12.3, failure };
  return { cells, metadata: { execution }, nbformat: 4, nbformat_minor: 5 };
}

Deno.test("a book: pages, navigation, outputs in their best form, pictures, links, all without a network", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(directory, "p.png"), Uint8Array.fromBase64(pixel));
    const first = notebook([
      markdown(
        "# One\n\nAn *abstract*.\n\n## Part A\n\n[two](two.ipynb#Part-B), [code](../lib/x.ts), [paper](https://arxiv.org) ![p](p.png)",
      ),
      code("const a: string = '<b>';", [
        { output_type: "stream", name: "stdout", text: ["a < b\n"] },
        display({ "text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "plain table" }),
        display({ "image/png": pixel, "text/plain": "a pixel" }, { "image/png": { width: 7, height: 5 } }),
        display({ "image/svg+xml": "<svg>ä</svg>" }),
        display({ "text/markdown": "*so* $x_1$" }),
        display({ "text/latex": "$$y$$" }),
        display({ "text/plain": ["only ", "text"] }),
        display({ "image/png": pixel, "text/plain": "another" }),
        display({ "text/markdown": "**Figure 1.** Look at $z$.", "text/plain": "" }, { caption: true }),
        display({ "text/html": "<pre>page</pre>" }),
        display({ "text/markdown": "**Figure 2.** A page.", "text/plain": "" }, { caption: true }),
      ]),
      code("hidden", [{ output_type: "error", ename: "TypeError", evalue: "a > b", traceback: [] }], [
        "hide-input",
      ]),
    ]);
    const second = notebook([markdown("# Two\n\n$\\frac{1$ ![gone](gone.png)")], "cell 3: Error: meant");
    const pages = [
      { path: join(directory, "one.ipynb"), notebook: first },
      { path: join(directory, "two.ipynb"), notebook: second },
    ];
    const book = join(directory, "book");
    const live = {
      title: "Live & here",
      about: "What <it> does.",
      address: "live.html",
      main: "<h1>Live</h1>",
      styles: ["live/own.css"],
      scripts: ["live/data.js", "live/program.js"],
    };
    const introduction = {
      markdown: "[Begin](two.ipynb) ![p](p.png)",
      path: join(directory, "x"),
    };
    const problems = await writeBook({
      title: "The Book",
      pages,
      first: [live],
      introduction,
      directory: book,
    });
    const one = await Deno.readTextFile(join(book, "one.html"));
    for (
      const expected of [
        "<title>One</title>",
        '<a class="section" href="#Part-A">Part A</a>',
        'href="two.html#Part-B"',
        'href="../../lib/x.ts"',
        'href="https://arxiv.org"',
        'src="pictures/p.png"',
        '<span class="hljs-keyword">const</span>',
        "a &#60; b",
        "<td>1</td>",
        'alt="a pixel" width="7" height="5" loading="lazy" src="figures/one/picture.png"',
        '<img class="lines" alt="" loading="lazy" src="figures/one/picture.svg"',
        "<em>so</em>",
        "only text",
        'src="figures/one/picture-2.png"><figcaption><p><strong>Figure 1.</strong> Look at ',
        '<a href="../one.ipynb">one.ipynb</a>, <a href="notebooks/one.ipynb" download>its executed copy</a> of 2026-01-02',
        'Part A<a class="permalink" href="#Part-A" aria-label="Link to this heading">#</a></h2>',
        '<figure><div class="table"><pre>page</pre></div><figcaption><p><strong>Figure 2.</strong> A page.</p>',
        "<details><summary>code</summary>",
        "TypeError: a &#62; b",
      ]
    ) assertStringIncludes(one, expected);
    assert(!/plain table/.test(one));
    assertEquals(formulas(one), ["x_1", "[y]", "z"]);
    assertEquals(one.match(/Figure 1\./g)?.length, 1);
    assertEquals((await Deno.readFile(join(book, "figures", "one", "picture-2.png"))).toBase64(), pixel);
    assertEquals(await Deno.readTextFile(join(book, "figures", "one", "picture.svg")), "<svg>ä</svg>");
    assertEquals((await readNotebook(join(book, "notebooks", "one.ipynb"))).cells, first.cells);
    const index = await Deno.readTextFile(join(book, "index.html"));
    assertStringIncludes(index, "An <em>abstract</em>.");
    assertStringIncludes(index, "What &#60;it&#62; does.");
    assertLess(index.indexOf("What &#60;it"), index.indexOf("abstract"), "it stands first");
    assertLess(
      index.indexOf('<a href="two.html">Begin</a>'),
      index.indexOf("What &#60;it"),
      "so does the introduction",
    );
    assertStringIncludes(index, 'src="pictures/p.png"');
    assertStringIncludes(one, '<a href="live.html">Live &#38; here</a>');
    const livePage = await Deno.readTextFile(join(book, "live.html"));
    assertStringIncludes(livePage, '<a class="here" aria-current="page" href="live.html">');
    assertMatch(
      livePage,
      /own\.css">.*<h1>Live<\/h1>.*data\.js"><\/script>.*program\.js"><\/script>\s*<\/body>/s,
    );
    assertStringIncludes(index, "cell 3: Error: meant");
    assertEquals(problems.length, 2);
    assertMatch(problems[0], /two.ipynb, cell 1 .*frac/);
    assertMatch(problems[1], /gone.png/);

    const css = await Deno.readTextFile(join(book, "katex.min.css"));
    for (const [, font] of css.matchAll(/url\((fonts\/[^)]+\.woff2)\)/g)) {
      assert(await exists(join(book, font)), font);
    }
    for (const [, address] of one.matchAll(/<link[^>]*href="([^"]*)"/g)) {
      assert(await exists(join(book, address)), address);
    }
    assert(!/<(script|link|img)[^>]*(src|href)="(https?:)?\/\//.test(one));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a book shows a figure's drawing where that is smaller, and of the same execution", async () => {
  const directory = await Deno.makeTempDir();
  try {
    // As long as a PNG may be.
    const png = crypto.getRandomValues(new Uint8Array(2000)).toBase64();
    const drawn = (size: number, content: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">${content}</svg>`;
    const drawings = new Map([
      ["lines", drawn(50, "<path/>")],
      ["heat-map", drawn(50, "<image/>")],
      ["older", drawn(51, "<path/>")],
      ["larger", drawn(50, crypto.getRandomValues(new Uint8Array(3000)).toHex())],
    ]);
    const shown = [...drawings.keys(), "lines", "unknown"].map((figure) =>
      display({ "image/png": png, "text/plain": figure }, {
        "image/png": { width: 50, height: 50 },
        figure,
      })
    );
    const pages = [{ path: join(directory, "one.ipynb"), notebook: notebook([code("", shown)]) }];
    const book = join(directory, "book");
    assertEquals(await writeBook({ title: "Book", pages, directory: book, drawings }), []);
    const html = await Deno.readTextFile(join(book, "one.html"));
    assertEquals(
      [...html.matchAll(/<figure id="([^"]*)"><img( class="lines")? .*? src="([^"]*)">/g)].map((found) =>
        found.slice(1)
      ),
      [
        ["lines", ' class="lines"', "figures/one/lines.svg"],
        ["heat-map", undefined, "figures/one/heat-map.svg"],
        ["older", undefined, "figures/one/older.png"],
        ["larger", undefined, "figures/one/larger.png"],
        ["lines", ' class="lines"', "figures/one/lines-2.svg"],
        ["unknown", undefined, "figures/one/unknown.png"],
      ],
    );
    assertEquals(await Deno.readTextFile(join(book, "figures", "one", "lines.svg")), drawings.get("lines"));
    assertEquals((await Deno.readFile(join(book, "figures", "one", "older.png"))).toBase64(), png);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a picture that is damaged is reported, and none is written outside of the book", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const outputs = [
      display({ "image/png": "no picture!", "text/plain": "damaged" }),
      display({ "image/png": pixel, "text/plain": "a pixel" }, { figure: "../../../outside" }),
      display({ "text/plain": "no picture" }, { live: "live.html#text=a" }),
    ];
    const pages = [{ path: join(directory, "one.ipynb"), notebook: notebook([code("", outputs)]) }];
    const book = join(directory, "book");
    assertEquals(await writeBook({ title: "Book", pages, directory: book }), [
      'one.ipynb, cell 1 of all: expected a picture in base64, found "no picture!".',
    ]);
    const html = await Deno.readTextFile(join(book, "one.html"));
    assertEquals([...html.matchAll(/<img[^>]* src="([^"]*)"/g)].map(([, address]) => address), [
      "figures/one/picture.png",
    ]);
    assertStringIncludes(html, "no picture</pre>");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a book that is published leads to files in the repository, and to its own live pages", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const source =
      "# One\n\n[code](../lib/a%20b.ts#L5) [live](../results/book/live.html#x) [up](../../else.md)";
    const path = join(directory, "notebooks", "one.ipynb");
    const live = { ...{ title: "Live", about: "", address: "live.html", main: "" }, styles: [], scripts: [] };
    const book = join(directory, "site");
    const repository = { root: directory, url: "https://example.org/blob/main" };
    const shown = (address: string) =>
      display({ "text/html": "<script>5 MB</script>", "image/png": pixel, "text/plain": "a line" }, {
        live: address,
      });
    const outputs = [shown("live.html#text=a&b"), shown("other.html#text=a")];
    const pages = [{ path, notebook: notebook([markdown(source), code("", outputs)]) }];
    await writeBook({ title: "Book", pages, first: [live], directory: book, repository });
    const html = await Deno.readTextFile(join(book, "one.html"));
    const links = [...html.matchAll(/<a href="([^"]*)"/g)].map(([, address]) => address);
    assertEquals(links, [
      "live.html",
      "https://example.org/blob/main/notebooks/one.ipynb",
      "notebooks/one.ipynb",
      "https://example.org/blob/main/lib/a%20b.ts#L5",
      "live.html#x",
      "../../else.md",
    ]);
    assert(!html.includes("5 MB"));
    assertEquals(html.match(/alt="a line"/g)?.length, 2);
    const frames = [...html.matchAll(/<iframe[^>]*src="([^"]*)"/g)].map(([, address]) => address);
    assertEquals(frames, ["live.html#text=a&#38;b"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("what is searched: each section's words, its code, captions and tables, without marks and formulas", () => {
  const page = {
    path: "a/one.ipynb",
    notebook: notebook([
      markdown("# One\n\nAn *abstract* with [a link](x.html) and $x_1$."),
      code("softWindow(3);", [
        display({ "image/png": pixel, "text/plain": "a pixel" }),
        display({ "text/markdown": "**Figure 1.** A caption." }, { caption: true }),
      ]),
      markdown("More.\n\n## The `soft` window\n\nText.\n\n### Deeper\n\nWords."),
      code("table()", [display({ "text/html": "<table></table>", "text/plain": ["bits  1.3\n", "end"] })]),
    ]),
  };
  const of = (heading: string, address: string, text: string) => ({ page: "One", heading, address, text });
  assertEquals(sectionsOf(page), [
    of("One", "one.html", "An abstract with a link and . softWindow(3); Figure 1. A caption. More."),
    of("The soft window", "one.html#The-soft-window", "Text."),
    of("Deeper", "one.html#Deeper", "Words. table() bits 1.3 end"),
  ]);
});

Deno.test("a malformed link, a picture that is a folder, a broken heading: reported, and the book is written", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const bad = notebook([
      markdown("# Bad \ud800\n\n## Part \udc00\n\n[link](%FF.ipynb), [other](good.ipynb)"),
      markdown("![folder](.) ![malformed](%C3.png) ![zero](a%00.png)"),
    ]);
    const pages = [
      { path: join(directory, "bad.ipynb"), notebook: bad },
      { path: join(directory, "good.ipynb"), notebook: notebook([markdown("# Good")]) },
    ];
    const book = join(directory, "book");
    const problems = await writeBook({ title: "The Book", pages, directory: book });
    assertEquals(
      problems.map((problem) => problem.replace(/: no picture can be read: .*/s, ": no picture")),
      [
        "bad.ipynb, cell 1 of all: the link %FF.ipynb is malformed: expected UTF-8 behind each %. It stays as it is.",
        "bad.ipynb, cell 2 of all: the link %C3.png is malformed: expected UTF-8 behind each %. It stays as it is.",
        "bad.ipynb, cell 2 of all: no picture",
        "bad.ipynb, cell 2 of all: no picture",
      ],
    );
    assertStringIncludes(await Deno.readTextFile(join(book, "bad.html")), 'href="good.html"');
    assertStringIncludes(await Deno.readTextFile(join(book, "good.html")), "<title>Good</title>");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
