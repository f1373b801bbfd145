//! Sources of an inventory: files, folders, programs and lists, each tried in Ansible's order.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::files::Files;
use crate::files::Kind;
use crate::inventory::address;
use crate::inventory::address::Ranges;
use crate::inventory::document;
use crate::inventory::draft::UNGROUPED;
use crate::inventory::ini;
use crate::inventory::intake::Attempt;
use crate::inventory::intake::Intake;
use crate::inventory::script;
use crate::inventory::yaml;
use crate::syntax;
use crate::syntax::Content;
use crate::syntax::Node;
use crate::vault::Keyring;

/// How deep folders may nest; a link may lead back up.
const DEPTH: usize = 32;

/// Where hosts come from: what one `-i` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file, a folder or a program.
    Path(PathBuf),
    /// `host1,host2:5986,`
    List(String),
    /// A text that is there already, such as the lab's.
    Text(Arc<Source>),
}

/// What reading needs besides the names of sources.
#[derive(Clone)]
pub struct Reading {
    /// The files of this machine.
    pub files: Arc<dyn Files>,
    /// The passwords of encrypted files.
    pub keyring: Arc<Keyring>,
    /// The folder of the playbook, whose `group_vars` and `host_vars` count too.
    pub playbook_folder: Option<PathBuf>,
}

impl Origin {
    /// What a word on the command line means: a list when it has a comma and names nothing that is there.
    pub fn of(word: &str, files: &dyn Files) -> Self {
        let path = PathBuf::from(word);
        if word.contains(',') && files.kind(&path) == Kind::Absent {
            Self::List(word.to_owned())
        } else {
            Self::Path(path)
        }
    }

    /// The folder beside or in which files of variables are looked for.
    pub(super) fn folder(&self, files: &dyn Files) -> Option<PathBuf> {
        let Self::Path(path) = self else { return None };
        if files.kind(path) == Kind::Folder {
            return Some(path.clone());
        }
        let folder = path.parent()?;
        Some(if folder.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            folder.to_owned()
        })
    }
}

/// How the sources went.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) intake: Intake,
    /// Mistakes, source by source.
    pub(super) mistakes: Vec<Diagnostic>,
    /// Whether at least one source was read to its end; Ansible does not put groups in order before.
    pub(super) is_any_whole: bool,
}

/// Reads all sources into one draft. Without a way to the disk, only texts.
pub(super) fn take(origins: &[Origin], reading: Option<&Reading>) -> Taken {
    let mut taker = Taker {
        reading,
        taken: Taken {
            intake: Intake::new(),
            mistakes: Vec::new(),
            is_any_whole: false,
        },
    };
    for origin in origins {
        match origin {
            Origin::Path(path) => {
                taker.path(path, 0);
            }
            Origin::List(list) => taker.list(list),
            Origin::Text(source) => {
                // Its name need not be that of a file.
                let attempts = taker.document(source, Path::new(""));
                taker.judge(attempts);
            }
        }
    }
    taker.taken
}

/// Whether something in a folder is no inventory by its name.
fn is_ignored(name: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg",
        ".retry",
    ];
    name.starts_with('.')
        || ["group_vars", "host_vars", "vars_plugins"].contains(&name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

struct Taker<'a> {
    reading: Option<&'a Reading>,
    taken: Taken,
}

