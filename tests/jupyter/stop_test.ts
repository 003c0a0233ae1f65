/** Stop, and cells that the kernel does not run, in a front end: jupyter_client, on which they all stand. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { canRun, type Cell, runCells, withHome } from "./front_end.ts";

const setUp = `
import { findExperiment, initialWeights, learnAndScore, Network, openEngine, sampleText, scoreText, streamBatches, Training } from
  "graves";
const engine = await openEngine("cpu", { threads: 2 });
const experiment = findExperiment("char");
const config = { ...experiment.network, cells: 20 };
const weights = initialWeights(config, 1);
const [{ recipe, regularisation }] = experiment.stages;
const training = new Training({ engine, config, weights, seed: 1,
  stage: { recipe: { ...recipe, batchSize: 4 }, regularisation }, sequences: 1 });
const network = new Network(engine, config, weights);
const ids = Int32Array.from({ length: 1e5 }, (_, k) => k % 49);
let kept = 7;`;
const long: Record<string, string> = {
  training:
    `for (;;) for (const batch of streamBatches(ids, { size: 4, steps: 50 })) await training.update(batch);`,
  sampling: `await sampleText(network, { length: 1e8, seed: 1 });`,
  evaluation: `for (;;) await scoreText(network, streamBatches(ids, { size: 4, steps: 50 }));`,
  "dynamic evaluation": `for (;;) await learnAndScore(network, streamBatches(ids, { size: 1, steps: 100 }));`,
};

Deno.test("after Stop in training, sampling and evaluation the next cell runs, with all state", {
  ignore: !canRun,
}, async () => {
  const cells = Object.values(long).flatMap((code): Cell[] => [{ code, stops: [1] }, { code: "kept++;" }]);
  const [first, ...others] = await runCells([
    { code: setUp },
    ...cells,
    {
      code: `const before = training.position.update;
await training.update(streamBatches(ids, { size: 4, steps: 50 }).next().value);
[before > 0, training.position.update - before, kept].join()`,
    },
  ]);
  assertEquals([first.reply, first.errors], ["ok", []]);
  for (const [k, name] of Object.keys(long).entries()) {
    const [stopped, next] = others.slice(2 * k);
    assertEquals([stopped.reply, stopped.ended], ["error", true], name);
    assertMatch(stopped.errors.join(), /^Stopped: Stop was pressed/, name);
    assertLess(stopped.seconds!, 5, name);
    assertEquals([next.reply, next.errors], ["ok", []], `after ${name}`);
  }
  assertEquals(others.at(-1)!.result, `"true,1,${7 + Object.keys(long).length}"`);
});

Deno.test("Stop counts for the cell that runs: not for the next one, but for that of the import too", {
  ignore: !canRun,
}, async () => {
  const loop = `import { throwIfStopped } from "graves"; for (;;) throwIfStopped();`;
  const [first, next, later] = await runCells([
    { code: loop, stops: [8] },
    { code: `const { throwIfStopped: ask } = await import("graves"); ask(); "went on"`, stops: [0] },
    { code: `ask(); "went on"` },
  ]);
  assertEquals([first.reply, first.errors.length], ["error", 1]);
  assertMatch(first.errors[0], /^Stopped: Stop was pressed/);
  for (const { reply, result } of [next, later]) assertEquals([reply, result], ["ok", `"went on"`]);
});

Deno.test(
  "Stop twice ends a synchronous loop; it never hangs a cell that awaits",
  { ignore: !canRun },
  async () => {
    const [, loop, after, waiting, idle, end] = await runCells([
      { code: `import "graves"; let kept = 7;` },
      { code: "for (;;);", stops: [1, 2], late: 3 },
      { code: "kept" },
      { code: "await new Promise((resolve) => setTimeout(resolve, 4000)); kept + 1", stops: [1, 1.5, 2] },
      { code: "kept + 2" },
      {
        code: setUp +
          "await scoreText(network, streamBatches(ids.subarray(0, 200), { size: 4, steps: 50 })); kept",
      },
    ]);
    assertEquals([loop.reply, loop.errors], ["error", ["Stopped: cell [2]: Stop was pressed twice."]]);
    assertLess(loop.seconds!, 10);
    assertEquals([after, waiting, idle, end].map(({ reply, result, errors }) => [reply, result, errors]), [
      ["ok", "7", []],
      ["ok", "8", []],
      ["ok", "9", []],
      ["ok", "7", []],
    ]);
  },
);

Deno.test("of a cell that the kernel does not run, the guard shows what is wrong with it", {
  ignore: !canRun,
}, async () => {
  const ended = await runCells([
    { code: `import "graves"; let kept = 7;` },
    { code: "let a = 1;\nconst = 1", late: 3 },
    { code: "kept" },
    { code: `throw new RangeError("meant")`, late: 1 },
    { code: "undefined", late: 1 },
  ]);
  const [, unread, ...others] = ended.map(({ reply, result, errors }) => [reply, result, errors]);
  assertEquals(unread.slice(0, 2), ["error", ""]);
  assertMatch(String(unread[2]), /^SyntaxError: cell \[2\]: Unexpected token `=`.*at line 2, column 7$/s);
  assertEquals(others, [["ok", "7", []], ["error", "", ["RangeError: meant"]], ["ok", "", []]]);
});

Deno.test(
  "deno jupyter --install, for VS Code and all others, gives a kernel that runs without deno on the PATH",
  {
    ignore: !canRun,
  },
  async () => {
    await withHome(async (env, python) => {
      const run = async (command: string, ...args: string[]) => {
        const { success, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
        assert(success, new TextDecoder().decode(stderr));
        return new TextDecoder().decode(stdout);
      };
      await run(Deno.execPath(), "jupyter", "--install");
      const list = await run(python, "-m", "jupyter_client.kernelspecapp", "list", "--json");
      const { deno } = JSON.parse(list).kernelspecs;
      assertEquals(await Deno.realPath(deno.spec.argv[0]), await Deno.realPath(Deno.execPath()));
      const [, stopped, next] = await runCells([
        { code: `import { throwIfStopped } from "graves"; let kept = 7;` },
        {
          code: "for (;;) { throwIfStopped(); await new Promise((resolve) => setTimeout(resolve)); }",
          stops: [2],
        },
        { code: "`kept ${kept}`" },
      ], env);
      assertMatch(stopped.errors.join(), /^Stopped: Stop was pressed/);
      assertEquals([next.reply, next.errors], ["ok", []]);
      assertMatch(next.result, /kept 7/);
    });
  },
);
