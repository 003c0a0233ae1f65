/**
 * How a kernel is declared: its tensors, its numbers and its WGSL body. From the declaration come the
 * bindings, so that a kernel file holds equations only.
 *
 * In the body, `p` holds the numbers, and `p.x` says where tensor `x` begins in its binding: element i is
 * `x[p.x + i]`. `group` is the workgroup's place in the grid of `groups`, `thread` the place in the
 * workgroup.
 */
export type Element = "f32" | "i32";

export interface Kernel<Tensors extends string = string, Numbers extends string = string> {
  /** Tells kernels apart: another variant has another name. */
  name: string;
  reads: Partial<Record<Tensors, Element>>;
  writes: Partial<Record<Tensors, Element>>;
  numbers: Record<Numbers, "u32" | "f32">;
  /** Threads of a workgroup; 256 if not given. */
  threads?: number;
  /** Functions, constants, workgroup memory. */
  declarations?: string;
  body: string;
}

/** Declares a kernel; the names of its tensors and numbers become part of its type. */
export function kernel<R extends string, W extends string, N extends string>(
  declaration: {
    name: string;
    reads: Record<R, Element>;
    writes: Record<W, Element>;
    numbers: Record<N, "u32" | "f32">;
    threads?: number;
    declarations?: string;
    body: string;
  },
): Kernel<R | W, N> {
  return declaration as Kernel<R | W, N>;
}

/** Remembers what `make` made for the same arguments. */
export function remembered<A extends (number | boolean | string)[], R>(
  make: (...args: A) => R,
): (...args: A) => R {
  const made = new Map<string, R>();
  return (...args) => {
    const key = args.join();
    if (!made.has(key)) made.set(key, make(...args));
    return made.get(key)!;
  };
}

/** `code(0)`, …, `code(n − 1)`, a line each: loops whose variables must stay in registers are written out. */
export function repeat(n: number, code: (index: number) => string): string {
  return Array.from({ length: n }, (_, index) => code(index)).join("\n");
}

/** A kernel that does the same for every element `i`. All its tensors have the same size. */
export function elementwise<R extends string, W extends string, N extends string>(
  declaration: Omit<Parameters<typeof kernel<R, W, N>>[0], "body" | "threads"> & { each: string },
): Kernel<R | W, N | "size"> {
  const { each, numbers, ...rest } = declaration;
  return kernel({
    ...rest,
    numbers: { ...numbers, size: "u32" } as Record<N | "size", "u32" | "f32">,
    body: `
      for (var i = 256u * group.x + thread; i < p.size; i += 256u * groups.x) {
        ${each}
      }`,
  });
}

/** The whole WGSL module. */
export function moduleSource(
  { reads, writes, numbers, threads = 256, declarations = "", body }: Kernel,
): string {
  const tensors = [
    ...Object.entries(reads).map(([name, element]) => ({ name, element, access: "read" })),
    ...Object.entries(writes).map(([name, element]) => ({ name, element, access: "read_write" })),
  ];
  const members = [
    ...tensors.map(({ name }) => `${name}: u32`),
    ...Object.entries(numbers).map(([name, type]) => `${name}: ${type}`),
  ];
  const bindings = tensors.map(({ name, element, access }, index) =>
    `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<${element}>;`
  );
  return `
struct Numbers { ${members.join(", ")} }
${bindings.join("\n")}
@group(0) @binding(${tensors.length}) var<uniform> p: Numbers;
${declarations}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
${body}
}`;
}
