import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { betterCore, findBlas } from "../../lib/engine/cpu/main/blas_library.ts";
import { openBlas } from "../../lib/engine/cpu/rank/blas.ts";
import type { BlasLibrary } from "../../lib/engine/cpu/shared/messages.ts";
import { Random } from "../../lib/random.ts";

const avx2 = ["avx", "avx2", "fma"], avx512 = [...avx2, "avx512f", "avx512bw", "avx512dq", "avx512vl"];
const features = new Set(
  Deno.build.os === "linux"
    ? Deno.readTextFileSync("/proc/cpuinfo").match(/^flags.*$/m)?.[0].split(/\s+/)
    : [],
);
const library = await findBlas();

Deno.test("blas: a core is bettered only where it is below the processor", () => {
  assertEquals(betterCore("Prescott", new Set(avx512)), "SkylakeX");
  assertEquals(betterCore("Nehalem", new Set(avx2)), "Haswell");
  assertEquals(betterCore("Sandybridge", new Set(avx2)), "Haswell");
  assertEquals(betterCore("Sandybridge", new Set(["avx"])), undefined);
  // What a library that knows the processor has chosen stays.
  for (const core of ["Haswell", "Zen", "Cooperlake", "SapphireRapids", "a newer one"]) {
    assertEquals(betterCore(core, new Set(avx512)), undefined);
  }
});

/** The cpu engine's description in a process with this environment, and what it leaves of OpenBLAS' variable. */
async function describedWith(changes: Record<string, string>): Promise<string> {
  const program = `
    const { openCpuEngine } = await import(${
    JSON.stringify(import.meta.resolve("../../lib/engine/cpu/mod.ts"))
  });
    const engine = await openCpuEngine({ threads: 2, blas: true });
    console.log(engine.description, Deno.env.get("OPENBLAS_CORETYPE"));
    await engine.close();`;
  const env: Record<string, string> = { ...Deno.env.toObject(), NO_COLOR: "1" };
  delete env.OPENBLAS_CORETYPE;
  Object.assign(env, changes);
  const command = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program],
    env,
    clearEnv: true,
  });
  const { stdout, stderr } = await command.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim();
}

function checkProducts(library: BlasLibrary): void {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  const blas = openBlas(library, memory);
  const random = new Random(1, "blas");
  const sizes = [1, 2, 3, 7, 17, 33, 70, 131];
  for (let trial = 0; trial < 300; trial++) {
    const [m, n, k] = Array.from({ length: 3 }, () => sizes[random.integer(sizes.length)]);
    const [transposeA, transposeB, accumulate] = Array.from({ length: 3 }, () => random.integer(2) === 1);
    const wider = random.integer(3); // Matrices may be parts of wider ones.
    const [rowsA, lda] = transposeA ? [k, m + wider] : [m, k + wider];
    const [rowsB, ldb] = transposeB ? [n, k + wider] : [k, n + wider];
    const ldc = n + wider;
    let end = 0;
    const matrix = (rows: number, width: number) => {
      const values = new Float32Array(memory.buffer, end, rows * width);
      end += values.byteLength;
      for (let i = 0; i < values.length; i++) values[i] = random.gaussian();
      return values;
    };
    const a = matrix(rowsA, lda), b = matrix(rowsB, ldb), c = matrix(m, ldc);
    const expected = Float64Array.from(c);
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = accumulate ? c[row * ldc + column] : 0;
        for (let i = 0; i < k; i++) {
          sum += (transposeA ? a[i * lda + row] : a[row * lda + i]) *
            (transposeB ? b[column * ldb + i] : b[i * ldb + column]);
        }
        expected[row * ldc + column] = sum;
      }
    }
    const [atA, atB, atC] = [a, b, c].map(({ byteOffset }) => byteOffset);
    blas.gemm(m, n, k, atA, lda, transposeA, atB, ldb, transposeB, atC, ldc, accumulate);
    const worst = Math.max(...c.map((value, i) => Math.abs(value - expected[i])));
    assert(worst < 1e-5 * k + 1e-6, `${m} × ${k} × ${n}, ${transposeA}, ${transposeB}: off by ${worst}`);
  }
}

for (const path of new Set([library?.path, "libopenblas.so.0"])) {
  if (path === undefined) continue;
  const opened = await findBlas(path).catch(() => undefined);
  Deno.test({
    name: `blas: products of odd sizes by ${path.split("/").at(-1)} are those of plain loops`,
    ignore: !opened,
    fn: () => checkProducts(opened!),
  });
  Deno.test({
    name: `blas: ${
      path.split("/").at(-1)
    } fits a processor that it does not know; what the user has set stays`,
    ignore: !opened?.core || !avx2.every((name) => features.has(name)),
    fn: async () => {
      const described = await describedWith({ GRAVES_BLAS: path });
      assertMatch(described, /^cpu: 2 threads, wasm and BLAS: openblas \(\w+\) undefined$/);
      const core = described.match(/\((\w+)\)/)![1];
      assertEquals(betterCore(core, features), undefined, described);
      const told = await describedWith({ GRAVES_BLAS: path, OPENBLAS_CORETYPE: "Nehalem" });
      assertMatch(told, /openblas \(Nehalem\) Nehalem$/);
    },
  });
}

Deno.test("blas: a library that is named and is no BLAS is refused by its name", async () => {
  await assertRejects(() => findBlas("/dev/null"), Error, "/dev/null is no BLAS");
});
