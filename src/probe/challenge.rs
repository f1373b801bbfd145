//! What a host tells about itself at the start of CredSSP to anybody who asks: names, build, clock. Nobody signs in.
//!
//! The question is raw NTLM, not SPNEGO: Windows and FreeRDP's server both answer it, the latter nothing else.

use std::time::Duration;

use jiff::Timestamp;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;

use crate::probe::channel;
use crate::probe::surveyor::Place;
use crate::probe::surveyor::Surveyor;
use crate::rdp::DecodeError;
use crate::rdp::credssp;
use crate::rdp::credssp::TsRequest;
use crate::rdp::handshake::Step;
use crate::rdp::nego::Protocols;
use crate::rdp::ntlm;
use crate::rdp::ntlm::Challenge;
use crate::survey::NtlmView;

/// From 1601 to 1970, in units of 100 ns.
const UNIX_EPOCH: i128 = 116_444_736_000_000_000;

/// Connects, asks for NLA, shakes hands, sends NTLM's first message, and reads the challenge; `None` when it does not
/// come to that.
pub(super) async fn look(surveyor: &Surveyor, place: Place<'_>) -> Option<NtlmView> {
    tokio::select! {
        biased;
        view = ask_for_it(surveyor, place) => view,
        () = surveyor.clock.sleep(place.longest) => None,
    }
}

async fn ask_for_it(surveyor: &Surveyor, place: Place<'_>) -> Option<NtlmView> {
    let wanted = Protocols::SSL | Protocols::HYBRID;
    let mut channel = channel::open(surveyor, place, wanted).await.ok()?;
    let view = converse(surveyor, channel.stream()).await;
    channel.close().await;
    view
}

/// The same on a connection on which NLA was agreed upon and TLS stands, waiting no longer than this.
pub(super) async fn ask_on(
    surveyor: &Surveyor,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    longest: Duration,
) -> Option<NtlmView> {
    tokio::select! {
        biased;
        view = converse(surveyor, stream) => view,
        () = surveyor.clock.sleep(longest) => None,
    }
}

async fn converse(
    surveyor: &Surveyor,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> Option<NtlmView> {
    let (question, mut waiting) = ask();
    let (at, began) = (surveyor.clock.now(), surveyor.clock.instant());
    stream.write_all(&question).await.ok()?;
    stream.flush().await.ok()?;
    let mut chunk = [0; 2048];
    loop {
        let count = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        let heard = chunk.get(..count).unwrap_or_default();
        match waiting.handle(heard) {
            Ok(Step::More(more)) => waiting = more,
            Ok(Step::Done(told)) => {
                let took = surveyor.clock.instant().saturating_duration_since(began);
                return Some(told.view(at, took));
            }
            Err(_) => return None,
        }
    }
}

/// The question is on its way.
#[derive(Debug)]
struct AwaitingChallenge {
    buffer: Vec<u8>,
}

/// What the host answered.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// The version of CredSSP that it answers with.
    version: u32,
    /// The challenge, unless it refused to show one.
    challenge: Option<Challenge>,
}

/// The question, as bytes.
fn ask() -> (Vec<u8>, AwaitingChallenge) {
    let question = TsRequest {
        token: Some(ntlm::negotiate()),
        ..TsRequest::of_version(credssp::NEWEST)
    };
    let waiting = AwaitingChallenge { buffer: Vec::new() };
    (question.encode(), waiting)
}

impl AwaitingChallenge {
    /// Takes bytes as they come.
    fn handle(mut self, bytes: &[u8]) -> Result<Step<Self, Told>, DecodeError> {
        self.buffer.extend_from_slice(bytes);
        let Some((whole, _)) = credssp::split(&self.buffer)? else {
            return Ok(Step::More(self));
        };
        let answer = TsRequest::decode(whole)?;
        let challenge = answer
            .token
            .as_deref()
            .and_then(credssp::ntlm_in)
            .map(Challenge::decode);
        Ok(Step::Done(Told {
            version: answer.version,
            challenge: challenge.transpose()?,
        }))
    }
}

