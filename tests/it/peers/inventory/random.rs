//! Small inventories made by chance: the same number always makes the same one.

use std::fmt::Write;
use std::path::Path;

use super::Case;
use crate::support;

/// Names of groups; those at the end are there anyway.
const GROUPS: [&str; 9] = ["a", "b", "c", "d", "e", "db", "z", "ungrouped", "all"];
const HOSTS: [&str; 12] = [
    "h1",
    "h2",
    "h3",
    "h[1:3]",
    "h[2:4:2]",
    "x.corp",
    "10.0.0.1",
    "h5:5986",
    "fe80::1",
    "[fe80::2]:22",
    "web",
    "k[a:b]",
];
const NAMES: [&str; 6] = ["v", "w", "x", "y", "ansible_user", "ansible_group_priority"];
const INI_VALUES: [&str; 22] = [
    "1",
    "007",
    "yes",
    "True",
    "'q r'",
    "\"it's\"",
    "a,b",
    "3,4",
    "[1,'two']",
    "{'k':1}",
    "1.5",
    "1e3",
    "",
    "p#q",
    "'p#q'",
    r"C\s",
    "x=y",
    "None",
    "0x1F",
    "{{a}}",
    "'5'",
    "\"'5'\"",
];
const YAML_VALUES: [&str; 18] = [
    "1",
    "0777",
    "yes",
    "'yes'",
    "~",
    "text",
    "[1, two]",
    "{k: 1, 2: z}",
    "1.5",
    "1e3",
    "1.0e+3",
    "''",
    "22:30",
    "{}",
    "[]",
    "\"a\\nb\"",
    "'{{ x }}x'",
    "0x1F",
];
const NUMBERS: [&str; 5] = ["1", "2", "10", "-3", "5"];

/// Numbers that look random; the constants are those of Knuth's MMIX.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    /// A variable with its value.
    fn variable(&mut self, values: &[&'static str]) -> (&'static str, &'static str) {
        match self.one(&NAMES) {
            "ansible_group_priority" => ("ansible_group_priority", self.one(&NUMBERS)),
            name => (name, self.one(values)),
        }
    }
}

/// Writes an inventory, perhaps with files of variables, a second source and a playbook's folder.
pub(super) fn write(seed: u64, folder: &Path) -> Case {
    let mut dice = Dice(seed);
    for _ in 0..8 {
        dice.roll(2);
    }
    let mut arguments = Vec::new();
    for number in 0..=dice.roll(3) / 2 {
        let source = folder.join(number.to_string());
        let (name, text) = match dice.roll(3) {
            0 => ("hosts.yml", yaml(&mut dice)),
            1 => ("hosts.ini", ini(&mut dice)),
            _ => ("hosts", ini(&mut dice)),
        };
        put(&source.join(name), &text);
        files(&mut dice, &source);
        let named = if dice.roll(3) == 0 {
            source
        } else {
            source.join(name)
        };
        arguments.extend(["-i".to_owned(), named.display().to_string()]);
    }
    if dice.roll(3) == 0 {
        let playbook = folder.join("play");
        std::fs::create_dir_all(&playbook).unwrap();
        files(&mut dice, &playbook);
        arguments.extend(["--playbook-dir".to_owned(), playbook.display().to_string()]);
    }
    Case {
        name: format!("seed {seed}"),
        arguments,
    }
}

fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    support::write(path, text.as_bytes());
}

/// Files of variables, some of them for nobody.
fn files(dice: &mut Dice, folder: &Path) {
    for _ in 0..dice.roll(6) {
        let (kind, owner) = match dice.roll(3) {
            0 => (
                "host_vars",
                dice.one(&["h1", "h2", "w", "x.corp", "nobody"]),
            ),
            _ => ("group_vars", dice.one(&GROUPS)),
        };
        let ending = dice.one(&[
            "",
            ".yml",
            ".yaml",
            ".json",
            "/one.yml",
            "/two",
            "/sub/x.yml",
        ]);
        let mut text = String::new();
        for _ in 0..=dice.roll(3) {
            let (name, value) = dice.variable(&YAML_VALUES);
            writeln!(text, "{name}: {value}").unwrap();
        }
        let path = folder.join(kind).join(format!("{owner}{ending}"));
        // A name may be taken by a file or a folder already.
        let is_free = !path.exists() && path.ancestors().all(|above| !above.is_file());
        if is_free {
            put(&path, &text);
        }
    }
}

