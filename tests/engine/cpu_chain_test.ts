/** Commands of the cpu engine between which its ranks do not meet. */
import { assertEquals } from "@std/assert";
import { Chain } from "../../lib/engine/cpu/main/chain.ts";
import { openCpuEngine } from "../../lib/engine/cpu/mod.ts";
import type { Engine, Tensor } from "../../lib/engine/engine.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Network } from "../../lib/network/network.ts";
import { Random } from "../../lib/random.ts";
import { assertClose } from "./close.ts";
import { oddSynthesis, oddText } from "./odd_sizes.ts";

const settings = [
  { threads: 2, blas: true, littleWork: 0 },
  { threads: 3, blas: false, littleWork: 0 },
];

Deno.test("a run goes on while ranks keep to their own rows of what was written in it", () => {
  const chain = new Chain();
  const command = (at: number, more: { reads?: [number, number][]; whole?: [number, number][] } = {}) => ({
    rows: 4,
    reads: [],
    writes: [[at, 100]] as [number, number][],
    whole: [],
    ...more,
  });
  assertEquals(chain.take(command(1000)), false, "the first");
  assertEquals(chain.take(command(2000, { reads: [[1000, 100]], whole: [[1400, 600]] })), true);
  assertEquals(chain.take(command(3000, { reads: [[2100, 100]] })), false, "rows of others");
  assertEquals(chain.take(command(4000, { reads: [[3000, 50]] })), false, "rows of another length");
  assertEquals(chain.take(command(5000, { whole: [[4300, 200]] })), false, "needed whole");
  assertEquals(chain.take(command(6000, { reads: [[8000, 100]] })), true);
  assertEquals(chain.take(command(8000)), true, "one's own rows, that one has read");
  assertEquals(chain.take(command(8200)), false, "rows that others have written");
  assertEquals(chain.take({ ...command(9000), rows: 5 }), false, "other shares");
  chain.end();
  assertEquals(chain.take({ ...command(9000), rows: 5 }), false, "after another command");
  let goesOn = 0;
  for (let k = 0; k < 1000; k++) goesOn += +chain.take({ ...command(10_000 + 1000 * k), rows: 5 });
  assertEquals(goesOn > 900 && goesOn < 1000, true, "runs end: the ring of commands is not endless");
});

Deno.test("cpu: steps of many sequences, which the ranks go through without meeting", async () => {
  const size = 13, random = new Random(3, "lanes");
  const texts = Array.from(
    { length: size },
    (_, k) => Array.from({ length: 1 + k % 5 }, () => random.integer(7)),
  );
  for (const { name, config, weights } of [oddSynthesis(), oddText()]) {
    const pen = config.domain.kind === "pen";
    const inputs = Array.from(
      { length: 11 },
      () =>
        Float32Array.from(
          { length: pen ? 3 * size : size },
          () => pen ? random.gaussian() : random.integer(131),
        ),
    );
    const outputsOf = async (engine: Engine) => {
      const stepper = new Network(engine, config, weights).stepper(size, pen ? texts : undefined);
      const results = [];
      for (const x of inputs) results.push(await stepper.step(x));
      await engine.close();
      return results;
    };
    const expected = await outputsOf(new Float64Engine());
    for (const setting of settings) {
      const found = await outputsOf(await openCpuEngine(setting));
      const label = (t: number) => `${name}, step ${t}, ${JSON.stringify(setting)}`;
      found.forEach(({ outputs, windowParameters }, t) => {
        assertClose(outputs, expected[t].outputs, 1e-4, label(t));
        if (pen) assertClose(windowParameters!, expected[t].windowParameters!, 1e-4, label(t));
      });
    }
  }
});

Deno.test("cpu: what one order leaves in a row, the next may need in another", async () => {
  const orders = (engine: Engine): Tensor[] => {
    const random = new Random(5, "rows");
    const gaussian = (...shape: number[]) => {
      const size = shape.reduce((a, b) => a * b);
      return engine.tensor(shape, Float32Array.from({ length: size }, () => random.gaussian() / 6));
    };
    const weights = gaussian(30, 30), bias = gaussian(30), a = gaussian(41, 30), b = gaussian(41, 30);
    for (let k = 0; k < 60; k++) {
      const [from, to] = k % 2 ? [a, b] : [b, a];
      engine.affine(engine.rows(to, 0, 40), bias, [[engine.rows(from, 1, 41), weights]]);
    }
    return [a, b];
  };
  const reference = new Float64Engine();
  const expected = orders(reference);
  for (const setting of settings) {
    const engine = await openCpuEngine(setting);
    for (const [k, tensor] of orders(engine).entries()) {
      const label = `${k}, ${JSON.stringify(setting)}`;
      assertClose(await engine.read(tensor), await reference.read(expected[k]), 1e-4, label);
    }
    await engine.close();
  }
});
