//! Facts about job files and about when their jobs run.

// The attribute is true of all of them; it tells clippy that functions beside the tests belong to tests too.
#[cfg(test)]
mod clock_changes;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod order;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reading;

#[cfg(test)]
use std::sync::Arc;

#[cfg(test)]
use rdpfix::diag::Colour;
#[cfg(test)]
use rdpfix::diag::Source;
#[cfg(test)]
use rdpfix::diag::render;
#[cfg(test)]
use rdpfix::job::Job;
#[cfg(test)]
use rdpfix::job::JobFile;

/// A text as the file of this name.
#[cfg(test)]
fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: name.to_owned(),
        text: text.to_owned(),
        secret: false,
    })
}

/// Reads a file without mistakes, warnings aside.
#[cfg(test)]
#[track_caller]
fn file(text: &str) -> JobFile {
    let (file, mistakes) = rdpfix::job::parse(&source("ops/jobs.yml", text));
    let told = render(&mistakes, Colour::Never);
    file.unwrap_or_else(|| panic!("{told}"))
}

/// A job with these keys, written as a flow mapping without braces.
#[cfg(test)]
#[track_caller]
pub(crate) fn job(keys: &str) -> Arc<Job> {
    let text = format!("jobs: [{{name: j, playbook: p.yml, inventory: h.yml, {keys}}}]");
    Arc::clone(&file(&text).jobs[0])
}
