//! `rdpfix doc`: what a resource does and what may be said of it.

use std::io::Write;

use crate::cli::args::DocArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::diag::nearest;
use crate::resource::CATALOGUE;
use crate::resource::Kind;
use crate::resource::reference;

/// Prints the reference of one resource, or the list of all.
pub fn doc(arguments: &DocArguments) -> anyhow::Result<ExitStatus> {
    let text = match arguments.resource.as_deref() {
        None => reference::list(),
        Some(name) => reference::page(Kind::named(name).ok_or_else(|| unknown(name))?),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}

fn unknown(name: &str) -> Refusal {
    let refusal = Refusal::new(ExitStatus::Usage, format!("there is no resource `{name}`"));
    match nearest(name, CATALOGUE.iter().map(|kind| kind.name)) {
        Some(near) => refusal.hint(format!("did you mean `{near}`?")),
        None => refusal.hint("`rdpfix doc` lists them"),
    }
}