impl Told {
    /// The same as part of a survey, when it was asked at this moment of our clock and the answer took so long.
    fn view(self, asked: Timestamp, took: Duration) -> NtlmView {
        let challenge = self.challenge.unwrap_or_default();
        let time = challenge.filetime.and_then(timestamp);
        NtlmView {
            computer: challenge.computer,
            domain: challenge.domain,
            dns_computer: challenge.dns_computer,
            dns_domain: challenge.dns_domain,
            version: challenge.version,
            time,
            skew_seconds: time.map(|time| skew(time, asked, took)),
            credssp_version: Some(self.version),
        }
    }
}

/// A moment of Windows' clock; `None` before year -9999 and after 9999.
fn timestamp(filetime: u64) -> Option<Timestamp> {
    Timestamp::from_nanosecond((i128::from(filetime) - UNIX_EPOCH) * 100).ok()
}

/// Host minus us in whole seconds: the host looked at its clock half a round trip after we asked.
fn skew(host: Timestamp, asked: Timestamp, took: Duration) -> i64 {
    let half = i128::try_from(took.as_nanos() / 2).unwrap_or(i128::MAX);
    let ours = asked.as_nanosecond().saturating_add(half);
    let apart = host.as_nanosecond().saturating_sub(ours);
    let second = 1_000_000_000;
    let rounded = apart.saturating_add(second / 2).div_euclid(second);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::proptest;

    use super::AwaitingChallenge;
    use super::Told;
    use super::ask;
    use super::skew;
    use super::timestamp;
    use crate::rdp::credssp::TsRequest;
    use crate::rdp::handshake::Step;
    use crate::rdp::ntlm::Challenge;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn one_by_one(bytes: &[u8]) -> Option<Told> {
        let (_, mut waiting) = ask();
        for (index, byte) in bytes.iter().enumerate() {
            match waiting.handle(&[*byte]).unwrap() {
                Step::More(more) => waiting = more,
                Step::Done(told) => {
                    assert_eq!(index + 1, bytes.len());
                    return Some(told);
                }
            }
        }
        None
    }

    #[test]
    fn an_answer_is_read_one_byte_at_a_time() {
        let challenge = Challenge {
            computer: Some("PC-1".to_owned()),
            filetime: Some(116_444_736_000_000_000 + 36_000_000_000),
            ..Challenge::default()
        };
        let answer = TsRequest {
            token: Some(challenge.encode()),
            ..TsRequest::of_version(6)
        };
        let told = one_by_one(&answer.encode()).unwrap();
        let view = told.view(at("1970-01-01T00:00:00Z"), Duration::ZERO);
        assert_eq!(view.computer.as_deref(), Some("PC-1"));
        assert_eq!(view.time, Some(at("1970-01-01T01:00:00Z")));
        assert_eq!(view.skew_seconds, Some(3600));
        assert_eq!(view.credssp_version, Some(6));
    }

    #[test]
    fn a_host_that_blocks_ntlm_still_tells_its_version() {
        let refused = TsRequest {
            error_code: Some(0xC000_0418),
            ..TsRequest::of_version(6)
        };
        let told = one_by_one(&refused.encode()).unwrap();
        let view = told.view(at("2026-01-01T00:00:00Z"), Duration::ZERO);
        assert_eq!((view.time, view.credssp_version), (None, Some(6)));
    }

    #[test]
    fn half_a_round_trip_is_taken_off_and_the_rest_rounded() {
        let asked = at("2026-01-01T00:00:00Z");
        for (host, millis, expected) in [
            ("2026-01-01T00:00:02Z", 4_000, 0),
            ("2026-01-01T00:00:02Z", 0, 2),
            ("2026-01-01T00:00:00.4Z", 0, 0),
            ("2026-01-01T00:00:00.6Z", 0, 1),
            ("2025-12-31T22:00:00Z", 100, -7200),
        ] {
            let took = Duration::from_millis(millis);
            assert_eq!(skew(at(host), asked, took), expected, "{host}");
        }
        assert_eq!(timestamp(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn any_bytes_wait_end_or_err(bytes: Vec<u8>) {
            let _step = AwaitingChallenge { buffer: Vec::new() }.handle(&bytes);
        }
    }
}
