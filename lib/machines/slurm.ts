/** Jobs for Slurm: one for each row, `afterok` those that it needs, and one that gathers, after all. */
import { graceSeconds, interrupted, memory, quoted, type Row } from "./jobs.ts";

export interface SlurmJobs {
  /** The set's folder, as all nodes see it. */
  folder: string;
  /** What the jobs' names begin with. */
  name: string;
  rows: Row[];
  /** Cores of a row's job. */
  cpus: number;
}

/** What `submit.sh` submits and `submit.sh` itself, by name. */
export function slurmFiles({ folder, name, rows, cpus }: SlurmJobs): Record<string, string> {
  return {
    "row.sbatch": rowJob(folder, cpus),
    "gather.sbatch": gatherJob(folder),
    "submit.sh": submit(name, rows),
  };
}

function rowJob(folder: string, cpus: number): string {
  return `#!/bin/bash
# One row: sbatch row.sbatch EXPERIMENT [NEEDED ...]. submit.sh does so for all.
#SBATCH --cpus-per-task=${cpus}
#SBATCH --mem=${memory.slurm}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=${folder}/logs/%x.log
# Before the time is over, as before a preemption, the training hears SIGTERM and leaves a checkpoint.
#SBATCH --signal=TERM@${graceSeconds}
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" sh ${quoted(`${folder}/row.sh`)} "$@" &
step=$!
# A signal may come to the step or to this shell, which tells the step and outlives it. To srun SIGTERM would be the end.
trap 'scancel --signal=TERM "$SLURM_JOB_ID" 2> /dev/null' TERM
wait $step
code=$?
while kill -0 $step 2> /dev/null; do wait $step; code=$?; done
# Of a job that is preempted or cancelled the scheduler has decided already what becomes of it.
if [ $code -eq ${interrupted} ] && [ "$(squeue --noheader --jobs "$SLURM_JOB_ID" --format %T)" = RUNNING ]; then
  echo "Interrupted with a checkpoint: requeued."
  scontrol requeue "$SLURM_JOB_ID" && sleep ${graceSeconds}
fi
exit $code
`;
}

function gatherJob(folder: string): string {
  return `#!/bin/bash
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=${folder}/logs/%x.log
sh ${quoted(`${folder}/gather.sh`)}
`;
}

function submit(name: string, rows: Row[]): string {
  const variable = ({ experiment }: Row) => `job_${experiment.replaceAll("-", "_")}`;
  const idOf = (experiment: string) => `$\{job_${experiment.replaceAll("-", "_")}%%;*}`;
  const lines = rows.map((row) => {
    const after = row.needs.length > 0 ? `,afterok:${row.needs.map(idOf).join(":")}` : "";
    return `${
      variable(row)
    }=$(sbatch --parsable --kill-on-invalid-dep=yes --job-name=${name}-${row.experiment} \\
  --dependency=singleton${after} "$@" row.sbatch ${[row.experiment, ...row.needs].join(" ")})`;
  });
  const all = rows.map(({ experiment }) => idOf(experiment)).join(":");
  return `#!/bin/sh
# sh submit.sh [options of sbatch]: submits all rows, such as with --partition=long --time=24:00:00. To be run again whenever one
# was cancelled or failed: finished rows end at once, others go on from their checkpoints, none runs twice at a time.
set -eu
cd "$(dirname "$0")"
mkdir -p logs finished
${lines.join("\n")}
gather=$(sbatch --parsable --job-name=${name}-gather --dependency=singleton,afterany:${all} "$@" gather.sbatch)
echo "Submitted; job \${gather%%;*} writes summary.csv at the end."
`;
}