fn ini(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..dice.roll(3) {
        host_line(dice, &mut text);
    }
    for _ in 0..=dice.roll(7) {
        let group = dice.one(&GROUPS);
        match dice.roll(4) {
            0 => {
                writeln!(text, "[{group}:children]").unwrap();
                // Later ones mostly, because a circle ends the reading.
                let at = GROUPS.iter().position(|one| *one == group).unwrap();
                let range = if dice.roll(20) == 0 { 0..9 } else { at + 1..7 };
                for child in range.filter(|_| dice.roll(3) == 0) {
                    writeln!(text, "{}", GROUPS[child]).unwrap();
                }
            }
            1 => {
                writeln!(text, "[{group}:vars]").unwrap();
                for _ in 0..=dice.roll(3) {
                    let (name, value) = dice.variable(&INI_VALUES);
                    writeln!(text, "{name}={value}").unwrap();
                }
            }
            _ => {
                writeln!(text, "[{group}]").unwrap();
                for _ in 0..dice.roll(4) {
                    host_line(dice, &mut text);
                }
            }
        }
    }
    // Most inventories declare their groups.
    if dice.roll(12) > 0 {
        for group in GROUPS {
            writeln!(text, "[{group}]").unwrap();
        }
    }
    text
}

fn host_line(dice: &mut Dice, text: &mut String) {
    text.push_str(dice.one(&HOSTS));
    for _ in 0..dice.roll(3) {
        let name = dice.one(&["v", "w", "x", "y"]);
        write!(text, " {name}={}", dice.one(&INI_VALUES)).unwrap();
    }
    text.push('\n');
}

fn yaml(dice: &mut Dice) -> String {
    let mut text = String::new();
    for (at, group) in GROUPS.iter().enumerate() {
        if dice.roll(2) == 0 {
            writeln!(text, "{group}:").unwrap();
            body(dice, &mut text, (at, 1));
        }
    }
    if text.is_empty() {
        text.push_str("all:\n");
    }
    text
}

/// What is below a group; its children come later in the list, so that circles are rare.
fn body(dice: &mut Dice, text: &mut String, (group, depth): (usize, usize)) {
    let blank = "  ".repeat(depth);
    if dice.roll(2) == 0 {
        writeln!(text, "{blank}vars:").unwrap();
        variables(dice, text, depth + 1);
    }
    if dice.roll(2) == 0 {
        writeln!(text, "{blank}hosts:").unwrap();
        let first = dice.roll(HOSTS.len());
        for host in HOSTS.iter().cycle().skip(first).take(dice.roll(3)) {
            writeln!(text, "{blank}  \"{host}\":").unwrap();
            if dice.roll(2) == 0 {
                variables(dice, text, depth + 2);
            }
        }
    }
    if depth < 7 && dice.roll(2) == 0 {
        writeln!(text, "{blank}children:").unwrap();
        let later: Vec<usize> = (group + 1..7).filter(|_| dice.roll(3) == 0).collect();
        for child in later {
            writeln!(text, "{blank}  {}:", GROUPS[child]).unwrap();
            body(dice, text, (child, depth + 2));
        }
    }
}

/// Each name at most once.
fn variables(dice: &mut Dice, text: &mut String, depth: usize) {
    let first = dice.roll(NAMES.len());
    for name in NAMES.iter().cycle().skip(first).take(dice.roll(4)) {
        let value = match *name {
            "ansible_group_priority" => dice.one(&NUMBERS),
            _ => dice.one(&YAML_VALUES),
        };
        writeln!(text, "{}{name}: {value}", "  ".repeat(depth)).unwrap();
    }
}
