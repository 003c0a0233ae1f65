/**
 * Jobs for Kubernetes 1.31 or newer. It knows no dependencies among jobs: a row that comes too early ends at once, which by the
 * jobs' failure policy is no failure, and neither is an interruption: both are tried again, for as long as it takes.
 */
import { graceSeconds, interrupted, memory, type Row, tooEarly } from "./jobs.ts";

export interface KubernetesJobs {
  /** The set's folder in the pods. */
  folder: string;
  /** What the jobs' names begin with. */
  name: string;
  rows: Row[];
  cpus: number;
  /** An image that has Deno and a shell. */
  image: string;
  /** The claim of the volume that holds the project, and where pods find it. */
  claim: string;
  project: string;
}

/** What `kubectl apply -f` takes: a `List` of jobs. */
export function kubernetesJobs(jobs: KubernetesJobs) {
  const { folder, name, rows, cpus } = jobs;
  const each = rows.map(({ experiment, needs }) =>
    job(jobs, `${name}-${experiment}`, ["sh", `${folder}/row.sh`, experiment, ...needs], cpus)
  );
  const gather = job(jobs, `${name}-gather`, ["sh", `${folder}/gather.sh`], 1);
  return { apiVersion: "v1", kind: "List", items: [...each, gather] };
}

function job({ image, claim, project }: KubernetesJobs, name: string, command: string[], cpus: number) {
  const resources = { cpu: String(cpus), memory: memory.kubernetes };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: { "app.kubernetes.io/name": "graves" } },
    spec: {
      backoffLimit: 3,
      // A pod that is still writing its checkpoint counts as there.
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "Ignore", onExitCodes: { operator: "In", values: [tooEarly, interrupted] } },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: graceSeconds,
          containers: [{
            name: "training",
            image,
            command,
            workingDir: project,
            resources: { requests: resources, limits: resources },
            volumeMounts: [{ name: "project", mountPath: project }],
          }],
          volumes: [{ name: "project", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}
