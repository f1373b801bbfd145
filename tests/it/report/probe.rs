//! Facts about reports of probes: fabricated visits, shown in each format.

mod formats;
mod human;
mod jsonl;

use rdpfix::finding::Finding;
use rdpfix::report::probe::ProbeReporter;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;

use super::events::Paper;
use crate::judge::fabricate::findings;
use crate::judge::fabricate::healthy;
use crate::judge::fabricate::leaf;
use crate::judge::fabricate::moment;
use crate::judge::fabricate::unopened;
use crate::judge::fabricate::without_nla_enforced;

/// What a reporter writes about these visits.
fn shown(
    reporter: impl FnOnce(Box<dyn std::io::Write + Send>) -> Box<dyn ProbeReporter>,
    surveys: &[Survey],
) -> String {
    let paper = Paper::default();
    let mut reporter = reporter(paper.pen());
    for survey in surveys {
        let found: Vec<Finding> = findings(survey);
        reporter.visit(survey, &found).expect("paper takes it");
    }
    reporter.end().expect("paper takes it");
    paper.text()
}

fn named(name: &str, survey: Survey) -> Survey {
    Survey {
        host: name.to_owned(),
        ..survey
    }
}

/// Its certificate has expired, and NLA is not required.
fn expired() -> Survey {
    let mut survey = named("ts02", healthy());
    leaf(&mut survey).not_after = moment("2026-11-11T00:00:00Z");
    without_nla_enforced(&mut survey);
    survey
}

/// Nine days are left.
fn expiring() -> Survey {
    let mut survey = named("ts03", healthy());
    leaf(&mut survey).not_after = moment("2026-11-30T13:00:00Z");
    survey
}

fn closed() -> Survey {
    named("ts04", unopened(Tcp::Refused))
}

/// Everything that a host says of itself is hostile.
fn hostile() -> Survey {
    const EVIL: &str = "\u{1b}[2J\"}\n|'evil\\\u{202e}";
    let mut survey = named("ts\"05\n", healthy());
    leaf(&mut survey).subject = format!("CN={EVIL}");
    leaf(&mut survey).common_name = EVIL.to_owned();
    leaf(&mut survey).signature = format!("sha1{EVIL}");
    leaf(&mut survey).not_after = moment("2026-11-11T00:00:00Z");
    let ntlm = survey.ntlm.as_mut().expect("a challenge");
    ntlm.computer = Some(EVIL.to_owned());
    ntlm.domain = Some(EVIL.to_owned());
    ntlm.dns_computer = Some(EVIL.to_owned());
    survey.name.reverse = vec![(crate::judge::fabricate::ADDRESS, EVIL.to_owned())];
    survey
}

/// Characters that move the cursor or turn the text, but for the ends of lines.
pub(super) fn commands_to_a_terminal(text: &str) -> Vec<char> {
    text.chars()
        .filter(|c| *c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(c)))
        .collect()
}
