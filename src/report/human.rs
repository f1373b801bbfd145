//! For people: what differs and what went wrong, folded where hosts are alike, and a recap.
//!
//! A small fleet is told host by host as each ends; a large one is gathered by equal stories and told at the end, or as soon
//! as they take much memory, which is thus bounded by that and the names of hosts.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;

use crate::event::Counts;
use crate::event::Differences;
use crate::event::Drift;
use crate::event::Event;
use crate::event::HostStatus;
use crate::event::HostSummary;
use crate::event::Recap;
use crate::event::RunMode;
use crate::event::Shift;
use crate::report::Reporter;
use crate::report::human::line::Compared;
use crate::report::human::line::Line;
use crate::report::human::paint::Tint;
use crate::report::human::paint::paint;
use crate::report::human::story::Story;
use crate::report::pen::Pen;
use crate::report::since::Spell;
use crate::report::text;
use crate::secret::Hidden;

mod fold;
mod line;
pub(in crate::report) mod paint;
mod story;

pub use crate::report::human::paint::Colour;

/// Up to this many hosts are told as each ends.
const SMALL_FLEET: usize = 20;
/// Above this many hosts the recap leaves out those that are well.
const LONG_RECAP: usize = 50;
/// Rows of a recap at most.
const ROWS: usize = 1_000;
/// Different stories at most; hosts with yet others are only counted.
const STORIES: usize = 500;
/// Bytes that stories may take while they wait for equal ones; then they are told.
const WAITING: usize = 2_000_000;
/// Columns of a heading.
const WIDTH: usize = 79;
/// Characters of a host's name in the recap.
const NAME: usize = 60;

/// How differences are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diff {
    /// As unified diffs.
    Show,
    /// In one line each.
    Hide,
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether in colours.
    pub colour: Colour,
    /// 0: what is not as it should be; 1: also what is, and costs; 2: also calls.
    pub verbosity: u8,
    /// How differences are shown.
    pub diff: Diff,
}

/// Writes for people.
pub struct Human {
    out: Box<dyn Write + Send>,
    options: Options,
    pen: Pen,
    mode: RunMode,
    hosts: usize,
    open: HashMap<Arc<str>, Story>,
    /// Stories that are not told yet, in the order of the first host of each.
    blocks: Vec<Block>,
    index: HashMap<String, usize>,
    /// What [`Self::blocks`] and their index take, in bytes.
    waiting: usize,
    /// How many stories were told before the end.
    told: usize,
    untold: usize,
    heading: Option<String>,
    anything_written: bool,
    rows: Vec<Row>,
    rows_left_out: usize,
}

/// One story of one or more hosts.
struct Block {
    rank: u8,
    story: Story,
    hosts: Vec<Arc<str>>,
    until: Option<Timestamp>,
}

/// One host in the recap.
struct Row {
    host: Arc<str>,
    tint: Tint,
    counts: Counts,
    unreachable: usize,
}

impl Human {
    /// Writes to `out`.
    pub fn new(out: Box<dyn Write + Send>, options: Options) -> Self {
        Self {
            out,
            options,
            pen: Pen::default(),
            mode: RunMode::Check,
            hosts: 0,
            open: HashMap::new(),
            blocks: Vec::new(),
            index: HashMap::new(),
            waiting: 0,
            told: 0,
            untold: 0,
            heading: None,
            anything_written: false,
            rows: Vec::new(),
            rows_left_out: 0,
        }
    }

    /// Masks these secrets, before anything is cut.
    #[must_use]
    pub fn with_hidden(mut self, hidden: Arc<Hidden>) -> Self {
        self.pen = Pen::new(hidden);
        self
    }

    fn story(&mut self, host: &Arc<str>) -> &mut Story {
        let pen = &self.pen;
        self.open
            .entry(Arc::clone(host))
            .or_insert_with(|| Story::new(pen.clone()))
    }

    fn is_small(&self) -> bool {
        self.hosts <= SMALL_FLEET || self.options.verbosity > 0
    }

    fn host_end(&mut self, summary: &HostSummary) -> io::Result<()> {
        let own = || Story::new(self.pen.clone());
        let mut story = self.open.remove(&summary.host).unwrap_or_else(own);
        story.end(summary, self.options);
        self.row(summary);
        let key = story.key();
        let known = match self.index.get(&key) {
            Some(place) => self.blocks.get_mut(*place),
            None => None,
        };
        if let Some(block) = known {
            block.hosts.push(Arc::clone(&summary.host));
            block.story.join(&story);
            block.until = block.until.min(story.until).or(block.until);
            return Ok(());
        }
        if self.is_small() {
            self.tell()?;
        } else if self.told + self.blocks.len() >= STORIES {
            self.untold += 1;
            return Ok(());
        } else if self.waiting > WAITING {
            self.told += self.blocks.len();
            self.tell()?;
        }
        self.waiting += key.len() + story.size();
        self.index.insert(key, self.blocks.len());
        self.blocks.push(Block {
            rank: rank(&summary.status),
            until: story.until,
            story,
            hosts: vec![Arc::clone(&summary.host)],
        });
        Ok(())
    }

