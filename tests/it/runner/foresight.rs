//! What check mode foresees is what applying does: on lab machines, for playbooks made by chance and for chosen ones.

use std::fmt::Write;

use rdpfix::cim::Blame;
use rdpfix::event::RunMode;
use rdpfix::event::TaskResult;
use rdpfix::lab::scenario::Kind;
use rdpfix::plan::Outcome;
use rdpfix::plan::Remedy;

use super::wire::Wire;
use super::wire::parsed;
use super::wire::results_of;

/// A sequence of numbers that looks like chance and is the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // Knuth's multiplier; the high bits are the better ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn task(&mut self) -> String {
        match self.below(10) {
            0 | 1 => self.registry_value(),
            2 => self.registry_key(),
            3 | 4 => self.service(),
            5 => self.listener(),
            6 => self.firewall(),
            7 => {
                let oracle = self.one_of(&["mitigated", "force_updated_clients"]);
                format!("credssp: {{encryption_oracle: {oracle}}}")
            }
            8 => {
                let words = self.one_of(&["{}", "{source: self_signed}", "{min_days_left: 170}"]);
                format!("rdp_certificate: {words}")
            }
            _ => {
                let word = self.one_of(&["allowed", "denied"]);
                format!("rdp_access: {{connections: {word}}}")
            }
        }
    }

    fn key(&mut self) -> &'static str {
        self.one_of(&[
            r"HKLM\SOFTWARE\Acme",
            r"HKLM\SOFTWARE\acme\Inner",
            r"HKLM\SOFTWARE\Acme\Inner\Deep",
            r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp",
        ])
    }

    fn registry_value(&mut self) -> String {
        let key = self.key();
        let name = self.one_of(&[
            "One",
            "Two",
            "UserAuthentication",
            "SecurityLayer",
            "PortNumber",
        ]);
        match self.below(4) {
            0 => format!("registry_value: {{key: {key}, name: {name}, state: absent}}"),
            1 => format!("registry_value: {{key: {key}, name: {name}, type: string, data: x}}"),
            _ => {
                let number = self.below(3);
                format!("registry_value: {{key: {key}, name: {name}, type: dword, data: {number}}}")
            }
        }
    }

    fn registry_key(&mut self) -> String {
        let key = self.one_of(&[
            r"HKLM\SOFTWARE\Acme",
            r"HKLM\SOFTWARE\Acme\Inner",
            r"HKLM\SOFTWARE\Acme\inner\Deep",
        ]);
        let state = self.one_of(&["present", "absent", "absent"]);
        format!("registry_key: {{key: {key}, state: {state}}}")
    }

    fn service(&mut self) -> String {
        let name = self.one_of(&["TermService", "SessionEnv", "UmRdpService", "termservice"]);
        let state = self.one_of(&["running", "stopped", "running", "restarted"]);
        let mode = self.one_of(&["automatic", "manual", "disabled"]);
        match (self.below(3), state) {
            (0, _) => format!("service: {{name: {name}, start_mode: {mode}}}"),
            (1, "stopped") => {
                format!("service: {{name: {name}, state: {state}, start_mode: {mode}}}")
            }
            _ => format!("service: {{name: {name}, state: {state}}}"),
        }
    }

    fn listener(&mut self) -> String {
        match self.below(4) {
            0 => format!(
                "rdp_listener: {{nla: {}}}",
                self.one_of(&["required", "not_required"])
            ),
            1 => format!(
                "rdp_listener: {{security_layer: {}}}",
                self.one_of(&["tls", "negotiate", "rdp"])
            ),
            2 => format!(
                "rdp_listener: {{min_encryption: {}}}",
                self.one_of(&["low", "client_compatible", "high"])
            ),
            _ => format!("rdp_listener: {{port: {}}}", 3389 + self.below(2)),
        }
    }

    fn firewall(&mut self) -> String {
        let enabled = self.one_of(&["true", "false"]);
        match self.below(5) {
            0 => format!("firewall_rule: {{group: remote_desktop, enabled: {enabled}}}"),
            1 => {
                let id = "RemoteDesktop-UserMode-In-TCP";
                let profiles = self.one_of(&["[domain]", "[domain, private]", "[any]"]);
                format!("firewall_rule: {{id: {id}, enabled: {enabled}, profiles: {profiles}}}")
            }
            2 => {
                format!("firewall_rule: {{id: RemoteDesktop-UserMode-In-UDP, enabled: {enabled}}}")
            }
            _ => {
                let port = 3389 + self.below(2);
                format!(
                    "firewall_rule: {{id: acme, enabled: {enabled}, port: {port}, protocol: tcp, create: true}}"
                )
            }
        }
    }
}

