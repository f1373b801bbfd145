//! Drift day by day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::read::count;
use crate::history::view::Day;

/// What the file says of one day.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    found: i64,
    began: i64,
    ended: i64,
    corrected: i64,
}

impl History {
    /// The last so many days up to now, oldest first, of one control or of all. Days on which nothing happened are there,
    /// too.
    pub fn days(
        &self,
        now: Timestamp,
        days: usize,
        control: Option<&str>,
    ) -> Result<Vec<Day>, HistoryError> {
        let number = match control {
            None => None,
            Some(name) => match self.control_number(name)? {
                None => return Ok(Vec::new()),
                found => found,
            },
        };
        let counts = self.by_day(number).map_err(|error| self.told(error))?;
        let last = moment::day(moment::of(now));
        let first = last.saturating_sub(i64::try_from(days).unwrap_or(i64::MAX)) + 1;
        let drift = |day: &Counts| day.found + day.began - day.ended;
        let mut drifting: i64 = counts.range(..first).map(|(_, day)| drift(day)).sum();
        let told = (first..=last).map(|number| {
            let day = counts.get(&number).copied().unwrap_or_default();
            drifting += drift(&day);
            Day {
                date: moment::date_of(number),
                drifting: count(drifting),
                found: count(day.found),
                began: count(day.began),
                ended: count(day.ended),
                corrected: count(day.corrected),
            }
        });
        Ok(told.collect())
    }

    fn by_day(&self, control: Option<i64>) -> rusqlite::Result<BTreeMap<i64, Counts>> {
        let sql = "SELECT day, sum(found), sum(began), sum(ended), sum(corrected) FROM days
            WHERE ?1 IS NULL OR control = ?1 GROUP BY day";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![control], |row| {
            let counts = Counts {
                found: row.get(1)?,
                began: row.get(2)?,
                ended: row.get(3)?,
                corrected: row.get(4)?,
            };
            Ok((row.get(0)?, counts))
        })?;
        rows.collect()
    }
}
