//! `rdpfix rdp-file`: connection files of mstsc.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::args::RdpFileVerb;
use crate::cli::args::rdp_file::RdpFileCheckArguments;
use crate::cli::args::rdp_file::RdpFileCleanArguments;
use crate::cli::args::rdp_file::RdpFileNewArguments;
use crate::cli::exit::ExitStatus;
use crate::cli::files;
use crate::cli::files::Readers;
use crate::cli::output::Refusal;
use crate::clock::SystemClock;
use crate::finding::Severity;
use crate::probe::surveyor::SurveyOptions;
use crate::probe::surveyor::Surveyor;
use crate::probe::surveyor::Target;
use crate::rdp_file::Destination;
use crate::rdp_file::Objection;
use crate::rdp_file::RdpFile;
use crate::rdp_file::against;
use crate::rdp_file::clean;
use crate::rdp_file::judge;
use crate::rdp_file::read::read;
use crate::report::rdp_file as report;
use crate::survey::Survey;

/// How long the host of `--against` may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Where Remote Desktop listens unless told otherwise.
const PORT: u16 = 3389;

/// Checks, cleans or makes a file.
pub fn rdp_file(verb: &RdpFileVerb) -> anyhow::Result<ExitStatus> {
    match verb {
        RdpFileVerb::Check(arguments) => check(arguments),
        RdpFileVerb::Clean(arguments) => clean_file(arguments),
        RdpFileVerb::New(arguments) => new_file(arguments),
    }
}

fn check(arguments: &RdpFileCheckArguments) -> anyhow::Result<ExitStatus> {
    let file = open(&arguments.file)?;
    let mut objections = judge::objections(&file);
    let mut out = std::io::stdout();
    if let Some(host) = &arguments.against {
        let survey = visit(&file, host)?;
        let worse = against::objections(&file, &survey);
        // What the host decides needs no general warning beside it.
        objections.retain(|one| {
            one.severity == Severity::Error
                || !worse.iter().any(|other| other.setting == one.setting)
        });
        objections.extend(worse);
    }
    report::objections(&mut out, &arguments.file.display().to_string(), &objections)?;
    Ok(status(&objections))
}

fn status(objections: &[Objection]) -> ExitStatus {
    if objections.iter().any(|one| one.severity == Severity::Error) {
        ExitStatus::Drift
    } else {
        ExitStatus::Success
    }
}

fn open(path: &Path) -> anyhow::Result<RdpFile> {
    let bytes = files::read(path)
        .map_err(|error| Refusal::new(ExitStatus::Invalid, format!("{error:#}")))?;
    read(&bytes).map_err(|error| {
        Refusal::new(
            ExitStatus::Invalid,
            format!("`{}` is no connection file: {error}", path.display()),
        )
        .hint("`rdpfix rdp-file new HOST` makes one")
        .into()
    })
}

/// Looks at the host that was named, or at the one that the file leads to.
fn visit(file: &RdpFile, named: &str) -> anyhow::Result<Survey> {
    let destination = if named.is_empty() {
        file.destination().ok_or_else(|| {
            Refusal::new(
                ExitStatus::Invalid,
                "the file names no host to check against",
            )
            .hint("name it: `--against HOST`")
        })?
    } else {
        destination(named)?
    };
    let target = Target {
        host: destination.host.clone(),
        address: destination.host,
        port: destination.port.unwrap_or(PORT),
        gateway: None,
    };
    let options = SurveyOptions {
        deadline: DEADLINE,
        repeat: 1,
        login: None,
        gateway: file.text("gatewayhostname").map(str::to_owned),
        roots: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(Surveyor::new(Arc::new(SystemClock), options).survey(&target)))
}

fn destination(text: &str) -> anyhow::Result<Destination> {
    Destination::read(text).ok_or_else(|| {
        Refusal::new(
            ExitStatus::Usage,
            format!("`{text}` is neither a host nor a host with a port"),
        )
        .hint("write HOST, HOST:PORT or [IPV6]:PORT")
        .into()
    })
}

fn clean_file(arguments: &RdpFileCleanArguments) -> anyhow::Result<ExitStatus> {
    let file = open(&arguments.file)?;
    let cleaned = clean::clean(&file).ok_or_else(|| {
        Refusal::new(
            ExitStatus::Invalid,
            format!(
                "`{}` names no usable host, so there is nothing to keep",
                arguments.file.display()
            ),
        )
        .hint("`rdpfix rdp-file new HOST` makes a new file")
    })?;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| arguments.file.with_extension("clean.rdp"));
    write_new(&output, &clean::write(&cleaned.settings))?;
    report::cleaned(
        &mut std::io::stdout(),
        &output.display().to_string(),
        &cleaned,
    )?;
    Ok(ExitStatus::Success)
}

fn new_file(arguments: &RdpFileNewArguments) -> anyhow::Result<ExitStatus> {
    let destination = destination(&arguments.host)?;
    let output = arguments.output.clone().unwrap_or_else(|| {
        // A colon cannot stand in a file's name on Windows.
        PathBuf::from(format!("{}.rdp", destination.host.replace(':', "-")))
    });
    let settings = clean::minimal(&destination, arguments.user.as_deref());
    write_new(&output, &clean::write(&settings))?;
    writeln!(std::io::stdout(), "{}: written", output.display())?;
    Ok(ExitStatus::Success)
}

/// Nothing that is there is ever replaced.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if files::exists(path) {
        return Err(Refusal::new(
            ExitStatus::Usage,
            format!("`{}` is there already", path.display()),
        )
        .hint("name another file with `--output FILE`, or take the old one away")
        .into());
    }
    files::write_whole(path, bytes, Readers::Default)
}
