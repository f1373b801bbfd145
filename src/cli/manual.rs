//! `rdpfix completions` and `rdpfix man`, made from the table of arguments.

use std::io::Write;

use clap::Command;
use clap::CommandFactory;

use crate::cli::args::Arguments;
use crate::cli::args::CompletionsArguments;
use crate::cli::exit::ExitStatus;

/// Prints completions for a shell.
pub fn completions(arguments: &CompletionsArguments) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "rdpfix",
        &mut script,
    );
    std::io::stdout().write_all(&script)?;
    Ok(ExitStatus::Success)
}

/// Prints the manual: one page, with a chapter for each verb.
pub fn man() -> anyhow::Result<ExitStatus> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let whole = clap_mangen::Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    chapters(&command, "rdpfix", &mut page)?;
    std::io::stdout().write_all(&page)?;
    Ok(ExitStatus::Success)
}

/// A chapter for each verb, those below it behind it.
fn chapters(command: &Command, path: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    for verb in command.get_subcommands() {
        let path = format!("{path} {}", verb.get_name());
        writeln!(page, ".SH {}", path.to_uppercase())?;
        let about = verb.get_about().map(ToString::to_string);
        writeln!(page, "{}", roff(&about.unwrap_or_default()))?;
        if verb.has_subcommands() {
            chapters(verb, &path, page)?;
            continue;
        }
        let mut body = Vec::new();
        let man = clap_mangen::Man::new(verb.clone());
        man.render_synopsis_section(&mut body)?;
        man.render_options_section(&mut body)?;
        // Its sections become parts of the verb's chapter.
        let body = String::from_utf8_lossy(&body).replace(".SH ", ".SS ");
        page.extend_from_slice(body.as_bytes());
    }
    Ok(())
}

/// A line of text that is no request of the formatter.
fn roff(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('-', "\\-")
        .replace('`', "")
}
