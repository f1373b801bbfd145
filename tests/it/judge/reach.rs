//! Facts about names, TCP, and the way to the host.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::time::Duration;

use rdpfix::finding::Detail;
use rdpfix::proof::Stage;
use rdpfix::survey::Reply;
use rdpfix::survey::SizeReply;
use rdpfix::survey::Sizes;
use rdpfix::survey::StageSamples;
use rdpfix::survey::Survey;
use rdpfix::survey::Tcp;
use rdpfix::survey::TcpTry;
use rdpfix::survey::TlsFailure;

use super::fabricate::ADDRESS;
use super::fabricate::all;
use super::fabricate::answered;
use super::fabricate::check;
use super::fabricate::findings;
use super::fabricate::healthy;
use super::fabricate::leaf;
use super::fabricate::refused;
use super::fabricate::tried;
use super::fabricate::unopened;
use super::fabricate::worse;

#[test]
fn a_healthy_host_has_no_more_than_information() {
    assert_eq!(
        all(&healthy()),
        [("cert-weak", "info"), ("nla-mismatch", "info")]
    );
}

#[test]
fn names_that_lead_nowhere_or_elsewhere_are_told() {
    let error = |survey: &mut Survey| {
        *survey = Survey {
            name: rdpfix::survey::NameLookup {
                asked: "ts01.corp.example".to_owned(),
                error: Some("no such host".to_owned()),
                ..Default::default()
            },
            ..Survey::begun("ts01.corp.example", 3389, super::fabricate::now())
        };
    };
    check(&[
        ("no such name", error, &[("dns-name", "error")]),
        (
            "the machine calls itself otherwise, certificate and all",
            |survey| {
                let ntlm = survey.ntlm.as_mut().unwrap();
                ntlm.computer = Some("DB07".to_owned());
                ntlm.dns_computer = Some("db07.corp.example".to_owned());
                leaf(survey).common_name = "db07.corp.example".to_owned();
            },
            &[("dns-name", "warning"), ("cert-weak", "warning")],
        ),
        (
            "an alias that the certificate bears is meant",
            |survey| {
                let ntlm = survey.ntlm.as_mut().unwrap();
                ntlm.computer = Some("DB07".to_owned());
                ntlm.dns_computer = Some("db07.corp.example".to_owned());
                leaf(survey).dns_names = vec!["db07.corp.example".to_owned()];
            },
            &[],
        ),
    ]);
}

#[test]
fn names_of_tunnels_providers_and_short_ones_say_nothing() {
    check(&[
        (
            "the short name is the same machine",
            |survey| {
                survey.name.asked = "TS01".to_owned();
            },
            &[],
        ),
        (
            "a tunnel's end is called localhost",
            |survey| {
                survey.name.asked = "localhost".to_owned();
                survey.name.addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
            },
            &[],
        ),
        (
            "a reverse record of the provider says nothing",
            |survey| {
                survey.name.reverse = vec![(ADDRESS, "host-10-0-0-21.isp.example".to_owned())];
            },
            &[],
        ),
    ]);
}

#[test]
fn a_dead_address_of_a_name_is_told() {
    check(&[
        (
            "one of two addresses is dead",
            |survey| {
                survey.tcp.push(TcpTry {
                    address: "10.0.0.99:3389".parse().unwrap(),
                    ..tried(Tcp::Timeout)
                });
            },
            &[("dns-name", "warning")],
        ),
        (
            "an IPv6 address without a route harms nobody",
            |survey| {
                survey.tcp.push(TcpTry {
                    address: "[2001:db8::1]:3389".parse().unwrap(),
                    ..tried(Tcp::Unreachable)
                });
            },
            &[],
        ),
    ]);
}

#[test]
fn asked_by_address_another_name_is_information() {
    let mut survey = healthy();
    survey.name.literal = true;
    survey.name.asked = "10.0.0.21".to_owned();
    assert_eq!(
        all(&survey),
        [("cert-weak", "info"), ("nla-mismatch", "info")],
        "the name in the inventory fits"
    );
    survey.host = "db07.corp.example".to_owned();
    assert_eq!(worse(&survey), []);
    assert!(all(&survey).contains(&("dns-name", "info")));
    survey.host = "database".to_owned();
    assert!(
        !all(&survey).contains(&("dns-name", "info")),
        "a nickname says nothing"
    );
}

#[test]
fn a_closed_port_is_told_from_a_silent_one() {
    let says = |survey: &Survey| {
        let found = findings(survey);
        let [one] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(one.cause.id(), "tcp-blocked");
        assert_eq!(one.severity.word(), "error");
        one.says.clone()
    };
    let with_others = |outcome, others: &[(u16, Tcp)]| Survey {
        other_ports: others.to_vec(),
        ..unopened(outcome)
    };
    insta::assert_snapshot!(says(&unopened(Tcp::Refused)), @"port 3389 refuses connections: nothing listens there, or a firewall rejects");
    insta::assert_snapshot!(says(&unopened(Tcp::Timeout)), @"nobody answers on port 3389: packets are dropped, or the host is off");
    insta::assert_snapshot!(says(&unopened(Tcp::Unreachable)), @"there is no way to the host: connections to port 3389 cannot even be tried");
    let alive = [(445, Tcp::Open), (5985, Tcp::Refused), (22, Tcp::Timeout)];
    insta::assert_snapshot!(says(&with_others(Tcp::Timeout, &alive)), @"port 3389 stays silent while the host answers on 445, 5985: a firewall drops the packets");
    let dead = [(445, Tcp::Timeout), (5985, Tcp::Timeout)];
    insta::assert_snapshot!(says(&with_others(Tcp::Timeout, &dead)), @"nobody answers on port 3389, nor on the other ports that were tried: the host is off, or all is dropped on the way");
}

