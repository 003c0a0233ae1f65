/**
 * Experiments as jobs of a cluster's scheduler: what each waits for, and the script that a job runs. All of a set of jobs lies in one
 * folder, which all machines see: `checkpoints/` and `results/` of its own, so that what is shipped stays as it is, and in
 * `finished/` the name of every row that is done.
 */
import { type Experiment, findExperiment, type Stage } from "../experiments/mod.ts";

export interface Row {
  experiment: string;
  /** The rows of the set that it starts from or is taught by. */
  needs: string[];
}

/** Exit code of a training that a signal stopped, with a checkpoint: 128 and SIGTERM, as shells have it. */
export const interrupted = 143;
/** Exit code of a row that came before one that it needs (EX_TEMPFAIL of sysexits.h). */
export const tooEarly = 75;
/** Seconds that a training has for a checkpoint when it is to make room: an update of long lines on few cores takes 10. */
export const graceSeconds = 120;
/** The cpu engine takes 4 GB at most, the data and a checkpoint's copy the rest. */
export const memory = { slurm: "8G", kubernetes: "8Gi" };

/**
 * The rows in an order in which each comes after those that it needs. `stagesOf` are an experiment's trainings; what an experiment
 * needs and is not `shipped` becomes a row too.
 */
export function rowsOf(
  names: string[],
  stagesOf: (experiment: Experiment) => Stage[],
  isShipped: (name: string) => boolean,
): Row[] {
  const rows: Row[] = [];
  const add = (experiment: string) => {
    if (rows.some((row) => row.experiment === experiment)) return;
    const all = needed(stagesOf(findExperiment(experiment)));
    const needs = all.filter((name) => name !== experiment && (names.includes(name) || !isShipped(name)));
    needs.forEach(add);
    rows.push({ experiment, needs });
  };
  names.forEach(add);
  return rows;
}

/** The experiments whose weights these trainings start from or are taught by. */
export function needed(stages: Stage[]): string[] {
  const weights = stages.flatMap((
    { from, teachers = [] },
  ) => [from, ...teachers.map(({ weights }) => weights)]);
  return [
    ...new Set(
      weights.flatMap((one) => typeof one === "object" && "experiment" in one ? [one.experiment] : []),
    ),
  ];
}

export interface RowScript {
  /** The paths of Deno and of the project, as the machines of the cluster see them. */
  deno: string;
  project: string;
  /** The data's folder, where it is not the project's own. */
  data?: string;
  /** Options of `deno task train`: always, and only when it begins, since one that goes on keeps them. */
  options: string[];
  beginning: string[];
}

/** A word of the shell's that stands for `text` itself. */
export const quoted = (text: string) =>
  /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** `row.sh`: the same for every scheduler, and for whoever has none. */
export function rowScript({ deno, project, data, options, beginning }: RowScript): string {
  return `#!/bin/sh
# sh row.sh EXPERIMENT [NEEDED ...]: trains an experiment of this set, or goes on with it, and evaluates its weights.
# Exit code 0: it is finished, now or before. ${interrupted}: a signal stopped it, with a checkpoint; run it again. ${tooEarly}: one that
# it needs is not finished yet. Any other: it failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
experiment=$1
shift
[ -e "$here/finished/$experiment" ] && exit 0
for needed; do
  # A scheduler that knows no dependencies tries again: not at once.
  [ -e "$here/finished/$needed" ] || { echo "$experiment waits for $needed"; sleep "\${PAUSE:-60}"; exit ${tooEarly}; }
done
${
    data
      ? `export GRAVES_DATA=${quoted(data)}\n`
      : ""
  }export GRAVES_CHECKPOINTS="$here/checkpoints" GRAVES_RESULTS="$here/results"
set -- ${beginning.map(quoted).join(" ")}
for checkpoint in "$here/checkpoints/$experiment"/*/latest.json; do [ -e "$checkpoint" ] && set -- --resume; done
${quoted(deno)} run -A ${quoted(`${project}/lib/cli/train.ts`)} "$experiment" "$@" --publish --replace ${
    options.map(quoted).join(" ")
  } &
training=$!
trap 'kill -TERM $training 2> /dev/null' TERM INT HUP
wait $training
code=$?
# A signal ends the waiting, not yet the training.
while kill -0 $training 2> /dev/null; do wait $training; code=$?; done
[ $code -eq 0 ] && mkdir -p "$here/finished" && touch "$here/finished/$experiment"
exit $code
`;
}

/** `gather.sh`: the last job's. */
export function gatherScript({ deno, project }: RowScript, rows: Row[]): string {
  const names = rows.map(({ experiment }) => experiment).join(" ");
  return `#!/bin/sh
# sh gather.sh: writes what became of the rows to summary.csv. Exit code 0: all are finished; ${tooEarly}: not yet.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export GRAVES_CHECKPOINTS="$here/checkpoints" GRAVES_RESULTS="$here/results"
${quoted(deno)} run -A ${quoted(`${project}/lib/cli/jobs.ts`)} ${names} --gather --out "$here" || exit
for row in ${names}; do [ -e "$here/finished/$row" ] || exit ${tooEarly}; done
`;
}
