import { assertEquals, assertThrows } from "@std/assert";
import { findExperiment } from "../../lib/experiments/mod.ts";
import { applyPlan } from "../../lib/experiments/plan.ts";

const synthesis = findExperiment("synthesis"), modern = findExperiment("char-modern");
const [first, second] = synthesis.stages;
const plan = (plan: unknown, experiment = synthesis) =>
  applyPlan(experiment, experiment.stages, plan, "plan.json");

Deno.test("a plan's stages are laid over the experiment's last, or over the one that they name", () => {
  const { experiment, stages } = plan({
    stages: [
      { stage: 1, recipe: { schedule: { updates: 70 }, curriculum: [] } },
      { recipe: { optimiser: { rate: 1 } }, dropout: 0.1 },
    ],
  });
  assertEquals(experiment, synthesis);
  const { recipe } = first;
  assertEquals(stages, [
    { ...first, recipe: { ...recipe, schedule: { ...recipe.schedule, updates: 70 }, curriculum: [] } },
    {
      ...second,
      recipe: { ...second.recipe, optimiser: { ...second.recipe.optimiser, rate: 1 } },
      dropout: 0.1,
    },
  ]);
  assertEquals(plan({}).stages, undefined);
});

Deno.test("what has another rule or kind takes the place whole; weights are named whole", () => {
  const optimiser = { rule: "sgd", rate: 1, momentum: 0.5 };
  const { stages } = plan({
    stages: [{
      from: { experiment: "char" },
      recipe: { optimiser, text: "sentences" },
      regularisation: { kind: "none" },
      teachers: [],
    }],
  }, modern);
  const [{ from, recipe, regularisation, teachers }] = stages!;
  assertEquals([from, recipe.optimiser, recipe.text, regularisation, teachers], [
    { experiment: "char" },
    optimiser as typeof recipe.optimiser,
    "sentences",
    { kind: "none" },
    [],
  ]);
  const [{ regularisation: weaker }] = plan({ stages: [{ regularisation: { std: 0.01 } }] }, modern).stages!;
  assertEquals(weaker, { kind: "weight noise", std: 0.01 });
});

Deno.test("a plan may change the network's sizes and the alphabet, and name files", () => {
  const { experiment } = plan({ network: { cells: 9 }, alphabet: "paper" });
  assertEquals(experiment.network, {
    ...synthesis.network,
    cells: 9,
    window: { alphabet: 57, components: 10 },
  });
  assertEquals(experiment.data.set === "iam-ondb" && experiment.data.alphabet?.name, "paper");
  const teachers = [{ weights: { file: "a" }, share: 0.5 }];
  const { stages } = applyPlan(
    modern,
    modern.stages,
    { stages: [{ from: { file: "b" }, teachers }] },
    "plan.json",
    (path) => `/home/${path}`,
  );
  assertEquals([stages![0].from, stages![0].teachers], [
    { file: "/home/b" },
    [{ weights: { file: "/home/a" }, share: 0.5 }],
  ]);
});

Deno.test("a plan that makes no sense is refused with the place that is wrong", () => {
  const refused = (wrong: unknown, message: string, experiment = synthesis) =>
    assertThrows(() => plan(wrong, experiment), Error, `plan.json: ${message}`);
  refused([], "expected an object, found []");
  refused({ stage: 1 }, "expected no such setting as the one that was found: stage");
  refused({ stages: [] }, "stages: expected one at the least");
  refused({ stages: [{ stage: 3 }] }, "stages.0.stage: expected one of the 2 of 'synthesis', found 3");
  const inStage = (part: unknown, message: string) => refused({ stages: [part] }, `stages.0: ${message}`);
  inStage({ recipe: { raet: 1 } }, "expected no such setting as the one that was found: recipe.raet");
  inStage(
    { recipe: { optimiser: { rate: "1" } } },
    'recipe.optimiser.rate: expected a number of 0 or more, found "1"',
  );
  inStage({ recipe: { optimiser: { rule: "adma" } } }, "recipe.optimiser.rule: expected one of sgd, rmsprop");
  inStage({ recipe: { optimiser: { rule: "sgd", rate: 1 } } }, "recipe.optimiser.momentum: expected a value");
  inStage({ recipe: { schedule: { updates: 0.5 } } }, "recipe.schedule.updates: expected an integer");
  inStage({ recipe: { batchSize: 0 } }, "recipe.batchSize: expected an integer of 1 or more, found 0");
  inStage(
    { regularisation: { std: 0.1 } },
    "expected no such setting as the one that was found: regularisation.std",
  );
  inStage({ dropout: 1 }, "dropout: expected a number of 0 to 0.99");
  inStage({ from: "befor" }, 'from: expected "random", "before"');
  inStage(
    { teachers: [{ weights: "before", share: 2 }] },
    "teachers.0.share: expected a number of 0 to 1, found 2",
  );
  refused({ network: { cells: 0 } }, "network: cells: expected an integer of 1 to");
  refused({ network: { layers: 1.5 } }, "network: layers: expected an integer of 1 to 1000, found 1.5");
  refused({ network: { cells: null } }, "network: cells: expected an integer");
  for (const alphabet of ["toString", "__proto__"]) refused({ alphabet }, "alphabet: expected one of paper");
  inStage(
    { regularisation: { kind: "weight noise", std: -1 } },
    "regularisation.std: expected a number of 0 or more",
  );
  refused({ network: { cell: 4 } }, "network: expected no such setting as the one that was found: cell");
  refused({ alphabet: "greek" }, "alphabet: expected one of paper, extended");
  refused({ alphabet: "paper" }, "alphabet: 'char-modern' is given no text", modern);
});
