//! Facts about `ansible.cfg` and the environment told by Ansible's own reader: the same is set, from the same place.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use rdpfix::cli::args::ColorChoice;
use rdpfix::cli::environment::Environment;
use rdpfix::cli::output::Talk;
use rdpfix::cli::settings::Settings;
use rdpfix::cli::settings::TABLE;
use serde_json::Value;
use serde_json::json;

use crate::support;

/// What is set: files by their path below the case's folder (`here`, `mine`, `other`), variables by their names. `OPEN`
/// lets everybody write into `here`; `$CASE` stands for the folder.
struct Case {
    files: &'static [(&'static str, &'static str)],
    variables: &'static [(&'static str, &'static str)],
}

const fn file(text: &'static str) -> [(&'static str, &'static str); 1] {
    [("here/ansible.cfg", text)]
}

const fn case(
    files: &'static [(&'static str, &'static str)],
    variables: &'static [(&'static str, &'static str)],
) -> Case {
    Case { files, variables }
}

const HOME: (&str, &str) = ("mine/.ansible.cfg", "[defaults]\nforks = 2\n");
const HERE: (&str, &str) = ("here/ansible.cfg", "[defaults]\nforks = 3\n");
const OTHER: (&str, &str) = ("other/my.cfg", "[defaults]\nforks = 4\n");
const OPEN: (&str, &str) = ("OPEN", "");

