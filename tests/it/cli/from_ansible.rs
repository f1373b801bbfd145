//! Facts about who comes from Ansible: a folder as it is drives rdpfix, and every line of the README about it is true.

mod desk;
mod rows;

use std::path::Path;
use std::process::Command;

use super::Bench;
use super::Finished;
use super::run;
use crate::support;

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

#[tokio::test(flavor = "multi_thread")]
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
    let mut wrong = Vec::new();
    for line in lines {
        let check = tokio::spawn(rows::check(line.to_owned()));
        if check.await.is_err() {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
