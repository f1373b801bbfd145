//! How long the stages of a visit take: each attempt is one sample or one failure. Knows in which order stages follow
//! one another when a visit is repeated.

use std::net::SocketAddr;

use crate::probe::course::Course;
use crate::probe::dial;
use crate::probe::handshake;
use crate::probe::names;
use crate::proof::Stage;
use crate::rdp::nego::Protocols;
use crate::survey::Reply;

/// Does the work of a stage and takes its time; only success is a sample.
pub(super) async fn timed<T, E>(
    course: Course<'_>,
    stage: Stage,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let clock = course.surveyor.clock.as_ref();
    let since = clock.instant();
    course.notebook.begin(stage);
    let done = work.await;
    if done.is_ok() {
        let took = clock.instant().saturating_duration_since(since);
        course.notebook.complete(stage, took);
    }
    done
}

/// The first visit gave one sample; this takes the others. Stops with the visit's deadline.
pub(super) async fn repeat(course: Course<'_>, address: SocketAddr, wanted: Protocols) {
    for _ in 1..course.surveyor.options.repeat {
        // A round ends where the host lets it end; the next one begins anew.
        let _ended_early: Result<(), Reached> = round(course, address, wanted).await;
    }
}

/// A round did not get through.
struct Reached;

async fn round(course: Course<'_>, address: SocketAddr, wanted: Protocols) -> Result<(), Reached> {
    let clock = course.surveyor.clock.as_ref();
    let name = names::bare(&course.target.address);
    if names::literal(name).is_none() {
        let resolver = &course.surveyor.resolver;
        let found = resolver.addresses(name, course.target.port);
        timed(course, Stage::Resolve, found)
            .await
            .map_err(|_told_by_the_first_visit| Reached)?;
    }
    let longest = course.patience();
    let opened = dial::open(clock, address, longest);
    let mut stream = timed(course, Stage::Connect, opened)
        .await
        .map_err(|_counted| Reached)?;
    let asked = async { answer(dial::negotiate(clock, &mut stream, wanted, longest).await) };
    let reply = timed(course, Stage::Negotiate, asked)
        .await
        .map_err(|_counted| Reached)?;
    if !leads_to_tls(&reply) {
        return Err(Reached);
    }
    let place = course.place(address, longest);
    let shaken = handshake::shake(course.surveyor, place, stream);
    timed(course, Stage::Tls, shaken)
        .await
        .map_err(|_counted| Reached)
}

/// A reply as the success or failure of its stage: a refusal is an answer too.
pub(super) fn answer(reply: Reply) -> Result<Reply, Reply> {
    match reply {
        Reply::Selected { .. } | Reply::Bare | Reply::Refused(_) => Ok(reply),
        Reply::Closed | Reply::Silent | Reply::NotRdp(_) | Reply::NotConnected(_) => Err(reply),
    }
}

/// Whether TLS follows.
pub(super) fn leads_to_tls(reply: &Reply) -> bool {
    matches!(reply, Reply::Selected { protocol, .. } if *protocol != Protocols::RDP)
}
