//! Minimal correct files: made of another file, keeping what is safe, or of a host's name.

use crate::rdp_file::Content;
use crate::rdp_file::Destination;
use crate::rdp_file::Line;
use crate::rdp_file::Malformation;
use crate::rdp_file::RdpFile;
use crate::rdp_file::Setting;
use crate::rdp_file::ValueKind;
use crate::rdp_file::settings;
use crate::rdp_file::settings::Cleaning;
use crate::rdp_file::settings::Values;

/// A clean file, and what did not get into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The settings of the new file, in order.
    pub settings: Vec<Setting>,
    /// What was left out or changed, with its line and the reason.
    pub left_out: Vec<(usize, String, &'static str)>,
    /// Whether the old file was signed; the new one is not.
    pub was_signed: bool,
}

/// What every clean file says about security: NLA on, negotiation on, a warning when the host is not trusted.
const SECURITY: [(&str, &str); 3] = [
    ("enablecredsspsupport", "1"),
    ("negotiate security layer", "1"),
    ("authentication level", "2"),
];

/// Makes a clean file of this one; `None` when it names no usable host.
pub fn clean(file: &RdpFile) -> Option<Cleaned> {
    let destination = file.destination()?;
    let mut cleaned = Cleaned {
        settings: basis(&destination),
        left_out: Vec::new(),
        was_signed: file.text("signature").is_some(),
    };
    for line in &file.lines {
        match &line.content {
            Content::Blank => {}
            Content::Malformed { text, why } => {
                cleaned
                    .left_out
                    .push((line.number, text.trim().to_owned(), reason(*why)));
            }
            Content::Setting(setting) => match fate(file, line, setting) {
                Fate::Kept => cleaned.settings.push(Setting {
                    name: setting.name.to_lowercase(),
                    ..setting.clone()
                }),
                Fate::Written => {}
                Fate::LeftOut(why) => {
                    cleaned
                        .left_out
                        .push((line.number, setting.name.clone(), why));
                }
            },
        }
    }
    Some(cleaned)
}

/// A minimal file for a host.
pub fn minimal(destination: &Destination, user: Option<&str>) -> Vec<Setting> {
    let mut settings = basis(destination);
    if let Some(user) = user {
        settings.insert(1, text("username", user));
    }
    settings
}

