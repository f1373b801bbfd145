//! Servers that do what no listener should: deadlines hold, and what was seen is kept.

use std::net::SocketAddr;
use std::time::Duration;

use rdpfix::proof::Stage;
use rdpfix::rdp::nego::Answer;
use rdpfix::rdp::nego::Protocols;
use rdpfix::rdp::nego::ResponseFlags;
use rdpfix::survey::Reply;
use rdpfix::survey::Survey;
use rdpfix::survey::TlsFailure;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::AMPLE;
use super::SHORT;
use super::look;
use super::negotiation;
use super::options;
use super::surveyor;
use super::target;
use super::tcp;
use crate::rdp::each_client;

/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_secs(5);

/// Reads the request, sends this, then waits for the client to go.
async fn answering(bytes: &'static [u8]) -> SocketAddr {
    each_client(move |mut stream| async move {
        let _asked = stream.read(&mut [0; 512]).await;
        let _sent = stream.write_all(bytes).await;
        let _gone = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

fn selects(protocol: Protocols) -> Vec<u8> {
    let answer = Answer::Selected {
        flags: ResponseFlags::default(),
        protocol,
    };
    answer.encode().unwrap()
}

/// Agrees to TLS when it is asked for; hangs up on others.
async fn agree(mut stream: TcpStream) -> Option<TcpStream> {
    let mut asked = [0; 512];
    let count = stream.read(&mut asked).await.ok()?;
    // The protocols stand at the end of the request ([MS-RDPBCGR] 2.2.1.1.1).
    let protocols = asked[..count].last_chunk::<4>()?;
    if protocols[0] & 1 == 0 {
        return None;
    }
    stream.write_all(&selects(Protocols::SSL)).await.ok()?;
    Some(stream)
}

fn assert_in_time(survey: &Survey, deadline: Duration) {
    assert!(survey.took < deadline + SLACK, "{:?}", survey.took);
}

#[tokio::test]
async fn a_silent_server_costs_the_deadline_and_is_told() {
    let address = answering(b"").await;
    let survey = look(address, SHORT).await;
    assert_in_time(&survey, SHORT);
    assert!(survey.took >= SHORT);
    assert_eq!(survey.out_of_time, Some(Stage::Negotiate));
    assert_eq!(tcp(&survey), ["open"]);
    assert_eq!(survey.reply("nla"), Some(&Reply::Silent));
    assert!(survey.negotiation.len() > 1);
    let told = negotiation(&survey);
    assert!(
        survey
            .negotiation
            .iter()
            .all(|asked| asked.reply == Reply::Silent),
        "{told}"
    );
    assert_eq!(survey.stages[1].failures, 1);
}

#[tokio::test]
async fn a_server_that_closes_is_told_at_once() {
    let address = each_client(|mut stream| async move {
        let _asked = stream.read(&mut [0; 512]).await;
    })
    .await;
    let survey = look(address, AMPLE).await;
    assert_eq!(
        negotiation(&survey),
        "rdp:closed tls:closed nla:closed rdstls:closed hybrid_ex:closed aad:closed"
    );
    assert!(!survey.reachable() && survey.tls.is_none());
    assert_eq!(survey.out_of_time, None);
}

#[tokio::test]
async fn other_programs_are_told_at_once() {
    for bytes in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        // A disconnect where the confirm should be.
        b"\x03\x00\x00\x0b\x06\x80\x00\x00\x12\x34\x00",
    ] {
        let survey = look(answering(bytes).await, AMPLE).await;
        assert_eq!(
            negotiation(&survey),
            "rdp:other tls:other nla:other rdstls:other hybrid_ex:other aad:other",
            "{bytes:?}"
        );
        assert_eq!(survey.out_of_time, None);
    }
}

#[tokio::test]
async fn a_protocol_that_was_not_asked_for_is_kept_and_not_taken_for_an_offer() {
    let address = each_client(|mut stream| async move {
        let _asked = stream.read(&mut [0; 512]).await;
        let _sent = stream.write_all(&selects(Protocols::SSL)).await;
    })
    .await;
    let survey = look(address, AMPLE).await;
    assert_eq!(
        negotiation(&survey),
        "rdp:SSL tls:SSL nla:SSL rdstls:SSL hybrid_ex:SSL aad:SSL"
    );
    assert!(survey.offers("tls") && !survey.offers("rdp") && !survey.offers("aad"));
}

#[tokio::test]
async fn an_answer_that_drips_does_not_extend_the_deadline() {
    let address = each_client(|mut stream| async move {
        let mut drip = tokio::time::interval(Duration::from_millis(60));
        for byte in b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x00\x00\x00\x00"
        {
            drip.tick().await;
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    })
    .await;
    let survey = look(address, SHORT).await;
    assert_in_time(&survey, SHORT);
    let Some(Reply::NotRdp(reason)) = survey.reply("nla") else {
        panic!("{survey:?}");
    };
    assert!(reason.starts_with("the answer stopped after "), "{reason}");
}

#[tokio::test]
async fn a_handshake_that_stalls_keeps_what_was_seen_before() {
    let address = each_client(|stream| async move {
        if let Some(mut stream) = agree(stream).await {
            let _hello = stream.read(&mut [0; 4096]).await;
            // The header of a record of 122 bytes, and the beginning of a ServerHello.
            let _sent = stream.write_all(b"\x16\x03\x03\x00\x7a\x02\x00").await;
            let _gone = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let survey = look(address, SHORT).await;
    assert_in_time(&survey, SHORT);
    assert_eq!(
        negotiation(&survey),
        "rdp:closed tls:SSL nla:SSL rdstls:closed hybrid_ex:SSL aad:closed"
    );
    let tls = survey.tls.unwrap();
    assert_eq!(tls.failure, Some(TlsFailure::Stalled { received: 7 }));
    assert!(tls.picked.is_none() && tls.chain.is_empty() && tls.trust.is_none());
    let failures: Vec<_> = survey
        .stages
        .iter()
        .map(|samples| (samples.stage, samples.failures))
        .collect();
    assert_eq!(
        failures,
        [(Stage::Connect, 0), (Stage::Negotiate, 0), (Stage::Tls, 1)]
    );
}

#[tokio::test]
async fn a_handshake_that_fails_says_how() {
    type Check = fn(&TlsFailure) -> bool;
    let cases: [(&'static [u8], Check); 3] = [
        (b"\x15\x03\x01\x00\x02\x02\x46", |failure| {
            *failure == TlsFailure::Alert(70)
        }),
        (b"", |failure| *failure == TlsFailure::Closed),
        (b"\x03\x00\x00\x09\x02\xf0\x80\x21\x80", |failure| {
            matches!(failure, TlsFailure::Broken(_))
        }),
    ];
    for (bytes, expected) in cases {
        let address = each_client(move |stream| async move {
            if let Some(mut stream) = agree(stream).await {
                let _hello = stream.read(&mut [0; 4096]).await;
                let _sent = stream.write_all(bytes).await;
                let _goodbye = stream.shutdown().await;
            }
        })
        .await;
        let survey = look(address, AMPLE).await;
        let failure = survey.tls.unwrap().failure.unwrap();
        assert!(expected(&failure), "{failure:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_to_one_question_answers_the_others() {
    let address = each_client(|mut stream| async move {
        let mut asked = [0; 512];
        let count = stream.read(&mut asked).await.unwrap_or(0);
        let wants_entra = asked[..count].last_chunk::<4>() == Some(&[0x10, 0, 0, 0]);
        if !wants_entra {
            let answer = Answer::Bare.encode().unwrap();
            let _sent = stream.write_all(&answer).await;
        }
        let _gone = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let survey = look(address, SHORT).await;
    assert_eq!(
        negotiation(&survey),
        "rdp:bare tls:bare nla:bare rdstls:bare hybrid_ex:bare aad:silent"
    );
    assert_in_time(&survey, SHORT);
}

#[tokio::test]
async fn many_silent_hosts_cost_one_deadline() {
    // Up to three connections to each, seen from both sides, and the listeners.
    let _raised = rlimit::increase_nofile_limit(4096);
    let mut targets = Vec::new();
    for _ in 0..200 {
        targets.push(target(answering(b"").await));
    }
    let surveyor = surveyor(options(SHORT));
    let surveys = targets.iter().map(|target| surveyor.survey(target));
    let surveys = futures_util::future::join_all(surveys).await;
    let longest = surveys.iter().map(|survey| survey.took).max().unwrap();
    // One after another they would take a minute.
    assert!(longest < SHORT + SLACK, "{longest:?}");
    for survey in surveys {
        assert_eq!(survey.reply("nla"), Some(&Reply::Silent), "{survey:?}");
    }
}