fn playbook(tasks: &[String]) -> String {
    let mut text = "- hosts: all\n  prove: false\n  tasks:\n".to_owned();
    for (at, task) in tasks.iter().enumerate() {
        writeln!(text, "    - name: '{at}'\n      {task}").unwrap();
    }
    text
}

/// What applying does to a task of which check mode says this; `None` when anything may come.
fn foretold(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Compliant => Some("ok"),
        Outcome::Drifted(changes) => {
            let manual = |remedy: &Remedy| matches!(remedy, Remedy::Manual { .. });
            let fails = changes.iter().any(|change| manual(&change.remedy));
            Some(if fails { "failed" } else { "changed" })
        }
        Outcome::Overridden(_) => Some("overridden"),
        Outcome::Failed(_) => Some("failed"),
        Outcome::Unknown(_) => None,
        other => panic!("{other:?}"),
    }
}

fn came(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Compliant => "ok",
        Outcome::Changed(_) => "changed",
        Outcome::Overridden(_) => "overridden",
        Outcome::Failed(_) => "failed",
        Outcome::Unconverged { .. } => "unconverged",
        other => panic!("{other:?}"),
    }
}

fn is_refused(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.error.blame() == Blame::Refusal)
}

/// Checks and applies on two equal machines; gives how many tasks were compared, and of how many nothing was foretold.
async fn compare(kind: Kind, text: &str) -> (usize, usize) {
    let plays = parsed(text);
    let (checked, applied) = (Wire::to(kind), Wire::to(kind));
    let expected = results_of(&checked, &plays, RunMode::Check).await;
    assert_eq!(checked.host.writes(), 0, "{text}");
    let real = results_of(&applied, &plays, RunMode::Apply).await;
    let is_task = |result: &&TaskResult| !result.handler;
    let (mut compared, mut unknown) = (0, 0);
    for (expected, real) in expected
        .iter()
        .filter(is_task)
        .zip(real.iter().filter(is_task))
    {
        assert_eq!(expected.task, real.task);
        compared += 1;
        match foretold(&expected.outcome) {
            None => unknown += 1,
            // That the host refuses a call shows only when it is made.
            Some("changed") if is_refused(&real.outcome) => unknown += 1,
            Some(word) => assert_eq!(
                word,
                came(&real.outcome),
                "{kind:?} task {}: {:?} became {:?}\n{text}",
                real.task,
                expected.outcome,
                real.outcome
            ),
        }
        if matches!(real.outcome, Outcome::Failed(_)) {
            break;
        }
    }
    (compared, unknown)
}

#[tokio::test(start_paused = true)]
async fn whatever_the_order_check_mode_foretells_what_applying_does() {
    let (mut compared, mut unknown) = (0, 0);
    for seed in 0..120 {
        let mut dice = Dice(seed);
        let tasks: Vec<String> = (0..2 + dice.below(9)).map(|_| dice.task()).collect();
        let kinds = [
            Kind::Healthy,
            Kind::ServiceDown,
            Kind::PolicyOwned,
            Kind::SecurityLayerMismatch,
            Kind::CertExpired,
            Kind::CertMissing,
        ];
        let kind = kinds[dice.below(kinds.len())];
        let found = compare(kind, &playbook(&tasks)).await;
        compared += found.0;
        unknown += found.1;
    }
    assert!(compared > 400, "{compared} tasks were compared");
    assert!(
        unknown * 8 < compared,
        "of {unknown} of {compared} tasks nothing was foretold"
    );
}
