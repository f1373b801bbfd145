//! Reads how a listener shall be; knows which values contradict each other, not what a host has.

use crate::diag::Diagnostic;
use crate::resource::rdp_listener::Encryption;
use crate::resource::rdp_listener::Nla;
use crate::resource::rdp_listener::RdpListener;
use crate::resource::rdp_listener::SecurityLayer;
use crate::syntax::Args;

pub(super) fn parse(args: &mut Args<'_>) -> Option<RdpListener> {
    let wanted = RdpListener {
        nla: args.text("nla").and_then(Nla::from_word),
        security_layer: args
            .text("security_layer")
            .and_then(SecurityLayer::from_word),
        min_encryption: args.text("min_encryption").and_then(Encryption::from_word),
        port: args
            .integer("port")
            .and_then(|port| u16::try_from(port).ok()),
    };
    if args.is_clean() && wanted == RdpListener::default() {
        args.push(
            Diagnostic::error("nothing-stated", "`rdp_listener` states nothing")
                .at(args.span())
                .label("needs at least one of `nla`, `security_layer`, `min_encryption`, `port`"),
        );
    }
    let contradicts = wanted.security_layer == Some(SecurityLayer::Tls)
        && wanted.min_encryption == Some(Encryption::Low);
    if contradicts && let Some(node) = args.node("min_encryption") {
        args.push(
            Diagnostic::error(
                "conflicting-values",
                "`security_layer: tls` and `min_encryption: low` exclude each other",
            )
            .at(&node.span)
            .label("Windows refuses TLS while the level is `low`")
            .help("state `min_encryption: client_compatible` or `high`"),
        );
    }
    if wanted.nla == Some(Nla::NotRequired) {
        warn(
            args,
            "nla",
            "anybody who reaches the port gets a sign-in screen",
        );
    }
    if wanted.security_layer == Some(SecurityLayer::Rdp) {
        warn(
            args,
            "security_layer",
            "the host's identity is not proved to clients",
        );
    }
    args.is_clean().then_some(wanted)
}

fn warn(args: &mut Args<'_>, name: &str, why: &str) {
    let Some(node) = args.node(name) else { return };
    let word = args.text(name).unwrap_or_default();
    args.push(
        Diagnostic::warning("weakens-host", format!("`{name}: {word}` weakens the host"))
            .at(&node.span)
            .label(why)
            .help("use this to find a cause, not as the cure, and take it back"),
    );
}
