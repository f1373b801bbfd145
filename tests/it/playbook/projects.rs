//! Playbooks of several files: what is imported and included, what is wrong with it, and what is read while a run goes on.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rdpfix::diag::Colour;
use rdpfix::diag::Diagnostic;
use rdpfix::diag::Severity;
use rdpfix::diag::render;
use rdpfix::files::Files;
use rdpfix::files::Kind;
use rdpfix::files::Printed;
use rdpfix::playbook::Action;
use rdpfix::playbook::Library;
use rdpfix::playbook::Play;
use rdpfix::playbook::Playbook;
use rdpfix::playbook::Reading;
use rdpfix::playbook::extra_vars;
use rdpfix::playbook::read;
use rdpfix::syntax::Content;

use crate::playbook::corpus;
use crate::playbook::corpus::Folder;
use crate::playbook::describe;

/// What `-e` says for every project.
const EXTRA: &str = "target=there folder=there wave=2";

fn project(path: &Path) -> (Option<Playbook>, Vec<Diagnostic>) {
    let (extra, mistakes) = extra_vars(&[("<command line>".to_owned(), EXTRA.to_owned())]);
    assert!(mistakes.is_empty());
    let reading = Reading {
        files: Arc::new(Folder(path.parent().unwrap().to_owned())),
        keyring: Arc::default(),
        extra,
        engine: None,
    };
    read(&corpus::source(&path.to_owned()).unwrap(), &reading)
}

#[test]
fn playbooks_of_several_files_mean_what_is_recorded() {
    corpus::check_all(&corpus::projects("playbook/projects"), |path| {
        let (playbook, mistakes) = project(path);
        let has_errors = mistakes
            .iter()
            .any(|mistake| mistake.severity == Severity::Error);
        assert_eq!(playbook.is_none(), has_errors, "{}", path.display());
        let mut told = render(&mistakes, Colour::Never);
        if let Some(playbook) = playbook {
            told += &describe::playbook(&playbook);
            told += &included(&playbook);
        }
        told
    });
}

/// What the includes of a playbook bring, as they would while a run goes on.
fn included(playbook: &Playbook) -> String {
    let mut told = String::new();
    for play in &playbook.plays {
        for task in play.all_tasks() {
            let Action::Include { file, library } = &task.action else {
                continue;
            };
            let Content::Text(file) = &file.content else {
                panic!("a file is named by a text");
            };
            let file = file.replace("{{ stage }}", "main");
            writeln!(told, "included `{file}`").unwrap();
            match library.tasks(&file) {
                Ok(list) => describe::statements(&mut told, &list, 2),
                Err(mistakes) => told += &render(&mistakes, Colour::Never),
            }
        }
    }
    told
}

fn imports() -> Playbook {
    let path = corpus::root("playbook/projects/imports/site.yml");
    let (playbook, mistakes) = project(&path);
    playbook.unwrap_or_else(|| panic!("{}", render(&mistakes, Colour::Never)))
}

fn libraries(play: &Play) -> Vec<Arc<Library>> {
    let tasks = play.all_tasks();
    let found = tasks.into_iter().filter_map(|task| match &task.action {
        Action::Include { library, .. } | Action::IncludeVars { library, .. } => {
            Some(Arc::clone(library))
        }
        _ => None,
    });
    found.collect()
}

#[test]
fn a_file_is_read_once_for_all_threads() {
    let playbook = imports();
    let library = Arc::clone(&libraries(&playbook.plays[0])[0]);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let library = Arc::clone(&library);
            std::thread::spawn(move || library.tasks("tasks/deeper/two.yml").unwrap())
        })
        .collect();
    let lists: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert!(lists.iter().all(|list| Arc::ptr_eq(list, &lists[0])));
}

