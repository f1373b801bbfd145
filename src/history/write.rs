//! One transaction that takes ends of hosts in: what is as before is not written again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::params;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;

use crate::control::Control;
use crate::control::Severity;
use crate::control::Waiver;
use crate::event::Event;
use crate::event::Recap;
use crate::event::RunMode;
use crate::history::Detail;
use crate::history::PROOF;
use crate::history::detail;
use crate::history::moment;
use crate::history::moment::Moment;
use crate::history::state::PROOF_TITLE;
use crate::history::view::RecapRow;
use crate::secret::Hidden;

pub(super) mod cells;
mod changes;
mod controls;
mod host;

/// A run that is being recorded.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// Its number in the file.
    pub(super) id: i64,
    /// What it is a run of.
    pub(super) source: i64,
    /// The latest moment at which something of it happened; never earlier than any of its hosts.
    pub(super) heard: Moment,
    /// What has turned in this transaction.
    pub(super) turned: Turned,
}

/// How much turned.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turned {
    pub(super) began: i64,
    pub(super) mended: i64,
    pub(super) corrected: i64,
}

/// Numbers that have been looked up before.
#[derive(Debug, Default)]
pub(super) struct Known {
    controls: HashMap<Arc<str>, (i64, Option<Arc<Control>>)>,
    waivers: Vec<Arc<Waiver>>,
    hidden: Option<Arc<Hidden>>,
}

impl Known {
    /// From now on these secrets are masked in what is written.
    pub(super) fn hide(&mut self, hidden: Arc<Hidden>) {
        self.hidden = Some(hidden);
    }

    /// Forgets the numbers.
    pub(super) fn forget(&mut self) {
        self.controls.clear();
        self.waivers.clear();
    }

    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.hidden {
            Some(hidden) => hidden.mask(text),
            None => Cow::Borrowed(text),
        }
    }

    /// As JSON, without any secret in its texts; its keys are our own words.
    fn json(&self, value: &impl Serialize) -> String {
        let mut value = serde_json::to_value(value).unwrap_or_default();
        if let Some(hidden) = &self.hidden {
            hidden.mask_json(&mut value);
        }
        value.to_string()
    }
}

/// A transaction that writes.
pub(super) struct Writer<'a> {
    transaction: Transaction<'a>,
    known: &'a mut Known,
}

