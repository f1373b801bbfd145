//! What is wrong with a file by itself, whatever host it leads to.

use std::collections::BTreeMap;

use crate::diag;
use crate::finding::Severity;
use crate::rdp_file::Content;
use crate::rdp_file::Destination;
use crate::rdp_file::Malformation;
use crate::rdp_file::Objection;
use crate::rdp_file::RdpFile;
use crate::rdp_file::Setting;
use crate::rdp_file::ValueKind;
use crate::rdp_file::settings;
use crate::rdp_file::settings::STOCK;
use crate::rdp_file::settings::Values;

/// Everything that is to be said, in the order of the lines; what is missing comes first.
pub fn objections(file: &RdpFile) -> Vec<Objection> {
    let mut found = address(file);
    found.extend(malformed(file));
    found.extend(repeated(file));
    for (line, setting) in file.settings() {
        found.extend(alone(line, setting));
    }
    found.extend(contradictions(file));
    found.extend(risky(file));
    found.sort_by_key(|objection| objection.line);
    found
}

/// Without an address nothing works.
fn address(file: &RdpFile) -> Vec<Objection> {
    const NAME: &str = "full address";
    let error = |line, says: String| {
        Objection::new(Severity::Error, line, NAME, says)
            .remedy("write `full address:s:HOST`, with `:PORT` when it is not 3389")
    };
    match file.find(NAME) {
        None => vec![error(None, "the file names no host".to_owned())],
        Some((line, setting)) if setting.kind != ValueKind::Text => {
            vec![error(
                Some(line),
                "the host is not given as text (`s`), so there is none".to_owned(),
            )]
        }
        Some((line, setting)) if setting.value.is_empty() => {
            vec![error(Some(line), "the file names no host".to_owned())]
        }
        Some((line, setting)) if Destination::read(&setting.value).is_none() => {
            let says = match hidden(&setting.value) {
                Some(hidden) => format!(
                    "the address holds the invisible character U+{:04X}",
                    u32::from(hidden)
                ),
                None => format!(
                    "`{}` is neither a host nor a host with a port from 1 to 65535",
                    setting.value
                ),
            };
            vec![error(Some(line), says)]
        }
        Some(_) => Vec::new(),
    }
}

/// A character that is pasted unseen, such as the mark that the certificate dialogue leaves.
fn hidden(text: &str) -> Option<char> {
    text.chars().find(|letter| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{a0}')
    })
}

fn malformed(file: &RdpFile) -> Vec<Objection> {
    file.lines
        .iter()
        .filter_map(|line| match &line.content {
            Content::Malformed { text, why } => {
                let says = match why {
                    Malformation::Colons => "not a setting: two colons are missing or one is",
                    Malformation::NoName => "not a setting: nothing stands before the first colon",
                    Malformation::Type => {
                        "not a setting: the type between the colons is none of `s`, `i`, `b`"
                    }
                };
                let objection =
                    Objection::new(Severity::Warning, Some(line.number), text.trim(), says);
                Some(
                    objection
                        .remedy("write `name:type:value`, or take the line out: mstsc skips it"),
                )
            }
            Content::Blank | Content::Setting(_) => None,
        })
        .collect()
}

fn repeated(file: &RdpFile) -> Vec<Objection> {
    let mut first: BTreeMap<String, (usize, &Setting)> = BTreeMap::new();
    let mut found = Vec::new();
    for (line, setting) in file.settings() {
        let Some((earlier, before)) = first.insert(setting.name.to_lowercase(), (line, setting))
        else {
            continue;
        };
        let differs = if before.value == setting.value && before.kind == setting.kind {
            "with the same value"
        } else {
            "with another value"
        };
        let says = format!("stands on line {earlier} already, {differs}");
        let objection = Objection::new(Severity::Warning, Some(line), &setting.name, says);
        found.push(objection.remedy("keep one of them"));
    }
    found
}

/// What a setting by itself is.
fn alone(line: usize, setting: &Setting) -> Option<Objection> {
    let Some(known) = settings::stock(&setting.name) else {
        return Some(unknown(line, setting));
    };
    let warn = |says: String, remedy: String| {
        Some(Objection::new(Severity::Warning, Some(line), &setting.name, says).remedy(remedy))
    };
    let wanted = known.values.kind();
    if setting.kind != wanted {
        let letter = wanted.letter();
        return warn(
            format!(
                "has the type `{}` instead of `{letter}`",
                setting.kind.letter()
            ),
            format!("write `{}:{letter}:…`", known.name),
        );
    }
    match known.values {
        Values::Range(low, high) => match setting.value.parse::<i64>() {
            Ok(number) if (low..=high).contains(&number) => None,
            Ok(number) => warn(
                format!("{number} is not among its values"),
                format!("use a number from {low} to {high}"),
            ),
            Err(_) => warn(
                format!("`{}` is not a whole number", setting.value),
                format!("use a number from {low} to {high}"),
            ),
        },
        Values::Bytes if !is_hex(&setting.value) => warn(
            "is not an even number of hex digits".to_owned(),
            "take the line out".to_owned(),
        ),
        Values::Address
            if known.name != "full address"
                && !setting.value.is_empty()
                && Destination::read(&setting.value).is_none() =>
        {
            warn(
                format!("`{}` is not a host", setting.value),
                "write a name or an address, with `:PORT` if needed".to_owned(),
            )
        }
        Values::Text | Values::Address | Values::Bytes => None,
    }
}

fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn unknown(line: usize, setting: &Setting) -> Objection {
    let info = |says: String| Objection::new(Severity::Info, Some(line), &setting.name, says);
    if settings::is_extension(&setting.name) {
        return info("is a setting of the MsRdpEx wrapper; mstsc by itself ignores it".to_owned())
            .remedy("for UDP use the policy `fClientDisableUDP` on the client, or SelectTransport on the host");
    }
    let name = setting.name.to_lowercase();
    match diag::nearest(&name, STOCK.iter().map(|known| known.name)) {
        Some(near) => info("is not known to mstsc, which ignores it".to_owned())
            .remedy(format!("did you mean `{near}`?")),
        None => info("is not known to mstsc, which ignores it".to_owned()),
    }
}

fn contradictions(file: &RdpFile) -> Vec<Objection> {
    [
        ports(file),
        gateway(file),
        security(file),
        domains(file),
        remote_app(file),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn warning(file: &RdpFile, name: &str, says: impl Into<String>) -> Objection {
    let line = file.find(name).map(|(line, _)| line);
    Objection::new(Severity::Warning, line, name, says)
}

fn ports(file: &RdpFile) -> Option<Objection> {
    let named = Destination::read(file.text("full address")?)?.port?;
    let other = file.number("server port")?;
    (i64::from(named) != other).then(|| {
        warning(
            file,
            "server port",
            format!("contradicts `full address`, which names port {named}"),
        )
        .remedy("keep the port in one place")
    })
}

fn gateway(file: &RdpFile) -> Option<Objection> {
    let used = file.number("gatewayusagemethod")?;
    let named = file.text("gatewayhostname");
    match (used, named) {
        (1 | 2, None) => Some(
            warning(
                file,
                "gatewayusagemethod",
                "asks for a gateway, but `gatewayhostname` names none",
            )
            .remedy("name the gateway, or set `gatewayusagemethod:i:0`"),
        ),
        (0 | 4, Some(gateway)) => Some(
            warning(
                file,
                "gatewayusagemethod",
                format!("switches off the gateway `{gateway}` that `gatewayhostname` names"),
            )
            .remedy("set `gatewayusagemethod:i:1` or `2`, or take the gateway out"),
        ),
        _ => None,
    }
}

fn security(file: &RdpFile) -> Option<Objection> {
    let negotiates = file.number("negotiate security layer") != Some(0);
    let credssp = file.number("enablecredsspsupport") != Some(0);
    let written = file.find("enablecredsspsupport").is_some();
    let aad = file.number("enablerdsaadauth") == Some(1);
    if !negotiates && credssp && written {
        let says = "switches the negotiation off that `enablecredsspsupport:i:1` needs";
        return Some(
            warning(file, "negotiate security layer", says)
                .remedy("set `negotiate security layer:i:1`"),
        );
    }
    (aad && !credssp).then(|| {
        let says = "switches CredSSP off, which sign-in by Entra ID falls back to";
        warning(file, "enablecredsspsupport", says).remedy("set `enablecredsspsupport:i:1`")
    })
}

fn domains(file: &RdpFile) -> Option<Objection> {
    let (prefix, _) = file.text("username")?.split_once('\\')?;
    let domain = file.text("domain")?;
    (!prefix.eq_ignore_ascii_case(domain)).then(|| {
        warning(
            file,
            "domain",
            format!("contradicts `username`, which names the domain `{prefix}`"),
        )
        .remedy("keep the domain in one place")
    })
}

fn remote_app(file: &RdpFile) -> Option<Objection> {
    let asked = file.number("remoteapplicationmode") == Some(1);
    (asked && file.text("remoteapplicationprogram").is_none()).then(|| {
        let says = "asks for a RemoteApp, but `remoteapplicationprogram` names none";
        warning(file, "remoteapplicationmode", says).remedy("name the program, or set it to 0")
    })
}

/// What works, or may work, but not as people think.
fn risky(file: &RdpFile) -> Vec<Objection> {
    let mut found = Vec::new();
    let mut say = |severity, name: &str, says: &str, remedy: &str| {
        if let Some((line, setting)) = file.find(name) {
            found.push(Objection::new(severity, Some(line), &setting.name, says).remedy(remedy));
        }
    };
    if file.number("enablecredsspsupport") == Some(0) {
        say(
            Severity::Warning,
            "enablecredsspsupport",
            "switches NLA off on the client: every host that requires NLA, as Windows does by default, refuses with code 5",
            "set `enablecredsspsupport:i:1`; `--against HOST` tells whether the host requires NLA",
        );
    }
    if file.number("negotiate security layer") == Some(0) {
        say(
            Severity::Warning,
            "negotiate security layer",
            "asks for classic RDP security, which hosts that want TLS or NLA refuse with code 1 or 5",
            "set `negotiate security layer:i:1`",
        );
    }
    if file.number("authentication level") == Some(0) {
        say(
            Severity::Info,
            "authentication level",
            "connects whoever the host proves to be",
            "set `authentication level:i:2`, which warns",
        );
    }
    if file.text("signature").is_some() {
        say(
            Severity::Info,
            "signature",
            "vouches for the file as it is: any change, cleaning too, makes it void",
            "let the publisher sign the changed file anew (`rdpsign`)",
        );
    }
    if file.find("password 51").is_some() {
        say(
            Severity::Info,
            "password 51",
            "holds a password that only the user and the machine that saved it can read",
            "take it out when the file goes to others",
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::objections;
    use crate::finding::Severity;
    use crate::rdp_file::read::read;

    /// `line severity setting`, one for each objection.
    fn said(text: &str) -> Vec<String> {
        let file = read(text.as_bytes()).unwrap();
        objections(&file)
            .into_iter()
            .map(|one| {
                let line = one.line.map_or("-".to_owned(), |line| line.to_string());
                format!("{line} {} {}", one.severity.word(), one.setting)
            })
            .collect()
    }

    #[test]
    fn a_minimal_file_is_fine() {
        let text = "full address:s:ts01\nusername:s:CORP\\me\nenablecredsspsupport:i:1\nauthentication level:i:2\n";
        assert_eq!(said(text), [""; 0]);
    }

    /// What follows the address, and what is said about it.
    const LINES: &[(&str, &[&str])] = &[
        ("nonsense", &["2 warning nonsense"]),
        (":i:1", &["2 warning :i:1"]),
        ("compression:x:1", &["2 warning compression:x:1"]),
        ("compression:i:yes", &["2 warning compression"]),
        ("compression:i:7", &["2 warning compression"]),
        ("compression:s:1", &["2 warning compression"]),
        (
            "password 51:b:0g",
            &["2 warning password 51", "2 info password 51"],
        ),
        ("Full Address:s:ts02", &["2 warning Full Address"]),
        ("flul adress:s:x", &["2 info flul adress"]),
        ("disableudptransport:i:1", &["2 info disableudptransport"]),
        ("gatewayusagemethod:i:1", &["2 warning gatewayusagemethod"]),
        (
            "gatewayusagemethod:i:0\ngatewayhostname:s:gw",
            &["2 warning gatewayusagemethod"],
        ),
        ("gatewayhostname:s:a b", &["2 warning gatewayhostname"]),
        ("username:s:A\\me\ndomain:s:B", &["3 warning domain"]),
        (
            "enablecredsspsupport:i:0",
            &["2 warning enablecredsspsupport"],
        ),
        (
            "remoteapplicationmode:i:1",
            &["2 warning remoteapplicationmode"],
        ),
        ("authentication level:i:0", &["2 info authentication level"]),
        (
            "signature:s:AQAB\nsignscope:s:Full Address",
            &["2 info signature"],
        ),
    ];

    #[test]
    fn each_fault_is_named_once_with_its_line() {
        for (lines, expected) in LINES {
            let text = format!("full address:s:ts01\n{lines}");
            assert_eq!(said(&text), *expected, "{lines}");
        }
        let ports = "full address:s:ts01:3390\nserver port:i:3389";
        assert_eq!(said(ports), ["2 warning server port"]);
    }

    #[test]
    fn without_a_usable_address_nothing_works() {
        for text in [
            "full address:s:",
            "full address:s:ts01:70000",
            "full address:s:\u{200e}ts01",
            "full address:s:two words",
        ] {
            assert_eq!(said(text), ["1 error full address"], "{text}");
        }
        assert_eq!(said("username:s:me"), ["- error full address"]);
        let number = ["1 error full address", "1 warning full address"];
        assert_eq!(said("full address:i:3"), number);
    }

    #[test]
    fn negotiation_off_contradicts_credssp_on() {
        let text = "full address:s:ts01\nenablecredsspsupport:i:1\nnegotiate security layer:i:0";
        let file = read(text.as_bytes()).unwrap();
        let found = objections(&file);
        assert!(found.iter().all(|one| one.severity == Severity::Warning));
        assert!(
            found.iter().any(|one| one.says.contains("needs")),
            "{found:?}"
        );
    }
}