const CASES: &[Case] = &[
    // Which file counts.
    case(&[], &[]),
    case(&[HOME], &[]),
    case(&[HOME, HERE], &[]),
    case(&[HOME, HERE, OPEN], &[]),
    case(&[HERE, OPEN], &[]),
    case(&[HOME, OPEN], &[]),
    case(
        &[HOME, HERE, OTHER],
        &[("ANSIBLE_CONFIG", "$CASE/other/my.cfg")],
    ),
    case(
        &[HERE, OTHER, OPEN],
        &[("ANSIBLE_CONFIG", "$CASE/other/my.cfg")],
    ),
    case(
        &[HOME, HERE],
        &[("ANSIBLE_CONFIG", "$CASE/mine/.ansible.cfg")],
    ),
    case(&[HERE], &[("ANSIBLE_CONFIG", "~/nothing.cfg")]),
    case(
        &[("other/ansible.cfg", OTHER.1)],
        &[("ANSIBLE_CONFIG", "$CASE/other")],
    ),
    case(&[("mine/x.cfg", OTHER.1)], &[("ANSIBLE_CONFIG", "~/x.cfg")]),
    // Which value counts.
    case(&[HERE], &[("ANSIBLE_FORKS", "9")]),
    case(
        &file("[defaults]\nforks=7\ntimeout: 20\nremote_user = CORP\\admin\n"),
        &[],
    ),
    case(&file("[other]\nforks = 7\n"), &[]),
    case(
        &file("[DEFAULT]\nforks = 7\n[defaults]\ntimeout = 1\n"),
        &[],
    ),
    case(&file("[Defaults]\nforks = 7\n"), &[]),
    case(&file("[defaults]\nFORKS = 7\n"), &[]),
    case(
        &file("[defaults]\nforks = 7 ; seven\n# timeout = 8\n;timeout = 9\n"),
        &[],
    ),
    case(&file("[defaults]\nforks = 7 # seven\n"), &[]),
    case(&file("[defaults]\nforks = many\n"), &[]),
    case(&file("[defaults]\nforks = 7.0\ntimeout = 1e1\n"), &[]),
    case(&file("[defaults]\nforks = 7.5\n"), &[]),
    case(&file("[defaults]\nremote_user = 'quoted'\n"), &[]),
    case(&file("[defaults]\nremote_user = a;b\n"), &[]),
    case(&file("[defaults]\nremote_user = 100%%\n"), &[]),
    case(
        &[],
        &[("ANSIBLE_TIMEOUT", "15"), ("ANSIBLE_REMOTE_USER", "me")],
    ),
    case(&[], &[("ANSIBLE_FORKS", "x")]),
    // Paths.
    case(&file("[defaults]\ninventory = hosts\n"), &[]),
    case(&file("[defaults]\ninventory = a.yml, b/c.yml ,/d/e\n"), &[]),
    case(
        &file("[defaults]\ninventory = a.yml,\n  b.yml,\n  c.yml\n"),
        &[],
    ),
    case(
        &[("mine/.ansible.cfg", "[defaults]\ninventory = hosts\n")],
        &[],
    ),
    case(
        &[(
            "mine/.ansible.cfg",
            "[defaults]\ninventory = {{CWD}}/hosts\n",
        )],
        &[],
    ),
    case(
        &file(
            "[defaults]\ninventory = ~/hosts,$ANSIBLE_TIMEOUT/x,${ANSIBLE_TIMEOUT}y,$NO_SUCH/z\n",
        ),
        &[("ANSIBLE_TIMEOUT", "15")],
    ),
    case(&[], &[("ANSIBLE_INVENTORY", "a.yml,~/b.yml, c.yml")]),
    case(&[], &[("ANSIBLE_INVENTORY", "/a/b.yml")]),
    case(
        &file("[defaults]\ninventory = x\n"),
        &[("ANSIBLE_INVENTORY", "y")],
    ),
    case(
        &[(
            "mine/.ansible.cfg",
            "[defaults]\nvault_password_file = keys/a\nconnection_password_file = ~/b\n",
        )],
        &[],
    ),
    case(
        &[],
        &[
            ("ANSIBLE_VAULT_PASSWORD_FILE", "keys/a"),
            ("ANSIBLE_CONNECTION_PASSWORD_FILE", "~/b"),
        ],
    ),
    // Lists and words.
    case(
        &file("[defaults]\nvault_identity_list = dev@~/dev.pw, 'prod@prompt', file\n"),
        &[],
    ),
    case(
        &[],
        &[("ANSIBLE_VAULT_IDENTITY_LIST", "dev@dev.pw,prod@prompt")],
    ),
    case(
        &file(
            "[defaults]\nask_vault_pass = True\nvault_id_match=yes\nvault_encrypt_identity = dev\n",
        ),
        &[],
    ),
    case(
        &file("[defaults]\nask_vault_pass = no\nvault_id_match = maybe\n"),
        &[("ANSIBLE_ASK_VAULT_PASS", "on")],
    ),
    case(
        &file("[defaults]\nretry_files_enabled = 1\nretry_files_save_path = retries\n"),
        &[],
    ),
    case(
        &file("[defaults]\nretry_files_enabled = off\n"),
        &[("ANSIBLE_RETRY_FILES_ENABLED", "TRUE")],
    ),
    case(&file("[defaults]\nstdout_callback = json\n"), &[]),
    case(
        &file("[defaults]\nstdout_callback = json\n"),
        &[("ANSIBLE_STDOUT_CALLBACK", "ansible.posix.jsonl")],
    ),
    case(&file("[defaults]\nstdout_callback = yaml\n"), &[]),
    // Files that cannot be used.
    case(&file("forks = 7\n"), &[]),
    case(&file("[defaults]\nforks\n"), &[]),
    case(&file("[defaults]\n= 7\n"), &[]),
    case(&file("[defaults]\nforks = 7\nforks = 8\n"), &[]),
    case(
        &file("[defaults]\nforks = 7\n[defaults]\ntimeout = 8\n"),
        &[],
    ),
    case(&file("[defaults\nforks = 7\n"), &[]),
    case(&file("[defaults]\nforks = 7\n  deeper = 8\n"), &[]),
    case(&file("[defaults]\n  forks = 7\n  timeout = 8\n"), &[]),
    case(&file("  [defaults]\nforks = 7\n"), &[]),
    case(
        &file("[a]\nwhat: ever\n[defaults]\nunknown_key = 1\nforks = 7\n[x y]\nz = 1\n"),
        &[],
    ),
];

fn prepare(folder: &Path, case: &Case) {
    for name in ["here", "mine", "other"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    for (path, text) in case.files {
        if *path == OPEN.0 {
            let everybody = Permissions::from_mode(0o777);
            std::fs::set_permissions(folder.join("here"), everybody).unwrap();
        } else {
            support::write(&folder.join(path), text.as_bytes());
        }
    }
}

fn variables(folder: &Path, case: &Case) -> BTreeMap<&'static str, String> {
    let place = folder.to_str().unwrap();
    let pairs = case.variables.iter();
    pairs
        .map(|(name, text)| (*name, text.replace("$CASE", place)))
        .collect()
}

