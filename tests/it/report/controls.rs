//! Runs that check controls, with waivers; runs of hosts that mean ill; and reports as files would hold them.

use std::io::Cursor;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rdpfix::cim::CimError;
use rdpfix::control::Control;
use rdpfix::control::Severity;
use rdpfix::control::Waiver;
use rdpfix::event::Event;
use rdpfix::event::HostStatus;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
use rdpfix::plan::Failure;
use rdpfix::plan::Layer;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;
use rdpfix::plan::SkipReason;
use rdpfix::proof::Proof;
use rdpfix::proof::ShownCertificate;
use rdpfix::proof::Stage;
use rdpfix::proof::Verdict;
use rdpfix::report::Format;
use rdpfix::report::Human;
use rdpfix::report::JsonLines;
use rdpfix::report::Page;
use rdpfix::report::Reporter;
use rdpfix::report::human::Colour;
use rdpfix::report::human::Diff;
use rdpfix::report::human::Options;
use rdpfix::secret::Hidden;

use super::events::Paper;
use super::events::at;
use super::events::change;
use super::events::expired;
use super::events::host;
use super::events::proven;
use super::events::result;
use super::events::run;
use super::events::tell;
use super::events::unreachable;

/// A reporter that writes to paper.
pub(crate) fn reporter(format: Format, hidden: Arc<Hidden>) -> (Paper, Box<dyn Reporter>) {
    let paper = Paper::default();
    let page = Page {
        out: paper.pen(),
        scratch: Box::new(Cursor::new(Vec::new())),
        hidden,
    };
    (paper, format.reporter(page))
}

/// Any reporter by its name, which writes to paper.
pub(crate) fn named(name: &str, hidden: Arc<Hidden>) -> (Paper, Box<dyn Reporter>) {
    let paper = Paper::default();
    let options = Options {
        colour: Colour::Never,
        verbosity: 0,
        diff: Diff::Hide,
    };
    match name {
        "human" => {
            let human = Human::new(paper.pen(), options).with_hidden(hidden);
            (paper, Box::new(human))
        }
        "jsonl" => {
            let lines = JsonLines::new(paper.pen()).with_hidden(hidden);
            (paper, Box::new(lines))
        }
        _ => reporter(Format::named(name).unwrap(), hidden),
    }
}

/// What a format makes of events.
pub(crate) fn written(format: Format, events: &[Event]) -> String {
    let (paper, mut reporter) = reporter(format, Arc::default());
    tell(&mut *reporter, events);
    paper.text()
}

/// A control as a rule book names it.
pub(crate) fn control(id: &str, severity: Severity) -> Arc<Control> {
    Arc::new(Control {
        id: id.into(),
        title: Some(format!("{id} is as it should be").into()),
        severity,
        references: vec!["CIS 18.10.57.3.9.4".into(), "STIG V-254369".into()],
    })
}

/// A waiver that ends so many days after the run.
pub(crate) fn waiver(id: &str, days: i64) -> Arc<Waiver> {
    Arc::new(Waiver {
        hosts: "all".into(),
        control: id.into(),
        owner: "ops".into(),
        reason: "old clients".into(),
        expires: at(86_400 * days).to_zoned(TimeZone::UTC).date(),
    })
}

/// A result for a control.
pub(crate) fn checked(
    host: &str,
    (id, severity): (&str, Severity),
    outcome: Outcome,
    waiver: Option<Arc<Waiver>>,
) -> Event {
    changed_result(result(host, &format!("{id} is set"), outcome), |plain| {
        plain.control = Some(control(id, severity));
        plain.waiver = waiver;
    })
}

fn changed_result(event: Event, how: impl FnOnce(&mut TaskResult)) -> Event {
    match event {
        Event::Result(mut result) => {
            how(&mut result);
            Event::Result(result)
        }
        other => other,
    }
}

/// NLA is not demanded.
pub(crate) fn without_nla() -> Outcome {
    Outcome::Drifted(vec![change("nla", "optional".into(), "required".into())])
}

