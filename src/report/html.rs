//! One page to look at, print and pass on: everything in one file, nothing loaded, no script, and a policy that forbids both.
//!
//! The hosts that need attention most are shown one by one (see [`crate::report::overview`]); of the others it has counts.

use std::error::Error;
use std::io;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use minijinja::Environment;
use minijinja::Value;
use minijinja::context;
use minijinja::value::Serde;
use sha2::Digest;
use sha2::Sha256;

use crate::event::Recap;
use crate::report::overview::Gathering;
use crate::report::overview::HOSTS;
use crate::report::overview::syntax;
use crate::report::record::Chapters;
use crate::report::record::Finished;
use crate::report::record::Run;

/// The page; its name makes the engine escape what it puts in.
const PAGE: (&str, &str) = ("page.html", include_str!("html/page.html"));
/// Its parts.
const PARTS: [(&str, &str); 2] = [
    ("parts.html", include_str!("html/parts.html")),
    ("hosts.html", include_str!("html/hosts.html")),
];
/// How it looks.
const STYLE: &str = include_str!("html/style.css");

/// Writes the page, at the end.
pub(super) struct Html {
    out: Box<dyn Write + Send>,
    gathering: Gathering,
}

impl Html {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            gathering: Gathering::default(),
        }
    }
}

/// What went wrong when the page was written: mostly the disk, which the engine tells last.
fn failed(error: &minijinja::Error) -> io::Error {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(written) = inner.downcast_ref::<io::Error>() {
            return io::Error::new(written.kind(), written.to_string());
        }
        cause = inner.source();
    }
    io::Error::other(error.to_string())
}

impl Chapters for Html {
    fn begin(&mut self, run: &Run) -> io::Result<()> {
        self.gathering.begin(run);
        Ok(())
    }

    fn go_on(&mut self, run: &Run) {
        self.gathering.go_on(run);
    }

    fn host(&mut self, host: &Finished) -> io::Result<()> {
        self.gathering.host(host);
        Ok(())
    }

    fn end(&mut self, at: Timestamp, recap: &Recap) -> io::Result<()> {
        let overview = std::mem::take(&mut self.gathering).end(at, recap);
        let mut engine = Environment::new();
        engine.set_syntax(syntax()?);
        for (name, text) in PARTS.into_iter().chain([PAGE]) {
            engine.add_template(name, text).map_err(io::Error::other)?;
        }
        let page = engine.get_template(PAGE.0).map_err(io::Error::other)?;
        let around = context! {
            style => STYLE,
            style_hash => STANDARD.encode(Sha256::digest(STYLE.as_bytes())),
            limit => HOSTS,
            ..Value::from(Serde(&overview))
        };
        page.render_captured_to(around, &mut self.out)
            .map_err(|error| failed(&error))?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
