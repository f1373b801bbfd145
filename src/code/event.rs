//! Events: where they come from, and what people call that.

pub(super) mod around;
pub(super) mod listener;
pub(super) mod rdpcorets;
pub(super) mod session;
pub(super) mod system;

/// A source of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// As events name it.
    pub name: &'static str,
    /// What people call it; the first is used in output.
    pub words: &'static [&'static str],
}

const fn called(name: &'static str, words: &'static [&'static str]) -> Source {
    Source { name, words }
}

/// Every source of the table, likeliest first.
pub static SOURCES: &[Source] = &[
    called("Schannel", &["schannel"]),
    called("TermDD", &["termdd"]),
    called(
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
        &["rcm", "remoteconnectionmanager", "termservice"],
    ),
    called(
        "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS",
        &["rdpcorets"],
    ),
    called(
        "Microsoft-Windows-TerminalServices-LocalSessionManager",
        &["lsm", "localsessionmanager"],
    ),
    called(
        "Service Control Manager",
        &["scm", "service-control-manager"],
    ),
    called("NETLOGON", &["netlogon"]),
    called("Microsoft-Windows-Time-Service", &["time", "w32time"]),
    called("Microsoft-Windows-GroupPolicy", &["grouppolicy", "gpo"]),
    called(
        "Microsoft-Windows-Security-Auditing",
        &["security", "auditing"],
    ),
    called("Application Error", &["application", "application-error"]),
    called(
        "Windows Error Reporting",
        &["wer", "windows-error-reporting"],
    ),
    called(
        "Microsoft-Windows-TerminalServices-ClientActiveXCore",
        &["rdpclient", "client", "mstsc", "terminalservices-rdpclient"],
    ),
    called(
        "Microsoft-Windows-TerminalServices-Gateway",
        &["gateway", "tsgateway"],
    ),
    called(
        "Microsoft-Windows-TerminalServices-SessionBroker",
        &["sessionbroker", "broker"],
    ),
    called(
        "Microsoft-Windows-TerminalServices-SessionBroker-Client",
        &["sessionbroker-client", "broker-client"],
    ),
];

/// The source that is meant, without regard to letter case: by its name, by what people call it, or by the end of its name.
pub fn source(asked: &str) -> Option<&'static Source> {
    let asked = asked.trim();
    let dashed = asked.to_ascii_lowercase().replace(' ', "-");
    let ends = |source: &&Source| {
        let name = source.name.to_ascii_lowercase();
        name.strip_suffix(&dashed)
            .is_some_and(|front| front.ends_with('-'))
    };
    SOURCES
        .iter()
        .find(|source| source.name.eq_ignore_ascii_case(asked))
        .or_else(|| {
            SOURCES
                .iter()
                .find(|source| source.words.contains(&dashed.as_str()))
        })
        .or_else(|| SOURCES.iter().find(ends))
}

/// What people call a source; its name when it is not in the list.
pub(super) fn word(name: &'static str) -> &'static str {
    SOURCES
        .iter()
        .find(|source| source.name == name)
        .and_then(|source| source.words.first())
        .unwrap_or(&name)
}
