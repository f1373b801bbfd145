//! Facts about who comes from Ansible: a folder as it is drives rdpfix, and every line of the README about it is true.

use std::path::Path;
use std::process::Command;

use super::Bench;
use super::Finished;
use super::run;
use crate::support;

const PASSWORD: &str = "examples/from-ansible/vault-password.sh";
const SITE: &str = "examples/from-ansible";
/// A secret that playbooks may see and nobody else.
const NOTE: &str = "what-nobody-may-read";

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// The site of the example in a folder of its own, with addresses of lab hosts; the account's name and password stand in
/// nothing but a vault that the real `ansible-vault` makes.
#[expect(clippy::disallowed_methods, reason = "tests write their own data")]
async fn site() -> Option<Bench> {
    let vault = support::peer_script("ansible-vault")?;
    let bench = Bench::of("nla-mismatch", Some(2)).await;
    let folder = bench.folder.path().join("site");
    copy(&support::root().join(SITE), &folder);
    let lab = bench.lab.inventory_yaml();
    let word = |key: &str| {
        let line = lab.lines().find_map(|line| line.trim().strip_prefix(key));
        line.unwrap().trim_start_matches(':').trim().to_owned()
    };
    let clear = format!(
        "vault_admin_user: {}\nvault_admin_password: {}\nvault_note: {NOTE}\n",
        word("ansible_user"),
        word("ansible_password")
    );
    let sealed = folder.join("inventory/group_vars/all/vault.yml");
    std::fs::write(&sealed, clear).unwrap();
    let status = Command::new(vault)
        .arg("encrypt")
        .arg(&sealed)
        .current_dir(&folder)
        .env("ANSIBLE_CONFIG", folder.join("ansible.cfg"))
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert!(support::bytes(&sealed).starts_with(b"$ANSIBLE_VAULT;1.1;AES256"));
    let blocks: Vec<&str> = lab.split("ansible_port: ").skip(1).collect();
    let hosts = blocks.iter().zip(["ts01", "ts02"]).map(|(block, name)| {
        let port = block.lines().next().unwrap();
        let rdp = block.split("rdp_port: ").nth(1).unwrap();
        let rdp = rdp.lines().next().unwrap();
        format!("{name}.corp.example ansible_host=127.0.0.1 ansible_port={port} rdp_port={rdp}\n")
    });
    let ini = format!(
        "[berlin]\n{}[terminal_servers:children]\nberlin\n[retired]\n[terminal_servers:vars]\nansible_connection=psrp\nrdp_services=['SessionEnv', 'TermService']\n",
        hosts.collect::<String>()
    );
    std::fs::write(folder.join("inventory/hosts.ini"), ini).unwrap();
    Some(bench)
}

async fn with_site(bench: &Bench, verb: &str, more: &[&str]) -> Finished {
    let playbook = bench.path("site/rdp.yml");
    let inventory = bench.path("site/inventory");
    let password = bench.path("site/vault-password.sh");
    let mut arguments = vec![verb, &playbook, "-i", &inventory];
    arguments.extend(["--vault-password-file", &password]);
    arguments.extend(more);
    run(&arguments).await
}

#[tokio::test]
async fn an_unchanged_folder_with_a_vault_mends_hosts() {
    let Some(bench) = site().await else { return };
    with_site(&bench, "audit", &[])
        .await
        .exits(3)
        .says("would change: [ts01.corp.example] => Sign-in comes before the session");
    with_site(&bench, "apply", &[])
        .await
        .exits(0)
        .says("WAVE 1 of 2")
        .says("rescued=1");
    with_site(&bench, "audit", &[]).await.exits(0);
}

#[tokio::test]
async fn nothing_of_a_vault_is_shown() {
    let Some(bench) = site().await else { return };
    let playbook = bench.write(
        "site/tell.yml",
        "- hosts: all\n  tasks:\n    - debug: {msg: \"<{{ vault_note }}>\"}\n    - debug: {var: vault_note}\n",
    );
    let inventory = bench.path("site/inventory");
    let password = bench.path("site/vault-password.sh");
    for reporter in ["human", "jsonl"] {
        let told = run(&[
            "apply",
            &playbook,
            "-i",
            &inventory,
            "--vault-password-file",
            &password,
            "-vvv",
            "--reporter",
            reporter,
        ])
        .await
        .exits(0)
        .says("********");
        assert!(!told.stdout.contains(NOTE) && !told.stderr.contains(NOTE));
    }
}

