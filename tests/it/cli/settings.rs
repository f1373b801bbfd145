//! Facts about what is set outside of the command line, and what wins.
#![cfg(test)]

use rdpfix::cli::args::ColorChoice;
use rdpfix::cli::environment::Colours;
use rdpfix::cli::environment::Environment;
use rdpfix::cli::output::Talk;
use rdpfix::diag::Colour;

use crate::cli::BASELINE;
use crate::cli::Bench;
use crate::cli::Finished;
use crate::cli::command;
use crate::cli::finished;
use crate::support;

/// Runs the program in the bench's folder with these variables.
async fn run(bench: &Bench, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = command(arguments);
    command
        .current_dir(bench.folder.path())
        .env("HOME", bench.folder.path().join("mine"))
        .envs(variables.iter().copied());
    finished(command.output().await.expect("the program runs"))
}

fn baseline() -> String {
    support::root().join(BASELINE).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inventory_of_the_current_folders_file_is_used_and_loses_to_others() {
    let bench = Bench::of("healthy", Some(1)).await;
    let host = bench.host();
    let book = baseline();
    let text = bench.lab.inventory_yaml();
    bench.write("two.yml", &text.replace(&host, "another"));
    bench.write("ansible.cfg", "[defaults]\ninventory = lab.yml\n");
    let audit = ["audit", &book, "-v"];
    run(&bench, &audit, &[]).await.exits(0).says(&host);
    let ansible = ("ANSIBLE_INVENTORY", "two.yml");
    run(&bench, &audit, &[ansible])
        .await
        .exits(0)
        .says("another");
    let both = [ansible, ("RDPFIX_INVENTORY", "lab.yml")];
    run(&bench, &audit, &both).await.exits(0).says(&host);
    let typed = ["audit", &book, "-v", "-i", "two.yml"];
    run(&bench, &typed, &both).await.exits(0).says("another");
    let list = [("ANSIBLE_INVENTORY", "lab.yml,two.yml")];
    run(&bench, &audit, &list)
        .await
        .exits(0)
        .says("another")
        .says(&host);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_of_an_inventory_is_known_wherever_it_was_named() {
    let bench = Bench::of("healthy", Some(1)).await;
    let book = bench.write(
        "play.yml",
        "- hosts: all\n  tasks:\n    - debug: {msg: 'it lies in {{ inventory_dir }}'}\n",
    );
    let folder = bench.folder.path().canonicalize().expect("a folder");
    let told = format!("it lies in {}", folder.display());
    let audit = ["audit", &book, "-v"];
    let variable = [("RDPFIX_INVENTORY", "lab.yml")];
    run(&bench, &audit, &variable).await.exits(0).says(&told);
    bench.write("ansible.cfg", "[defaults]\ninventory = lab.yml\n");
    run(&bench, &audit, &[]).await.exits(0).says(&told);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_a_folder_that_everybody_may_write_to_is_ignored_and_told() {
    let bench = Bench::of("healthy", Some(1)).await;
    bench.write("ansible.cfg", "[defaults]\ninventory = lab.yml\n");
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(bench.folder.path(), everybody).expect("rights");
    run(&bench, &["audit", &baseline()], &[])
        .await
        .exits(5)
        .says("anybody may write there")
        .says("RDPFIX_CONFIG=ansible.cfg")
        .says("no inventory given");
    let named = [("RDPFIX_CONFIG", "ansible.cfg")];
    let told = run(&bench, &["audit", &baseline()], &named).await.exits(0);
    assert!(
        !told.stderr.contains("anybody may write"),
        "{}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_settings_are_told_with_their_place() {
    let bench = Bench::of("healthy", Some(1)).await;
    let book = baseline();
    let audit = ["audit", &book, "-i", "lab.yml"];
    bench.write("ansible.cfg", "[defaults]\nforks = 5 # five\ntimeout = 0\n");
    run(&bench, &audit, &[])
        .await
        .exits(6)
        .says("ansible.cfg:2:9")
        .says("only `;` begins a comment")
        .says("ansible.cfg:3:11");
    bench.write("ansible.cfg", "[defaults]\nforks\n");
    run(&bench, &audit, &[])
        .await
        .exits(6)
        .says("ansible.cfg:2:1");
    // What needs no settings reads none.
    run(&bench, &["explain", "0x904"], &[]).await.exits(0);
    bench.write(
        "ansible.cfg",
        "[defaults]\nunknown = 1\n[galaxy]\nserver_list = a\n",
    );
    run(&bench, &audit, &[]).await.exits(0);
    run(&bench, &audit, &[("ANSIBLE_FORKS", "many")])
        .await
        .exits(5)
        .says("`ANSIBLE_FORKS` is `many`");
    run(&bench, &audit, &[("RDPFIX_CONFIG", "nowhere.cfg")])
        .await
        .exits(5)
        .says("`nowhere.cfg`, which is not there");
    run(&bench, &audit, &[("ANSIBLE_CONFIG", "nowhere.cfg")])
        .await
        .exits(0)
        .says("`nowhere.cfg`, which is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_writes_json_means_our_reporter_of_that_name() {
    let bench = Bench::of("healthy", Some(1)).await;
    let book = baseline();
    let audit = ["audit", &book, "-i", "lab.yml"];
    let callback = ("ANSIBLE_STDOUT_CALLBACK", "ansible.posix.json");
    let told = run(&bench, &audit, &[callback]).await.exits(0);
    let document: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert!(document["plays"].is_array() && document["stats"].is_object());
    assert!(told.stderr.contains("--reporter json`"), "{}", told.stderr);
    let lines = ("ANSIBLE_STDOUT_CALLBACK", "ansible.posix.jsonl");
    let told = run(&bench, &audit, &[lines]).await.exits(0);
    assert!(told.records().len() > 2);
    assert!(told.stderr.contains("--reporter jsonl`"), "{}", told.stderr);
    for own in [
        &[callback, ("RDPFIX_REPORTER", "human")][..],
        &[("ANSIBLE_STDOUT_CALLBACK", "yaml")],
    ] {
        let told = run(&bench, &audit, own).await.exits(0);
        assert!(!told.stdout.starts_with('{'), "{}", told.stdout);
        assert!(!told.stderr.contains("jsonl"), "{}", told.stderr);
    }
    let typed = ["audit", &book, "-i", "lab.yml", "--reporter", "human"];
    let told = run(&bench, &typed, &[callback]).await.exits(0);
    assert!(!told.stdout.starts_with('{'), "{}", told.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_may_be_set_outside_of_the_inventory() {
    let bench = Bench::of("healthy", Some(1)).await;
    let text = bench.lab.inventory_yaml();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("ansible_user:") && !line.contains("ansible_password:"))
        .collect();
    bench.write("lab.yml", &kept.join("\n"));
    bench.write("pw", &format!("{}\n", bench.lab.password().reveal()));
    let user = bench.lab.user();
    bench.write(
        "ansible.cfg",
        "[defaults]\ninventory=lab.yml\nremote_user = nobody\nconnection_password_file = pw\n",
    );
    let book = baseline();
    run(&bench, &["audit", &book], &[])
        .await
        .exits(4)
        .says("`nobody`");
    let right = [("ANSIBLE_REMOTE_USER", user)];
    run(&bench, &["audit", &book], &right).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_read_from_a_file_and_an_empty_one_means_nobody() {
    let bench = Bench::of("healthy", Some(3)).await;
    let hosts = bench.hosts();
    let [first, second, third] = hosts.as_slice() else {
        panic!("three hosts: {hosts:?}");
    };
    let some = format!("# failed before\n{first}\n\n  {third}  \n");
    let some = format!("@{}", bench.write("some", &some));
    let told = bench
        .run(&["audit", BASELINE, "--limit", &some, "--reporter", "jsonl"])
        .await
        .exits(0);
    assert!(told.stdout.contains(first) && told.stdout.contains(third));
    assert!(!told.stdout.contains(second), "{}", told.stdout);
    let nobody = format!("@{}", bench.write("nobody", "# nobody\n"));
    bench
        .run(&["audit", BASELINE, "--limit", &nobody])
        .await
        .exits(7)
        .says("names no hosts");
    bench
        .run(&["audit", BASELINE, "--limit", "@no-such-file"])
        .await
        .exits(5)
        .says("no-such-file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switched_off_check_of_ssh_keys_is_warned_of() {
    let bench = Bench::of("healthy", Some(1)).await;
    let book = baseline();
    let audit = ["audit", &book, "-i", "lab.yml"];
    bench.write("ansible.cfg", "[defaults]\nhost_key_checking = False\n");
    run(&bench, &audit, &[])
        .await
        .exits(0)
        .says("warning[no-effect]: `host_key_checking` has no effect here yet")
        .says("ansible.cfg:2:21")
        .says("SSH");
    let variable = ("ANSIBLE_HOST_KEY_CHECKING", "0");
    run(&bench, &audit, &[variable])
        .await
        .exits(0)
        .says("`ANSIBLE_HOST_KEY_CHECKING` has no effect here yet");
    for told in [
        run(&bench, &audit, &[("ANSIBLE_HOST_KEY_CHECKING", "True")]).await,
        run(&bench, &["explain", "0x904"], &[]).await,
    ] {
        let told = told.exits(0);
        assert!(!told.stderr.contains("no effect"), "{}", told.stderr);
    }
}

#[test]
fn the_file_may_want_no_colours_and_loses_to_variables() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |config: &str, variables: &[(&'static str, &str)], colours| {
        support::write(&folder.path().join("ansible.cfg"), config.as_bytes());
        let variables = variables
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()));
        let environment = Environment {
            colours,
            stdout_is_terminal: true,
            folder: folder.path().to_owned(),
            variables: variables.collect(),
            ..Environment::default()
        };
        Talk::new(&environment, ColorChoice::Auto).stdout == Colour::Always
    };
    let plain = "[defaults]\nnocolor = 1\n";
    assert!(shown("", &[], Colours::OnTerminals));
    assert!(!shown(plain, &[], Colours::OnTerminals));
    assert!(shown(
        "[defaults]\nnocolor = no\n",
        &[],
        Colours::OnTerminals
    ));
    assert!(shown("[other]\nnocolor = 1\n", &[], Colours::OnTerminals));
    assert!(shown("a mistake", &[], Colours::OnTerminals));
    assert!(shown(
        plain,
        &[("ANSIBLE_NOCOLOR", "0")],
        Colours::OnTerminals
    ));
    assert!(shown(plain, &[], Colours::Always));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_decides_whether_its_differences_are_shown() {
    let bench = Bench::of("nla-mismatch", Some(1)).await;
    let book = |diff: &str| {
        let text = format!("- hosts: all\n  tasks:\n    - rdp_listener: {{nla: required}}\n{diff}");
        bench.write("book.yml", &text)
    };
    let shows = async |book: String, typed: &[&str]| {
        let words = [&["apply", "--check", &book, "-i", "lab.yml"], typed].concat();
        let told = run(&bench, &words, &[]).await.exits(3);
        let has_diff = told.stdout.contains("\n    +++ ");
        assert_eq!(told.stdout.contains("not_required →"), !has_diff);
        has_diff
    };
    assert!(!shows(book(""), &[]).await);
    assert!(shows(book(""), &["--diff"]).await);
    assert!(shows(book("      diff: true\n"), &[]).await);
    assert!(!shows(book("      diff: false\n"), &["--diff"]).await);
    let template = "      diff: '{{ rdp_port > 0 }}'\n";
    assert!(shows(book(template), &[]).await);
}