/// What an audit tells of controls: met, missed, accepted for long, accepted for three more days, accepted no more.
pub(crate) fn controls() -> Vec<Event> {
    let (high, low) = (("RDP-NLA", Severity::High), ("RDP-PORT", Severity::Low));
    let hosts = [
        ("kept", Outcome::Compliant, None),
        ("missed", without_nla(), None),
        ("accepted", without_nla(), Some(waiver("RDP-NLA", 100))),
        ("soon", without_nla(), Some(waiver("RDP-NLA", 3))),
        ("ended", without_nla(), Some(waiver("RDP-NLA", -2))),
    ];
    let hosts = hosts.map(|(name, outcome, waiver)| {
        let status = match name {
            "missed" | "ended" => HostStatus::Drifted,
            _ => HostStatus::Ok,
        };
        let results = vec![
            checked(name, high, outcome, waiver),
            checked(name, low, Outcome::Compliant, None),
        ];
        let mut events = host(name, status, results, Some(proven(name)));
        if let Some(Event::HostEnd(summary)) = events.last_mut()
            && matches!(name, "accepted" | "soon")
        {
            summary.counts.waived = 1;
            summary.counts.would_change = 0;
        }
        events
    });
    run(RunMode::Check, hosts.into_iter().collect())
}

/// Texts of a host that means ill, one after the other.
pub(crate) const NASTY: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]></failure><!-- --><x a='1'>&amp;&#0;",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{0}\u{1}\u{8}\u{b}\u{c}\u{7f}\u{9b}\u{fffe}\u{ffff}",
    "\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "line one\r\n::error::line two\nthree\t| four | `five` **six** <b>seven</b>",
    "[click](javascript:alert(1)) @octocat #1 https://evil.example www.evil.example",
    "{{ 7*7 }}{% raw %}${{ secrets.TOKEN }}",
    "broken \u{fffd} text \u{10ffff}",
];

/// A run in which everything that a host can name is nasty; the last host's texts are endless besides.
pub(crate) fn nasty() -> Vec<Event> {
    let endless = "<b>&\"'".repeat(20_000);
    let texts: Vec<&str> = NASTY.into_iter().chain([&*endless]).collect();
    let hosts = texts
        .iter()
        .enumerate()
        .map(|(number, text)| nasty_host(number, text));
    let mut events = run(RunMode::Check, hosts.collect());
    if let Some(Event::RunStart { playbook, job, .. }) = events.first_mut() {
        *playbook = texts[..3].join(" ");
        *job = Some(texts[1].into());
    }
    events
}

fn nasty_host(number: usize, text: &str) -> Vec<Event> {
    let name = format!("{text}{number}");
    let banner = change("banner", text.into(), text.into());
    let drifted = result(&name, text, Outcome::Drifted(vec![banner]));
    let spoilt = changed_result(drifted, |result| {
        result.play = text.into();
        result.id = text.into();
        result.item = Some(text.into());
        result.message = Some(text.into());
        result.control = Some(Arc::new(Control {
            id: text.into(),
            title: Some(text.into()),
            severity: Severity::Critical,
            references: vec![text.into(); 60],
        }));
        let days = if number.is_multiple_of(2) { 5 } else { -5 };
        result.waiver = Some(Arc::new(Waiver {
            owner: text.into(),
            reason: text.into(),
            ..(*waiver(text, days)).clone()
        }));
    });
    let (reason, hint) = (text.to_owned(), Some(text.to_owned()));
    let status = match number % 3 {
        0 => HostStatus::Drifted,
        1 => HostStatus::Unreachable { reason, hint },
        _ => HostStatus::Failed { reason, hint },
    };
    let proof = Proof {
        verdict: Verdict::Refuted {
            stage: Stage::Certificate,
            id: "cert-expired",
            reason: text.to_owned(),
        },
        certificate: Some(ShownCertificate {
            subject: text.to_owned(),
            not_before: at(0),
            not_after: at(86_400),
            thumbprint: "AB12".to_owned(),
        }),
        ..expired()
    };
    host(&name, status, vec![spoilt], Some(proof))
}