#[tokio::test]
async fn without_its_password_a_vault_is_named_and_nothing_is_done() {
    let inventory = format!("{SITE}/inventory");
    run(&["apply", "examples/from-ansible/rdp.yml", "-i", &inventory])
        .await
        .exits(6)
        .says("group_vars/all/vault.yml")
        .says("--vault-password-file");
}

/// A playbook with one task, checked only.
async fn lint(task: &str) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("play.yml");
    support::write(&path, format!("- hosts: all\n  tasks:\n{task}").as_bytes());
    run(&["lint", &path.display().to_string()]).await
}

/// The same playbook on a healthy lab host.
async fn apply(text: &str, more: &[&str]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("play.yml");
    support::write(&path, text.as_bytes());
    let path = path.display().to_string();
    let mut arguments = vec!["apply", &path, "-i", "lab:healthy"];
    arguments.extend(more);
    run(&arguments).await
}

/// What `inventory` shows of a text.
async fn inventory(text: &str) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    support::write(&path, text.as_bytes());
    run(&["inventory", "--list", "-i", &path.display().to_string()]).await
}

/// The lines of the README's table, each with what shows that it is true. Lines that other tests compare with real Ansible
/// say so by their own check here, too.
async fn check(line: &str) {
    match line {
        "vault files and `!vault` values, `--vault-id`, `--vault-password-file`, `-J`" => {
            let vault = format!("{SITE}/inventory/group_vars/all/vault.yml");
            run(&[
                "vault",
                "view",
                &vault,
                "--vault-id",
                &format!("x@{PASSWORD}"),
            ])
            .await
            .exits(0)
            .says("vault_admin_user: CORP\\rdp-admin");
        }
        "variables of `winrm` and `psrp`" => {
            run(&[
                "audit",
                "examples/from-ansible/rdp.yml",
                "-i",
                &format!("{SITE}/inventory"),
                "-i",
                "lab:examples/from-ansible/lab.yml",
                "--vault-password-file",
                PASSWORD,
            ])
            .await
            .says("`ansible_become_method` has no effect here");
        }
        "hosts with `ansible_connection: ssh`" => {
            let folder = tempfile::tempdir().unwrap();
            let (hosts, play) = (folder.path().join("hosts"), folder.path().join("play.yml"));
            support::write(
                &hosts,
                b"a ansible_connection=ssh ansible_user=u ansible_password=p\n",
            );
            support::write(&play, b"- hosts: all\n  tasks:\n    - ping:\n");
            let hosts = hosts.display().to_string();
            run(&["inventory", "--list", "-i", &hosts]).await.exits(0);
            run(&["apply", &play.display().to_string(), "-i", &hosts])
                .await
                .exits(6)
                .says("ssh");
        }
        _ => check_inventory(line).await,
    }
}

async fn check_inventory(line: &str) {
    match line {
        "INI and YAML inventories, folders, programs, `-i` several times"
        | "`group_vars`, `host_vars`, their precedence" => {
            let inventory = format!("{SITE}/inventory");
            run(&["inventory", "--host", "ts01.corp.example", "-i", &inventory])
                .await
                .exits(6);
            run(&[
                "inventory",
                "--host",
                "ts01.corp.example",
                "-i",
                &inventory,
                "-i",
                "extra,",
                "--vault-password-file",
                PASSWORD,
                "--playbook-dir",
                SITE,
            ])
            .await
            .exits(0)
            .says("\"SessionEnv\"")
            .says("rdp_banner");
        }
        "comments that eat values, misspelt keys, unknown groups" => {
            inventory("a ansible_password=x#y\n[b:vars]\nc=1\n")
                .await
                .says("warning")
                .says("hosts:1:");
        }
        "`ansible.cfg`, `ANSIBLE_*`" => {
            let page = support::bytes(&support::root().join("docs/reference/settings.md"));
            assert!(String::from_utf8_lossy(&page).contains("ANSIBLE_VAULT_PASSWORD_FILE"));
        }
        _ => check_language(line).await,
    }
}

