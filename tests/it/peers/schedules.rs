//! Facts about times told by others: croniter and systemd run jobs when we do, and what is printed for systemd, cron, the
//! Windows Task Scheduler and Kubernetes means the times of the job to whoever reads it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use jiff::Timestamp;
use rdpfix::job::Job;
use rdpfix::job::JobFile;
use serde_json::Value;
use serde_json::json;

use crate::support;

/// Times that are compared for each job.
const COUNT: usize = 14;

/// A Thursday in winter.
const BASE: &str = "2026-01-15T10:07:00Z";

/// Jobs by name, keys, and the schedulers that cannot express them.
const CASES: [(&str, &str, &str); 35] = [
    ("web--nightly", "cron: 45 1 * * *", ""),
    ("daily", "cron: 30 2 * * *", ""),
    ("quarter", "cron: '*/15 * * * *'", ""),
    ("office", "cron: '*/20 8-17 * * mon-fri'", ""),
    ("uneven", "cron: '*/7 * * * *'", "windows-task"),
    ("monthly", "cron: '0 4 1,15 * *'", ""),
    ("thirty-first", "cron: 0 4 31 * *", ""),
    ("yearly", "cron: '@yearly'", ""),
    ("weekly", "cron: '@weekly'", ""),
    ("months", "cron: '15 3 * 3,6,9,12 *'", ""),
    ("seven", "cron: 0 3 * * 7", ""),
    ("weekend", "cron: '0 3 * * 0,6'", ""),
    ("either", "cron: 0 5 13 * fri", ""),
    ("either-months", "cron: '0 5 1-7 feb,aug mon'", ""),
    ("week-months", "cron: '0 5 * 2,8 mon,thu'", ""),
    ("leap", "cron: 0 0 29 2 *", ""),
    (
        "berlin",
        "cron: 30 2 * * mon-fri, time_zone: Europe/Berlin",
        "",
    ),
    ("kolkata", "cron: 0 23 1 * *, time_zone: Asia/Kolkata", ""),
    ("steps", "cron: 5-50/15 2-22/5 * * *", ""),
    (
        "both",
        "cron: 0 5 13 * +fri",
        "cron kubernetes windows-task",
    ),
    ("last", "cron: 0 5 L * *", "cron kubernetes"),
    ("last-or-friday", "cron: '0 5 1,L * fri'", "cron kubernetes"),
    (
        "last-workday",
        "cron: 0 5 LW * *",
        "cron kubernetes windows-task",
    ),
    ("near", "cron: 0 5 15W * *", "cron kubernetes windows-task"),
    (
        "near-first",
        "cron: 0 5 1W * *",
        "cron kubernetes windows-task",
    ),
    (
        "near-last",
        "cron: 0 5 31W * *",
        "systemd cron kubernetes windows-task",
    ),
    ("patch-day", "cron: 0 5 * * tue#2", "cron kubernetes"),
    (
        "fifth",
        "cron: 0 5 * * tue#5",
        "cron kubernetes windows-task",
    ),
    ("last-friday", "cron: 0 5 * * friL", "cron kubernetes"),
    ("every-15m", "every: 15m", ""),
    ("every-90m", "every: 90m", "kubernetes"),
    ("every-1d", "every: 1d", ""),
    ("every-7d", "every: 7d", ""),
    (
        "every-7h",
        "every: 7h",
        "systemd cron kubernetes windows-task",
    ),
    (
        "every-90s",
        "every: 90s",
        "systemd cron kubernetes windows-task",
    ),
];

/// The jobs for which this holds, as a file.
fn jobs(folder: &Path, which: impl Fn(&str, &str) -> bool) -> JobFile {
    let mut text =
        "defaults: {playbook: p.yml, inventory: h.yml, missed: skip}\njobs:\n".to_owned();
    for (name, keys, refused) in CASES {
        if which(name, refused) {
            writeln!(text, "- {{name: {name}, {keys}}}").unwrap();
        }
    }
    let path = folder.join("jobs.yml");
    support::write(&path, text.as_bytes());
    let source = rdpfix::diag::source_from_bytes(&path.display().to_string(), text.into_bytes());
    let (file, mistakes) = rdpfix::job::parse(&source.unwrap());
    file.unwrap_or_else(|| panic!("{mistakes:?}"))
}

fn base() -> Timestamp {
    BASE.parse().unwrap()
}

/// The job's own times, in seconds.
fn ours(job: &Job) -> Vec<i64> {
    let runs = job.runs(base()).take(COUNT);
    runs.map(Timestamp::as_second).collect()
}

fn install(target: &str, folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rdpfix"))
        .args(["schedule", "install", target])
        .arg(folder.join("jobs.yml"))
        .args(["--program", env!("CARGO_BIN_EXE_rdpfix")])
        .args(more)
        .output()
        .unwrap()
}

