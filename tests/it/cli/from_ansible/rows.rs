//! What shows that a line of the README about Ansible is true: it is done, and what comes of it is looked at.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use rdpfix::lab::mishap::Trouble;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::desk::Desk;
use crate::cli::BASELINE;
use crate::cli::Finished;
use crate::cli::command;
use crate::cli::finished;
use crate::support;

/// `task: status` of each result.
fn results(finished: &Finished) -> Vec<String> {
    let records = finished.records().into_iter();
    let results = records.filter(|record| record["type"] == "result");
    results
        .map(|record| {
            let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
            format!("{}: {} {}", text("task"), text("status"), text("message"))
                .trim()
                .to_owned()
        })
        .collect()
}

/// What shows that a line of the table is true.
pub(super) async fn check(line: String) {
    match line.as_str() {
        "INI and YAML inventories, folders, programs, `-i` several times" => inventories().await,
        "`group_vars`, `host_vars`, their precedence" => precedence().await,
        "comments that eat values, misspelt keys, unknown groups" => mistakes().await,
        "`ansible.cfg`, `ANSIBLE_*`" => settings().await,
        "vault files and `!vault` values, `--vault-id`, `--vault-password-file`, `-J`" => {
            vaults().await;
        }
        "variables of `winrm` and `psrp`" => connections().await,
        "hosts with `ansible_connection: ssh`" => ssh().await,
        _ => check_language(&line).await,
    }
}

async fn check_language(line: &str) {
    match line {
        "`win_service`, `win_regedit`, `win_firewall_rule` of a built-in rule" => resources().await,
        "`win_reboot`, `win_wait_for`, `assert`, `fail`, `debug`, `set_fact`, `include_tasks`, `include_vars`" =>
        {
            actions().await;
        }
        "every other module" => other_modules().await,
        "roles" => roles().await,
        "`loop`, `register`, `until`, `block`, `rescue`, `always`, handlers" => flow().await,
        "Jinja filters and tests" => filters().await,
        "lookups" => lookups().await,
        "`hostvars`, `ansible_play_hosts`" => other_hosts().await,
        "`--check` that skips or guesses" => check_mode().await,
        "`serial`, `max_fail_percentage`, `any_errors_fatal`" => waves().await,
        "a slow host holds up all others" => slow_hosts().await,
        "`gather_facts`" => facts().await,
        "`become`" => rights().await,
        "exit codes 2 and 4 with several meanings" => exit_codes().await,
        other => panic!("nothing shows that this line of the README is true: {other}"),
    }
}

async fn inventories() {
    let desk = Desk::of("healthy", 1).await;
    desk.put("site/a.ini", "[web]\nw[1:2] port=80\n[all:vars]\nsite=x\n");
    desk.put(
        "site/b.yml",
        "db: {hosts: {d1: {port: 5432}}, children: {web: }}\n",
    );
    desk.put("more.yml", "all: {hosts: {m1: {from: more}}}\n");
    let mut line = "--list -i site -i more.yml -i typed1,typed2,".to_owned();
    #[cfg(unix)]
    {
        let said =
            r#"{"cloud": {"hosts": ["c1"]}, "_meta": {"hostvars": {"c1": {"from": "program"}}}}"#;
        desk.put_program("cloud.sh", &format!("#!/bin/sh\necho '{said}'\n"));
        line.push_str(" -i cloud.sh");
    }
    let shown = desk.shows_the_same(&line).await;
    assert_eq!(shown["_meta"]["hostvars"]["w2"]["site"], "x");
}

async fn precedence() {
    let desk = Desk::of("healthy", 1).await;
    desk.put(
        "site/hosts",
        "[inner]\nh1 e=inline\n[outer:children]\ninner\n",
    );
    desk.put(
        "site/group_vars/all.yml",
        "a: all\nb: all\nc: all\nd: all\ne: all\n",
    );
    desk.put(
        "site/group_vars/outer/one.yml",
        "b: outer\nc: outer\nd: outer\ne: outer\n",
    );
    desk.put("site/group_vars/inner", "c: inner\nd: inner\ne: inner\n");
    desk.put("site/host_vars/h1.yml", "d: host\n");
    desk.put("book/group_vars/all.yml", "a: beside the playbook\n");
    let line = "--host h1 -i site --playbook-dir book -e f=typed";
    let shown = desk.shows_the_same(line).await;
    for (name, winner) in [
        ("a", "beside the playbook"),
        ("b", "outer"),
        ("c", "inner"),
        ("d", "host"),
        ("e", "inline"),
    ] {
        assert_eq!(shown[name], winner, "{name}");
    }
}

