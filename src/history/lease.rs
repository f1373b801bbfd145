//! Leases: one owner at a time works on a host, across processes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::params;
use serde::Serialize;

use crate::history::History;
use crate::history::HistoryError;
use crate::history::moment;
use crate::history::moment::Moment;

/// A host that somebody else works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its inventory name.
    pub host: Arc<str>,
    /// Who works on it.
    pub owner: String,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
}

/// Whether a host may be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lease {
    /// Nobody else may, until it is released or runs out.
    Leased,
    /// Somebody else does.
    HeldBy {
        /// Who.
        owner: String,
        /// Until when, unless it is renewed.
        until: Timestamp,
    },
    /// Nobody has it: it was given back, so there is nothing to renew.
    Gone,
}

impl History {
    /// Takes a host for an owner: it is free, was the owner's anyhow, or its lease has run out.
    pub fn acquire(
        &mut self,
        host: &str,
        owner: &str,
        now: Timestamp,
        length: Duration,
    ) -> Result<Lease, HistoryError> {
        acquire(self, host, owner, (moment::of(now), length)).map_err(|error| self.told(error))
    }

    /// Like [`History::acquire`], for many hosts at once; gives those that somebody else has. After an error none was
    /// taken.
    pub fn acquire_all(
        &mut self,
        hosts: &[Arc<str>],
        owner: &str,
        now: Timestamp,
        length: Duration,
    ) -> Result<Vec<Held>, HistoryError> {
        acquire_all(self, hosts, owner, (moment::of(now), length)).map_err(|error| self.told(error))
    }

    /// Makes a lease last longer, also one that ran out meanwhile and that nobody else has taken. One that was given back stays
    /// so: a renewal that comes late brings nothing back.
    pub fn renew(
        &mut self,
        host: &str,
        owner: &str,
        now: Timestamp,
        length: Duration,
    ) -> Result<Lease, HistoryError> {
        let term = (moment::of(now), length);
        renew(self, host, owner, term).map_err(|error| self.told(error))
    }

    /// Gives a host back; that of another owner is left alone.
    pub fn release(&mut self, host: &str, owner: &str) -> Result<(), HistoryError> {
        let sql = "DELETE FROM leases WHERE host = ?1 AND owner = ?2";
        let done = self.connection.execute(sql, [host, owner]);
        done.map(drop).map_err(|error| self.told(error))
    }

    /// Gives everything back that an owner has.
    pub fn release_all(&mut self, owner: &str) -> Result<(), HistoryError> {
        let sql = "DELETE FROM leases WHERE owner = ?1";
        let done = self.connection.execute(sql, [owner]);
        done.map(drop).map_err(|error| self.told(error))
    }
}

fn renew(
    history: &History,
    host: &str,
    owner: &str,
    term: (Moment, Duration),
) -> rusqlite::Result<Lease> {
    let connection = &history.connection;
    let sql = "UPDATE leases SET until = ?3 WHERE host = ?1 AND owner = ?2";
    if connection.execute(sql, params![host, owner, end(term)])? > 0 {
        return Ok(Lease::Leased);
    }
    let holder = holder(connection, host).optional()?;
    Ok(holder.unwrap_or(Lease::Gone))
}

/// When a lease runs out.
fn end((now, length): (Moment, Duration)) -> Moment {
    now.saturating_add(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

fn holder(connection: &Connection, host: &str) -> rusqlite::Result<Lease> {
    let sql = "SELECT owner, until FROM leases WHERE host = ?1";
    connection.query_row(sql, [host], |row| {
        let until = moment::timestamp(row.get(1)?);
        Ok(Lease::HeldBy {
            owner: row.get(0)?,
            until,
        })
    })
}

fn acquire(
    history: &mut History,
    host: &str,
    owner: &str,
    term: (Moment, Duration),
) -> rusqlite::Result<Lease> {
    let transaction = begin(history)?;
    let lease = take(&transaction, host, owner, term)?;
    transaction.commit()?;
    Ok(lease)
}

fn acquire_all(
    history: &mut History,
    hosts: &[Arc<str>],
    owner: &str,
    term: (Moment, Duration),
) -> rusqlite::Result<Vec<Held>> {
    let transaction = begin(history)?;
    let mut held = Vec::new();
    for host in hosts {
        if let Lease::HeldBy { owner, until } = take(&transaction, host, owner, term)? {
            let host = Arc::clone(host);
            held.push(Held { host, owner, until });
        }
    }
    transaction.commit()?;
    Ok(held)
}

fn begin(history: &mut History) -> rusqlite::Result<Transaction<'_>> {
    history
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
}

fn take(
    transaction: &Transaction<'_>,
    host: &str,
    owner: &str,
    term: (Moment, Duration),
) -> rusqlite::Result<Lease> {
    let sql = "INSERT INTO leases (host, owner, until) VALUES (?1, ?2, ?3)
        ON CONFLICT (host) DO UPDATE SET owner = excluded.owner, until = excluded.until
        WHERE owner = excluded.owner OR until <= ?4";
    let row = params![host, owner, end(term), term.0];
    if transaction.prepare_cached(sql)?.execute(row)? > 0 {
        return Ok(Lease::Leased);
    }
    holder(transaction, host)
}