/// What is printed for the jobs that a scheduler can run, with the jobs.
fn printed(target: &str, folder: &Path) -> (JobFile, String) {
    let file = jobs(folder, |_, refused| {
        !refused.split(' ').any(|who| who == target)
    });
    let output = install(target, folder, &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    (file, String::from_utf8(output.stdout).unwrap())
}

/// What the Python judge answers; `None` where there is none.
fn answers(questions: &[Value]) -> Option<Vec<Value>> {
    let python = support::peer_python()?;
    let mut child = Command::new(python)
        .arg(support::root().join("tests/peers/schedules.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = serde_json::to_vec(questions).unwrap();
    let writing = std::thread::spawn(move || std::io::Write::write_all(&mut input, &text));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "the judge fails");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn seconds(answer: &Value) -> Vec<i64> {
    let list = answer.as_array().unwrap();
    list.iter().map(|at| at.as_i64().unwrap()).collect()
}

fn question(expression: &str, zone: &str) -> Value {
    json!({
        "kind": "cron", "expression": expression, "zone": zone,
        "base": base().as_second(), "count": COUNT,
    })
}

#[test]
fn croniter_reads_cron_as_we_do() {
    let folder = tempfile::tempdir().unwrap();
    // It has no `W` and no `+`, and writes `L` before the weekday.
    let file = jobs(folder.path(), |name, _| {
        !["near", "last-workday", "both"]
            .iter()
            .any(|odd| name.starts_with(odd))
    });
    let crons: Vec<(&Job, String)> = file
        .jobs
        .iter()
        .filter_map(|job| match &job.schedule {
            rdpfix::job::Schedule::Cron(cron) => Some((&**job, cron.text().replace("friL", "L5"))),
            rdpfix::job::Schedule::Every(_) => None,
        })
        .collect();
    let questions: Vec<Value> = crons
        .iter()
        .map(|(job, text)| question(text, &job.zone.name))
        .collect();
    let Some(answers) = answers(&questions) else {
        return;
    };
    for ((job, text), answer) in crons.iter().zip(&answers) {
        assert_eq!(ours(job), seconds(answer), "{}: {text}", job.name);
    }
    assert!(crons.len() > 20);
}

#[test]
fn lines_for_cron_mean_the_times_of_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let (file, text) = printed("cron", folder.path());
    let mut questions = Vec::new();
    let mut zone = "";
    let mut name = "";
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            name = comment;
        } else if let Some(found) = line.strip_prefix("CRON_TZ=") {
            zone = found;
        } else if !line.is_empty() {
            let words: Vec<&str> = line.splitn(6, ' ').collect();
            let command = format!(" --jobs {}/jobs.yml {name}", folder.path().display());
            assert!(
                words[5].starts_with("flock -n ") && words[5].ends_with(&command),
                "{line}"
            );
            questions.push((name, question(&words[..5].join(" "), zone)));
        }
    }
    let asked: Vec<Value> = questions
        .iter()
        .map(|(_, question)| question.clone())
        .collect();
    let Some(answers) = answers(&asked) else {
        return;
    };
    for job in &file.jobs {
        let lines = questions.iter().zip(&answers);
        let mut times: Vec<i64> = lines
            .filter(|((name, _), _)| *name == &*job.name)
            .flat_map(|(_, answer)| seconds(answer))
            .collect();
        times.sort_unstable();
        times.truncate(COUNT);
        assert_eq!(times, ours(job), "{}", job.name);
    }
}

#[test]
fn manifests_for_kubernetes_mean_the_times_of_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let (file, text) = printed("kubernetes", folder.path());
    let Some(read) = answers(&[json!({"kind": "yaml", "text": text})]) else {
        return;
    };
    let manifests = read[0].as_array().unwrap();
    assert_eq!(manifests.len(), file.jobs.len());
    let at = |manifest: &Value, path: &str| manifest.pointer(path).unwrap().clone();
    let questions: Vec<Value> = manifests
        .iter()
        .map(|manifest| {
            let schedule = at(manifest, "/spec/schedule");
            let zone = at(manifest, "/spec/timeZone");
            question(schedule.as_str().unwrap(), zone.as_str().unwrap())
        })
        .collect();
    let answers = answers(&questions).unwrap();
    for ((job, manifest), answer) in file.jobs.iter().zip(manifests).zip(&answers) {
        assert_eq!(seconds(answer), ours(job), "{}", job.name);
        assert_eq!(at(manifest, "/apiVersion"), "batch/v1");
        assert_eq!(
            at(manifest, "/metadata/name"),
            format!("rdpfix-{}", job.name)
        );
        let run = "/spec/jobTemplate/spec";
        let rules = at(manifest, &format!("{run}/podFailurePolicy/rules"));
        assert_eq!(rules[1]["action"], "FailJob");
        assert_eq!(
            rules[1]["onExitCodes"]["values"],
            json!([2, 3, 4, 5, 6, 7, 8])
        );
        assert_eq!(rules[2]["onExitCodes"]["values"], json!([1, 137]));
        // A failure policy is refused with any other.
        let pod = at(manifest, &format!("{run}/template/spec"));
        assert_eq!(pod["restartPolicy"], "Never");
        assert_eq!(
            pod["containers"][0]["name"],
            rules[1]["onExitCodes"]["containerName"]
        );
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(
            pod["securityContext"]["seccompProfile"]["type"],
            "RuntimeDefault"
        );
        let container = &pod["containers"][0]["securityContext"];
        assert_eq!(container["allowPrivilegeEscalation"], false);
        assert_eq!(container["capabilities"]["drop"], json!(["ALL"]));
        let arguments = json!([
            "schedule",
            "run",
            "--jobs",
            "/etc/rdpfix/jobs.yml",
            &*job.name
        ]);
        assert_eq!(pod["containers"][0]["args"], arguments);
    }
}

