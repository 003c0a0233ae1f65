/** How the window moved along the text, and whether a sample says what it was to say. */
import { argMax } from "../equations/elementary.ts";
import type { Sample } from "./lanes.ts";

/** What can go wrong with a sample. */
const failureKinds = ["hard limit", "stopped early", "skipped", "repeated"] as const;
export type FailureKind = typeof failureKinds[number];

/**
 * How many characters the window may pass over, go back by or leave unread without it being called a failure. A window
 * a few characters wide covers its neighbours, and on real lines, which are all in order, it strays a little too.
 */
const tolerance = 1;

export interface Alignment {
  /** For each point drawn, the character that was looked at most: the first u of the greatest φ(t, u), 1..U. */
  reading: Int32Array;
  /** The characters u that were jumped over, more than the tolerance at a time. */
  skipped: number[];
  /** The characters u that the window went back to by more than the tolerance. */
  repeated: number[];
  /** The furthest character read. */
  furthest: number;
}

/** Follows the arg max of φ(t, u) over the points drawn: it must visit the text in order. */
export function alignmentOf({ window, steps, primeCharacters }: Sample): Alignment {
  const reading = Int32Array.from(window.slice(window.length - steps), (weights) => argMax(weights) + 1);
  const skipped: number[] = [], repeated: number[] = [];
  let furthest = primeCharacters, before = furthest;
  for (const u of reading) {
    if (u > furthest + 1 + tolerance) {
      for (let passed = furthest + 1; passed < u; passed++) skipped.push(passed);
    }
    if (u < furthest - tolerance && u !== before) repeated.push(u);
    furthest = Math.max(furthest, u);
    before = u;
  }
  return { reading, skipped, repeated, furthest };
}

/** In which ways a sample failed, going by its window; empty for a sample that read its text through in order. */
export function failuresOf(sample: Sample): FailureKind[] {
  const { skipped, repeated, furthest } = alignmentOf(sample);
  const failed: Record<FailureKind, boolean> = {
    "hard limit": sample.stoppedBy === "hard limit",
    "stopped early": sample.stoppedBy === "text end" && furthest < sample.characters.length - tolerance,
    skipped: skipped.length > 0,
    repeated: repeated.length > 0,
  };
  return failureKinds.filter((kind) => failed[kind]);
}