impl<'a> Writer<'a> {
    /// Begins one; other processes that write are waited for.
    pub(super) fn begin(
        connection: &'a mut Connection,
        known: &'a mut Known,
    ) -> rusqlite::Result<Self> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Self { transaction, known })
    }

    /// Makes everything last.
    pub(super) fn commit(self, run: Option<&Run>) -> rusqlite::Result<()> {
        if let Some(run) = run {
            let sql =
                "UPDATE runs SET heard = max(heard, ?2), began = began + ?3, mended = mended + ?4,
                corrected = corrected + ?5 WHERE id = ?1";
            let turned = run.turned;
            self.transaction.prepare_cached(sql)?.execute(params![
                run.id,
                run.heard,
                turned.began,
                turned.mended,
                turned.corrected
            ])?;
        }
        self.transaction.commit()
    }

    /// Begins a run; one that is there already (it was started, then went on) is taken up again.
    pub(super) fn start(&mut self, event: &Event) -> rusqlite::Result<Option<Run>> {
        let Event::RunStart {
            run,
            at,
            mode,
            playbook,
            hosts,
            job,
        } = event
        else {
            return Ok(None);
        };
        let source = match job {
            Some(job) => format!("job {job}"),
            None => format!("playbook {playbook}"),
        };
        let source = self.source(&self.known.mask(&source))?;
        let at = moment::of(*at);
        let sql = "INSERT INTO runs (ulid, source, job, playbook, applies, hosts, started, heard)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (ulid) DO UPDATE SET heard = max(heard, excluded.heard)
            RETURNING id, heard";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let applies = *mode == RunMode::Apply;
        let hosts = i64::try_from(*hosts).unwrap_or(i64::MAX);
        let job = job.as_deref().map(|job| self.known.mask(job));
        let playbook = self.known.mask(playbook);
        let row = params![run, source, job.as_deref(), &*playbook, applies, hosts, at];
        let (id, heard) = statement.query_one(row, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(Run {
            id,
            source,
            heard,
            turned: Turned::default(),
        }))
    }

    /// Ends a run. Its end is never before anything that happened in it.
    pub(super) fn end(
        &mut self,
        run: &Run,
        at: Moment,
        recap: &Recap,
        exit_code: Option<u8>,
    ) -> rusqlite::Result<()> {
        let recap = serde_json::to_string(&recap_row(recap)).unwrap_or_default();
        let sql = "UPDATE runs SET ended = max(heard, ?2), heard = max(heard, ?2), recap = ?3, exit_code = ?4 WHERE id = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let at = at.max(run.heard);
        statement.execute(params![run.id, at, recap, exit_code])?;
        Ok(())
    }

    fn source(&self, name: &str) -> rusqlite::Result<i64> {
        let found: Option<i64> = self
            .transaction
            .prepare_cached("SELECT id FROM sources WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        if let Some(id) = found {
            return Ok(id);
        }
        self.transaction
            .prepare_cached("INSERT INTO sources (name) VALUES (?1)")?
            .execute([name])?;
        Ok(self.transaction.last_insert_rowid())
    }

    /// The number of a control; what is known of it is brought up to date.
    fn control(&mut self, name: &Arc<str>, rule: Option<&Arc<Control>>) -> rusqlite::Result<i64> {
        if let Some((id, known)) = self.known.controls.get(name) {
            let is_same = match (rule, known) {
                (None, _) => true,
                (Some(rule), Some(known)) => Arc::ptr_eq(rule, known) || rule == known,
                (Some(_), None) => false,
            };
            if is_same {
                return Ok(*id);
            }
        }
        let masked = self.known.mask(name);
        let id = match rule {
            Some(rule) => self.ruled(&masked, rule)?,
            None => self.unruled(&masked)?,
        };
        let known = (id, rule.map(Arc::clone));
        self.known.controls.insert(Arc::clone(name), known);
        Ok(id)
    }

    fn ruled(&self, name: &str, rule: &Control) -> rusqlite::Result<i64> {
        let sql = "INSERT INTO controls (name, title, severity, refs) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (name) DO UPDATE SET title = excluded.title, severity = excluded.severity, refs = excluded.refs
            RETURNING id";
        let refs: Vec<&str> = rule.references.iter().map(|text| &**text).collect();
        let title = rule.title.as_deref().map(|title| self.known.mask(title));
        let row = params![
            name,
            title.as_deref(),
            rule.severity.word(),
            self.known.json(&refs)
        ];
        self.transaction
            .prepare_cached(sql)?
            .query_one(row, |row| row.get(0))
    }

    /// A control that nobody wrote down: a resource, or the proof. What is known of it stays.
    fn unruled(&self, name: &str) -> rusqlite::Result<i64> {
        let sql = "INSERT INTO controls (name, title, severity, refs) VALUES (?1, ?2, ?3, '[]')
            ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
        let title = (name == PROOF).then_some(PROOF_TITLE);
        let row = params![name, title, Severity::default().word()];
        self.transaction
            .prepare_cached(sql)?
            .query_one(row, |row| row.get(0))
    }

    /// The number of a detail; equal ones have the same.
    fn detail(&self, detail: Option<&Detail>) -> rusqlite::Result<Option<i64>> {
        let Some(detail) = detail else {
            return Ok(None);
        };
        let body = serde_json::to_value(detail).unwrap_or_default();
        let mask = |text: &str| self.known.mask(text).into_owned();
        let body = detail::kept(body, &mask).to_string();
        let hash = Sha256::digest(body.as_bytes());
        let hash = hash.get(..16).unwrap_or_default();
        let found: Option<i64> = self
            .transaction
            .prepare_cached("SELECT id FROM details WHERE hash = ?1")?
            .query_row([hash], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
        self.transaction
            .prepare_cached("INSERT INTO details (hash, body) VALUES (?1, ?2)")?
            .execute(params![hash, body])?;
        Ok(Some(self.transaction.last_insert_rowid()))
    }

    /// Remembers that a waiver was met; once for each run.
    fn waiver(&mut self, waiver: &Arc<Waiver>, at: Moment) -> rusqlite::Result<()> {
        let is_known = |known: &Arc<Waiver>| Arc::ptr_eq(known, waiver) || known == waiver;
        if self.known.waivers.iter().any(is_known) {
            return Ok(());
        }
        let sql = "INSERT INTO waivers (hosts, control, owner, reason, expires, first_seen, last_seen)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
            ON CONFLICT (hosts, control, owner, reason, expires) DO UPDATE SET last_seen = max(last_seen, excluded.last_seen)";
        self.transaction.prepare_cached(sql)?.execute(params![
            &*self.known.mask(&waiver.hosts),
            &*self.known.mask(&waiver.control),
            &*self.known.mask(&waiver.owner),
            &*self.known.mask(&waiver.reason),
            waiver.expires.to_string(),
            at
        ])?;
        self.known.waivers.push(Arc::clone(waiver));
        Ok(())
    }
}

fn recap_row(recap: &Recap) -> RecapRow {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    RecapRow {
        ok: count(recap.ok),
        changed: count(recap.changed),
        drifted: count(recap.drifted),
        unreachable: count(recap.unreachable),
        failed: count(recap.failed),
        interrupted: count(recap.interrupted),
        not_started: count(recap.not_started),
        stopped: recap.stopped.map(|stopped| stopped.word().to_owned()),
        proven: count(recap.proven),
        duration_ms: u64::try_from(recap.duration.as_millis()).unwrap_or(u64::MAX),
    }
}