#[test]
fn tasks_for_windows_mean_the_times_of_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let file = jobs(folder.path(), |_, refused| {
        !refused.contains("windows-task")
    });
    let questions: Vec<Value> = file
        .jobs
        .iter()
        .map(|job| {
            let output = install("windows-task", folder.path(), &["--job", &job.name]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{told}");
            let xml = String::from_utf8(output.stdout).unwrap();
            assert!(xml.is_ascii());
            json!({
                "kind": "task", "xml": xml, "zone": &*job.zone.name,
                "base": base().as_second(), "count": COUNT,
            })
        })
        .collect();
    let Some(answers) = answers(&questions) else {
        return;
    };
    for (job, answer) in file.jobs.iter().zip(&answers) {
        let expected: Vec<i64> = ours(job);
        let found = seconds(answer);
        // Days that come every few years are looked for in fifteen.
        assert!(found.len() >= 3 || found.len() == COUNT, "{}", job.name);
        assert_eq!(found, expected[..found.len()], "{}", job.name);
    }
}

/// The units in what is printed, each with its file name.
fn units(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# /etc/systemd/system/") {
            found.push((name.to_owned(), String::new()));
        } else {
            let (_, unit) = found.last_mut().unwrap();
            unit.push_str(line);
            unit.push('\n');
        }
    }
    found
}

#[test]
fn systemd_takes_its_units_and_means_the_times_of_the_job() {
    let Some(program) = support::peer_program("systemd-analyze") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (file, text) = printed("systemd", folder.path());
    let units = units(&text);
    assert_eq!(units.len(), 2 * file.jobs.len() + 1);
    let place = folder.path().join("units");
    std::fs::create_dir(&place).unwrap();
    let mut verify = Command::new(&program);
    verify.arg("verify");
    for (name, unit) in &units {
        support::write(&place.join(name), unit.as_bytes());
        verify.arg(place.join(name));
    }
    let verified = verify.output().unwrap();
    let told = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && told.is_empty(), "{told}");

    for job in &file.jobs {
        let timer = format!("rdpfix-{}.timer", job.name);
        let (_, timer) = units.iter().find(|(name, _)| *name == timer).unwrap();
        let lines = timer
            .lines()
            .filter_map(|line| line.strip_prefix("OnCalendar="));
        let lines: Vec<&str> = lines.collect();
        let mut moments = calendar(&program, &lines);
        moments.sort_unstable();
        moments.dedup();
        moments.truncate(COUNT);
        let expected = ours(job);
        // systemd looks no further than a leap year or two ahead.
        assert!(
            moments.len() == COUNT || job.name.contains("leap"),
            "{}",
            job.name
        );
        assert_eq!(moments, expected[..moments.len()], "{}", job.name);
    }
}

/// The next moments of calendar expressions, as systemd tells them.
fn calendar(program: &Path, lines: &[&str]) -> Vec<i64> {
    let output = Command::new(program)
        .args(["calendar", "--iterations", &COUNT.to_string()])
        .args(["--base-time", "2026-01-15 10:07:00 UTC"])
        .args(lines)
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let text = String::from_utf8(output.stdout).unwrap();
    let moments = text.lines().filter_map(|line| {
        let (label, moment) = line.split_once(": ")?;
        let is_moment = label.trim() == "Next elapse"
            || label.trim().starts_with("Iteration #")
            || label.trim().starts_with("Iter. #");
        is_moment.then(|| moment.trim().to_owned())
    });
    moments
        .filter(|moment| moment != "never")
        .map(|moment| {
            let civil =
                jiff::civil::DateTime::strptime("%a %Y-%m-%d %H:%M:%S UTC", &moment).unwrap();
            civil.in_tz("UTC").unwrap().timestamp().as_second()
        })
        .collect()
}

#[test]
fn what_a_scheduler_cannot_express_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for target in ["systemd", "cron", "kubernetes", "windows-task"] {
        jobs(folder.path(), |_, _| true);
        for (name, _, refused) in CASES {
            if !refused.split(' ').any(|who| who == target) {
                continue;
            }
            let output = install(target, folder.path(), &["--job", name]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(6), "{target} {name}: {told}");
            assert!(told.contains("error[not-expressible]"), "{told}");
            assert!(output.stdout.is_empty(), "{target} {name}");
        }
    }
}
