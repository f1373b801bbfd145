//! A made-up fleet of any size with a month behind it, recorded as runs would have told it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::date;
use rdpfix::cim::CimError;
use rdpfix::cim::Traffic;
use rdpfix::cim::Value;
use rdpfix::control::Control;
use rdpfix::control::Severity;
use rdpfix::control::Waiver;
use rdpfix::event::Counts;
use rdpfix::event::Differences;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::HostSummary;
use rdpfix::event::Recap;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
use rdpfix::event::Tolerated;
use rdpfix::history::History;
use rdpfix::history::Recorder;
use rdpfix::plan::Change;
use rdpfix::plan::Disruption;
use rdpfix::plan::Failure;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::proof::Proof;
use rdpfix::proof::ShownCertificate;
use rdpfix::proof::Verdict;

/// How large a fleet is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) hosts: u64,
    pub(crate) controls: u64,
    /// Runs, one a day, the last one half an hour ago.
    pub(crate) runs: u64,
}

/// Names of controls; more of them get numbers.
const CONTROLS: [(&str, &str, &str); 12] = [
    ("RDP-NLA", "Sign-in comes before the session", "nla"),
    ("RDP-TLS", "Only TLS carries sessions", "security_layer"),
    ("RDP-CERT", "The listener's certificate is valid", "state"),
    ("RDP-PORT", "The listener is on the usual port", "port"),
    ("RDP-ACCESS", "Connections are allowed", "connections"),
    (
        "RDP-FIREWALL",
        "The firewall lets Remote Desktop in",
        "enabled",
    ),
    (
        "RDP-SERVICE",
        "Remote Desktop Services can run",
        "start_mode",
    ),
    (
        "RDP-ENCRYPTION",
        "Encryption is at its highest",
        "min_encryption",
    ),
    (
        "RDP-CREDSSP",
        "CredSSP is not open to the oracle attack",
        "encryption_oracle",
    ),
    ("RDP-IDLE", "Idle sessions end", "idle_limit"),
    ("RDP-CLIPBOARD", "Drives are not carried over", "drives"),
    ("WINRM-HTTPS", "Management is encrypted", "transport"),
];

/// A host whose name means to do harm.
pub(crate) const HOSTILE: &str = "<script>document.title='owned'</script>\"'&/../\u{1b}[31m";

/// A name as people give them.
pub(crate) fn name(host: u64) -> String {
    const ROLES: [&str; 5] = ["ts", "app", "sql", "web", "jump"];
    const SITES: [&str; 4] = ["berlin", "oslo", "lyon", "porto"];
    let part = |names: &[&str], by: u64| {
        let at = usize::try_from(host / by).unwrap() % names.len();
        names.get(at).copied().unwrap().to_owned()
    };
    let role = part(&ROLES, 7);
    format!("{role}{:04}.{}.corp.example", host, part(&SITES, 3))
}

