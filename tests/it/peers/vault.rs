//! Vaults both ways between this program and ansible-core, which made the format.
#![cfg(unix)]

mod asked;
mod commands;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rdpfix::diag::Source;
use rdpfix::syntax::Content;
use rdpfix::syntax::Node;
use rdpfix::syntax::template::Engine;
use rdpfix::syntax::template::Variables;
use rdpfix::vault::Keyring;
use rdpfix::vault::Password;
use serde_json::Value;
use serde_json::json;

use asked::Ansible;

/// A vault id with its password.
type Named<'a> = (&'a str, &'a [u8]);

fn packed(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

fn unpacked(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

fn passwords(named: &[Named<'_>]) -> Value {
    named
        .iter()
        .map(|(id, password)| json!([id, packed(password)]))
        .collect()
}

fn keyring(named: &[Named<'_>]) -> Keyring {
    named
        .iter()
        .fold(Keyring::default(), |keyring, (id, password)| {
            keyring.with_password(id, Password::new(*password))
        })
}

/// Contents that ends, lengths and encodings could spoil.
fn contents() -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        b"\n".to_vec(),
        b"sixteen letters!".to_vec(),
        b"key: value\r\nother: [1, 2]\r\n".to_vec(),
        "größe: 値\n".as_bytes().to_vec(),
        (0..=255).cycle().take(70_000).collect(),
    ]
}

const KEYS: [Named<'static>; 4] = [
    ("default", b"pass word"),
    ("prod", b"\xFF\x00\xFEbytes"),
    ("the lab", "Passwörter".as_bytes()),
    ("long", &[b'x'; 200]),
];

#[test]
fn texts_open_on_the_other_side() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    for (at, clear) in contents().into_iter().enumerate() {
        let key = KEYS[at % KEYS.len()];
        let ours = keyring(&[key]).seal(&clear, Some(key.0)).unwrap();
        let opened = ansible.opened(ours.as_bytes(), &KEYS).unwrap();
        assert!(opened == clear, "content {at}");
        let theirs = ansible.sealed(&clear, key);
        let opened = keyring(&KEYS).unlock(&theirs).unwrap();
        assert!(*opened.clear == clear, "content {at}");
        assert_eq!(opened.id(), key.0);
        let lines = |text: &[u8]| {
            text.split(|byte| *byte == b'\n')
                .map(<[u8]>::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(ours.as_bytes()), lines(&theirs), "content {at}");
        let header = |text: &[u8]| text.split(|byte| *byte == b'\n').next().map(<[u8]>::to_vec);
        assert_eq!(header(ours.as_bytes()), header(&theirs));
    }
}

/// A text in unusual shapes, and whether Ansible opens each; what it opens we open, too.
#[test]
fn texts_in_other_shapes_open_where_ansible_opens_them() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    let keys = [("default", b"pw".as_slice())];
    let sealed = keyring(&keys).seal(b"clear", None).unwrap();
    let (header, digits) = sealed.split_once('\n').unwrap();
    let one_line = digits.replace('\n', "");
    let shapes = [
        (true, sealed.replace('\n', "\r\n")),
        (true, sealed.replace('\n', "\r")),
        (true, sealed.trim_end().to_owned()),
        (true, format!("{sealed}\n\n")),
        (true, format!("{header}\n{one_line}")),
        (true, format!("{header}\n{}", one_line.to_uppercase())),
        (true, format!("{header} \n{digits}")),
        (true, format!("$ANSIBLE_VAULT;9.9;AES256\n{digits}")),
        (
            true,
            format!("$ANSIBLE_VAULT;1.1;AES256;elsewhere\n{digits}"),
        ),
        (true, format!("$ANSIBLE_VAULT;1.2;AES256;\n{digits}")),
        (true, format!("$ANSIBLE_VAULT;1.2;AES256\n{digits}")),
        (
            true,
            format!("$ANSIBLE_VAULT ; 1.1 ; AES256 ; a ; b\n{digits}"),
        ),
        (false, format!("$ANSIBLE_VAULT;1.1;AES\n{digits}")),
        (false, format!("$ANSIBLE_VAULT;1.1;aes256\n{digits}")),
        (false, format!("$ANSIBLE_VAULT;1.1\n{digits}")),
        (false, format!("$ANSIBLE_VAULT\n{digits}")),
        (false, format!("{header}\n")),
        (false, format!("{header} {one_line}\n")),
        (false, format!("{header}\n{one_line}0")),
        (false, format!("{header}\n{one_line}00")),
        (
            false,
            format!("{header}\n{}", one_line.replacen('3', "4", 1)),
        ),
        (false, format!("{header}\n# why\n{digits}")),
        (false, "$ansible_vault;1.1;AES256\n3333\n".to_owned()),
    ];
    for (opens, shape) in shapes {
        let theirs = ansible.opened(shape.as_bytes(), &keys);
        assert_eq!(theirs.is_ok(), opens, "{shape}: {theirs:?}");
        let ours = keyring(&keys).open_bytes(shape.as_bytes());
        assert_eq!(ours.is_ok(), opens, "{shape}: {ours:?}");
    }
    // Texts that were indented on their way are whole: here we open what Ansible does not.
    let indented = sealed.replace('\n', "\n    ");
    assert!(ansible.opened(indented.as_bytes(), &keys).is_err());
    assert!(keyring(&keys).open_bytes(indented.as_bytes()).is_ok());
}

#[test]
fn a_wrong_password_opens_on_neither_side() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    let right = keyring(&[("prod", b"right".as_slice())]);
    let sealed = right.seal(b"clear", Some("prod")).unwrap();
    let wrong: [Named<'_>; 2] = [("prod", b"wrong"), ("default", b"right ")];
    assert!(ansible.opened(sealed.as_bytes(), &wrong).is_err());
    let told = keyring(&wrong).open_bytes(sealed.as_bytes()).unwrap_err();
    assert!(
        told.to_string().contains("(tried: prod, default)"),
        "{told}"
    );
    let elsewhere: [Named<'_>; 2] = [("prod", b"wrong"), ("default", b"right")];
    assert!(ansible.opened(sealed.as_bytes(), &elsewhere).is_ok());
    assert!(keyring(&elsewhere).open_bytes(sealed.as_bytes()).is_ok());
}

fn as_json(node: &Node) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Bool(truth) => json!(truth),
        Content::Int(number) => json!(number),
        Content::Float(number) => json!(number),
        Content::Text(text) | Content::Unsafe(text) => json!(text),
        Content::Sealed(sealed) => panic!("still closed: {sealed:?}"),
        Content::Sequence(items) => items.iter().map(as_json).collect(),
        Content::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (key.spelled().unwrap().to_owned(), as_json(value)))
            .collect(),
    }
}