/// The file as mstsc writes it: UTF-16, little endian, with a mark and Windows' line ends.
pub fn write(settings: &[Setting]) -> Vec<u8> {
    let lines = settings.iter().map(|setting| {
        let kind = setting.kind.letter();
        format!("{}:{kind}:{}\r\n", setting.name, setting.value)
    });
    let text: String = std::iter::once("\u{feff}".to_owned())
        .chain(lines)
        .collect();
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn text(name: &str, value: &str) -> Setting {
    Setting {
        name: name.to_owned(),
        kind: ValueKind::Text,
        value: value.to_owned(),
    }
}

fn basis(destination: &Destination) -> Vec<Setting> {
    let host = &destination.host;
    let address = match (destination.port, host.contains(':')) {
        (Some(port), true) => format!("[{host}]:{port}"),
        (Some(port), false) => format!("{host}:{port}"),
        (None, _) => host.clone(),
    };
    let security = SECURITY.map(|(name, value)| Setting {
        name: name.to_owned(),
        kind: ValueKind::Integer,
        value: value.to_owned(),
    });
    std::iter::once(text("full address", &address))
        .chain(security)
        .collect()
}

/// What becomes of a setting.
enum Fate {
    Kept,
    /// The new file says it already.
    Written,
    LeftOut(&'static str),
}

fn fate(file: &RdpFile, line: &Line, setting: &Setting) -> Fate {
    let counts = file
        .find(&setting.name)
        .is_some_and(|(number, _)| number == line.number);
    if !counts {
        return Fate::LeftOut("a later line says it again");
    }
    let Some(known) = settings::stock(&setting.name) else {
        return Fate::LeftOut("mstsc does not know it");
    };
    if matches!(known.name, "full address" | "server port") {
        return Fate::Written;
    }
    if !is_possible(known.values, setting) {
        return Fate::LeftOut("its value is not possible");
    }
    match known.cleaning {
        Cleaning::Replaced => {
            let same = SECURITY
                .iter()
                .any(|(name, value)| *name == known.name && *value == setting.value);
            if same {
                Fate::Written
            } else {
                Fate::LeftOut("replaced by the safe value")
            }
        }
        Cleaning::Dropped => {
            Fate::LeftOut("it holds only for the file as it was, or for who saved it")
        }
        Cleaning::Connection | Cleaning::Comfort if setting.value.is_empty() => {
            Fate::LeftOut("it is empty")
        }
        Cleaning::Connection | Cleaning::Comfort => Fate::Kept,
    }
}

fn is_possible(values: Values, setting: &Setting) -> bool {
    if setting.kind != values.kind() {
        return false;
    }
    match values {
        Values::Text | Values::Bytes => true,
        Values::Address => setting.value.is_empty() || Destination::read(&setting.value).is_some(),
        Values::Range(low, high) => setting
            .value
            .parse::<i64>()
            .is_ok_and(|number| (low..=high).contains(&number)),
    }
}

fn reason(why: Malformation) -> &'static str {
    match why {
        Malformation::Colons | Malformation::NoName => "not a setting",
        Malformation::Type => "its type is none of `s`, `i`, `b`",
    }
}

#[cfg(test)]
mod tests {
    use super::clean;
    use super::minimal;
    use super::write;
    use crate::rdp_file::Destination;
    use crate::rdp_file::judge::objections;
    use crate::rdp_file::read::read;
    use proptest::proptest;

    #[test]
    fn what_is_safe_stays_and_the_rest_is_told() {
        let text = "screen mode id:i:2\nfull address:s:old\nnonsense\nenablecredsspsupport:i:0\nFull Address:s:ts01:3390\n\
                    redirectclipboard:i:9\nsignature:s:AQ\nmystery:i:1\nusername:s:CORP\\me\nauthentication level:i:2\n";
        let cleaned = clean(&read(text.as_bytes()).unwrap()).unwrap();
        let written: Vec<String> = cleaned
            .settings
            .iter()
            .map(|one| format!("{}:{}:{}", one.name, one.kind.letter(), one.value))
            .collect();
        assert_eq!(
            written,
            [
                "full address:s:ts01:3390",
                "enablecredsspsupport:i:1",
                "negotiate security layer:i:1",
                "authentication level:i:2",
                "screen mode id:i:2",
                "username:s:CORP\\me",
            ]
        );
        let lines: Vec<usize> = cleaned.left_out.iter().map(|(line, _, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 6, 7, 8]);
        assert!(cleaned.was_signed);
    }

    #[test]
    fn a_minimal_file_passes_its_own_check() {
        let destination = Destination::read("[::1]:3390").unwrap();
        let bytes = write(&minimal(&destination, Some("CORP\\me")));
        assert_eq!(&bytes[..2], [0xFF, 0xFE]);
        let file = read(&bytes).unwrap();
        assert_eq!(file.destination(), Some(destination));
        assert_eq!(objections(&file), []);
    }

    proptest! {
        #[test]
        fn a_clean_file_has_nothing_to_object_to(lines in proptest::collection::vec("(full address|compression|gatewayhostname|domain|x|server port|username):[sib]:[a-z0-9:]{0,6}", 1..12)) {
            let Ok(file) = read(lines.join("\n").as_bytes()) else { return Ok(()); };
            if let Some(cleaned) = clean(&file) {
                let again = read(&write(&cleaned.settings)).unwrap();
                assert_eq!(objections(&again), []);
                assert_eq!(clean(&again).unwrap().settings, cleaned.settings);
            }
        }
    }
}
