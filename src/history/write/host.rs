//! The end of a host: how it was reached, what it has shown, when it was there.

use rusqlite::OptionalExtension;
use rusqlite::params;

use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::history::Detail;
use crate::history::HostState;
use crate::history::Reach;
use crate::history::entry::Pending;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::state::State;
use crate::history::write::Run;
use crate::history::write::Writer;
use crate::proof::ShownCertificate;

/// A host as it was before this run.
struct Before {
    id: i64,
    state: HostState,
    reach: Reach,
    seen: Option<Moment>,
    tried: Moment,
    shown: Option<Moment>,
}

/// A host that is being written, and the moment that counts for it.
pub(super) struct Place {
    pub(super) host: i64,
    pub(super) at: Moment,
}

impl Writer<'_> {
    /// Takes the end of a host in.
    ///
    /// The moment that counts is the summary's, but always after the host's last one: where the clock went back, runs
    /// follow each other by a millisecond until it has caught up, so that intervals neither overlap nor end before they
    /// begin.
    pub(crate) fn host(
        &mut self,
        run: &mut Run,
        pending: &Pending,
        summary: &HostSummary,
    ) -> rusqlite::Result<Vec<Event>> {
        let told = moment::of(summary.at);
        let before = self.before(&summary.host)?;
        let at = match &before {
            Some(before) => told.max(before.tried.saturating_add(1)),
            None => told,
        };
        let before = match before {
            Some(before) => before,
            None => self.new_host(&summary.host, at)?,
        };
        run.heard = run.heard.max(at);
        let place = Place {
            host: before.id,
            at,
        };
        let reach = self.reach(&place, &before, &summary.status)?;
        let certificate = summary.proof.as_ref().and_then(|p| p.certificate.as_ref());
        if let Some(certificate) = certificate {
            self.certificate(&place, before.shown, certificate)?;
        }
        let (worst, known) = self.controls(run, &place, pending, &summary.host)?;
        self.made(run, &place, &pending.made)?;
        let sql = "UPDATE hosts SET reach = ?2, seen = ?3, tried = ?4, shown = ?5, run = ?6 WHERE id = ?1";
        self.transaction.prepare_cached(sql)?.execute(params![
            before.id,
            reach.code(),
            if pending.entries.is_empty() {
                before.seen
            } else {
                Some(at)
            },
            at,
            certificate.map(|_| at).or(before.shown),
            run.id
        ])?;
        self.host_state(&before, reach, worst)?;
        Ok(known)
    }

    fn host_state(
        &self,
        before: &Before,
        reach: Reach,
        worst: Option<State>,
    ) -> rusqlite::Result<()> {
        let state = HostState::of(reach, worst);
        if state != before.state {
            self.transaction
                .prepare_cached("UPDATE hosts SET state = ?2 WHERE id = ?1")?
                .execute(params![before.id, state.code()])?;
        }
        Ok(())
    }

    fn before(&self, name: &str) -> rusqlite::Result<Option<Before>> {
        let sql = "SELECT id, state, reach, seen, tried, shown FROM hosts WHERE name = ?1";
        self.transaction
            .prepare_cached(sql)?
            .query_row([name], |row| {
                Ok(Before {
                    id: row.get(0)?,
                    state: HostState::from_code(row.get(1)?),
                    reach: Reach::from_code(row.get(2)?),
                    seen: row.get(3)?,
                    tried: row.get(4)?,
                    shown: row.get(5)?,
                })
            })
            .optional()
    }

    fn new_host(&self, name: &str, at: Moment) -> rusqlite::Result<Before> {
        let (state, reach) = (HostState::Unknown, Reach::Reached);
        let sql =
            "INSERT INTO hosts (name, state, reach, first_seen, tried) VALUES (?1, ?2, ?3, ?4, ?4)";
        self.transaction.prepare_cached(sql)?.execute(params![
            name,
            state.code(),
            reach.code(),
            at
        ])?;
        Ok(Before {
            id: self.transaction.last_insert_rowid(),
            state,
            reach,
            seen: None,
            tried: at,
            shown: None,
        })
    }

    /// How it was reached; an interruption says nothing about that, so what is open was last so when it was last told.
    fn reach(
        &self,
        place: &Place,
        before: &Before,
        status: &HostStatus,
    ) -> rusqlite::Result<Reach> {
        let (reach, detail) = match status {
            HostStatus::Interrupted => {
                let sql =
                    "UPDATE reach SET seen = ?2 WHERE host = ?1 AND until IS NULL AND seen IS NULL";
                let row = params![place.host, before.tried];
                self.transaction.prepare_cached(sql)?.execute(row)?;
                return Ok(before.reach);
            }
            HostStatus::Ok | HostStatus::Drifted => (Reach::Reached, None),
            HostStatus::Unreachable { reason, hint } => (
                Reach::Unreachable,
                Some(Detail::of_reason(reason, hint.as_deref())),
            ),
            HostStatus::Failed { reason, hint } => (
                Reach::Failed,
                Some(Detail::of_reason(reason, hint.as_deref())),
            ),
        };
        let detail = self.detail(detail.as_ref())?;
        let sql = "SELECT since, reach, detail, seen FROM reach WHERE host = ?1 ORDER BY since DESC LIMIT 1";
        let open: Option<(Moment, u8, Option<i64>, Option<Moment>)> = self
            .transaction
            .prepare_cached(sql)?
            .query_row([place.host], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        if let Some((since, known, same, seen)) = open {
            let is_as_before = known == reach.code() && same == detail;
            if is_as_before && seen.is_none() {
                return Ok(reach);
            }
            let (until, seen) = if is_as_before {
                (None, None)
            } else {
                (Some(place.at), seen.or(Some(before.tried)))
            };
            let sql = "UPDATE reach SET until = ?3, seen = ?4 WHERE host = ?1 AND since = ?2";
            let row = params![place.host, since, until, seen];
            self.transaction.prepare_cached(sql)?.execute(row)?;
            if is_as_before {
                return Ok(reach);
            }
        }
        let sql = "INSERT INTO reach (host, since, reach, detail) VALUES (?1, ?2, ?3, ?4)";
        let row = params![place.host, place.at, reach.code(), detail];
        self.transaction.prepare_cached(sql)?.execute(row)?;
        Ok(reach)
    }

    fn certificate(
        &self,
        place: &Place,
        shown: Option<Moment>,
        certificate: &ShownCertificate,
    ) -> rusqlite::Result<()> {
        let sql = "SELECT since, thumbprint FROM certificates WHERE host = ?1 ORDER BY since DESC LIMIT 1";
        let open: Option<(Moment, String)> = self
            .transaction
            .prepare_cached(sql)?
            .query_row([place.host], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((since, thumbprint)) = open {
            if thumbprint == certificate.thumbprint {
                return Ok(());
            }
            let sql =
                "UPDATE certificates SET until = ?3, seen = ?4 WHERE host = ?1 AND since = ?2";
            let row = params![place.host, since, place.at, shown.unwrap_or(since)];
            self.transaction.prepare_cached(sql)?.execute(row)?;
        }
        let sql =
            "INSERT INTO certificates (host, since, subject, thumbprint, not_before, not_after)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.transaction.prepare_cached(sql)?.execute(params![
            place.host,
            place.at,
            &*self.known.mask(&certificate.subject),
            certificate.thumbprint,
            moment::of(certificate.not_before),
            moment::of(certificate.not_after)
        ])?;
        Ok(())
    }
}