/// Every variable of a text as a template sees it.
fn seen(text: &str, keyring: Keyring) -> Value {
    let source = Arc::new(Source {
        name: "vars.yml".into(),
        text: text.into(),
        secret: false,
    });
    let node = rdpfix::syntax::parse(&source).unwrap();
    let vars: BTreeMap<String, Node> = node
        .entries()
        .iter()
        .map(|(key, value)| (key.spelled().unwrap().to_owned(), value.clone()))
        .collect();
    let engine = Engine::new().with_keyring(Arc::new(keyring));
    let variables = Variables::new(vec![&vars]);
    vars.iter()
        .map(|(name, node)| {
            let value = engine.render(node, &variables).unwrap();
            (name.clone(), as_json(&value))
        })
        .collect()
}

#[test]
fn values_in_yaml_are_what_ansible_sees_in_them() {
    let Some(mut ansible) = Ansible::start() else {
        return;
    };
    let sealed = |clear: &str, id: &str| {
        let sealed = keyring(&KEYS).seal(clear.as_bytes(), Some(id)).unwrap();
        let lines: Vec<String> = sealed.lines().map(|line| format!("    {line}\n")).collect();
        lines.concat()
    };
    let quoted = keyring(&KEYS)
        .seal(b"5", None)
        .unwrap()
        .replace('\n', "\\n");
    let text = format!(
        "host: web01
plain: !vault |
{}template: !vault |  # a comment
{}# below
number: !vault |-
{}old: !vault-encrypted |
{}quoted: !vault \"{quoted}\"
inside: 'is {{{{ template }}}}'
alone: '{{{{ template }}}}'
joined: '{{{{ plain ~ host }}}}'
kept: !unsafe '{{{{ host }}}}'
typed: [!unsafe 5, !unsafe '5', !unsafe yes, !unsafe '', !unsafe 1.5]
below: !unsafe {{k: ['{{{{ host }}}}', 7, {{m: '{{{{ host }}}}'}}]}}
used: '{{{{ kept }}}} {{{{ below.k[0] }}}}'
anchored: &a !unsafe '{{{{ host }}}}'
aliased: *a
",
        sealed("hunter2", "default"),
        sealed("{{ host }} {% if x %}\n", "prod"),
        sealed("5", "the lab"),
        sealed("größe\r\n", "long"),
    );
    let theirs = ansible.variables(&text, &KEYS);
    assert_eq!(seen(&text, keyring(&KEYS)), theirs);
    assert_eq!(theirs["inside"], "is {{ host }} {% if x %}\n");
}