/// Ours in the shape of theirs; nothing when it cannot be used.
fn ours(folder: &Path, case: &Case) -> Option<Value> {
    let environment = Environment {
        variables: variables(folder, case),
        folder: folder.join("here"),
        home: Some(folder.join("mine")),
        ..Environment::default()
    };
    let talk = Talk::new(&Environment::default(), ColorChoice::Never);
    let set = Settings::of(&environment, &talk).ok()?;
    let vault = set.vault_sources();
    let here = |path: &PathBuf| {
        folder
            .join("here")
            .join(path)
            .components()
            .collect::<PathBuf>()
    };
    let inventory: Vec<_> = set
        .inventory
        .iter()
        .map(|name| here(&name.into()))
        .collect();
    let retry = set.retry_file(Path::new("book.yml"));
    Some(json!({
        "DEFAULT_HOST_LIST": (!inventory.is_empty()).then_some(inventory),
        "DEFAULT_FORKS": set.forks,
        "DEFAULT_TIMEOUT": set.timeout,
        "DEFAULT_REMOTE_USER": set.user,
        "CONNECTION_PASSWORD_FILE": set.connection_password_file.as_ref().map(here),
        "DEFAULT_VAULT_IDENTITY_LIST": (!vault.identities.is_empty()).then_some(&vault.identities),
        "DEFAULT_VAULT_PASSWORD_FILE": vault.password_file.as_ref().map(here),
        "DEFAULT_ASK_VAULT_PASS": vault.ask,
        "DEFAULT_VAULT_ENCRYPT_IDENTITY": vault.encrypt_identity,
        "DEFAULT_VAULT_ID_MATCH": vault.must_match,
        "DEFAULT_STDOUT_CALLBACK": set.reporters.first().map(|_| "json"),
        "RETRY_FILES_ENABLED": retry.is_some(),
        "RETRY_FILES_SAVE_PATH": retry.as_ref().map(here).and_then(|file| {
            let parent = file.parent()?.to_owned();
            (parent != folder.join("here")).then_some(parent)
        }),
    }))
}

/// Theirs, with what is a matter of writing made alike.
fn theirs(answer: &Value) -> Option<Value> {
    let mut answer = answer.as_object()?.clone();
    answer.remove("file");
    answer.remove("warned");
    if answer.contains_key("error") {
        return None;
    }
    for name in [
        "DEFAULT_ASK_VAULT_PASS",
        "DEFAULT_VAULT_ID_MATCH",
        "RETRY_FILES_ENABLED",
    ] {
        let value = answer[name].clone();
        // One of them has no type there, so that its word is left as it is.
        let word = value.as_str().unwrap_or_default();
        answer[name] = json!(value == true || ["yes", "True"].contains(&word));
    }
    let callback = answer["DEFAULT_STDOUT_CALLBACK"]
        .as_str()
        .unwrap_or_default();
    let is_json = callback.contains("json");
    answer["DEFAULT_STDOUT_CALLBACK"] = json!(is_json.then_some("json"));
    Some(Value::Object(answer))
}

#[tokio::test]
async fn what_is_set_is_what_ansible_says_is_set() {
    let (Some(python), Some(_)) = (
        support::peer_python(),
        support::peer_script("ansible-config"),
    ) else {
        return;
    };
    for case in CASES {
        let known = |name: &str| TABLE.iter().any(|setting| setting.ansible == name);
        assert!(case.variables.iter().all(|(name, _)| known(name)));
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    let places: Vec<PathBuf> = (0..CASES.len())
        .map(|number| place.join(number.to_string()))
        .collect();
    let mut order = Vec::new();
    for (case, folder) in CASES.iter().zip(&places) {
        prepare(folder, case);
        order.push(json!({
            "folder": folder.join("here"),
            "home": folder.join("mine"),
            "variables": variables(folder, case),
        }));
    }
    let script = support::root().join("tests/peers/settings.py");
    let input = Value::Array(order).to_string();
    let answers = super::json(&python, &[script.to_str().unwrap()], &input).await;
    let mut wrong = String::new();
    let mut set = 0;
    for ((case, folder), answer) in CASES.iter().zip(&places).zip(answers.as_array().unwrap()) {
        let (ours, theirs) = (ours(folder, case), theirs(answer));
        set += usize::from(theirs.as_ref().is_some_and(|all| {
            let mut values = all.as_object().unwrap().values();
            values.any(|value| !value.is_null() && *value != false)
        }));
        if ours != theirs {
            let (files, variables) = (case.files, case.variables);
            let told = "theirs";
            writeln!(
                wrong,
                "{files:?} {variables:?}\n  ours {ours:?}\n  {told} {answer}"
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(set > 30, "only {set} cases set anything");
}
