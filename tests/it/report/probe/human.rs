//! Facts about the report for people.

use rdpfix::proof::Stage;
use rdpfix::report::human::Colour;
use rdpfix::report::probe::ProbeHuman;
use rdpfix::report::probe::human::ProbeOptions;
use rdpfix::survey::Login;
use rdpfix::survey::LoginOutcome;
use rdpfix::survey::StageSamples;
use rdpfix::survey::Survey;
use std::time::Duration;

use super::closed;
use super::commands_to_a_terminal;
use super::expired;
use super::expiring;
use super::hostile;
use super::named;
use crate::judge::fabricate::gateway;
use crate::judge::fabricate::healthy;

fn told(surveys: &[Survey], hosts: usize, verbosity: u8) -> String {
    let options = ProbeOptions {
        colour: Colour::Never,
        verbosity,
        hosts,
    };
    super::shown(|out| Box::new(ProbeHuman::new(out, options)), surveys)
}

#[test]
fn a_healthy_host_is_a_short_block() {
    insta::assert_snapshot!(told(&[healthy()], 1, 0), @"
    ts01.corp.example:3389  OK  NLA required, TLS 1.3, certificate until 2027-04-22, 64 ms
      address      10.0.0.21, known as ts01.corp.example
      protocols    takes nla, hybrid_ex (NLA required); refuses rdp, tls, rdstls, aad with 5 (HYBRID_REQUIRED_BY_SERVER)
      tls          speaks 1.2, 1.3; picks 1.3 TLS_AES_256_GCM_SHA384
      certificate  CN=ts01.corp.example, self-signed, until 2027-04-22 (152 days), rsa 2048, sha256WithRSAEncryption
      host         TS01 in CORP, ts01.corp.example, build 20348, clock as ours
      timings      resolve 1.0 ms, connect 2.0 ms, negotiate 3.0 ms, tls 12 ms, in all 64 ms
    ");
}

#[test]
fn an_expired_certificate_is_told_with_what_to_do() {
    insta::assert_snapshot!(told(&[expired()], 1, 0), @"
    ts02:3389  ERROR  RDP answers, and something keeps clients out
      address      10.0.0.21, known as ts01.corp.example
      protocols    takes tls, nla, hybrid_ex; refuses rdp with 1 (SSL_REQUIRED_BY_SERVER); refuses rdstls, aad with 5 (HYBRID_REQUIRED_BY_SERVER)
      tls          speaks 1.2, 1.3; picks 1.3 TLS_AES_256_GCM_SHA384
      certificate  CN=ts01.corp.example, self-signed, until 2026-11-11 (-11 days), rsa 2048, sha256WithRSAEncryption
      host         TS01 in CORP, ts01.corp.example, build 20348, clock as ours
      timings      resolve 1.0 ms, connect 2.0 ms, negotiate 3.0 ms, tls 12 ms, in all 64 ms
      error        cert-expired: the certificate `CN=ts01.corp.example` expired on 2026-11-11
                   Look at the clocks first; a certificate is judged by them. Then `rdp_certificate` with `state: valid` removes
                   the expired self-signed one, has SessionEnv make a new one and proves it
                   (`rdpfix apply playbooks/fix-0x904.yml -i INVENTORY -l HOST`). If the new one does not come, see machine-keys.
                   A certificate of your own authority has to be renewed there; rdpfix never replaces one by a self-signed one.
      warning      nla-mismatch: NLA is offered but not required: whoever reaches the port gets a session with a sign-in screen
                   Require it: `rdp_listener` with `nla: required`. Clients that do NLA already notice nothing.
    ");
}

#[test]
fn a_closed_port_is_told_without_empty_lines() {
    insta::assert_snapshot!(told(&[closed()], 1, 0), @"
    ts04:3389  UNREACHABLE  RDP does not answer
      address      10.0.0.21 (refused), known as ts01.corp.example
      timings      resolve 1.0 ms, in all 64 ms
      error        tcp-blocked: port 3389 refuses connections: nothing listens there, or a firewall rejects
                   Something answered, so the host (or a firewall before it) is up. Find out from inside which it is:
                   `rdpfix diagnose HOST -i INVENTORY` tells apart whether Remote Desktop is off (`rdp_access`), TermService is
                   down (`service`), or the listener is on another port (`rdp_listener`). Check also that the address is the
                   right one.
    ");
}

#[test]
fn more_is_said_when_it_is_wished() {
    let mut survey = healthy();
    survey.gateway = Some(gateway());
    survey.login = Some(Login {
        user: r"CORP\ann".to_owned(),
        outcome: LoginOutcome::Accepted,
    });
    survey.stages = vec![StageSamples {
        stage: Stage::Connect,
        took: [1, 2, 2, 40].map(Duration::from_millis).to_vec(),
        failures: 1,
    }];
    insta::assert_snapshot!(told(&[survey], 1, 1), @r"
    ts01.corp.example:3389  WARNING  clients can connect
      address      10.0.0.21, known as ts01.corp.example
      protocols    takes nla, hybrid_ex (NLA required); refuses rdp, tls, rdstls, aad with 5 (HYBRID_REQUIRED_BY_SERVER)
      tls          speaks 1.2, 1.3; picks 1.3 TLS_AES_256_GCM_SHA384
      certificate  CN=ts01.corp.example, self-signed, until 2027-04-22 (152 days), rsa 2048, sha256WithRSAEncryption
      thumbprint   A1B2C3D4E5F60718293A4B5C6D7E8F9001122334
      host         TS01 in CORP, ts01.corp.example, build 20348, clock as ours
      login        CORP\ann: accepted
      gateway      gw.corp.example:443, CN=ts01.corp.example until 2027-04-22, HTTP healthy (Negotiate, NTLM), RPC healthy (Negotiate, NTLM)
      timings      connect p50 2.0 ms p99 40 ms (1 of 5 failed), in all 64 ms
      warning      path-quality: 1 of 5 visits failed at the stage `connect`
                   stage=connect failures=1 samples=5
                   Measure before you change anything: `rdpfix probe HOST --repeat 50` from the client's network and once more
                   from the host's own network. If only the far measurement is bad, give the numbers to whoever runs the way in
                   between. If both are bad, look at the load of the host.
      info         cert-weak: the certificate is self-signed, as Windows makes it: clients ask once whether to go on
                   subject=CN=ts01.corp.example thumbprint=A1B2C3D4E5F60718293A4B5C6D7E8F9001122334 distrust=self_signed
                   Nothing has to be done. Where clients must not be asked, bind one of your own authority (`rdp_certificate`
                   with `thumbprint`).
      info         nla-mismatch: NLA is required, as it should be: clients without it are refused with code 5
                   nla_offered=yes nla_enforced=yes
                   Nothing has to be done on the host. A client that cannot connect for this reason needs an update, or a clean
                   .rdp file: `rdpfix rdp-file check FILE` finds the setting.
    ");
}

#[test]
fn hosts_that_are_well_are_one_line_in_a_large_fleet() {
    let fleet = [healthy(), expiring(), closed()];
    let large = told(&fleet, 21, 0);
    insta::assert_snapshot!(large, @"
    ts01.corp.example:3389  OK  NLA required, TLS 1.3, certificate until 2027-04-22, 64 ms
    ts03:3389  WARNING  clients can connect
      address      10.0.0.21, known as ts01.corp.example
      protocols    takes nla, hybrid_ex (NLA required); refuses rdp, tls, rdstls, aad with 5 (HYBRID_REQUIRED_BY_SERVER)
      tls          speaks 1.2, 1.3; picks 1.3 TLS_AES_256_GCM_SHA384
      certificate  CN=ts01.corp.example, self-signed, until 2026-11-30 (9 days), rsa 2048, sha256WithRSAEncryption
      host         TS01 in CORP, ts01.corp.example, build 20348, clock as ours
      timings      resolve 1.0 ms, connect 2.0 ms, negotiate 3.0 ms, tls 12 ms, in all 64 ms
      warning      cert-expired: the certificate `CN=ts01.corp.example` expires in 9 days
                   Windows should renew it by itself; that it has not yet may mean that SessionEnv cannot run or the key cannot
                   be written. `rdp_certificate` with `min_days_left: 14` renews it now.
    ts04:3389  UNREACHABLE  RDP does not answer
      address      10.0.0.21 (refused), known as ts01.corp.example
      timings      resolve 1.0 ms, in all 64 ms
      error        tcp-blocked: port 3389 refuses connections: nothing listens there, or a firewall rejects
                   Something answered, so the host (or a firewall before it) is up. Find out from inside which it is:
                   `rdpfix diagnose HOST -i INVENTORY` tells apart whether Remote Desktop is off (`rdp_access`), TermService is
                   down (`service`), or the listener is on another port (`rdp_listener`). Check also that the address is the
                   right one.
    3 hosts: 1 ok, 1 with warnings, 0 with errors, 1 not reachable, 18 not looked at
    ");
    let small = told(&fleet, 20, 0);
    assert!(small.lines().count() > large.lines().count());
    let verbose = told(&fleet, 21, 1);
    assert!(verbose.lines().count() > small.lines().count());
}

#[test]
fn bytes_of_hosts_do_not_reach_the_terminal() {
    let text = told(&[hostile()], 2, 1);
    assert_eq!(commands_to_a_terminal(&text), Vec::<char>::new());
    assert!(text.contains(r"\u{1b}[2J"), "{text}");
    assert!(text.starts_with(r#"ts"05\n:3389"#), "{text}");
}

#[test]
fn advice_is_not_repeated() {
    let mut survey = healthy();
    let bad = |stage| StageSamples {
        stage,
        took: [Duration::from_millis(2); 9].to_vec(),
        failures: 1,
    };
    survey.stages = vec![bad(Stage::Connect), bad(Stage::Tls)];
    let text = told(&[survey], 1, 0);
    assert_eq!(text.matches("path-quality: ").count(), 2, "{text}");
    assert_eq!(text.matches("--repeat 50").count(), 1, "{text}");
}

#[test]
fn an_ipv6_address_is_told_in_brackets() {
    let text = told(&[named("2001:db8::1", closed())], 1, 0);
    assert!(
        text.starts_with("[2001:db8::1]:3389  UNREACHABLE"),
        "{text}"
    );
}
