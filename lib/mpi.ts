/**
 * Processes that compute together through MPI (Message Passing Interface), which `mpirun` or `srun` has started: the library is
 * the launcher's own, found when it is asked for. By `srun --mpi=pmix` it is Open MPI (Debian's Slurm finds PMIx only with libpmix-dev),
 * by `srun --mpi=pmi2` MPICH, which GRAVES_MPI=libmpich.so.12 names where both are installed. Open MPI's C interface names things by addresses, MPICH's by numbers.
 */

/** Processes that do the same, each with its share of the data. */
export interface Group {
  /** This process, from 0. */
  readonly index: number;
  readonly count: number;
  /** For people, and for the account of a training; none of a process that is alone. */
  readonly description?: string;
  /** Seconds that were spent in exchange with the others, waiting for them included. */
  readonly seconds: number;
  /** Replaces the values by their sums over all processes. */
  sum(values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Promise<void>;
  /** Ends all processes at once, since this one cannot go on. */
  abort(): void;
  /** Waits for the others to come to their end, too. */
  close(): void;
}

/** A process by itself. */
export const alone: Group = {
  index: 0,
  count: 1,
  seconds: 0,
  sum: () => Promise.resolve(),
  abort() {},
  close() {},
};

/** This process' part [from, to) of 0..n. */
export function partOf({ index, count }: Group, n: number): [from: number, to: number] {
  return [Math.floor(n * index / count), Math.floor(n * (index + 1) / count)];
}

/** Whether it is so for one process at the least: by this all take the same decision. */
export async function some(group: Group, isSo: boolean): Promise<boolean> {
  const votes = Float64Array.of(+isSo);
  await group.sum(votes);
  return votes[0] > 0;
}

/** Whether all processes have the same number. */
export async function agree(group: Group, value: number): Promise<boolean> {
  const sums = Float64Array.of(value);
  await group.sum(sums);
  return !await some(group, sums[0] !== group.count * value);
}

/** Names under which systems have the libraries. */
const libraries = {
  openMpi: ["libmpi.so.40", "libmpi.so.80", "libmpi.40.dylib", "libmpi.so"],
  mpich: ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"],
};
/** What the launchers tell their processes of how many they are. */
const launched = { openMpi: ["OMPI_COMM_WORLD_SIZE"], mpich: ["PMI_SIZE"], either: ["SLURM_NTASKS"] };

/** MPI's C interface; a handle is an address or a number. */
const symbolsOf = <Handle extends "usize" | "i32">(handle: Handle) => ({
  MPI_Init_thread: { parameters: ["usize", "usize", "i32", "buffer"], result: "i32" },
  MPI_Comm_rank: { parameters: [handle, "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: [handle, "buffer"], result: "i32" },
  MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
  // In a thread of its own: this one goes on hearing signals.
  MPI_Allreduce: {
    parameters: ["usize", "buffer", "i32", handle, handle, handle],
    result: "i32",
    nonblocking: true,
  },
  MPI_Abort: { parameters: [handle, "i32"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
} as const);

/** Addresses of Open MPI's handles. */
const openMpiHandles = {
  ompi_mpi_comm_world: { type: "pointer" },
  ompi_mpi_float: { type: "pointer" },
  ompi_mpi_double: { type: "pointer" },
  ompi_mpi_op_sum: { type: "pointer" },
} as const;
/** From MPICH's mpi.h. */
const mpichHandles = { world: 0x44000000, float: 0x4c00040a, double: 0x4c00080b, sum: 0x58000003 };
/** MPI_THREAD_SERIALIZED: threads may call, one at a time. */
const serialized = 2;

interface Binding {
  call: Record<string, (...parameters: unknown[]) => number> & {
    MPI_Allreduce: (...parameters: unknown[]) => Promise<number>;
  };
  world: unknown;
  float: unknown;
  double: unknown;
  sum: unknown;
  /** MPI_IN_PLACE */
  inPlace: bigint;
}

/**
 * Joins the processes that were started with this one. Throws, with what to do, if there is no MPI, or if it is not the one that
 * has started them. `GRAVES_MPI` names a library.
 */
export function openMpi(): Group {
  const { binding: { call, world, float, double, sum, inPlace }, path } = findMpi();
  const check = (what: string, code: number) => {
    if (code !== 0) throw new Error(`${what} failed with MPI's code ${code}.`);
  };
  const answer = new Int32Array(1), version = new Uint8Array(8192);
  check("MPI_Init_thread", call.MPI_Init_thread(0n, 0n, serialized, answer));
  const ask = (name: string) => {
    check(name, call[name](world, answer));
    return answer[0];
  };
  const index = ask("MPI_Comm_rank"), count = ask("MPI_Comm_size");
  const told = Object.values(launched).flat().map((name) => Number(Deno.env.get(name) ?? 1));
  if (count === 1 && Math.max(...told) > 1) {
    call.MPI_Finalize();
    throw new Error(
      `${
        Math.max(...told)
      } processes were started, but by ${path} this one is alone: that is not the MPI of what has ` +
        "started them. GRAVES_MPI names another library; for srun see `srun --mpi=list`.",
    );
  }
  check("MPI_Get_library_version", call.MPI_Get_library_version(version, answer));
  const name = new TextDecoder().decode(version.subarray(0, answer[0])).match(/^[^,\n\0]+/)?.[0]
    .replace(/\s+/g, " ").replace(/^Open MPI v/, "Open MPI ").replace(/^MPICH Version: ?/, "MPICH ").trim();
  let seconds = 0, isOpen = true;
  return {
    index,
    count,
    description: `${count} ${count === 1 ? "process" : "processes"} (${name})`,
    get seconds() {
      return seconds;
    },
    async sum(values) {
      const begun = performance.now(), type = values instanceof Float32Array ? float : double;
      check("MPI_Allreduce", await call.MPI_Allreduce(inPlace, values, values.length, type, sum, world));
      seconds += (performance.now() - begun) / 1000;
    },
    abort() {
      call.MPI_Abort(world, 1);
    },
    close() {
      if (isOpen) check("MPI_Finalize", call.MPI_Finalize());
      isOpen = false;
    },
  };
}

function findMpi(): { binding: Binding; path: string } {
  const named = Deno.env.get("GRAVES_MPI");
  const isBy = (names: string[]) => names.some((name) => Deno.env.has(name));
  const { openMpi, mpich } = libraries;
  const paths = named
    ? [named]
    : isBy(launched.mpich) && !isBy(launched.openMpi)
    ? [...mpich, ...openMpi]
    : [...openMpi, ...mpich];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      return { binding: bind(path), path };
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(
    `No MPI was found (${
      paths.join(", ")
    }): install one, such as Debian's openmpi-bin or mpich, or name its library ` +
      `by GRAVES_MPI. ${problems[0]}`,
  );
}

/** Opens a library. Throws if it is no MPI. */
function bind(path: string): Binding {
  let handles;
  try {
    handles = Deno.dlopen(path, openMpiHandles).symbols;
  } catch {
    // MPICH has none of these.
    const call = Deno.dlopen(path, symbolsOf("i32")).symbols as unknown as Binding["call"];
    return { call, ...mpichHandles, inPlace: 0xffff_ffff_ffff_ffffn };
  }
  const { ompi_mpi_comm_world, ompi_mpi_float, ompi_mpi_double, ompi_mpi_op_sum } = handles;
  const address = Deno.UnsafePointer.value;
  return {
    call: Deno.dlopen(path, symbolsOf("usize")).symbols as unknown as Binding["call"],
    world: address(ompi_mpi_comm_world),
    float: address(ompi_mpi_float),
    double: address(ompi_mpi_double),
    sum: address(ompi_mpi_op_sum),
    inPlace: 1n,
  };
}
