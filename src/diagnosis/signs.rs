//! Signs: named questions about a case, each answered by yes, no, or not seen. Knows how to ask; the weight of an
//! answer is the business of the rules.

use crate::diagnosis::Case;
use crate::inside::Inside;
use crate::inside::Seen;
use crate::inside::Unseen;
use crate::survey::Survey;

pub(super) mod account;
pub(super) mod certificate;
pub(super) mod firewall;
pub(super) mod gateway;
pub(super) mod host;
pub(super) mod key;
pub(super) mod listener;
pub(super) mod logs;
pub(super) mod path;
pub(super) mod policy;
pub(super) mod port;
pub(super) mod security;
pub(super) mod service;
pub(super) mod tls;
pub(super) mod updates;
pub(super) mod way;

/// What a sign says about a case, when it could be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is there; a sentence without a full stop.
    Yes(String),
    /// It is not there; a sentence without a full stop.
    No(String),
    /// The question does not arise: no gateway role, no domain, no name to look up.
    Beside,
}

/// An answer, or what was not seen and how to let it be seen.
pub(super) type Looked = Result<Answer, Unseen>;

/// A question about a case.
pub struct Sign {
    /// Its name, unique: `port-refused`.
    pub name: &'static str,
    look: fn(&Case<'_>) -> Looked,
}

impl std::fmt::Debug for Sign {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Sign {
    const fn new(name: &'static str, look: fn(&Case<'_>) -> Looked) -> Self {
        Self { name, look }
    }

    /// The answer, or what was not seen and how to let it be seen.
    pub fn ask(&self, case: &Case<'_>) -> Result<Answer, Unseen> {
        (self.look)(case)
    }

    /// Whether the answer is yes.
    pub(super) fn is_there(&self, case: &Case<'_>) -> bool {
        matches!(self.ask(case), Ok(Answer::Yes(_)))
    }
}

/// Yes with what was found, else no with the other sentence.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is what signs give back, beside what was not seen"
)]
fn told(found: Option<String>, otherwise: impl Into<String>) -> Looked {
    Ok(found.map_or_else(|| Answer::No(otherwise.into()), Answer::Yes))
}

/// Something that was not seen, without a remedy of its own.
fn unseen(why: impl Into<String>) -> Unseen {
    Unseen {
        why: why.into(),
        remedy: String::new(),
    }
}

/// The view from outside.
fn outside<'a>(case: &Case<'a>) -> Result<&'a Survey, Unseen> {
    case.survey.ok_or_else(|| Unseen {
        why: "nobody looked from outside".to_owned(),
        remedy: "run it from a machine that reaches the Remote Desktop port".to_owned(),
    })
}

/// The view from inside.
fn inside<'a>(case: &Case<'a>) -> Result<&'a Inside, Unseen> {
    case.inside.map_err(|unseen| Unseen {
        why: format!("the host was not seen from inside: {}", unseen.why),
        remedy: unseen.remedy.clone(),
    })
}

/// One part of the view from inside; `what` names it in the plural: "the services".
fn part<'a, T>(
    case: &Case<'a>,
    what: &str,
    pick: fn(&'a Inside) -> &'a Seen<T>,
) -> Result<&'a T, Unseen> {
    pick(inside(case)?).as_ref().map_err(|unseen| Unseen {
        why: format!("{what} were not seen: {}", unseen.why),
        remedy: unseen.remedy.clone(),
    })
}

/// The account without its domain, in lower case.
fn plain_user(user: &str) -> String {
    let behind = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    let before = behind.split_once('@').map_or(behind, |(name, _)| name);
    before.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::plain_user;

    #[test]
    fn an_account_is_compared_without_its_domain() {
        assert_eq!(plain_user(r"CORP\Anna"), "anna");
        assert_eq!(plain_user("Anna@corp.example"), "anna");
        assert_eq!(plain_user("anna"), "anna");
    }
}