async fn mistakes() {
    let desk = Desk::of("healthy", 1).await;
    for (text, place, help) in [
        ("a ansible_password=x#y\n", "hosts:1:", "quote"),
        ("a ansible_hots=10.0.0.1\n", "hosts:1:16", "ansible_host"),
        ("a\n[web:vars]\nx=1\n", "hosts:2:", "[web]"),
    ] {
        desk.put("hosts", text);
        desk.put("play.yml", "- hosts: all\n  tasks: [ping: ]\n");
        let told = desk.run("apply play.yml -i hosts --list-hosts").await;
        let told = told.says(place).says("^");
        let (_, helped) = told.stderr.split_once("help:").unwrap_or(("", ""));
        assert!(helped.contains(help), "{text}: {}", told.stderr);
    }
}

async fn settings() {
    let desk = Desk::of("healthy", 1).await;
    for name in ["one", "two", "three", "four"] {
        desk.put(name, &format!("host-{name}\n"));
    }
    desk.put("ansible.cfg", "[defaults]\ninventory = one\n");
    for (line, host) in [
        ("", "host-one"),
        ("ANSIBLE_INVENTORY=two ", "host-two"),
        (
            "ANSIBLE_INVENTORY=two RDPFIX_INVENTORY=three ",
            "host-three",
        ),
    ] {
        let told = desk.run(&format!("{line}inventory --list")).await.exits(0);
        assert!(told.stdout.contains(host), "{line}");
    }
    let typed = "RDPFIX_INVENTORY=three inventory --list -i four";
    desk.run(typed).await.exits(0).says("host-four");
}

