/** Processes that train together, as seen by tests: all in this one, without MPI. */
import type { Group } from "../../lib/mpi.ts";

/** `count` processes that meet at each sum. */
export function groupOf(count: number): Group[] {
  let arrived: (Float32Array | Float64Array)[] = [], meeting = Promise.withResolvers<void>();
  return Array.from({ length: count }, (_, index) => ({
    index,
    count,
    description: `${count} processes (test)`,
    seconds: 0,
    async sum(values) {
      arrived[index] = values;
      const { promise, resolve } = meeting;
      if (Object.keys(arrived).length === count) {
        const parts = arrived.map((part) => part.slice());
        for (const part of arrived) {
          part.forEach((_, k) => part[k] = parts.reduce((sum, part) => sum + part[k], 0));
        }
        arrived = [];
        meeting = Promise.withResolvers<void>();
        resolve();
      }
      await promise;
    },
    abort() {},
    close() {},
  }));
}
