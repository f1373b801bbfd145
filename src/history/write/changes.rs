//! What a run changed on a host, with what was there before: whole, because it is what brings the prior state back.

use rusqlite::params;

use crate::history::entry::Made;
use crate::history::moment;
use crate::history::write::Run;
use crate::history::write::Writer;
use crate::history::write::host::Place;

impl Writer<'_> {
    /// Keeps what was changed.
    pub(super) fn made(
        &mut self,
        run: &mut Run,
        place: &Place,
        made: &[Made],
    ) -> rusqlite::Result<()> {
        for change in made {
            let control = self.control(&change.control, change.rule.as_ref())?;
            let sql = "INSERT INTO changes (host, run, control, at, resource, task, property, before, after)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            self.transaction.prepare_cached(sql)?.execute(params![
                place.host,
                run.id,
                control,
                place.at,
                change.resource,
                &*self.known.mask(&change.task),
                change.property,
                self.known.json(&change.before),
                self.known.json(&change.after)
            ])?;
            let sql = "INSERT INTO days (day, control, corrected) VALUES (?1, ?2, 1)
                ON CONFLICT (day, control) DO UPDATE SET corrected = corrected + 1";
            let row = params![moment::day(place.at), control];
            self.transaction.prepare_cached(sql)?.execute(row)?;
            run.turned.corrected += 1;
        }
        Ok(())
    }
}
