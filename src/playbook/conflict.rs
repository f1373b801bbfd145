//! Tasks that would take away what rdpfix is there for: Remote Desktop itself.

use crate::diag::Diagnostic;
use crate::playbook::around::Keywords;
use crate::resource::Kind;
use crate::resource::Resource;
use crate::resource::registry_value::RegistryValue;
use crate::resource::service::Service;
use crate::syntax::Content;
use crate::syntax::Node;

/// Services without which nobody connects (windows-facts 7).
const SERVICES: [&str; 3] = ["TermService", "SessionEnv", "UmRdpService"];
/// The switch of Remote Desktop, as a value of a host and as a policy.
const DENIED: &str = "fDenyTSConnections";

/// Tells of a task that switches Remote Desktop off, unless it only looks.
pub(super) fn check(kind: &Kind, args: &Node, keywords: &Keywords) -> Option<Diagnostic> {
    let looks_only = keywords
        .check_mode
        .as_ref()
        .is_some_and(|value| value.content == Content::Bool(true));
    if looks_only {
        return None;
    }
    let place = culprit(kind, args)?;
    Some(
        Diagnostic::warning("disables-rdp", "this switches Remote Desktop off")
            .at(&place.span)
            .label("nobody can connect any more")
            .help("rdpfix exists to keep Remote Desktop usable: say `check_mode: true`, so that the rule is checked and not applied, and accept the difference by a waiver"),
    )
}

/// The value that does it.
fn culprit<'a>(kind: &Kind, args: &'a Node) -> Option<&'a Node> {
    let word = |key| args.get(key).and_then(Node::spelled);
    let named = |name: &str| word("name").is_some_and(|own| own.eq_ignore_ascii_case(name));
    if kind.name == Service::KIND && SERVICES.iter().any(|service| named(service)) {
        return args
            .get("start_mode")
            .filter(|mode| mode.spelled() == Some("disabled"));
    }
    if kind.name == RegistryValue::KIND && named(DENIED) {
        return args.get("data").filter(|data| {
            data.spelled()
                .is_some_and(|text| !["0", "0x0"].contains(&text))
        });
    }
    None
}
