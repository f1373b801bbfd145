//! The controls of a host: what is as it was needs nothing, what turned ends one interval and begins another.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::params;

use crate::event::Drift;
use crate::event::Event;
use crate::event::Shift;
use crate::event::Turn;
use crate::history::entry::Entry;
use crate::history::entry::Pending;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::state::State;
use crate::history::state::Verdict;
use crate::history::write::Run;
use crate::history::write::Writer;
use crate::history::write::cells;
use crate::history::write::host::Place;

/// The interval that is open for a control.
#[derive(Debug, Clone)]
struct Open {
    since: Moment,
    state: State,
    state_since: Moment,
    verdict: Option<Verdict>,
    verdict_since: Moment,
    detail: Option<i64>,
    source: i64,
    seen: Option<Moment>,
}

/// A control that a run saw.
struct Sight<'a> {
    control: i64,
    name: &'a Arc<str>,
    state: State,
    detail: Option<i64>,
}

/// Which column of the days counts one more.
enum Count {
    Found,
    Began,
    Ended,
}

/// When a host was last looked at, by source.
type Sightings = BTreeMap<i64, Moment>;

impl Writer<'_> {
    /// Takes the controls of a host in; tells the worst state, what turned, and since when the rest has
    /// differed. A run that saw none, for instance because
    /// there was no session, leaves everything as it was.
    pub(super) fn controls(
        &mut self,
        run: &mut Run,
        place: &Place,
        pending: &Pending,
        name: &Arc<str>,
    ) -> rusqlite::Result<(Option<State>, Vec<Event>)> {
        let mut open = self.open(place.host)?;
        let worst = |open: &BTreeMap<i64, Open>| open.values().map(|open| open.state).max();
        if pending.entries.is_empty() {
            return Ok((worst(&open), Vec::new()));
        }
        let sightings = self.sightings(place.host)?;
        let mut seen = Vec::with_capacity(pending.entries.len());
        let mut told = Vec::new();
        let mut has_turned = false;
        for (control, entry) in &pending.entries {
            let sight = self.sight(place, control, entry)?;
            seen.push(sight.control);
            let known = open.get(&sight.control);
            match known {
                Some(known) if known.state == sight.state && known.detail == sight.detail => {
                    self.still(run, place, (&sight, known), &sightings)?;
                    told.extend(drift(known, &sight, place.at, name));
                    continue;
                }
                Some(known) => self.close(place, (&sight, known), &sightings)?,
                None => {}
            }
            has_turned |= known.is_none_or(|known| known.state != sight.state);
            let now = turned(known, &sight, run.source, place.at);
            let turn = self.weigh(run, place, (&sight, known))?;
            told.extend(turn.map(|(turn, since)| {
                Event::Shift(Shift {
                    host: Arc::clone(name),
                    at: moment::timestamp(place.at),
                    control: Arc::clone(sight.name),
                    turn,
                    since: moment::timestamp(since),
                })
            }));
            told.extend(drift(&now, &sight, place.at, name));
            self.put(place, sight.control, &now)?;
            open.insert(sight.control, now);
        }
        self.miss(run, place, (&open, &mut seen), &sightings)?;
        self.sighted(run, place)?;
        if has_turned {
            self.pack(place, &open)?;
        }
        Ok((worst(&open), told))
    }

    fn sight<'a>(
        &mut self,
        place: &Place,
        name: &'a Arc<str>,
        entry: &Entry,
    ) -> rusqlite::Result<Sight<'a>> {
        if let Some(waiver) = &entry.waiver {
            self.waiver(waiver, place.at)?;
        }
        Ok(Sight {
            control: self.control(name, entry.control.as_ref())?,
            name,
            state: entry.state,
            detail: self.detail(entry.detail.as_ref())?,
        })
    }

    fn open(&self, host: i64) -> rusqlite::Result<BTreeMap<i64, Open>> {
        let sql = "SELECT control, since, state, state_since, verdict, verdict_since, detail, source, seen
            FROM current WHERE host = ?1 ORDER BY control";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map([host], |row| {
            let open = Open {
                since: row.get(1)?,
                state: State::from_code(row.get(2)?),
                state_since: row.get(3)?,
                verdict: Verdict::from_code(row.get(4)?),
                verdict_since: row.get(5)?,
                detail: row.get(6)?,
                source: row.get(7)?,
                seen: row.get(8)?,
            };
            Ok((row.get(0)?, open))
        })?;
        rows.collect()
    }

    fn sightings(&self, host: i64) -> rusqlite::Result<Sightings> {
        let sql = "SELECT source, seen FROM sightings WHERE host = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map([host], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    /// It is as it was. It goes by the sightings of this source when it was missed, or when its own source has not been
    /// there for longer than this one.
    fn still(
        &self,
        run: &Run,
        place: &Place,
        (sight, known): (&Sight<'_>, &Open),
        sightings: &Sightings,
    ) -> rusqlite::Result<()> {
        let is_ours = known.source == run.source;
        let is_neglected = sightings.get(&known.source) < sightings.get(&run.source);
        if known.seen.is_none() && (is_ours || !is_neglected) {
            return Ok(());
        }
        let sql = "UPDATE current SET source = ?3, seen = NULL WHERE host = ?1 AND control = ?2";
        let row = params![place.host, sight.control, run.source];
        self.transaction.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// It is not as it was: the interval ends.
    fn close(
        &self,
        place: &Place,
        (sight, known): (&Sight<'_>, &Open),
        sightings: &Sightings,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT INTO past (host, control, since, until, seen, state, detail)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.transaction.prepare_cached(sql)?.execute(params![
            place.host,
            sight.control,
            known.since,
            place.at,
            last_seen(known, sightings),
            known.state.code(),
            known.detail
        ])?;
        Ok(())
    }

    fn put(&self, place: &Place, control: i64, now: &Open) -> rusqlite::Result<()> {
        let sql = "INSERT INTO current
            (host, control, since, state, state_since, verdict, verdict_since, detail, source, seen)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)
            ON CONFLICT (host, control) DO UPDATE SET since = excluded.since, state = excluded.state,
            state_since = excluded.state_since, verdict = excluded.verdict, verdict_since = excluded.verdict_since,
            detail = excluded.detail, source = excluded.source, seen = NULL";
        self.transaction.prepare_cached(sql)?.execute(params![
            place.host,
            control,
            now.since,
            now.state.code(),
            now.state_since,
            Verdict::code(now.verdict),
            now.verdict_since,
            now.detail,
            now.source
        ])?;
        Ok(())
    }

    /// Whether drift began or ended, and since when it had been otherwise; counted by day.
    fn weigh(
        &self,
        run: &mut Run,
        place: &Place,
        (sight, known): (&Sight<'_>, Option<&Open>),
    ) -> rusqlite::Result<Option<(Turn, Moment)>> {
        let was = known.and_then(|known| known.verdict);
        let since = known.map_or(place.at, |known| known.verdict_since);
        let (turn, count) = match (was, sight.state.verdict()) {
            (None, Some(Verdict::Drifted)) => (None, Count::Found),
            (Some(Verdict::Fine), Some(Verdict::Drifted)) => (Some(Turn::Began), Count::Began),
            (Some(Verdict::Drifted), Some(Verdict::Fine)) => (Some(Turn::Ended), Count::Ended),
            _ => return Ok(None),
        };
        match turn {
            Some(Turn::Began) => run.turned.began += 1,
            Some(Turn::Ended) => run.turned.mended += 1,
            None => {}
        }
        self.count(place.at, sight.control, &count)?;
        Ok(turn.map(|turn| (turn, since)))
    }

    fn count(&self, at: Moment, control: i64, count: &Count) -> rusqlite::Result<()> {
        let (found, began, ended) = match count {
            Count::Found => (1, 0, 0),
            Count::Began => (0, 1, 0),
            Count::Ended => (0, 0, 1),
        };
        let sql = "INSERT INTO days (day, control, found, began, ended) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (day, control) DO UPDATE SET found = found + excluded.found,
            began = began + excluded.began, ended = ended + excluded.ended";
        let row = params![moment::day(at), control, found, began, ended];
        self.transaction.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// Controls that this source used to see and does not see now keep the moment at which it last did.
    fn miss(
        &self,
        run: &Run,
        place: &Place,
        (open, seen): (&BTreeMap<i64, Open>, &mut Vec<i64>),
        sightings: &Sightings,
    ) -> rusqlite::Result<()> {
        seen.sort_unstable();
        let Some(last) = sightings.get(&run.source) else {
            return Ok(());
        };
        let missed = open.iter().filter(|(control, known)| {
            known.source == run.source
                && known.seen.is_none()
                && seen.binary_search(control).is_err()
        });
        let sql = "UPDATE current SET seen = ?3 WHERE host = ?1 AND control = ?2";
        for (control, _) in missed {
            let row = params![place.host, control, last];
            self.transaction.prepare_cached(sql)?.execute(row)?;
        }
        Ok(())
    }

    fn sighted(&self, run: &Run, place: &Place) -> rusqlite::Result<()> {
        let sql = "INSERT INTO sightings (host, source, seen) VALUES (?1, ?2, ?3)
            ON CONFLICT (host, source) DO UPDATE SET seen = excluded.seen";
        let row = params![place.host, run.source, place.at];
        self.transaction.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    fn pack(&self, place: &Place, open: &BTreeMap<i64, Open>) -> rusqlite::Result<()> {
        let packed = cells::pack(open.iter().map(|(control, open)| (*control, open.state)));
        let sql = "INSERT INTO cells (host, cells) VALUES (?1, ?2)
            ON CONFLICT (host) DO UPDATE SET cells = excluded.cells";
        let row = params![place.host, packed];
        self.transaction.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }
}

/// The interval that begins.
fn turned(known: Option<&Open>, sight: &Sight<'_>, source: i64, at: Moment) -> Open {
    let same_state = known.filter(|known| known.state == sight.state);
    let (verdict, verdict_since) = match (known, sight.state.verdict()) {
        (Some(known), verdict) if verdict.is_none() || verdict == known.verdict => {
            (known.verdict, known.verdict_since)
        }
        (_, verdict) => (verdict, at),
    };
    Open {
        since: at,
        state: sight.state,
        state_since: same_state.map_or(at, |known| known.state_since),
        verdict,
        verdict_since,
        detail: sight.detail,
        source,
        seen: None,
    }
}

/// Since when a control has differed; nothing when it does not, or when this run could not tell.
fn drift(open: &Open, sight: &Sight<'_>, at: Moment, host: &Arc<str>) -> Option<Event> {
    (sight.state.verdict() == Some(Verdict::Drifted)).then(|| {
        Event::Drift(Drift {
            host: Arc::clone(host),
            at: moment::timestamp(at),
            control: Arc::clone(sight.name),
            since: moment::timestamp(open.verdict_since),
        })
    })
}

/// When an interval was last seen.
fn last_seen(open: &Open, sightings: &Sightings) -> Moment {
    let sighted = || sightings.get(&open.source).copied();
    open.seen
        .or_else(sighted)
        .unwrap_or(open.since)
        .max(open.since)
}
