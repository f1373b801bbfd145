//! Weighs the answers of all signs by the rules and puts the causes in order. Deterministic: equal cases, equal ranks.

use crate::code;
use crate::code::Table;
use crate::code::pair::pair;
use crate::diagnosis::Answer;
use crate::diagnosis::Case;
use crate::diagnosis::Ranked;
use crate::diagnosis::rules;
use crate::diagnosis::rules::Rule;
use crate::diagnosis::rules::Supports;
use crate::diagnosis::unseen;
use crate::finding::Cause;
use crate::finding::Severity;

/// The most points, and the highest score.
pub const FULL: u32 = 100;
/// Points that an error needs; with fewer the evidence is divided, and the cause is a warning.
const ENOUGH: u32 = FULL / 2;
/// What the likeliest cause of a code that a client shows gets; less than any sign that was seen, so that it orders
/// only what the eye leaves open.
const PRIOR: u32 = 12;
/// How many causes of a pair of codes are worth a hint.
const LIKELIEST: usize = 10;

/// Ranks all causes.
pub(super) fn rank(case: &Case<'_>) -> Vec<Ranked> {
    let mut weighed = weigh(case);
    explain(&mut weighed);
    for (cause, fit) in told(case) {
        if let Some(one) = weighed.iter_mut().find(|one| one.cause == cause) {
            one.pros.push(fit);
        }
    }
    let mut ranked: Vec<Ranked> = weighed.into_iter().filter_map(Weighed::ranked).collect();
    put_roots_first(&mut ranked, case);
    // Stable, so that the catalogue's order decides between equals.
    ranked.sort_by_key(|one| std::cmp::Reverse(one.score));
    ranked
}

/// Something that speaks for a cause.
#[derive(Debug)]
struct Pro {
    rule: Option<&'static Rule>,
    supports: Supports,
    says: String,
}

/// What the signs say about one cause.
#[derive(Debug)]
struct Weighed {
    cause: Cause,
    pros: Vec<Pro>,
    cons: Vec<(u32, String)>,
    unseen: Vec<String>,
}

/// Asks every sign; one entry for each cause, in the order of the catalogue.
fn weigh(case: &Case<'_>) -> Vec<Weighed> {
    let mut weighed: Vec<Weighed> = Cause::catalogue()
        .iter()
        .map(|entry| Weighed {
            cause: entry.cause,
            pros: Vec::new(),
            cons: Vec::new(),
            unseen: Vec::new(),
        })
        .collect();
    for rule in rules::all() {
        if let Some(one) = weighed.iter_mut().find(|one| one.cause == rule.cause) {
            one.take(rule, case);
        }
    }
    weighed
}

impl Weighed {
    fn take(&mut self, rule: &'static Rule, case: &Case<'_>) {
        match rule.sign.ask(case) {
            Ok(Answer::Yes(says)) if rule.supports != Supports::Nothing => self.pros.push(Pro {
                rule: Some(rule),
                supports: rule.supports,
                says,
            }),
            Ok(Answer::No(says)) if rule.opposes > 0 => self.cons.push((rule.opposes, says)),
            Ok(_) => {}
            Err(missing) => {
                let line = unseen::line(&missing);
                if !self.unseen.contains(&line) {
                    self.unseen.push(line);
                }
            }
        }
    }

    fn points(&self) -> u32 {
        points(&self.pros.iter().collect::<Vec<_>>(), &self.cons)
    }

    /// Whether something other than what several causes have in common shows that it keeps clients out.
    fn is_established(&self) -> bool {
        let own: Vec<&Pro> = self.pros.iter().filter(|pro| !is_shared(pro)).collect();
        own.iter()
            .any(|pro| matches!(pro.supports, Supports::KeepsOut(_)))
            && points(&own, &self.cons) >= ENOUGH
    }

    fn ranked(mut self) -> Option<Ranked> {
        let points = self.points();
        if points == 0 {
            return None;
        }
        let worst = self.pros.iter().map(|pro| severity(pro.supports)).max()?;
        let severity = if worst == Severity::Error && points < ENOUGH {
            Severity::Warning
        } else {
            worst
        };
        self.pros
            .sort_by_key(|pro| std::cmp::Reverse(pro.supports.points()));
        self.cons.sort_by_key(|con| std::cmp::Reverse(con.0));
        let mut evidence_for: Vec<String> = Vec::new();
        for pro in self.pros {
            if !evidence_for.contains(&pro.says) {
                evidence_for.push(pro.says);
            }
        }
        Some(Ranked {
            cause: self.cause,
            severity,
            score: score(severity, points),
            evidence_for,
            evidence_against: self.cons.into_iter().map(|(_, says)| says).collect(),
            unseen: self.unseen,
        })
    }
}

