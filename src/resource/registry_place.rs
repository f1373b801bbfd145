//! Registry keys as people write them; knows spellings and limits, not what is to be done with a key.

use crate::cim::Hive;
use crate::cim::RegistryKey;
use crate::diag::Diagnostic;
use crate::plan::Layer;
use crate::syntax::Args;

/// The longest name of a key (Registry element size limits, Microsoft Learn).
const LONGEST_NAME: usize = 255;

const HIVES: [(&str, Hive); 8] = [
    ("HKLM", Hive::LocalMachine),
    ("HKEY_LOCAL_MACHINE", Hive::LocalMachine),
    ("HKU", Hive::Users),
    ("HKEY_USERS", Hive::Users),
    ("HKCR", Hive::ClassesRoot),
    ("HKEY_CLASSES_ROOT", Hive::ClassesRoot),
    ("HKCC", Hive::CurrentConfig),
    ("HKEY_CURRENT_CONFIG", Hive::CurrentConfig),
];

/// Where policies lie below `HKLM` (windows-facts 0.4, 4.5).
const POLICIES: [&str; 2] = [
    r"software\policies\",
    r"software\microsoft\windows\currentversion\policies\",
];

/// Reads the property `key`; `None` only after a diagnostic was pushed.
pub(super) fn parse(args: &mut Args<'_>) -> Option<RegistryKey> {
    let written = args.text("key")?;
    match read(written) {
        Ok(key) => Some(key),
        Err(mistake) => {
            let diagnostic = match args.node("key") {
                Some(node) => mistake.at(&node.span),
                None => mistake,
            };
            args.push(diagnostic);
            None
        }
    }
}

fn read(written: &str) -> Result<RegistryKey, Diagnostic> {
    let (root, path) = written.split_once('\\').unwrap_or((written, ""));
    // PowerShell writes `HKLM:\`.
    let root = root.strip_suffix(':').unwrap_or(root);
    let hive = HIVES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(root))
        .map(|(_, hive)| *hive)
        .ok_or_else(|| unknown_root(root))?;
    let path = path.strip_suffix('\\').unwrap_or(path);
    if path.is_empty() {
        return Err(bad("names a root of the registry, not a key").label("needs a path below"));
    }
    for name in path.split('\\') {
        if name.is_empty() {
            return Err(bad("has an empty name in its path")
                .label("two backslashes in a row")
                .help("backslashes are doubled only inside double quotes"));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(bad("has a name in its path that is too long")
                .label(format!("names end at {LONGEST_NAME} characters")));
        }
        if name.chars().any(char::is_control) {
            return Err(bad("holds a control character")
                .label("inside double quotes, YAML reads `\\t` and `\\n` as such")
                .help("use single quotes or none"));
        }
    }
    Ok(RegistryKey {
        hive,
        path: path.to_owned(),
    })
}

fn bad(what: &str) -> Diagnostic {
    Diagnostic::error("bad-registry-key", format!("`key` {what}"))
}

fn unknown_root(root: &str) -> Diagnostic {
    if root.eq_ignore_ascii_case("HKCU") || root.eq_ignore_ascii_case("HKEY_CURRENT_USER") {
        return bad("is below the current user, and over the network there is none")
            .label("whose settings?")
            .help("name the user by identifier: `HKU\\S-1-5-21-…\\…`");
    }
    bad(&format!(
        "begins with `{root}`, which is no root of the registry"
    ))
    .label("expected `HKLM`, `HKU`, `HKCR` or `HKCC`")
    .suggest(root, HIVES.iter().map(|(name, _)| *name))
}

/// Who decides a value that is set in this key.
pub(super) fn layer(key: &RegistryKey) -> Layer {
    let path = format!("{}\\", key.path.to_ascii_lowercase());
    let policy = matches!(key.hive, Hive::LocalMachine)
        && POLICIES.iter().any(|prefix| path.starts_with(prefix));
    if policy { Layer::Policy } else { Layer::Local }
}

#[cfg(test)]
mod tests {
    use super::layer;
    use super::read;
    use crate::cim::Hive;
    use crate::cim::RegistryKey;
    use crate::plan::Layer;

    #[test]
    fn roots_have_short_and_long_names() {
        for written in [
            r"HKLM\SOFTWARE\Acme",
            r"hkey_local_machine\SOFTWARE\Acme",
            r"HKLM:\SOFTWARE\Acme\",
        ] {
            assert_eq!(
                read(written),
                Ok(RegistryKey::local_machine(r"SOFTWARE\Acme")),
                "{written}"
            );
        }
        assert_eq!(read(r"HKU\S-1-5-18\Software").unwrap().hive, Hive::Users);
    }

    #[test]
    fn the_current_user_is_nobody_over_the_network() {
        let mistake = read(r"HKCU\Software").unwrap_err();
        assert!(mistake.help[0].contains(r"HKU\S-1-5-21"), "{mistake:?}");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for written in [
            "HKLM",
            r"HKLM\",
            r"HKLM\A\\B",
            r"HLKM\SOFTWARE",
            "C:\\Windows",
            "HKLM\\a\tb",
        ] {
            assert!(read(written).is_err(), "{written}");
        }
        assert_eq!(
            read(r"HLKM\SOFTWARE").unwrap_err().help,
            ["did you mean `HKLM`?"]
        );
    }

    #[test]
    fn policies_have_their_places() {
        let policy = [
            r"SOFTWARE\Policies\Microsoft\Windows NT",
            r"Software\Policies",
            r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System",
        ];
        for path in policy {
            assert_eq!(
                layer(&RegistryKey::local_machine(path)),
                Layer::Policy,
                "{path}"
            );
        }
        for path in [r"SOFTWARE\PoliciesX", r"SYSTEM\Policies"] {
            assert_eq!(
                layer(&RegistryKey::local_machine(path)),
                Layer::Local,
                "{path}"
            );
        }
    }
}
