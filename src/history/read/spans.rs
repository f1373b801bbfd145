//! How a host fared from some moment on: states and times only, for drawings of months.

use jiff::Timestamp;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::Reach;
use crate::history::State;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::read::limit;
use crate::history::read::perhaps;
use crate::history::view::ControlSpan;
use crate::history::view::ReachSpan;
use crate::history::view::Spans;

impl History {
    /// The states that a host's controls were in after a moment and no longer are, and how it was reached; of each the
    /// latest `at_most`. A host that was never seen has none.
    pub fn spans(
        &self,
        host: &str,
        from: Timestamp,
        at_most: usize,
    ) -> Result<Spans, HistoryError> {
        let told = |error| self.told(error);
        let from = moment::of(from);
        // One more tells whether there are more.
        let more = limit(at_most.saturating_add(1));
        let number = self.host_number(host)?;
        let mut spans = Spans {
            controls: self.control_spans(number, from, more).map_err(told)?,
            reach: self.reach_spans(number, from, more).map_err(told)?,
            is_whole: true,
        };
        spans.is_whole = spans.controls.len() <= at_most && spans.reach.len() <= at_most;
        spans.controls.truncate(at_most);
        spans.reach.truncate(at_most);
        Ok(spans)
    }

    fn control_spans(
        &self,
        host: Option<i64>,
        from: Moment,
        at_most: i64,
    ) -> rusqlite::Result<Vec<ControlSpan>> {
        let sql = "SELECT controls.name, past.state, past.since, past.until
            FROM past JOIN controls ON controls.id = past.control
            WHERE past.host = ?1 AND past.until > ?2 ORDER BY past.until DESC, controls.name LIMIT ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![host, from, at_most], |row| {
            Ok(ControlSpan {
                control: row.get(0)?,
                state: State::from_code(row.get(1)?),
                since: moment::timestamp(row.get(2)?),
                until: moment::timestamp(row.get(3)?),
            })
        })?;
        rows.collect()
    }

    fn reach_spans(
        &self,
        host: Option<i64>,
        from: Moment,
        at_most: i64,
    ) -> rusqlite::Result<Vec<ReachSpan>> {
        let sql = "SELECT reach, since, until FROM reach
            WHERE host = ?1 AND (until IS NULL OR until > ?2) ORDER BY since DESC LIMIT ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![host, from, at_most], |row| {
            Ok(ReachSpan {
                reach: Reach::from_code(row.get(0)?),
                since: moment::timestamp(row.get(1)?),
                until: perhaps(row.get(2)?),
            })
        })?;
        rows.collect()
    }
}