async fn vaults() {
    let desk = Desk::of("healthy", 1).await;
    desk.put("pw", "sesame\n");
    desk.put("plain", "open");
    desk.put("vars.yml", "word: hidden\n");
    desk.run("vault encrypt vars.yml --vault-id x@pw")
        .await
        .exits(0);
    let sealed = desk
        .run("vault encrypt-string -n sealed --file plain --vault-password-file pw")
        .await
        .exits(0);
    assert!(sealed.stdout.starts_with("sealed: !vault |"));
    desk.put("group_vars/all.yml", &sealed.stdout);
    desk.put("hosts", "a\n");
    for keys in ["--vault-id y@pw", "--vault-password-file pw"] {
        let view = format!("vault view vars.yml {keys}");
        desk.run(&view).await.exits(0).says("word: hidden");
        let told = desk
            .run(&format!("inventory --host a -i hosts {keys}"))
            .await;
        told.exits(0).says("sealed");
    }
    let mut asked = command(&["vault", "view", "vars.yml", "-J"]);
    asked
        .current_dir(desk.0.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut asked = asked.spawn().unwrap();
    let mut answer = asked.stdin.take().unwrap();
    answer.write_all(b"sesame\n").await.unwrap();
    drop(answer);
    finished(asked.wait_with_output().await.unwrap())
        .exits(0)
        .says("word: hidden");
    let Some(program) = support::peer_script("ansible-vault") else {
        return;
    };
    let view = Command::new(program)
        .args(["view", "vars.yml", "--vault-password-file", "pw"])
        .current_dir(desk.0.folder.path())
        .output()
        .await;
    finished(view.unwrap()).exits(0).says("word: hidden");
}

async fn connections() {
    let desk = Desk::of("healthy", 1).await;
    desk.put("play.yml", "- hosts: all\n  tasks: [ping: ]\n");
    let lab = String::from_utf8(support::bytes(desk.0.path("lab.yml").as_ref())).unwrap();
    assert!(lab.contains("ansible_winrm_scheme") && lab.contains("ansible_port"));
    desk.run("apply play.yml -i lab.yml").await.exits(0);
    let psrp = lab
        .replace("ansible_winrm_scheme", "ansible_psrp_protocol")
        .replace("ansible_winrm_transport: ntlm", "ansible_psrp_auth: ntlm")
        .replace(
            "ansible_port",
            "ansible_connection: psrp\n      ansible_psrp_port",
        );
    desk.put("lab.yml", &psrp);
    desk.run("apply play.yml -i lab.yml").await.exits(0);
    let idle = psrp.replace(
        "ansible_psrp_port",
        "ansible_become: true\n      ansible_psrp_port",
    );
    desk.put("lab.yml", &idle);
    desk.run("apply play.yml -i lab.yml")
        .await
        .exits(0)
        .says("`ansible_become` has no effect here");
}

async fn ssh() {
    let desk = Desk::of("healthy", 1).await;
    desk.put(
        "ssh",
        "far ansible_connection=ssh ansible_user=u ansible_password=p\n",
    );
    let listed = desk
        .run("inventory --list -i ssh -i lab.yml")
        .await
        .exits(0);
    assert!(listed.stdout.contains("\"far\""));
    desk.put("play.yml", "- hosts: all\n  tasks: [ping: ]\n");
    let told = desk
        .run("apply play.yml -i ssh -i lab.yml --reporter jsonl")
        .await
        .exits(4);
    let ends = told.records().into_iter();
    let ends: BTreeSet<(String, String)> = ends
        .filter(|record| record["type"] == "host_end")
        .map(|record| (record["host"].to_string(), record["status"].to_string()))
        .collect();
    assert!(
        ends.contains(&("\"far\"".into(), "\"unreachable\"".into())),
        "{ends:?}"
    );
    assert!(
        ends.iter().any(|(_, status)| status == "\"ok\""),
        "{ends:?}"
    );
}

async fn resources() {
    let desk = Desk::of("service-down", 1).await;
    let told = desk
        .tasks(
            "apply",
            "    - win_service: {name: TermService, state: started, start_mode: manual}\n    - ansible.windows.win_regedit: {path: 'HKLM:\\SOFTWARE\\X', name: a, data: 1, type: dword}\n    - community.windows.win_firewall_rule: {name: 'Remote Desktop - User Mode (TCP-In)', enabled: true}\n",
        )
        .await
        .exits(0);
    let kinds = told.records();
    let kinds: Vec<&str> = kinds
        .iter()
        .filter(|record| record["type"] == "result")
        .map(|record| record["resource"].as_str().unwrap())
        .collect();
    assert!(kinds.starts_with(&["service"]), "{kinds:?}");
    for kind in ["service", "registry_value", "firewall_rule"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
}

async fn actions() {
    let desk = Desk::of("healthy", 1).await;
    desk.put("inner.yml", "- debug: {msg: 'included {{ a }} {{ b }}'}\n");
    desk.put("vars.yml", "b: 2\n");
    let told = desk
        .tasks(
            "apply",
            "    - set_fact: {a: 1}\n    - include_vars: vars.yml\n    - include_tasks: inner.yml\n    - assert: {that: a == 1}\n    - win_reboot: {pre_reboot_delay: 0}\n    - win_wait_for: {port: '{{ rdp_port }}'}\n    - fail: {msg: on purpose}\n      ignore_errors: true\n",
        )
        .await
        .exits(0);
    assert_eq!(
        results(&told),
        [
            "set_fact: ok",
            "include_vars: ok",
            "include_tasks: ok",
            "debug: ok included 1 2",
            "assert: ok All assertions passed",
            "win_reboot: changed",
            "win_wait_for: ok",
            "fail: failed on purpose",
        ]
    );
}

async fn other_modules() {
    let desk = Desk::of("nla-mismatch", 1).await;
    desk.tasks(
        "apply",
        "    - rdp_listener: {nla: required}\n    - win_shell: whoami\n",
    )
    .await
    .exits(6)
    .says("play.yml:4:7")
    .says("help:");
    assert!(desk.0.lab.requests(&desk.0.host()).is_empty());
}

async fn roles() {
    let desk = Desk::of("healthy", 1).await;
    desk.put("play.yml", "- hosts: all\n  roles: [rdp]\n");
    desk.put("roles/rdp/tasks/main.yml", "- debug: {msg: done}\n");
    desk.run("apply play.yml -i lab.yml")
        .await
        .exits(6)
        .says("play.yml:2:3")
        .says("import_tasks");
    desk.tasks("apply", "    - import_tasks: roles/rdp/tasks/main.yml\n")
        .await
        .exits(0)
        .says("done");
}

async fn flow() {
    let desk = Desk::of("healthy", 1).await;
    let told = desk
        .tasks(
            "apply",
            "    - block:\n        - debug: {msg: \"{{ item }}\"}\n          loop: [1, 2]\n          register: told\n        - fail: {msg: never}\n          register: tried\n          until: tried is success\n          retries: 2\n          delay: 0\n      rescue:\n        - debug: {msg: \"{{ told.results | length }} told\"}\n          changed_when: true\n          notify: last\n      always:\n        - debug: {msg: over}\n  handlers:\n    - name: last\n      debug: {msg: handled}\n",
        )
        .await
        .exits(0);
    let told = results(&told);
    assert_eq!(
        told,
        [
            "debug: ok 1",
            "debug: ok 2",
            "fail: failed never",
            "debug: changed 2 told",
            "debug: ok over",
            "last: ok handled",
        ]
    );
}

async fn filters() {
    let desk = Desk::of("healthy", 1).await;
    let said = desk
        .tasks(
            "apply",
            "    - debug: {msg: \"{{ [3, 1] | sort | join('-') }} {{ 'a' is match('A', ignorecase=true) }} {{ {'a': 1} | dict2items | length }} {{ now().year > 2000 }}\"}\n",
        )
        .await
        .exits(0);
    assert_eq!(results(&said), ["debug: ok 1-3 True 1 True"]);
    // Each that the page lists is known, and one that it does not list is not.
    let page = support::bytes(&support::root().join("docs/reference/templates.md"));
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("| `dict2items` |") && !page.contains("`no_such_filter`"));
    desk.tasks("apply", "    - debug: {msg: '{{ 1 | no_such_filter }}'}\n")
        .await
        .exits(6)
        .says("play.yml:3:");
}

async fn lookups() {
    let desk = Desk::of("healthy", 1).await;
    desk.put("play.yml", "- hosts: all\n  tasks:\n    - debug: {msg: \"{{ lookup('env', 'WORD') }} {{ lookup('vars', 'rdp_port') == rdp_port }}\"}\n");
    desk.run("WORD=said apply play.yml -i lab.yml")
        .await
        .exits(0)
        .says("said True");
    desk.tasks(
        "apply",
        "    - debug: {msg: \"{{ lookup('file', 'x') }}\"}\n",
    )
    .await
    .exits(2)
    .says("lookup `file` is not run here");
    let lab = String::from_utf8(support::bytes(desk.0.path("lab.yml").as_ref())).unwrap();
    let password = desk.0.lab.password().reveal().to_owned();
    let from = |line: &str| {
        let lines = lab
            .lines()
            .map(|old| match old.split_once("ansible_password:") {
                Some((indent, _)) => format!("{indent}{line}\n"),
                None => format!("{old}\n"),
            });
        lines.collect::<String>()
    };
    desk.put("password", &password);
    desk.put("ping.yml", "- hosts: all\n  tasks: [ping: ]\n");
    for line in [
        "rdpfix_password_env: MY_PASSWORD",
        "rdpfix_password_file: password",
        "rdpfix_password_command: cat password",
        "ansible_password: \"{{ lookup('env', 'MY_PASSWORD') }}\"",
    ] {
        desk.put("lab.yml", &from(line));
        let run = format!("MY_PASSWORD={password} apply ping.yml -i lab.yml");
        desk.run(&run).await.exits(0);
    }
}

async fn other_hosts() {
    let desk = Desk::of("healthy", 2).await;
    let [first, second] = [0, 1].map(|at| desk.0.hosts()[at].clone());
    desk.put("play.yml", &format!("- hosts: {first}\n  tasks:\n    - set_fact: {{word: said}}\n- hosts: {second}\n  tasks:\n    - debug: {{msg: \"{{{{ hostvars['{first}'].word }}}} {{{{ ansible_play_hosts | length }}}}\"}}\n"));
    desk.run("apply play.yml -i lab.yml")
        .await
        .exits(0)
        .says("said 1");
}

async fn check_mode() {
    let desk = Desk::of("healthy", 1).await;
    let told = desk.tasks("apply --check", "    - registry_key: {key: 'HKLM\\SOFTWARE\\New'}\n    - registry_value: {key: 'HKLM\\SOFTWARE\\New', name: a, type: dword, data: 1}\n      register: r\n    - debug: {msg: foretold}\n      when: r is changed\n    - reboot:\n    - wait_for: {port: 3389}\n")
        .await
        .exits(3);
    let told_results = results(&told);
    assert_eq!(
        told_results,
        [
            "registry_key: would_change",
            "registry_value: would_change",
            "debug: ok foretold",
            "reboot: would_change",
            "wait_for: unknown",
        ]
    );
    told.says("depends_on");
    assert_eq!(desk.0.lab.writes(&desk.0.host()), 0);
}

async fn waves() {
    let play = |keys: &str| {
        format!("- hosts: all\n  {keys}\n  tasks:\n    - rdp_listener: {{nla: required}}\n")
    };
    let desk = Desk::of("nla-mismatch", 4).await;
    desk.put("play.yml", &play("serial: [1, '50%']"));
    let told = desk.run("apply play.yml -i lab.yml --reporter jsonl").await;
    let waves = told.exits(0).records().into_iter();
    let waves: Vec<Value> = waves
        .filter(|record| record["type"] == "wave")
        .map(|record| record["hosts"].clone())
        .collect();
    assert_eq!(waves, [1, 2, 1]);
    for keys in [
        "serial: 2\n  max_fail_percentage: 0",
        "serial: 2\n  any_errors_fatal: true",
        "serial: 1",
    ] {
        let desk = Desk::in_trouble(4, Trouble::Denied).await;
        desk.put("play.yml", &play(keys));
        let told = desk.run("apply play.yml -i lab.yml").await.exits(8);
        told.says("WAVE 1 of ").says("not_started=");
        assert_eq!(desk.0.lab.writes(&desk.0.hosts()[3]), 0, "{keys}");
    }
    // Nothing fails, and clients cannot connect to the first of them.
    let desk = Desk::of("service-down", 2).await;
    desk.put(
        "play.yml",
        "- hosts: all\n  serial: 1\n  tasks:\n    - registry_key: {key: 'HKLM\\SOFTWARE\\New'}\n",
    );
    desk.run("apply play.yml -i lab.yml")
        .await
        .exits(8)
        .says("not_started=1");
}

async fn slow_hosts() {
    let slow = Trouble::Slow(Duration::from_millis(300));
    let desk = Desk::in_trouble(3, slow).await;
    let hosts = desk.0.hosts();
    desk.put("play.yml", "- hosts: all\n  tasks:\n    - service: {name: TermService, state: running}\n- hosts: all\n  tasks:\n    - rdp_listener: {nla: required}\n");
    let told = desk.run("apply play.yml -i lab.yml --reporter jsonl").await;
    let records = told.exits(0).records();
    let at = |kind: &str, host: &str| {
        let mut records = records.iter();
        records.position(|record| record["type"] == kind && record["host"] == host)
    };
    for fast in &hosts[1..] {
        assert!(
            at("host_end", fast) < at("result", &hosts[0]),
            "{records:?}"
        );
    }
}

async fn facts() {
    let desk = Desk::of("healthy", 1).await;
    let mut requests = Vec::new();
    for message in ["nothing", "{{ ansible_os_family }}"] {
        let told = desk
            .tasks("apply", &format!("    - debug: {{msg: '{message}'}}\n"))
            .await
            .exits(0);
        let said = message.replace("{{ ansible_os_family }}", "Windows");
        assert_eq!(results(&told), [format!("debug: ok {said}")]);
        let records = told.records();
        let end = records.iter().find(|record| record["type"] == "host_end");
        requests.push(end.unwrap()["requests"].as_u64().unwrap());
    }
    assert!(requests[0] < requests[1], "{requests:?}");
}

async fn rights() {
    let desk = Desk::of("nla-mismatch", 1).await;
    let play = |keys: &str| {
        format!("- hosts: all\n{keys}  tasks:\n    - rdp_listener: {{nla: required}}\n")
    };
    desk.put(
        "play.yml",
        &play("  become: true\n  become_user: someone\n"),
    );
    let told = desk.run("apply play.yml -i lab.yml").await.exits(0);
    told.says("`become` has no effect here").says("changed=1");
}

/// Every exit code that says how hosts fared or what was wrong before, each by what it stands for and nothing else.
async fn exit_codes() {
    let healthy = Desk::of("healthy", 1).await;
    healthy.put("fails.yml", "- hosts: all\n  tasks: [fail: ]\n");
    healthy.put("well.yml", "- hosts: all\n  tasks: [ping: ]\n");
    healthy.put("broken.yml", "- hosts: all\n  tasks: [nope: ]\n");
    for (line, code) in [
        ("apply well.yml -i lab.yml", 0),
        ("apply fails.yml -i lab.yml", 2),
        ("apply well.yml -i lab.yml --no-such-option", 5),
        ("apply broken.yml -i lab.yml", 6),
        ("apply well.yml -i lab.yml --limit nobody", 7),
    ] {
        healthy.run(line).await.exits(code);
    }
    let book = support::root().join(BASELINE).display().to_string();
    for (scenario, verb, code) in [
        ("nla-mismatch", "audit", 3),
        ("unreachable", "apply", 4),
        ("nla-mismatch", "apply", 0),
    ] {
        let desk = Desk::of(scenario, 1).await;
        desk.run(&format!("{verb} {book} -i lab.yml"))
            .await
            .exits(code);
    }
    let desk = Desk::in_trouble(3, Trouble::Denied).await;
    let line = format!("apply {book} -i lab.yml -f 1 --fail-percent 0");
    desk.run(&line).await.exits(8);
}
