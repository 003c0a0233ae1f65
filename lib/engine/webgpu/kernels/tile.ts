/** A tile of a matrix product, as a workgroup of 256 threads computes it: strips of both operands lie in workgroup memory, the sums
 * in registers, a square of them in each thread. */
import { repeat } from "../kernel.ts";

/** Depth of a strip. */
export const depth = 8;

/** How an operand is loaded: the WGSL function that gives element (row or column, k) for k < to, and in which direction neighbours
 * lie next to each other in memory. */
export interface Operand {
  load: string;
  along: "rows" | "depth";
}

/** Rows, and columns, of a tile. */
export const sideOf = (quads: number) => 64 * quads;

/** WGSL of a tile with `quads`²·4² results a thread: 1 for small products, 2 for large ones. */
export function tileOf(quads: number) {
  const side = sideOf(quads);
  // A column more than the strip has keeps neighbouring threads' writes in different banks.
  const pitch = side / 4 + 1;
  const each = (code: (row: number, quad: number) => string) =>
    repeat(4 * quads, (row) => repeat(quads, (quad) => code(row, quad)));
  /** Elements that lie next to each other in memory go to neighbouring threads. */
  const loadStrip = (strip: string, { load, along }: Operand, first: string, to: string) => `
    for (var e = thread; e < ${depth * side / 4}u; e += 256u) {
      let d = ${along === "depth" ? `e % ${depth}u` : `e / ${side / 4}u`};
      let quad = ${along === "depth" ? `e / ${depth}u` : `e % ${side / 4}u`};
      let at = ${first} + 4u * quad;
      ${strip}[d * ${pitch}u + quad] = vec4f(
        ${[0, 1, 2, 3].map((i) => `${load}(at + ${i}u, k + d, ${to})`).join(", ")},
      );
    }`;
  return {
    declarations: `
      var<workgroup> stripA: array<vec4f, ${depth * pitch}>;
      var<workgroup> stripB: array<vec4f, ${depth * pitch}>;`,
    begin: `
      let firstRow = group.y * ${side}u;
      let firstColumn = group.x * ${side}u;
      let x = thread % 16u;
      let y = thread / 16u;
      ${each((row, quad) => `var sum${row}_${quad} = vec4f();`)}`,
    /** Adds the product of a's rows and b's columns over k, `from` to `to`, to the sums. */
    addProduct: (a: Operand, b: Operand, from: string, to: string) => `
      for (var k = ${from}; k < ${to}; k += ${depth}u) {
        ${loadStrip("stripA", a, "firstRow", to)}
        ${loadStrip("stripB", b, "firstColumn", to)}
        workgroupBarrier();
        for (var d = 0u; d < ${depth}u; d++) {
          ${repeat(quads, (quad) => `let a${quad} = stripA[d * ${pitch}u + y + ${16 * quad}u];`)}
          ${repeat(quads, (quad) => `let b${quad} = stripB[d * ${pitch}u + x + ${16 * quad}u];`)}
          ${each((row, quad) => `sum${row}_${quad} += a${row >> 2}[${row & 3}] * b${quad};`)}
        }
        workgroupBarrier();
      }`,
    /** Four sums each, from a row's column on. */
    store: (code: (row: string, column: string, sum: string) => string) =>
      each((row, quad) =>
        code(
          `firstRow + 4u * y + ${64 * (row >> 2) + (row & 3)}u`,
          `firstColumn + 4u * x + ${64 * quad}u`,
          `sum${row}_${quad}`,
        )
      ),
  };
}