#[test]
fn a_file_that_turns_out_to_be_missing_or_broken_is_told_with_its_place() {
    let playbook = imports();
    let libraries = libraries(&playbook.plays[0]);
    let told = |result: Result<_, Vec<Diagnostic>>| render(&result.err().unwrap(), Colour::Never);
    insta::assert_snapshot!(told(libraries[0].tasks("nowhere.yml").map(|_| ())), @r"
    error[no-such-file]: there is no such file
      --> site.yml:22:15
       |
    22 |         file: tasks/later.yml
       |               ^^^^^^^^^^^^^^^
       |
       = help: looked for `nowhere.yml`
    ");
    insta::assert_snapshot!(told(libraries[0].tasks("base.yml").map(|_| ())), @r"
    error[wrong-type]: a file of tasks must be a list
     --> base.yml:1:1
      |
    1 | from_file: 1
      | ^^^^^^^^^^^^ this is a mapping
      |
      = help: begin each task with `- name: ...`
    ");
    insta::assert_snapshot!(told(libraries[0].variables("shared.yml").map(|_| ())), @r"
    error[wrong-type]: a file of variables must be names with values
     --> shared.yml:1:1
      |
    1 | - name: Shared
      | ^^^^^^^^^^^^^^ this is a list
      |
      = help: write `name: value`, one below the other
    ");
}

#[test]
fn variables_are_looked_for_in_their_folder_first() {
    let playbook = imports();
    let libraries = libraries(&playbook.plays[0]);
    let names = |file: &str| -> Vec<String> {
        let found = libraries[0].variables(file).unwrap();
        found.keys().cloned().collect()
    };
    assert_eq!(names("test.yml"), ["in_file", "overridden"]);
    assert_eq!(names("base.yml"), ["from_file", "overridden"]);
}

#[test]
fn answers_beat_variables_of_the_play_and_an_empty_one_means_the_default() {
    let text = "- hosts: all\n  vars: {a: old, b: old}\n  vars_prompt:\n    - {name: a, default: 5}\n    - {name: b}\n  tasks: [{ping: }]\n";
    let (playbook, mistakes) = rdpfix::playbook::parse(&corpus::text("ask.yml", text));
    assert!(mistakes.is_empty());
    let play = Arc::clone(&playbook.unwrap().plays[0]);
    let answer = |typed: &str| -> BTreeMap<_, _> {
        let prompt = &play.prompts[0];
        std::iter::once((prompt.name.clone(), prompt.answer(typed))).collect()
    };
    let value = |typed: &str| play.answered(&answer(typed)).vars["a"].content.clone();
    assert_eq!(value("new"), Content::Unsafe("new".to_owned()));
    assert_eq!(value("5"), Content::Unsafe("5".to_owned()));
    assert_eq!(value(""), Content::Int(5));
    let answered = play.answered(&answer("x"));
    assert_eq!(answered.vars["b"].content, Content::Text("old".to_owned()));
    assert_eq!(answered.prompts.len(), 1);
    let typed = answer("hunter2");
    assert!(
        typed["a"].span.source.secret,
        "what is typed unseen is not shown"
    );
}

/// Files that each name the next one.
#[derive(Debug)]
struct Chain(&'static str);

impl Files for Chain {
    fn kind(&self, _path: &Path) -> Kind {
        Kind::File
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let number: usize = path.to_str().unwrap().parse().unwrap();
        let next = number + 1;
        let text = match self.0 {
            "import_playbook" => format!("- import_playbook: '{next}'\n"),
            word => format!("- block:\n  - {word}: '{next}'\n"),
        };
        Ok(text.into_bytes())
    }

    fn list(&self, _folder: &Path) -> io::Result<Vec<PathBuf>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn run(&self, _program: &Path, _arguments: &[&str]) -> io::Result<Printed> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn files_without_end_are_refused() {
    for word in ["import_tasks", "include_tasks"] {
        let reading = Reading {
            files: Arc::new(Chain(word)),
            keyring: Arc::default(),
            extra: BTreeMap::new(),
            engine: None,
        };
        let text = format!("- hosts: all\n  tasks:\n    - {word}: '1'\n");
        let (playbook, mistakes) = read(&corpus::text("0", &text), &reading);
        assert!(playbook.is_none());
        let ids: Vec<&str> = mistakes.iter().map(|mistake| mistake.id).collect();
        assert_eq!(ids, ["too-deep"], "{word}");
    }
    let reading = Reading {
        files: Arc::new(Chain("import_playbook")),
        keyring: Arc::default(),
        extra: BTreeMap::new(),
        engine: None,
    };
    let (_, mistakes) = read(&corpus::text("0", "- import_playbook: '1'\n"), &reading);
    assert_eq!(mistakes[0].id, "too-deep");
}

#[test]
fn more_imports_than_anybody_needs_are_refused() {
    let folder = Folder(corpus::root("playbook/doubling"));
    let reading = Reading {
        files: Arc::new(folder),
        keyring: Arc::default(),
        extra: BTreeMap::new(),
        engine: None,
    };
    let path = PathBuf::from("site.yml");
    let source = corpus::source(&corpus::root("playbook/doubling/site.yml")).unwrap();
    let (playbook, mistakes) = read(&source, &reading);
    assert!(playbook.is_none(), "{}", path.display());
    assert!(
        mistakes
            .iter()
            .any(|mistake| mistake.id == "too-many-imports")
    );
}
