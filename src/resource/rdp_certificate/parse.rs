//! Reads how a certificate shall be; knows what a self-signed one can never be, not what a host has.

use crate::diag::Diagnostic;
use crate::resource::rdp_certificate::Naming;
use crate::resource::rdp_certificate::RdpCertificate;
use crate::resource::rdp_certificate::Source;
use crate::resource::rdp_certificate::thumbprint::LeftOut;
use crate::resource::rdp_certificate::thumbprint::Thumbprint;
use crate::syntax::Args;

/// A self-signed certificate lives about six months (windows-facts 2.1).
const SELF_SIGNED_DAYS: u32 = 180;
/// And has an RSA key of this size.
const SELF_SIGNED_BITS: u32 = 2048;

pub(super) fn parse(args: &mut Args<'_>) -> Option<RdpCertificate> {
    let source = source(args);
    let wanted = RdpCertificate {
        source: source.unwrap_or(Source::Whatever),
        min_days_left: number(args, "min_days_left").unwrap_or(0),
        min_key_bits: number(args, "min_key_bits").unwrap_or(SELF_SIGNED_BITS),
        naming: match args.bool("names_host") {
            Some(false) => Naming::Any,
            Some(true) | None => Naming::OfHost,
        },
    };
    if !matches!(wanted.source, Source::Thumbprint(_)) {
        bound(
            args,
            "min_days_left",
            wanted.min_days_left,
            SELF_SIGNED_DAYS,
        );
        bound(args, "min_key_bits", wanted.min_key_bits, SELF_SIGNED_BITS);
    }
    args.is_clean().then_some(wanted)
}

fn number(args: &Args<'_>, name: &str) -> Option<u32> {
    args.integer(name)
        .and_then(|number| u32::try_from(number).ok())
}

/// `None` when nothing is stated, or after a diagnostic was pushed.
fn source(args: &mut Args<'_>) -> Option<Source> {
    match (args.text("source"), args.text("thumbprint")) {
        (Some("self_signed"), Some(_)) => {
            push(
                args,
                "thumbprint",
                (
                    "conflicting-values",
                    "a self-signed certificate has no `thumbprint` beforehand",
                ),
                "contradicts `source: self_signed`",
            );
            None
        }
        (Some("self_signed"), None) => Some(Source::SelfSigned),
        (Some("thumbprint"), None) if args.node("thumbprint").is_none() => {
            push(
                args,
                "source",
                ("missing-key", "`source: thumbprint` needs `thumbprint`"),
                "which certificate?",
            );
            None
        }
        (_, Some(text)) => thumbprint(args, text).map(Source::Thumbprint),
        (_, None) => None,
    }
}

fn thumbprint(args: &mut Args<'_>, text: &str) -> Option<Thumbprint> {
    match Thumbprint::parse(text) {
        Ok((thumbprint, LeftOut::Nothing)) => Some(thumbprint),
        Ok((thumbprint, LeftOut::Hidden(character))) => {
            if let Some(node) = args.node("thumbprint") {
                args.push(
                    Diagnostic::warning(
                        "hidden-character",
                        format!(
                            "`thumbprint` holds the hidden character U+{:04X}, which is ignored",
                            u32::from(character)
                        ),
                    )
                    .at(&node.span)
                    .label("the certificate console copies it along")
                    .help(format!("write `thumbprint: {thumbprint}`")),
                );
            }
            Some(thumbprint)
        }
        Err(error) => {
            push(
                args,
                "thumbprint",
                ("bad-thumbprint", &format!("`thumbprint` is none: {error}")),
                "expected the 40 hex digits of a SHA-1",
            );
            None
        }
    }
}

/// More than a self-signed certificate has would be demanded again and again.
fn bound(args: &mut Args<'_>, name: &str, wanted: u32, most: u32) {
    if wanted > most {
        push(
            args,
            name,
            (
                "out-of-range",
                &format!("`{name}` cannot be {wanted} for a self-signed certificate"),
            ),
            &format!("Windows makes them with {most}"),
        );
    }
}

fn push(args: &mut Args<'_>, name: &str, (id, message): (&'static str, &str), label: &str) {
    let diagnostic = Diagnostic::error(id, message).label(label);
    let diagnostic = match args.node(name) {
        Some(node) => diagnostic.at(&node.span),
        None => diagnostic.at(args.span()),
    };
    args.push(diagnostic);
}
