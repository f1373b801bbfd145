//! Facts about the outside view of servers that none of us wrote: what we must say about each, and that nmap and sslyze
//! say the same about the same servers, but for the differences that are explained.

mod certificates;
pub(crate) mod differences;
mod scanners;
pub(crate) mod servers;

use futures_util::future::join_all;
use jiff::Timestamp;
use rdpfix::survey::ASKED;
use rdpfix::survey::Distrust;
use rdpfix::survey::Survey;
use rdpfix::survey::TlsVersion;
use rdpfix::survey::Trust;
use rdpfix::survey::judge::findings;

use crate::rdp::negotiation;
use crate::rdp::versions;
use crate::rdp::visit;
use certificates::NAME;
use servers::Fleet;
use servers::Program;
use servers::Row;
use servers::start;

/// Our own visits, in the order of the servers.
async fn surveys(fleet: &Fleet) -> Vec<Survey> {
    join_all(fleet.servers.iter().map(|server| visit(server.address()))).await
}

/// One of us, and one or two of them, say what they see of the same servers.
#[tokio::test(flavor = "multi_thread")]
async fn servers_are_seen_as_they_are_and_as_others_see_them() {
    let Some(fleet) = start().await else {
        return;
    };
    let ours = surveys(&fleet).await;
    for (server, survey) in fleet.servers.iter().zip(&ours) {
        check(server.row, survey, fleet.made);
    }
    let (nmap, sslyze) = tokio::join!(scanners::nmap(&fleet), scanners::sslyze(&fleet));
    for (scanner, seen) in [("nmap", nmap), ("sslyze", sslyze)] {
        let Some(seen) = seen else {
            continue;
        };
        differences::check(scanner, &fleet, &ours, &seen);
    }
}

/// What we must say about a server.
fn check(row: &Row, survey: &Survey, made: Timestamp) {
    let name = row.name();
    let (answers, offered) = row.talk;
    assert_eq!(negotiation(survey), answers, "{name}");
    let offers: Vec<&str> = ASKED
        .iter()
        .map(|(_, protocol)| *protocol)
        .filter(|protocol| survey.offers(protocol))
        .collect();
    assert_eq!(offers.join(" "), offered, "{name}");
    let demands_nla = row.program == Program::Shadow("nla");
    assert_eq!(survey.enforces_nla(), demands_nla, "{name}");
    assert_eq!(survey.tls.is_some(), !row.versions.is_empty(), "{name}");
    if survey.tls.is_some() {
        assert_eq!(versions(survey), row.versions, "{name}");
    }
    check_certificate(row, survey, made);
    let found: Vec<String> = findings(survey, survey.at)
        .iter()
        .map(|finding| format!("{}:{}", finding.cause, finding.severity.word()))
        .collect();
    assert_eq!(found.join(" "), row.findings, "{name}");
    assert_eq!(survey.out_of_time, None, "{name}");
}

fn check_certificate(row: &Row, survey: &Survey, made: Timestamp) {
    let name = row.name();
    let tls = survey.tls.clone().unwrap_or_default();
    let picked = tls.picked.as_ref().map(|(version, _)| *version);
    if !row.shows_certificate() {
        assert_eq!((picked, tls.chain.len()), (None, 0), "{name}");
        return;
    }
    assert_eq!(picked, Some(TlsVersion::TLS_1_3), "{name}");
    assert_eq!(tls.chain.len(), 1, "{name}");
    let leaf = &tls.chain[0];
    let facts = row.certificate.facts(made);
    assert_eq!(leaf.subject, format!("CN={NAME}"), "{name}");
    assert_eq!(
        (&*leaf.key_type, leaf.key_bits, &*leaf.signature),
        (facts.key_type, facts.key_bits, facts.signature),
        "{name}"
    );
    assert_eq!(
        (leaf.not_before, leaf.not_after),
        (facts.from, facts.until),
        "{name}"
    );
    assert!(leaf.self_signed, "{name}");
    let distrusted = Trust::Untrusted(Distrust::SelfSigned);
    assert_eq!(tls.trust, Some(distrusted), "{name}");
}