/// What the hosts of a fleet are held to.
const TITLES: [(&str, &str, Severity); 10] = [
    (
        "RDP-NLA",
        "Network level authentication is required",
        Severity::High,
    ),
    ("RDP-TLS", "The security layer is TLS", Severity::High),
    (
        "RDP-CERT",
        "The listener shows a certificate of the company",
        Severity::Medium,
    ),
    (
        "RDP-ENCRYPTION",
        "Encryption is at high level",
        Severity::Medium,
    ),
    (
        "RDP-SERVICE",
        "Remote Desktop Services start by themselves",
        Severity::Critical,
    ),
    (
        "RDP-FIREWALL",
        "The firewall lets clients in",
        Severity::Critical,
    ),
    ("RDP-PORT", "The listener is on port 3389", Severity::Low),
    (
        "RDP-USERS",
        "Only the right groups may sign in",
        Severity::High,
    ),
    (
        "RDP-IDLE",
        "Idle sessions end after an hour",
        Severity::Info,
    ),
    (
        "RDP-CREDSSP",
        "CredSSP forces updated clients",
        Severity::Medium,
    ),
];

/// Hosts as one meets them, so many and with so many controls each: most are well, some differ, fail or are not there.
pub(crate) fn fleet(hosts: usize, controls: usize) -> Vec<Event> {
    let sites = ["fra", "muc", "ber", "ham"];
    let host = |number: usize| {
        let name = format!("{}-ts{number:03}.corp.example", sites[number % sites.len()]);
        let results = (0..controls).map(|which| {
            let (id, title, severity) = TITLES[which % TITLES.len()];
            let id = match which / TITLES.len() {
                0 => id.to_owned(),
                round => format!("{id}-{round}"),
            };
            let (outcome, accepted) = fleet_outcome(number, which);
            changed_result(result(&name, title, outcome), |result| {
                result.waiver = accepted.map(|days| waiver(&id, days));
                result.control = Some(Arc::new(Control {
                    id: id.into(),
                    title: Some(title.into()),
                    severity,
                    references: vec![format!("CIS 18.10.57.3.{}", which + 1).into()],
                }));
            })
        });
        fleet_host(number, &name, results.collect())
    };
    run(RunMode::Check, (0..hosts).map(host).collect())
}

/// How a control stands on a host, and how long its waiver holds if it has one.
fn fleet_outcome(number: usize, which: usize) -> (Outcome, Option<i64>) {
    let drifted = |property, from: &str, to: &str| {
        Outcome::Drifted(vec![change(property, from.into(), to.into())])
    };
    match (number % 23, which) {
        (3, 0) => (drifted("nla", "not_required", "required"), None),
        (7, 0) => (drifted("nla", "not_required", "required"), Some(120)),
        (9, 0) => (drifted("nla", "not_required", "required"), Some(4)),
        (11, 1) => {
            let mut owned = change("security_layer", "rdp".into(), "tls".into());
            owned.decided_by = Layer::Policy;
            owned.remedy = Remedy::OwnedByPolicy {
                setting: r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
                    .to_owned(),
            };
            (Outcome::Overridden(vec![owned]), None)
        }
        (13, 5) => (
            Outcome::Failed(Failure {
                during: "observing".to_owned(),
                error: CimError::Denied {
                    operation: "Get MSFT_NetFirewallRule".to_owned(),
                },
                made: Vec::new(),
            }),
            None,
        ),
        (17, 6) => (drifted("port", "3390", "3389"), None),
        (17, 8) => (drifted("idle_limit", "never", "1 h"), Some(-3)),
        (_, 9) if number.is_multiple_of(5) => (
            Outcome::Skipped(SkipReason::Condition("facts.build < 9600".to_owned())),
            None,
        ),
        _ => (Outcome::Compliant, None),
    }
}

fn fleet_host(number: usize, name: &str, results: Vec<Event>) -> Vec<Event> {
    if number % 29 == 5 {
        return host(name, unreachable("10.20.0.17:5986"), Vec::new(), None);
    }
    let days = [400, 210, 75, 25, 5, 330, 160, -2, 500, 90][number % 10]
        + i64::try_from(number % 13).unwrap();
    let mut proof = proven(name);
    if let Some(certificate) = &mut proof.certificate {
        certificate.not_after = at(86_400 * days);
    }
    if days < 0 {
        proof.verdict = expired().verdict;
    }
    let status = match number % 23 {
        13 => HostStatus::Failed {
            reason: "the firewall lets clients in: access denied".to_owned(),
            hint: Some("sign in as a local administrator".to_owned()),
        },
        3 | 11 | 17 => HostStatus::Drifted,
        _ if days < 0 => HostStatus::Failed {
            reason: "the certificate expired on 2026-01-01".to_owned(),
            hint: None,
        },
        _ => HostStatus::Ok,
    };
    host(name, status, results, Some(proof))
}
