import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { streamBatches, type SymbolBatch } from "../../lib/data/mod.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { textData } from "../../lib/training/data.ts";
import { type Teacher, train } from "../../lib/training/mod.ts";
import { Teachers } from "../../lib/training/teachers.ts";
import {
  tinyCharacters,
  tinyRecipe,
  tinyStage,
  tinySynthesis,
  tinyTeacher,
  tinyText,
  untrained,
  withFolder,
} from "./tiny.ts";

const classes = [0, 1, 2];
const ids = Int32Array.from({ length: 19 }, (_, k) => (k * k + (k >> 2)) % 3);
/** Two of five symbols in each of two streams; the last symbol is missing. */
const batches: SymbolBatch[] = [...streamBatches(ids, { size: 2, steps: 5 })];
const [first] = batches;
const teachers = [tinyTeacher(1, 0.5), tinyTeacher(2, 0.3, 7)];

/** −ln Pr(k) by class k and by symbol of the first batch. */
const surprises = (network: Network) =>
  Promise.all(
    classes.map(async (k) => (await network.loss({ ...first, targets: first.targets.map(() => k) })).losses),
  );

Deno.test("the pupil's gradient is that of the cross-entropy with the teachers' mixed target", async () => {
  const engine = new Float64Engine();
  const { network: config } = tinyCharacters();
  const network = new Network(engine, config, initialWeights(config, 3));
  const mixed = classes.map((k) => Array.from(first.targets, (target): number => target === k ? 0.2 : 0));
  for (const { file, share } of teachers) {
    const predicted = await surprises(new Network(engine, file.provenance.network, file.weights));
    classes.forEach((k) => mixed[k].forEach((_, n) => mixed[k][n] += share * Math.exp(-predicted[k][n])));
  }
  const crossEntropy = async () => {
    const own = await surprises(network);
    return classes.reduce((sum, k) => sum + mixed[k].reduce((part, q, n) => part + q * own[k][n], 0), 0);
  };
  const all = new Teachers(engine, teachers);
  await network.lossAndGradient(first, { onDerivatives: (dOutputs) => all.teach(first, dOutputs) });
  const h = 1e-5;
  for (const [name, tensor] of Object.entries(network.parameters)) {
    const values = Float64Array.from(await engine.read(tensor));
    const gradient = Float64Array.from(await engine.read(network.gradients[name]));
    for (let i = 0; i < values.length; i += Math.ceil(values.length / 5)) {
      const at = async (value: number) => {
        engine.write(tensor, values.with(i, value));
        return await crossEntropy();
      };
      const slope = (await at(values[i] + h) - await at(values[i] - h)) / (2 * h);
      engine.write(tensor, values);
      assertAlmostEquals(gradient[i], slope, 1e-8, `${name}[${i}]`);
    }
  }
});

Deno.test("teachers read on from batch to batch, and say nothing of padding", async () => {
  const engine = new Float64Engine();
  const [teacher] = teachers;
  const own = new Network(engine, teacher.file.provenance.network, teacher.file.weights);
  const bytes = engine.bytes;
  const all = new Teachers(engine, [{ ...teacher, share: 1 }], 2);
  const state = own.zeroState(2);
  for (const batch of batches) {
    const { losses } = await own.loss(batch, { state });
    const derivatives = engine.tensor([5, 2, 3]);
    all.teach(batch, derivatives);
    const values = await engine.read(derivatives);
    batch.targets.forEach((target, row) => {
      const expected = target < 0 ? 0 : 1 - Math.exp(-losses[row]);
      assertAlmostEquals(values[3 * row + Math.max(target, 0)], expected, 1e-12);
    });
    engine.free(derivatives);
  }
  own.freeState(state);
  all.free();
  assertEquals(engine.bytes, bytes);
});

Deno.test("teachers of other symbols, of shares above 1, and others than the checkpoint's are refused", async () => {
  const engine = new Float64Engine();
  const data = textData(tinyText(ids));
  const recipe = { ...tinyRecipe, curriculum: [], text: { steps: 4, resetEvery: null } };
  const stage = { ...tinyStage, recipe };
  await withFolder(async (folder) => {
    const common = { experiment: tinyCharacters(), engine, data, stage, folder, updates: 1 };
    const refused = (teachers: Teacher[], message: string, more = {}) =>
      assertRejects(() => train({ ...common, teachers, ...more }), Error, message);
    const [one, two] = teachers;
    const stranger = { ...one, file: { ...one.file, alphabet: { name: "other", symbols: ["x", "y", "z"] } } };
    await refused([stranger], "do not predict the same symbols");
    const writer = { ...one, file: { ...one.file, ...untrained("synthesis", tinySynthesis().network) } };
    await refused([writer], "do not predict the same symbols");
    await refused([one, { ...two, share: 0.6 }], "at most 1 together");
    await refused([{ ...one, share: 0 }], "positive");
    const { info } = await train({ ...common, teachers });
    assertEquals(info.provenance.stages[0].teachers, [
      { experiment: "char", checksum: one.file.checksum, share: 0.5 },
      { experiment: "char", checksum: two.file.checksum, share: 0.3 },
    ]);
    await refused([one], "taught by 0.5 of 'char' (111111111111), 0.3 of 'char' (222222222222)", {
      resume: true,
    });
    await refused([], "go on with the same teachers", { resume: true });
    const { info: later } = await train({ ...common, teachers, resume: true, updates: 2 });
    assertEquals(later.position.update, 2);
  });
});
