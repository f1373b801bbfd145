//! `rdpfix explain`: what a number means.

use std::io::Write;

use crate::cli::args::ExplainArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::output::Refusal;
use crate::code;
use crate::code::answer;
use crate::code::answer::Answer;
use crate::code::asked;
use crate::report::explain as report;

/// Tells every meaning of a number, likeliest first. What the table does not have ends with 2, what cannot be read with 5.
pub fn explain(arguments: &ExplainArguments) -> anyhow::Result<ExitStatus> {
    let mut text = Vec::new();
    let status = match &arguments.code {
        Some(code) => tell(&mut text, code, arguments.extended.as_deref())?,
        None => search(&mut text, &arguments.search.join(" "))?,
    };
    std::io::stdout().write_all(&text)?;
    Ok(status)
}

fn tell(out: &mut dyn Write, code: &str, extended: Option<&str>) -> anyhow::Result<ExitStatus> {
    let asked = asked::read(code, extended).map_err(|unreadable| {
        Refusal::new(ExitStatus::Usage, unreadable.to_string()).hint(unreadable.remedy())
    })?;
    let answer = answer::answer(&asked);
    report::answer(out, &answer)?;
    Ok(match answer {
        Answer::Unknown(_) => ExitStatus::Failed,
        Answer::Meanings(_) | Answer::Pair(_) => ExitStatus::Success,
    })
}

fn search(out: &mut dyn Write, words: &str) -> anyhow::Result<ExitStatus> {
    let rows = code::search(words);
    report::found(out, words, &rows)?;
    Ok(if rows.is_empty() {
        ExitStatus::Failed
    } else {
        ExitStatus::Success
    })
}