    fn row(&mut self, summary: &HostSummary) {
        let well = matches!(summary.status, HostStatus::Ok);
        if self.hosts > LONG_RECAP && well {
            return;
        }
        if self.rows.len() >= ROWS {
            self.rows_left_out += 1;
            return;
        }
        let mut counts = summary.counts;
        let mut unreachable = 0;
        let tint = match summary.status {
            HostStatus::Ok if counts.changed > 0 => Tint::Changed,
            HostStatus::Ok => Tint::Ok,
            HostStatus::Drifted => Tint::Changed,
            HostStatus::Unreachable { .. } => {
                unreachable = 1;
                Tint::Unreachable
            }
            HostStatus::Failed { .. } => {
                // A proof that did not pass fails a host of which no task failed.
                counts.failed = counts.failed.max(1);
                Tint::Failed
            }
            HostStatus::Interrupted => Tint::Skipped,
        };
        self.rows.push(Row {
            host: Arc::clone(&summary.host),
            tint,
            counts,
            unreachable,
        });
    }

    /// Tells every story that is waiting; what went worst comes last, next to the recap.
    fn tell(&mut self) -> io::Result<()> {
        let mut blocks = std::mem::take(&mut self.blocks);
        self.index.clear();
        self.waiting = 0;
        blocks.sort_by_key(|block| block.rank);
        for block in &blocks {
            self.block(block)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> io::Result<()> {
        let masked: Vec<_> = block.hosts.iter().map(|host| self.pen.mask(host)).collect();
        let hosts = fold::names(&masked);
        let alone = block.hosts.len() == 1;
        for line in &block.story.lines {
            match line {
                Line::Play(name) => self.play(name)?,
                Line::Status {
                    tint,
                    status,
                    text,
                    several,
                    spell,
                } => {
                    let text = if alone {
                        text.clone()
                    } else {
                        several.words(text, block.until)
                    };
                    let arrow = if text.is_empty() { "" } else { " => " };
                    let since = spell.as_ref().map(|spell| format!(", {}", spell.words()));
                    let since = since.unwrap_or_default();
                    let shown = format!("{status}: [{hosts}]{arrow}{text}{since}");
                    self.line(*tint, &shown)?;
                }
                Line::Detail {
                    tint,
                    text,
                    compared,
                } => {
                    // Where hosts differ in a detail there is no detail to tell of them all.
                    if !alone && *compared == Compared::No {
                        continue;
                    }
                    let painted = paint(self.options.colour, *tint, text);
                    writeln!(self.out, "    {painted}")?;
                }
            }
        }
        self.out.flush()
    }

    fn play(&mut self, name: &str) -> io::Result<()> {
        if self.heading.as_deref() == Some(name) {
            return Ok(());
        }
        self.heading = Some(name.to_owned());
        let mode = match self.mode {
            RunMode::Check => " [CHECK MODE]",
            RunMode::Apply => "",
        };
        self.rule(&format!("PLAY [{name}]{mode}"))
    }

    fn rule(&mut self, title: &str) -> io::Result<()> {
        if self.anything_written {
            writeln!(self.out)?;
        }
        let stars = WIDTH.saturating_sub(title.chars().count() + 1).max(3);
        self.line(Tint::Plain, &format!("{title} {}", "*".repeat(stars)))
    }

    fn line(&mut self, tint: Tint, text: &str) -> io::Result<()> {
        self.anything_written = true;
        writeln!(self.out, "{}", paint(self.options.colour, tint, text))
    }

    fn recap(&mut self, recap: &Recap) -> io::Result<()> {
        self.tell()?;
        if self.untold > 0 {
            let text = format!(
                "… and {} more hosts, each with yet other results",
                self.untold
            );
            self.line(Tint::Warning, &text)?;
        }
        self.rule("PLAY RECAP")?;
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by(|one, other| one.host.cmp(&other.host));
        let width = rows
            .iter()
            .map(|row| self.pen.fit(&row.host, NAME).chars().count())
            .max()
            .unwrap_or_default();
        for row in &rows {
            self.recap_row(row, width)?;
        }
        if self.rows_left_out > 0 {
            let text = format!("… and {} more hosts that are not well", self.rows_left_out);
            self.line(Tint::Warning, &text)?;
        }
        if self.hosts != 1 {
            self.totals(recap)?;
        }
        self.out.flush()
    }

    fn recap_row(&mut self, row: &Row, width: usize) -> io::Result<()> {
        let name = self.pen.fit(&row.host, NAME);
        let padding = " ".repeat(width.saturating_sub(name.chars().count()));
        let colour = self.options.colour;
        write!(self.out, "{}{padding} :", paint(colour, row.tint, &name))?;
        let counts = [
            ("ok", row.counts.ok, Tint::Ok),
            ("changed", row.counts.changed, Tint::Changed),
            ("would_change", row.counts.would_change, Tint::Changed),
            ("overridden", row.counts.overridden, Tint::Warning),
            ("unreachable", row.unreachable, Tint::Unreachable),
            ("failed", row.counts.failed, Tint::Failed),
            ("skipped", row.counts.skipped, Tint::Skipped),
        ];
        for (name, count, tint) in counts {
            let tint = if count > 0 { tint } else { Tint::Plain };
            let cell = format!("{name}={count}");
            // The last column needs no padding.
            let width = if name == "skipped" { 0 } else { name.len() + 4 };
            let padding = " ".repeat(width.saturating_sub(cell.len()));
            write!(self.out, " {}{padding}", paint(colour, tint, &cell))?;
        }
        let rare = [
            ("waived", row.counts.waived, Tint::Skipped),
            ("unknown", row.counts.unknown, Tint::Warning),
            ("rescued", row.counts.rescued, Tint::Warning),
            ("ignored", row.counts.ignored, Tint::Skipped),
        ];
        for (name, count, tint) in rare.into_iter().filter(|(_, count, _)| *count > 0) {
            write!(
                self.out,
                " {}",
                paint(colour, tint, &format!("{name}={count}"))
            )?;
        }
        writeln!(self.out)
    }

    fn totals(&mut self, recap: &Recap) -> io::Result<()> {
        let mut text = format!("{} hosts: ok={}", self.hosts, recap.ok);
        let counts = [
            ("changed", recap.changed),
            ("waived", recap.waived),
            ("drifted", recap.drifted),
            ("unreachable", recap.unreachable),
            ("failed", recap.failed),
            ("interrupted", recap.interrupted),
            ("not_started", recap.not_started),
            ("proved", recap.proven),
        ];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            // Writing to a string cannot fail.
            let _written = write!(text, " {name}={count}");
        }
        let _written = write!(text, " in {}", text::duration(recap.duration));
        self.line(Tint::Plain, &text)?;
        match recap.stopped {
            Some(stopped) => self.line(Tint::Failed, text::stopped(stopped)),
            None => Ok(()),
        }
    }
}

impl Reporter for Human {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStart { mode, hosts, .. } => {
                self.mode = *mode;
                self.hosts = *hosts;
                // A job's turn may have told another run before.
                self.heading = None;
                self.untold = 0;
                self.rows_left_out = 0;
                Ok(())
            }
            Event::HostStart { host, .. } => {
                self.open.remove(host);
                self.story(host);
                Ok(())
            }
            Event::Wave(wave) => {
                let text = format!(
                    "WAVE {} of {} [{}]: {} hosts",
                    wave.number,
                    wave.of,
                    self.pen.fit(&wave.play, NAME),
                    wave.hosts
                );
                self.line(Tint::Plain, &text)
            }
            Event::Result(result) => {
                let diff = match result.differences {
                    Differences::AsAsked => self.options.diff,
                    Differences::Shown => Diff::Show,
                    Differences::Hidden => Diff::Hide,
                };
                let options = Options {
                    diff,
                    ..self.options
                };
                self.story(&result.host).result(result, options);
                Ok(())
            }
            Event::Shift(Shift { host, .. }) | Event::Drift(Drift { host, .. }) => {
                if let Some((control, spell)) = Spell::of(event) {
                    self.story(host).spell(control, spell);
                }
                Ok(())
            }
            Event::HostEnd(summary) => self.host_end(summary),
            Event::RunEnd { recap, .. } => self.recap(recap),
        }
    }
}

/// What went worst comes last.
fn rank(status: &HostStatus) -> u8 {
    match status {
        HostStatus::Ok => 0,
        HostStatus::Drifted => 1,
        HostStatus::Interrupted => 2,
        HostStatus::Unreachable { .. } => 3,
        HostStatus::Failed { .. } => 4,
    }
}