fn points(pros: &[&Pro], cons: &[(u32, String)]) -> u32 {
    let pro: u32 = pros.iter().map(|pro| pro.supports.points()).sum();
    let con: u32 = cons.iter().map(|(points, _)| points).sum();
    pro.saturating_sub(con).min(FULL)
}

fn severity(supports: Supports) -> Severity {
    match supports {
        Supports::Nothing | Supports::Hint(_) => Severity::Info,
        Supports::Weakens(_) => Severity::Warning,
        Supports::KeepsOut(_) => Severity::Error,
    }
}

/// A score says how well a cause explains that clients cannot connect; so what does not keep them out cannot score
/// high, and scores order causes by severity first: 80 to 100, 31 to 60, 1 to 30.
fn score(severity: Severity, points: u32) -> u32 {
    match severity {
        Severity::Error => 60 + points * 40 / FULL,
        Severity::Warning => 31 + points * 29 / FULL,
        Severity::Info => 1 + points * 29 / FULL,
    }
}

fn is_shared(pro: &Pro) -> bool {
    explanation(pro).is_some()
}

fn explanation(pro: &Pro) -> Option<&'static rules::Explained> {
    let sign = pro.rule?.sign;
    rules::EXPLAINED
        .iter()
        .find(|row| row.sign.name == sign.name)
}

/// Takes back what shared signs say for causes that are not established, once an established one explains them.
fn explain(weighed: &mut [Weighed]) {
    let established: Vec<Cause> = weighed
        .iter()
        .filter(|one| one.is_established())
        .map(|one| one.cause)
        .collect();
    for one in weighed.iter_mut() {
        if established.contains(&one.cause) {
            continue;
        }
        let by = |pro: &Pro| {
            let row = explanation(pro)?;
            row.by.iter().find(|cause| established.contains(cause))
        };
        let (explained, kept): (Vec<Pro>, Vec<Pro>) =
            one.pros.drain(..).partition(|pro| by(pro).is_some());
        one.pros = kept;
        for pro in explained {
            if let Some(cause) = by(&pro) {
                let says = format!("`{cause}` explains that {}", pro.says);
                one.cons.push((0, says));
            }
        }
    }
}

/// What the codes that the client shows say for each cause that fits them; the pair first, then either number.
fn told(case: &Case<'_>) -> Vec<(Cause, Pro)> {
    let Some((code, extended)) = case.told else {
        return Vec::new();
    };
    // The long tail of a pair would only repeat the catalogue.
    let pair = extended
        .and_then(|extended| pair(code, extended))
        .map(|pair| pair.causes.get(..LIKELIEST).unwrap_or(pair.causes));
    let causes_of = |entry: Option<&'static code::Entry>| entry.map(|entry| entry.causes);
    let lists = [
        pair,
        causes_of(code::entry(Table::Disconnect, code)),
        causes_of(extended.and_then(|extended| code::entry(Table::Extended, extended))),
    ];
    let shown = match extended {
        Some(extended) => format!("0x{code:X} with extended code 0x{extended:X}"),
        None => format!("0x{code:X}"),
    };
    let mut fitting: Vec<(Cause, Pro)> = Vec::new();
    for (cause, place) in lists
        .into_iter()
        .flatten()
        .flat_map(|causes| causes.iter().zip(0_u32..))
    {
        if fitting.iter().any(|(known, _)| known == cause) {
            continue;
        }
        let pro = Pro {
            rule: None,
            supports: Supports::Hint(PRIOR.saturating_sub(place).max(1)),
            says: format!("the client's error code {shown} fits it"),
        };
        fitting.push((*cause, pro));
    }
    fitting
}

/// Where a root and what grows from it are both there, the root scores higher; never across severities.
fn put_roots_first(ranked: &mut [Ranked], case: &Case<'_>) {
    for row in rules::PRECEDENCE {
        let find = |cause| ranked.iter().find(|one| one.cause == cause);
        let (Some(first), Some(then)) = (find(row.first), find(row.then)) else {
            continue;
        };
        let holds = first.severity >= then.severity
            && then.score >= first.score
            && row.when.is_none_or(|sign| sign.is_there(case));
        if !holds {
            continue;
        }
        let most = first.score.saturating_sub(1);
        if let Some(then) = ranked.iter_mut().find(|one| one.cause == row.then) {
            then.score = most;
        }
    }
}