/// A number that looks random and is the same each time.
fn dice(seed: [u64; 3]) -> u64 {
    let mut mixed = 0x9E37_79B9_7F4A_7C15_u64;
    for part in seed {
        mixed = (mixed ^ part.wrapping_add(1)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 29;
    }
    mixed % 1000
}

fn control(number: u64) -> (Control, &'static str) {
    let count = u64::try_from(CONTROLS.len()).unwrap();
    let (id, title, property) = CONTROLS[usize::try_from(number % count).unwrap()];
    let round = number / count;
    let control = Control {
        id: match round {
            0 => id.into(),
            _ => format!("{id}-{round}").into(),
        },
        title: Some(title.into()),
        severity: Severity::ALL[usize::try_from(number % 5).unwrap()],
        references: vec![format!("STIG V-{}", 254_300 + number).into()],
    };
    (control, property)
}

fn change(property: &'static str, remedy: Remedy) -> Change {
    Change {
        property,
        from: Value::Text("as somebody left it".to_owned()),
        to: Value::Text("as it should be".to_owned()),
        decided_by: Layer::Local,
        remedy,
        disruption: Disruption::Harmless,
        restart: None,
    }
}

fn steps() -> Remedy {
    Remedy::Steps {
        apply: Vec::new(),
        undo: Vec::new(),
    }
}

/// How a control of a host is on a day: most are well for good, some drift for days, a few are never well.
fn outcome(host: u64, number: u64, day: u64, property: &'static str) -> (Outcome, bool) {
    let lasting = dice([host, number, 0]);
    let passing = dice([host, number, 1 + (day + host) / 6]);
    let drifted = || vec![change(property, steps())];
    match (lasting, passing) {
        (0..4, _) => {
            let setting =
                "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services".to_owned();
            let change = change(property, Remedy::OwnedByPolicy { setting });
            (Outcome::Overridden(vec![change]), false)
        }
        (4..7, _) => {
            let error = CimError::Denied {
                operation: "Win32_TSGeneralSetting".to_owned(),
            };
            let during = "observing".to_owned();
            let made = Vec::new();
            (
                Outcome::Failed(Failure {
                    during,
                    error,
                    made,
                }),
                false,
            )
        }
        (7..13, _) => (Outcome::Drifted(drifted()), true),
        (_, 0..12) => (Outcome::Drifted(drifted()), false),
        (_, 12..15) => (Outcome::Changed(drifted()), false),
        _ => (Outcome::Compliant, false),
    }
}

struct Day {
    at: Timestamp,
    number: u64,
    now: Timestamp,
}

fn results(host: &Arc<str>, index: u64, size: Size, day: &Day) -> Vec<Event> {
    let result = |number| {
        let (control, property) = control(number);
        let (outcome, is_accepted) = outcome(index, number, day.number, property);
        let waiver = is_accepted.then(|| Waiver {
            hosts: "jump*".into(),
            control: Arc::clone(&control.id),
            owner: "operations".into(),
            reason: "old thin clients until they are replaced".into(),
            expires: date(2199, 12, 31),
        });
        Event::Result(TaskResult {
            host: Arc::clone(host),
            at: day.at,
            play: "Remote Desktop baseline".into(),
            task: control.title.clone().unwrap_or_default(),
            resource: "rdp_listener",
            id: "RDP-Tcp".into(),
            handler: false,
            outcome,
            item: None,
            attempts: 1,
            tolerated: Tolerated::No,
            message: None,
            control: Some(Arc::new(control)),
            waiver: waiver.map(Arc::new),
            differences: Differences::AsAsked,
            duration: Duration::from_millis(20),
        })
    };
    (0..size.controls).map(result).collect()
}

fn proof(host: &str, index: u64, day: &Day) -> Proof {
    let days = i64::try_from(dice([index, 7, 7])).unwrap() / 2 - 6;
    Proof {
        verdict: Verdict::Proven,
        selected: Some("nla"),
        certificate: Some(ShownCertificate {
            subject: format!("CN={host}"),
            not_before: day.now - SignedDuration::from_hours(24 * 200),
            not_after: day.now + SignedDuration::from_hours(24 * days),
            thumbprint: format!("{index:040X}"),
        }),
        stages: Vec::new(),
    }
}

/// A host's turn.
fn turn(host: &Arc<str>, index: u64, size: Size, day: &Day, recap: &mut Recap) -> Vec<Event> {
    let mut events = vec![Event::HostStart {
        host: Arc::clone(host),
        at: day.at,
    }];
    let mut proved = None;
    let status = if dice([index, 3, day.number / 4]) < 12 {
        HostStatus::Unreachable {
            reason: format!("{host}:5985 is unreachable: no answer within 10 s"),
            hint: Some("is it switched on?".to_owned()),
        }
    } else {
        events.extend(results(host, index, size, day));
        proved = Some(proof(host, index, day));
        HostStatus::Ok
    };
    let summary = HostSummary {
        host: Arc::clone(host),
        at: day.at,
        status,
        counts: Counts::default(),
        proof: proved,
        traffic: Traffic::default(),
        duration: Duration::from_millis(400),
    };
    recap.add(&summary);
    events.push(Event::HostEnd(summary));
    events
}

/// Records a fleet into a new history. With hosts there is one more, whose name means harm.
pub(crate) fn record(file: &Path, size: Size, now: Timestamp) {
    let history = History::open(file, now).unwrap().history;
    let mut recorder = Recorder::new(history);
    for number in 0..size.runs {
        let age = i64::try_from(size.runs - 1 - number).unwrap() * 24 * 60 + 30;
        let day = Day {
            at: now - SignedDuration::from_mins(age),
            number,
            now,
        };
        let mut events = vec![Event::RunStart {
            run: format!("01K{:0>23}", number + 1),
            at: day.at,
            mode: if number % 3 == 2 {
                RunMode::Apply
            } else {
                RunMode::Check
            },
            playbook: "playbooks/rdp-baseline.yml".to_owned(),
            hosts: usize::try_from(size.hosts).unwrap(),
            job: Some("nightly".into()),
        }];
        let mut recap = Recap::default();
        for index in 0..size.hosts {
            events.extend(turn(&name(index).into(), index, size, &day, &mut recap));
            if index % 500 == 499 {
                recorder.pass(&mut events).unwrap();
                events.clear();
            }
        }
        if size.hosts > 0 {
            events.extend(turn(&HOSTILE.into(), size.hosts, size, &day, &mut recap));
        }
        recap.duration = Duration::from_secs(74);
        events.push(Event::RunEnd { at: day.at, recap });
        recorder.pass(&mut events).unwrap();
    }
}
