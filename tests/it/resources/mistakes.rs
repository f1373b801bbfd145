//! Mistakes that only a resource can see, each with its place.

use rdpfix::diag::Severity;

use super::node;
use super::read;

/// What is said, and the text that it points at.
#[track_caller]
fn mistakes(task: &str) -> Vec<(&'static str, String)> {
    let (_, resource, diagnostics) = read(&node(task));
    let errors = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(resource.is_none(), errors, "{task}");
    diagnostics
        .iter()
        .map(|diagnostic| {
            let span = diagnostic.span.as_ref().unwrap();
            (diagnostic.id, span.text().to_owned())
        })
        .collect()
}

#[track_caller]
fn check(task: &str, id: &str, place: &str) {
    let found = mistakes(task);
    assert!(
        found
            .iter()
            .any(|(known, text)| *known == id && text == place),
        "{task}: {found:?}"
    );
}

#[test]
fn what_weakens_a_host_is_warned_of() {
    for (task, place) in [
        ("credssp: {encryption_oracle: vulnerable}", "vulnerable"),
        ("rdp_listener: {nla: not_required}", "not_required"),
        ("rdp_listener: {security_layer: rdp}", "rdp"),
    ] {
        check(task, "weakens-host", place);
        assert!(read(&node(task)).1.is_some(), "{task}");
    }
}

#[test]
fn a_resource_has_to_state_something() {
    check("rdp_listener: {}", "nothing-stated", "{}");
    check(
        "service: {name: TermService}",
        "nothing-stated",
        "{name: TermService}",
    );
}

#[test]
fn values_that_exclude_each_other_are_refused() {
    let conflicts = [
        (
            "rdp_listener: {security_layer: tls, min_encryption: low}",
            "low",
        ),
        (
            "service: {name: A, state: running, start_mode: disabled}",
            "disabled",
        ),
        (
            "service: {name: A, state: restarted, start_mode: disabled}",
            "disabled",
        ),
        (
            "rdp_certificate: {source: self_signed, thumbprint: a909502dd82ae41433e6f83886b00d4277a32a7b}",
            "a909502dd82ae41433e6f83886b00d4277a32a7b",
        ),
        (
            "firewall_rule: {id: A, group: remote_desktop}",
            "remote_desktop",
        ),
        ("firewall_rule: {group: remote_desktop, port: 3390}", "3390"),
        (
            r"registry_value: {key: HKLM\A\B, name: C, state: absent, data: 1}",
            "1",
        ),
    ];
    for (task, place) in conflicts {
        check(task, "conflicting-values", place);
    }
}

#[test]
fn what_is_needed_is_asked_for() {
    check(
        "firewall_rule: {enabled: true}",
        "missing-key",
        "{enabled: true}",
    );
    check(
        "firewall_rule: {id: A, create: true, port: 1}",
        "missing-key",
        "true",
    );
    check(
        "rdp_certificate: {source: thumbprint}",
        "missing-key",
        "thumbprint",
    );
    check(
        r"registry_value: {key: HKLM\A\B, name: C}",
        "missing-key",
        r"{key: HKLM\A\B, name: C}",
    );
}

#[test]
fn a_thumbprint_is_read_through_what_people_paste() {
    let pasted = "\u{200E}a9 09 50 2d d8 2a e4 14 33 e6 f8 38 86 b0 0d 42 77 a3 2a 7b";
    let task = format!("rdp_certificate: {{thumbprint: '{pasted}'}}");
    check(&task, "hidden-character", &format!("'{pasted}'"));
    assert!(read(&node(&task)).1.is_some());
    check(
        "rdp_certificate: {thumbprint: A909}",
        "bad-thumbprint",
        "A909",
    );
}

#[test]
fn a_self_signed_certificate_cannot_be_more_than_it_is() {
    check(
        "rdp_certificate: {min_days_left: 365}",
        "out-of-range",
        "365",
    );
    check(
        "rdp_certificate: {min_key_bits: 4096}",
        "out-of-range",
        "4096",
    );
    let of_an_authority = "rdp_certificate: {min_key_bits: 4096, min_days_left: 365, \
         thumbprint: a909502dd82ae41433e6f83886b00d4277a32a7b}";
    assert_eq!(mistakes(of_an_authority), []);
}

#[test]
fn groups_are_named_by_identifier() {
    check(
        "firewall_rule: {group: Remote Desktop}",
        "unknown-value",
        "Remote Desktop",
    );
    let (_, _, diagnostics) = read(&node("firewall_rule: {group: Remote Desktop}"));
    assert_eq!(diagnostics[0].help[0], "did you mean `remote_desktop`?");
    check(
        "firewall_rule: {id: MSFT|FW|FirewallRule|A}",
        "bad-rule-id",
        "MSFT|FW|FirewallRule|A",
    );
    check("firewall_rule: {id: A, profiles: []}", "empty-list", "[]");
}

#[test]
fn registry_keys_are_read_with_care() {
    for (key, place) in [
        (r"HKCU\Software", r"HKCU\Software"),
        (r"HKLM", "HKLM"),
        (r"HKLM\A\\B", r"HKLM\A\\B"),
        (r"HLKM\SOFTWARE", r"HLKM\SOFTWARE"),
    ] {
        let task = format!("registry_key: {{key: {key}}}");
        check(&task, "bad-registry-key", place);
    }
    check(
        r"registry_key: {key: HKLM\SOFTWARE, state: absent}",
        "bad-registry-key",
        r"HKLM\SOFTWARE",
    );
}

#[test]
fn data_has_to_fit_its_type() {
    let value = |kind: &str, data: &str| {
        format!(r"registry_value: {{key: HKLM\A\B, name: C, type: {kind}, data: {data}}}")
    };
    for (kind, data, place) in [
        ("dword", "4294967296", "4294967296"),
        ("dword", "true", "true"),
        ("dword", "ten", "ten"),
        ("qword", "-1", "-1"),
        ("string", "yes", "yes"),
        ("multi_string", "[a, [b]]", "[b]"),
        ("multi_string", "[a, '']", "''"),
        ("binary", "01 0", "01 0"),
        ("binary", "[1, 256]", "256"),
        ("binary", "0102", "0102"),
    ] {
        check(&value(kind, data), "wrong-type", place);
    }
    for (kind, data) in [
        ("dword", "0xFFFFFFFF"),
        ("qword", "18446744073709551615"),
        ("string", "''"),
        ("expand_string", r"'%SystemRoot%\x'"),
        ("multi_string", "one"),
        ("binary", "'01,02,fe'"),
    ] {
        assert_eq!(mistakes(&value(kind, data)), [], "{kind} {data}");
    }
}