#[test]
fn another_port_that_opens_is_told() {
    let survey = Survey {
        port: 3390,
        other_ports: vec![(3389, Tcp::Open)],
        ..unopened(Tcp::Refused)
    };
    assert_eq!(
        worse(&survey),
        [("tcp-blocked", "error"), ("port-mismatch", "warning")]
    );
    let usual = Survey {
        port: 3389,
        ..survey
    };
    assert_eq!(worse(&usual), [("tcp-blocked", "error")]);
}

#[test]
fn a_listener_that_opens_and_does_not_speak_rdp_is_broken() {
    for (reply, word) in [
        (Reply::Closed, "closed"),
        (Reply::Silent, "silent"),
        (Reply::NotRdp("HTTP".to_owned()), "not_rdp"),
        (Reply::NotConnected(Tcp::Refused), "not_connected"),
    ] {
        let survey = answered(&[
            ("rdp", reply.clone()),
            ("tls", reply.clone()),
            ("nla", reply),
        ]);
        let found = findings(&survey);
        assert_eq!(worse(&survey), [("listener-broken", "error")], "{word}");
        assert_eq!(
            found[0].evidence.first(),
            Some(&("answer", Detail::from(word)))
        );
    }
    let nothing = Survey {
        out_of_time: Some(Stage::Negotiate),
        ..answered(&[])
    };
    assert_eq!(worse(&nothing), [("listener-broken", "error")]);
}

#[test]
fn a_listener_that_closes_on_every_client_of_today_is_broken() {
    let mut replies = vec![
        ("rdp", refused(1)),
        ("tls", Reply::Closed),
        ("nla", Reply::Closed),
    ];
    assert_eq!(worse(&answered(&replies)), [("listener-broken", "error")]);
    replies.push(("hybrid_ex", refused(3)));
    assert_eq!(worse(&answered(&replies)), [("cert-missing", "error")]);
}

fn samples(stage: Stage, millis: &[u64], failures: usize) -> StageSamples {
    StageSamples {
        stage,
        took: millis.iter().copied().map(Duration::from_millis).collect(),
        failures,
    }
}

#[test]
fn a_bad_path_is_told_by_numbers_only() {
    check(&[
        (
            "three of ten fail",
            |survey| survey.stages = vec![samples(Stage::Connect, &[9; 7], 3)],
            &[("path-quality", "warning")],
        ),
        (
            "half of them fail",
            |survey| survey.stages = vec![samples(Stage::Tls, &[9; 5], 5)],
            &[("path-quality", "error")],
        ),
        (
            "four visits say nothing",
            |survey| survey.stages = vec![samples(Stage::Tls, &[9, 9, 9], 1)],
            &[],
        ),
        (
            "a stage that always fails is not the path's",
            |survey| survey.stages = vec![samples(Stage::Tls, &[], 9)],
            &[],
        ),
        (
            "one in ten takes a hundred times as long",
            |survey| {
                survey.stages = vec![samples(
                    Stage::Connect,
                    &[20, 20, 21, 22, 20, 20, 20, 20, 20, 2_000],
                    0,
                )];
            },
            &[("path-quality", "warning")],
        ),
        (
            "nobody notices 40 ms instead of 1",
            |survey| survey.stages = vec![samples(Stage::Connect, &[1, 1, 1, 1, 1, 40], 0)],
            &[],
        ),
        (
            "slow, but evenly so",
            |survey| survey.stages = vec![samples(Stage::Connect, &[900; 9], 0)],
            &[],
        ),
        (
            "the deadline came while RDP answered",
            |survey| survey.out_of_time = Some(Stage::Tls),
            &[("path-quality", "warning")],
        ),
    ]);
}

fn sizes(small: SizeReply, large: SizeReply) -> Sizes {
    Sizes {
        small,
        large,
        large_bytes: 4096,
    }
}

#[test]
fn large_packets_that_are_lost_are_told() {
    check(&[
        (
            "small passes, large stalls",
            |survey| survey.sizes = Some(sizes(SizeReply::Whole, SizeReply::Stalled(0))),
            &[("path-mtu", "warning")],
        ),
        (
            "small passes, large gets nothing, and TLS did not come about",
            |survey| {
                survey.sizes = Some(sizes(SizeReply::Whole, SizeReply::Nothing));
                survey.tls = None;
            },
            &[("path-mtu", "error")],
        ),
        (
            "an alert is no matter of size",
            |survey| survey.sizes = Some(sizes(SizeReply::Whole, SizeReply::Ended)),
            &[],
        ),
        (
            "nothing passes at all",
            |survey| survey.sizes = Some(sizes(SizeReply::Nothing, SizeReply::Nothing)),
            &[],
        ),
        (
            "TLS stalls",
            |survey| {
                survey.sizes = None;
                survey.tls = Some(rdpfix::survey::TlsView {
                    failure: Some(TlsFailure::Stalled { received: 1_300 }),
                    ..Default::default()
                });
            },
            &[("path-mtu", "error")],
        ),
    ]);
}
