//! CronJob manifests for Kubernetes, fit for the restricted pod security standard.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::cli::schedule::install::Site;
use crate::cli::schedule::install::cron;
use crate::cli::schedule::install::longest;
use crate::cli::schedule::install::ranges;
use crate::cli::schedule::install::times::Times;
use crate::job::Job;
use crate::job::MissedRuns;
use crate::job::Overlap;

const SERVE: &str = "let `rdpfix serve` run it, in a Deployment with one replica";

/// The controller looks every ten seconds; a shorter deadline would lose runs.
const LEAST_STARTING_DEADLINE: i64 = 60;

/// Longer than this nothing is made up for.
const MOST_STARTING_DEADLINE: i64 = 60 * 60;

/// After a hundred missed times within the deadline the controller gives up for good.
const MOST_MISSED: i64 = 50;

/// Names of CronJobs; those of their pods get eleven letters more.
const MOST_LETTERS: usize = 52;

/// All manifests, as documents of one file.
pub(super) fn manifests(site: &mut Site<'_>, jobs: &[&Arc<Job>]) -> anyhow::Result<String> {
    let mut text =
        "# Job file, playbooks and inventories are a ConfigMap, passwords a Secret beside them:\n\
        #   kubectl create configmap rdpfix-jobs --from-file=FOLDER\n\
        #   kubectl create secret generic rdpfix-secrets --from-file=FOLDER\n"
            .to_owned();
    let mut names = BTreeSet::new();
    for job in jobs {
        let name = name_of(job);
        if name.len() > MOST_LETTERS {
            site.refuse(
                job,
                format!("`{name}` is longer than the {MOST_LETTERS} letters that Kubernetes takes"),
                "give the job a shorter name",
            );
        }
        if !names.insert(name.clone()) {
            site.refuse(
                job,
                format!("a second job would be `{name}` to Kubernetes"),
                "Kubernetes does not tell capitals, `.`, `_` and `-` apart",
            );
        }
        if let Some(manifest) = manifest(site, job, &name) {
            text.push_str("---\n");
            text.push_str(&serde_yaml::to_string(&manifest)?);
        }
    }
    Ok(text)
}

fn name_of(job: &Job) -> String {
    let lower = job.name.to_ascii_lowercase();
    let name = format!("rdpfix-{}", lower.replace(['.', '_'], "-"));
    name.trim_end_matches('-').to_owned()
}

/// A CronJob; `None` when it was refused.
fn manifest(site: &mut Site<'_>, job: &Job, name: &str) -> Option<Value> {
    let times = Times::of(job)
        .map_err(|why| site.refuse(job, why, SERVE))
        .ok()?;
    let days = cron::days(&times.fields, "Kubernetes");
    let days = days.map_err(|why| site.refuse(job, why, SERVE)).ok()?;
    let [(minutes, hours)] = times.grid.as_slice() else {
        site.refuse(
            job,
            "a CronJob has one expression, and these times need several",
            SERVE,
        );
        return None;
    };
    if &*times.zone != "UTC" {
        site.note(
            job,
            "Kubernetes leaves out times that are skipped when clocks are changed, and runs twice those that come twice",
            "set such jobs before 01:00 or after 04:00 where that matters",
        );
    }
    let minutes = ranges(minutes, (0, 59), "-");
    let hours = ranges(hours, (0, 23), "-");
    Some(json!({
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/name": "rdpfix", "app.kubernetes.io/component": "job"},
        },
        "spec": {
            "schedule": format!("{minutes} {hours} {days}"),
            "timeZone": if &*times.zone == "UTC" { "Etc/UTC" } else { &*times.zone },
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": starting_deadline(job),
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": run(site, job)},
        },
    }))
}

/// How late a run may still begin. `Forbid` holds back a time that comes while the job runs, and the controller makes up
/// for the latest of those as for one that was missed; only the deadline tells `skip` from `queue` and `run-once`.
fn starting_deadline(job: &Job) -> i64 {
    if job.overlap == Overlap::Skip && job.missed_runs == MissedRuns::Skip {
        return LEAST_STARTING_DEADLINE;
    }
    let interval = job.runs(Timestamp::UNIX_EPOCH).take(2).collect::<Vec<_>>();
    let interval = match interval.as_slice() {
        [first, second] => second.duration_since(*first).as_secs(),
        _ => MOST_STARTING_DEADLINE,
    };
    let most = interval
        .saturating_mul(MOST_MISSED)
        .min(MOST_STARTING_DEADLINE);
    most.max(LEAST_STARTING_DEADLINE)
}

fn run(site: &Site<'_>, job: &Job) -> Value {
    let mut spec = json!({
        // What failed was retried by the run itself; these are pods that were lost.
        "backoffLimit": 2,
        "podFailurePolicy": {"rules": [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
            // Failed tasks, drift, unreachable hosts, wrong options and files, no hosts, stopped: again would be the same.
            {"action": "FailJob", "onExitCodes": {
                "containerName": "rdpfix",
                "operator": "In",
                "values": [2, 3, 4, 5, 6, 7, 8],
            }},
            // An internal error, or killed: worth another try.
            {"action": "Count", "onExitCodes": {
                "containerName": "rdpfix",
                "operator": "In",
                "values": [1, 137],
            }},
        ]},
        "template": {"spec": pod(site, job)},
    });
    if let (Some(seconds), Some(fields)) = (longest(job), spec.as_object_mut()) {
        fields.insert("activeDeadlineSeconds".to_owned(), json!(seconds));
    }
    spec
}

fn pod(site: &Site<'_>, job: &Job) -> Value {
    let image = site.image.map_or_else(
        || format!("rdpfix:{}", env!("CARGO_PKG_VERSION")),
        str::to_owned,
    );
    json!({
        // Failure policies ask for it.
        "restartPolicy": "Never",
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{
            "name": "rdpfix",
            "image": image,
            "command": [site.program],
            "args": site.arguments(job),
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
            "resources": {
                "requests": {"cpu": "100m", "memory": "64Mi"},
                "limits": {"memory": "512Mi"},
            },
            "volumeMounts": [
                {"name": "jobs", "mountPath": "/etc/rdpfix", "readOnly": true},
                {"name": "secrets", "mountPath": "/etc/rdpfix-secrets", "readOnly": true},
                {"name": "state", "mountPath": "/var/lib/rdpfix"},
                {"name": "temporary", "mountPath": "/tmp"},
            ],
        }],
        "volumes": [
            {"name": "jobs", "configMap": {"name": "rdpfix-jobs"}},
            {"name": "secrets", "secret": {"secretName": "rdpfix-secrets", "optional": true, "defaultMode": 288}},
            {"name": "state", "persistentVolumeClaim": {"claimName": "rdpfix-state"}},
            {"name": "temporary", "emptyDir": {}},
        ],
    })
}