async fn check_language(line: &str) {
    match line {
        "`win_service`, `win_regedit`, `win_firewall_rule` of a built-in rule" => {
            lint("    - win_service: {name: TermService, state: started}\n    - ansible.windows.win_regedit: {path: 'HKLM:\\SOFTWARE\\X', name: a, data: 1, type: dword}\n    - community.windows.win_firewall_rule: {name: 'Remote Desktop - User Mode (TCP-In)', enabled: true}\n")
                .await
                .exits(0);
        }
        "`win_reboot`, `win_wait_for`, `assert`, `fail`, `debug`, `set_fact`, `include_tasks`, `include_vars`" =>
        {
            lint("    - win_reboot:\n    - win_wait_for: {port: 3389}\n    - assert: {that: 1 == 1}\n    - fail: {msg: x}\n      when: false\n    - debug: {msg: x}\n    - set_fact: {a: 1}\n")
                .await
                .exits(0);
        }
        "every other module" => {
            lint("    - win_shell: whoami\n")
                .await
                .exits(6)
                .says(":3:7")
                .says("help:");
        }
        "roles" => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("play.yml");
            support::write(&path, b"- hosts: all\n  roles: [rdp]\n");
            run(&["lint", &path.display().to_string()])
                .await
                .exits(6)
                .says("import_tasks");
        }
        "`loop`, `register`, `until`, `block`, `rescue`, `always`, handlers" => {
            apply("- hosts: all\n  tasks:\n    - block:\n        - debug: {msg: \"{{ item }}\"}\n          loop: [1, 2]\n          register: told\n        - fail: {msg: no}\n          until: false\n          retries: 1\n          delay: 0\n      rescue:\n        - debug: {msg: \"{{ told.results | length }} told\"}\n      always:\n        - debug: {msg: over}\n", &[])
                .await
                .exits(0)
                .says("2 told")
                .says("over");
        }
        "Jinja filters and tests" | "lookups" => {
            apply(
                "- hosts: all\n  tasks:\n    - debug: {msg: \"{{ lookup('file', '/x') }}\"}\n",
                &[],
            )
            .await
            .says("lookup");
        }
        "`--check` that skips or guesses" => {
            apply("- hosts: all\n  tasks:\n    - registry_key: {key: 'HKLM\\SOFTWARE\\New'}\n    - registry_value: {key: 'HKLM\\SOFTWARE\\New', name: a, type: dword, data: 1}\n    - reboot:\n    - wait_for: {port: 3389}\n", &["--check"])
                .await
                .exits(3)
                .says("unknown")
                .says("depends on");
        }
        _ => check_rollout(line).await,
    }
}

async fn check_rollout(line: &str) {
    match line {
        "`serial`, `max_fail_percentage`, `any_errors_fatal`"
        | "a slow host holds up all others" => {
            run(&[
                "apply",
                "playbooks/rdp-baseline.yml",
                "-i",
                "lab:healthy:3",
                "--serial",
                "1,2",
            ])
            .await
            .exits(0)
            .says("WAVE 2 of 2");
        }
        "`gather_facts`" => {
            apply(
                "- hosts: all\n  tasks:\n    - debug: {msg: \"{{ ansible_os_family }}\"}\n",
                &[],
            )
            .await
            .exits(0)
            .says("Windows");
        }
        "`become`" => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("play.yml");
            support::write(
                &path,
                b"- hosts: all\n  become: true\n  tasks: [{ping: }]\n",
            );
            run(&["lint", &path.display().to_string()])
                .await
                .exits(0)
                .says("`become` has no effect here");
        }
        "exit codes 2 and 4 with several meanings" => {
            run(&["apply", "--no-such-option"]).await.exits(5);
        }
        other => panic!("nothing shows that this line of the README is true: {other}"),
    }
}

#[tokio::test]
async fn every_line_about_ansible_in_the_readme_is_true() {
    let readme = String::from_utf8(support::bytes(&support::root().join("README.md"))).unwrap();
    let (_, rest) = readme.split_once("<!-- from ansible -->").unwrap();
    let (table, _) = rest.split_once("<!-- /from ansible -->").unwrap();
    let lines: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter(|line| !line.starts_with("---") && !line.starts_with("with Ansible"))
        .filter_map(|line| line.split(" | ").next())
        .collect();
    assert!(lines.len() > 15, "{lines:?}");
    for line in lines {
        check(line).await;
    }
}