impl Taker<'_> {
    /// Reads what stands at a path. Says whether any of it was read to its end.
    fn path(&mut self, path: &Path, depth: usize) -> bool {
        let Some(reading) = self.reading else {
            return false;
        };
        match reading.files.kind(path) {
            Kind::Folder => self.folder(path, reading, depth),
            Kind::Absent => {
                let says = match reading.files.read(path) {
                    Ok(_) => format!("`{}` is no file", path.display()),
                    Err(error) => format!("cannot read `{}`: {error}", path.display()),
                };
                self.taken
                    .mistakes
                    .push(Diagnostic::error("unreadable", says));
                false
            }
            Kind::Executable => {
                let intake = &mut self.taken.intake;
                let script = intake.attempt(|intake| script::read(path, reading, intake));
                if script.is_whole {
                    return self.judge(vec![script]);
                }
                // A file that may be run by mistake is still read.
                let attempts = self.file(path, reading);
                let is_read = attempts.last().is_some_and(|attempt| attempt.is_whole);
                self.judge(if is_read { attempts } else { vec![script] })
            }
            Kind::File => {
                let attempts = self.file(path, reading);
                self.judge(attempts)
            }
        }
    }

    fn folder(&mut self, folder: &Path, reading: &Reading, depth: usize) -> bool {
        let entries = match reading.files.list(folder) {
            Ok(entries) if depth <= DEPTH => entries,
            Ok(_) => return false,
            Err(error) => {
                let says = format!("cannot list `{}`: {error}", folder.display());
                self.taken
                    .mistakes
                    .push(Diagnostic::error("unreadable", says));
                return false;
            }
        };
        let mut is_any_whole = false;
        for entry in entries {
            let name = entry.file_name().map(|name| name.to_string_lossy());
            if name.is_some_and(|name| !is_ignored(&name)) {
                is_any_whole |= self.path(&entry, depth + 1);
            }
        }
        if !is_any_whole {
            let says = format!("the folder `{}` has no inventory in it", folder.display());
            self.taken
                .mistakes
                .push(Diagnostic::warning("empty-folder", says));
        }
        is_any_whole
    }

    /// Tries a file as each sort of inventory that its name allows; the last attempt is the one that counts.
    fn file(&mut self, path: &Path, reading: &Reading) -> Vec<Attempt> {
        match document::read(path, reading) {
            Ok(source) => self.document(&source, path),
            Err(mistake) => vec![Attempt {
                is_whole: false,
                mistakes: vec![*mistake],
            }],
        }
    }

    fn document(&mut self, source: &Arc<Source>, path: &Path) -> Vec<Attempt> {
        let ending = path.extension().map(|ending| ending.to_string_lossy());
        let intake = &mut self.taken.intake;
        let is_yaml = matches!(ending.as_deref(), None | Some("yml" | "yaml" | "json"));
        if ending.as_deref() == Some("toml") {
            return vec![Attempt {
                is_whole: false,
                mistakes: vec![toml(source)],
            }];
        }
        let mut attempts = Vec::new();
        if is_yaml && may_be_mapping(&source.text) {
            let attempt = intake.attempt(|intake| as_yaml(source, intake));
            let is_whole = attempt.is_whole;
            attempts.push(attempt);
            if is_whole {
                return attempts;
            }
        }
        let attempt = intake.attempt(|intake| ini::read(source, intake));
        if attempt.is_whole || attempts.is_empty() || is_ini(&source.text) {
            attempts.push(attempt);
        }
        attempts
    }

    /// Takes the last attempt for what the source is. Says whether it was read to its end.
    fn judge(&mut self, mut attempts: Vec<Attempt>) -> bool {
        let Some(attempt) = attempts.pop() else {
            return false;
        };
        self.taken.mistakes.extend(attempt.mistakes);
        self.taken.is_any_whole |= attempt.is_whole;
        attempt.is_whole
    }

    fn list(&mut self, list: &str) {
        let draft = &mut self.taken.intake.draft;
        let source = Arc::new(Source {
            name: "<command line>".to_owned(),
            text: list.to_owned(),
            secret: false,
        });
        let mut next = 0;
        for word in list.split(',') {
            let start = next;
            next += word.len() + 1;
            let (name, port) = address::split(word.trim(), Ranges::Refused);
            if name.is_empty() || draft.known_host(name).is_some() {
                continue;
            }
            let port = port.filter(|port| *port != 0).map(|port| Node {
                span: crate::diag::Span {
                    source: Arc::clone(&source),
                    start,
                    end: start + word.len(),
                },
                content: Content::Int(port),
            });
            let host = draft.host(name, port.as_ref());
            draft.join(UNGROUPED, host);
        }
        self.taken.is_any_whole = true;
    }
}

fn as_yaml(source: &Arc<Source>, intake: &mut Intake) {
    let (node, mistakes) = syntax::parse_data(source);
    for mistake in mistakes {
        intake.tell(mistake);
    }
    match node {
        // An empty file is an inventory without hosts.
        Some(node) if node.content == Content::Null => {}
        Some(node) => yaml::read(node, intake),
        None => intake.give_up(),
    }
}

/// Whether a text may be a YAML mapping: spares long INI files the way through the YAML parser.
fn may_be_mapping(text: &str) -> bool {
    let Some(line) = ini::first_line(text) else {
        return true;
    };
    let has_key = || {
        text.match_indices(':').any(|(at, _)| {
            let behind = text.get(at + 1..).unwrap_or_default();
            behind.is_empty() || behind.starts_with([' ', '\t', '\r', '\n', ']', '}', ','])
        })
    };
    !ini::is_section(line) && (line.starts_with(['{', '?', '-', '!', '%']) || has_key())
}

/// Whether a file that can be read as nothing was meant as INI.
fn is_ini(text: &str) -> bool {
    ini::first_line(text).is_some_and(|line| {
        ini::is_section(line)
            || (line.contains('=') && !line.contains(": ") && !line.ends_with(':'))
    })
}

fn toml(source: &Arc<Source>) -> Diagnostic {
    Diagnostic::error(
        "toml-inventory",
        format!("`{}` is a TOML inventory; those are not read", source.name),
    )
    .help("let Ansible write it as YAML: `ansible-inventory --list --yaml --export`")
}
