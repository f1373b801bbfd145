//! Laws of vault texts.
#![cfg(test)]

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::test_runner::Config;
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
