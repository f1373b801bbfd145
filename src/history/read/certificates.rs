//! Certificates that hosts have shown.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::params;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::read::count;
use crate::history::read::limit;
use crate::history::read::perhaps;
use crate::history::view::CertificatePage;
use crate::history::view::CertificateRow;

/// The columns of a certificate, in the order in which [`certificate`] reads them.
const COLUMNS: &str = "hosts.name, subject, thumbprint, not_before, not_after, since, until,
    max(since, coalesce(certificates.seen, hosts.shown, since))";

/// Every certificate of every host.
pub(crate) fn every() -> String {
    format!(
        "SELECT {COLUMNS} FROM certificates JOIN hosts ON hosts.id = certificates.host ORDER BY certificates.host, since"
    )
}

impl History {
    /// Certificates of hosts that end before a moment, soonest first, from the one with this number on.
    pub fn certificates(
        &self,
        before: Timestamp,
        (from, at_most): (usize, usize),
    ) -> Result<CertificatePage, HistoryError> {
        let total = self.certificates_before(before)?;
        let before = moment::of(before);
        let sql = format!(
            "SELECT {COLUMNS} FROM certificates JOIN hosts ON hosts.id = certificates.host
            WHERE until IS NULL AND not_after < ?1 ORDER BY not_after, certificates.host LIMIT ?3 OFFSET ?2"
        );
        let rows = self.connection.prepare_cached(&sql).and_then(|mut found| {
            let row = params![before, limit(from), limit(at_most)];
            let rows = found.query_map(row, certificate)?;
            rows.collect()
        });
        Ok(CertificatePage {
            certificates: rows.map_err(|error| self.told(error))?,
            total,
        })
    }

    /// How many certificates of hosts end before a moment.
    pub(super) fn certificates_before(&self, before: Timestamp) -> Result<u64, HistoryError> {
        let sql = "SELECT count(*) FROM certificates WHERE until IS NULL AND not_after < ?1";
        let before = moment::of(before);
        let total = self
            .connection
            .query_row(sql, [before], |row| row.get(0).map(count));
        total.map_err(|error| self.told(error))
    }

    /// Those that one host has shown, latest first.
    pub(super) fn shown_by(
        &self,
        host: i64,
        at_most: usize,
    ) -> rusqlite::Result<Vec<CertificateRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM certificates JOIN hosts ON hosts.id = certificates.host
            WHERE certificates.host = ?1 ORDER BY since DESC LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![host, limit(at_most)], certificate)?;
        rows.collect()
    }
}

pub(crate) fn certificate(row: &Row<'_>) -> rusqlite::Result<CertificateRow> {
    Ok(CertificateRow {
        host: row.get(0)?,
        subject: row.get(1)?,
        thumbprint: row.get(2)?,
        not_before: moment::timestamp(row.get(3)?),
        not_after: moment::timestamp(row.get(4)?),
        since: moment::timestamp(row.get(5)?),
        until: perhaps(row.get(6)?),
        last_seen: moment::timestamp(row.get(7)?),
    })
}
