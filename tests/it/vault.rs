//! Laws of vault texts.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::test_runner::Config;
use rdpfix::cli::files::Disk;
use rdpfix::diag::Source;
use rdpfix::inventory::Defaults;
use rdpfix::inventory::Host;
use rdpfix::inventory::Inventory;
use rdpfix::inventory::Origin;
use rdpfix::inventory::Reading;
use rdpfix::inventory::Tree;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Variables;
use rdpfix::vault::Keyring;
use rdpfix::vault::Password;
use rdpfix::vault::Sealed;
use rdpfix::vault::VaultError;

fn keyring(id: &str, password: &[u8]) -> Keyring {
    Keyring::default().with_password(id, Password::new(password))
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// Texts from far away to nearly right; none has a proof that fits.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..60);
    let header = prop_oneof![
        Just("$ANSIBLE_VAULT;1.1;AES256\n"),
        Just("$ANSIBLE_VAULT;1.2;AES256;x\r\n"),
        Just("\n $ANSIBLE_VAULT;;AES256;;\r"),
        Just("$ANSIBLE_VAULT;1.1\n"),
        Just(""),
    ];
    let parts = (
        bytes(),
        proptest::collection::vec(any::<u8>(), 30..34),
        bytes(),
    );
    let inner = prop_oneof![
        bytes(),
        parts.prop_map(|(salt, proof, encrypted)| {
            [hex(&salt), hex(&proof), hex(&encrypted)]
                .join("\n")
                .into_bytes()
        }),
    ];
    prop_oneof![
        bytes(),
        (header.clone(), bytes()).prop_map(|(header, body)| [header.as_bytes(), &body].concat()),
        (header, inner).prop_map(|(header, inner)| (header.to_owned() + &hex(&inner)).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(Config::with_cases(512))]

    #[test]
    fn any_bytes_stay_closed_and_nothing_breaks(text in texts()) {
        // Without a password no key is derived, so this is quick.
        let error = Keyring::default().open_bytes(&text).expect_err("nothing opens it");
        assert!(!error.to_string().is_empty());
        if let Ok(text) = String::from_utf8(text) {
            let whole = Sealed { text }.check().is_ok();
            assert_eq!(whole, error == VaultError::NoPassword);
        }
    }
}

proptest! {
    // Each case derives keys.
    #![proptest_config(Config::with_cases(12))]

    #[test]
    fn what_was_closed_opens_again(
        clear in proptest::collection::vec(any::<u8>(), 0..200),
        password in proptest::collection::vec(any::<u8>(), 1..80),
        id in "[a-z][a-z ]{0,8}[a-z]",
    ) {
        let keyring = keyring(&id, &password);
        let text = keyring.seal(&clear, None).expect("there is a password");
        let opened = keyring.unlock(text.as_bytes()).expect("it is the same");
        assert_eq!(*opened.clear, clear);
        assert_eq!(opened.label.as_deref(), (id != "default").then_some(id.as_str()));
        assert!(text.lines().all(|line| line.len() <= 80));
    }

    #[test]
    fn a_changed_text_stays_closed(clear in proptest::collection::vec(any::<u8>(), 0..40), at in any::<proptest::sample::Index>()) {
        let keyring = keyring("default", b"pw");
        let text = keyring.seal(&clear, None).expect("there is a password").into_bytes();
        let below = text.iter().position(|byte| *byte == b'\n').expect("a header") + 1;
        let place = below + at.index(text.len() - below);
        let mut changed = text.clone();
        let Some(byte) = changed.get_mut(place) else { return Ok(()) };
        // A digit becomes another one; between lines white space becomes other white space.
        *byte = match *byte {
            b'\n' => b' ',
            b'0' => b'1',
            _ => b'0',
        };
        let is_break = text.get(place) == Some(&b'\n');
        let opened = keyring.open_bytes(&changed);
        assert_eq!(opened.is_ok(), is_break, "{opened:?}");
    }
}

/// An inventory of hosts whose passwords, and one more variable each, are encrypted with salts of their own.
fn sealed_hosts(keyring: &Keyring, hosts: usize) -> Arc<Source> {
    let sealed = |clear: String| {
        let text = keyring.seal(clear.as_bytes(), None).unwrap();
        let lines = text.lines().map(|line| format!("\n        {line}"));
        format!("!vault |{}", lines.collect::<String>())
    };
    let mut text = "all:\n  hosts:\n".to_owned();
    for host in 0..hosts {
        let (password, token) = (sealed(format!("pw{host}")), sealed(format!("token{host}")));
        let password = match host % 2 {
            0 => format!("ansible_password: {password}"),
            _ => format!("ansible_password: '{{{{ vault_pw }}}}'\n      vault_pw: {password}"),
        };
        write!(
            text,
            "    h{host}:\n      {password}\n      token: {token}\n"
        )
        .unwrap();
    }
    Arc::new(Source {
        name: "hosts.yml".into(),
        text,
        secret: false,
    })
}

#[test]
fn passwords_of_all_hosts_are_derived_once_and_other_values_when_they_are_used() {
    let keyring = Arc::new(keyring("default", b"secret"));
    let source = sealed_hosts(&keyring, 6);
    assert_eq!(keyring.derived(), 0);
    let defaults = Defaults {
        keyring: Arc::clone(&keyring),
        ..Defaults::default()
    };
    let (inventory, mistakes) = Inventory::parse(&source, &defaults);
    assert_eq!(mistakes, []);
    let inventory = inventory.unwrap();
    assert_eq!(keyring.derived(), 6, "one for each password");
    for (number, host) in inventory.hosts.iter().enumerate() {
        assert_eq!(host.winrm.password.reveal(), format!("pw{number}"));
    }
    let engine = Engine::new().with_keyring(Arc::clone(&keyring));
    let host = inventory.host("h3").unwrap();
    let token = host.vars.get("token").unwrap();
    for _ in 0..2 {
        let variables = Variables::new(host.vars.layers().to_vec());
        let value = engine.json(token, &variables).unwrap();
        assert_eq!(value, "token3");
        assert_eq!(keyring.derived(), 7, "one more for the value that was used");
    }
}

#[test]
fn only_hosts_that_take_part_have_their_passwords_opened() {
    let keyring = Arc::new(keyring("default", b"secret"));
    let origins = [Origin::Text(sealed_hosts(&keyring, 5))];
    let defaults = Defaults {
        keyring: Arc::clone(&keyring),
        ..Defaults::default()
    };
    let reading = Reading {
        files: Arc::new(Disk),
        keyring: Arc::clone(&keyring),
        playbook_folder: None,
    };
    let (found, mistakes) = Inventory::read_closed(&origins, &reading, &defaults, &BTreeMap::new());
    let (mut inventory, mut sign_ins) = found.unwrap();
    assert_eq!((inventory.hosts.len(), mistakes), (5, vec![]));
    assert_eq!(keyring.derived(), 0);
    let password = |inventory: &Inventory, name: &str| {
        let host = inventory.host(name).unwrap();
        host.winrm.password.reveal().to_owned()
    };
    for (names, derived) in [(&["h3"][..], 1), (&["h3", "h1"], 2), (&[], 2)] {
        let takes_part = |host: &Host| names.contains(&&*host.name);
        let mistakes = sign_ins.open(&mut inventory, &defaults, &takes_part);
        assert_eq!((mistakes, keyring.derived()), (vec![], derived));
        assert_eq!(password(&inventory, "h3"), "pw3");
        assert!(inventory.host("h3").unwrap().vars.get("token").is_some());
        let secret = inventory.host("h3").unwrap().vars.get("ansible_password");
        assert!(secret.is_none());
    }
    assert_eq!(password(&inventory, "h1"), "pw1");
    assert_eq!(password(&inventory, "h0"), "");
}

#[test]
fn an_inventory_is_shown_without_deriving_a_key() {
    let keyring = Arc::new(keyring("default", b"secret"));
    let origins = [Origin::Text(sealed_hosts(&keyring, 3))];
    let tree = Tree::read(&origins, None, &BTreeMap::new()).tree.unwrap();
    for host in tree.hosts() {
        assert!(host.own().contains_key("token"));
    }
    assert_eq!(tree.select("h*").unwrap().len(), 3);
    assert_eq!(keyring.derived(), 0);
}

#[test]
fn a_password_that_a_source_replaces_stays_closed() {
    let keyring = Arc::new(keyring("default", b"secret"));
    let source = sealed_hosts(&keyring, 3);
    let text = source.text.replace(
        "      token:",
        "      rdpfix_password_env: PW\n      token:",
    );
    let source = Arc::new(Source {
        name: "hosts.yml".into(),
        text,
        secret: false,
    });
    let defaults = Defaults {
        keyring: Arc::clone(&keyring),
        ..Defaults::default()
    };
    let (inventory, mistakes) = Inventory::parse(&source, &defaults);
    assert_eq!((inventory.unwrap().hosts.len(), mistakes), (3, vec![]));
    assert_eq!(keyring.derived(), 0);
}
