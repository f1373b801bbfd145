//! One planted breach for each rule, so that none of them is blind.

use super::rules::breaches;

/// What the rules say about a text that stands at this path.
#[track_caller]
fn check(path: &str, text: &str, expected: &[&str]) {
    let found: Vec<String> = breaches(path, text)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_tidy_file_breaks_nothing() {
    let text = "//! Knows.\n\nuse crate::cim::Value;\nuse crate::wsman::Fault;\n\nmod tests {\n    use super::Thing;\n}\n";
    check("src/wsman.rs", text, &[]);
}

#[test]
fn a_name_from_above_is_found() {
    let text = "//! Knows.\nuse crate::session::WinRm;\n";
    let expected = ["src/lab/wire.rs:2: `lab` may not name `session`"];
    check("src/lab/wire.rs", text, &expected);
}

#[test]
fn a_path_in_the_middle_of_an_expression_is_found() {
    let text = "//! Knows.\nfn f() -> u8 { g(crate::runner::forks()) }\n";
    let expected = ["src/rdp.rs:2: `rdp` may not name `runner`"];
    check("src/rdp.rs", text, &expected);
}

#[test]
fn a_name_of_the_top_is_found() {
    let text = "//! Knows.\nuse crate::cli::files;\n";
    let expected = ["src/report.rs:2: `report` may not name `cli`"];
    check("src/report.rs", text, &expected);
}

#[test]
fn a_module_without_a_row_is_found() {
    let expected = ["src/billing.rs:0: `billing` has no row in tests/it/tidy/layers.rs"];
    check("src/billing.rs", "//! Knows.\n", &expected);
}

#[test]
fn a_way_around_the_root_is_found() {
    let rule = "name modules outside this one by `crate::`, so that the layers can be read";
    check(
        "src/cim.rs",
        "//! Knows.\nuse super::session::WinRm;\n",
        &[&format!("src/cim.rs:2: {rule}")],
    );
    check(
        "src/cim/call.rs",
        "//! Knows.\nuse super::super::session::WinRm;\n",
        &[&format!("src/cim/call.rs:2: {rule}")],
    );
    for way in [
        "pub use super::session::WinRm;",
        "pub(super) use super::session::WinRm;",
        "fn f() {\n    super::session::f()\n}",
        "mod tests {\n    use super::Thing;\n}\nuse super::session::WinRm;",
    ] {
        let lines: Vec<&str> = way.lines().collect();
        let at = lines
            .iter()
            .rposition(|line| line.contains("super::session"));
        let at = at.unwrap() + 2;
        check(
            "src/cim.rs",
            &format!("//! Knows.\n{way}\n"),
            &[&format!("src/cim.rs:{at}: {rule}")],
        );
    }
}

#[test]
fn a_long_file_is_found() {
    let text = format!("//! Knows.\n{}", "\n".repeat(600));
    let expected = ["tests/it/long.rs:601: 601 lines are more than 600: split by notion"];
    check("tests/it/long.rs", &text, &expected);
    check(
        "src/cim.rs",
        text.trim_start_matches("//!"),
        &[
            "src/cim.rs:1: begin with `//!`: what the file knows and must not know",
            "src/cim.rs:601: 601 lines are more than 600: split by notion",
        ],
    );
}

#[test]
fn a_file_without_a_beginning_is_found() {
    let expected = ["examples/one.rs:1: begin with `//!`: what the file knows and must not know"];
    check("examples/one.rs", "fn main() {}\n", &expected);
}

#[test]
fn a_name_that_says_nothing_is_found() {
    check(
        "src/cim/string_utils.rs",
        "//! Knows.\n",
        &["src/cim/string_utils.rs:0: `string_utils` says nothing: name the notion"],
    );
    check(
        "tests/common/words.yml",
        "",
        &["tests/common/words.yml:0: `common` says nothing: name the notion"],
    );
    check(
        "src/cim.rs",
        "//! Knows.\npub(crate) mod helpers;\n",
        &["src/cim.rs:2: `helpers` says nothing: name the notion"],
    );
}

#[test]
fn a_module_inside_its_folder_is_found() {
    let expected = ["src/cim/mod.rs:0: a folder's module stands beside it, not in it"];
    check("src/cim/mod.rs", "//! Knows.\n", &expected);
}

#[test]
fn a_test_that_is_left_aside_is_found() {
    let text = format!("//! Knows.\n{}]\nfn f() {{}}\n", concat!("#[ig", "nore"));
    let found = breaches("tests/it/one.rs", &text);
    assert_eq!(found.len(), 1, "{found:?}");
    let text = format!(
        "//! Knows.\n#[{}]\nfn f() {{}}\n",
        concat!("should_", "panic")
    );
    let found = breaches("tests/it/one.rs", &text);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_note_to_oneself_is_found() {
    for word in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        let found = breaches("README.md", &format!("Works.\n{word} more\n"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().starts_with("README.md:2: "));
    }
}

#[test]
fn a_bundle_of_imports_is_found() {
    check(
        "src/wsman.rs",
        "//! Knows.\nuse crate::cim::{Call, Value};\n",
        &["src/wsman.rs:2: write one `use` for each path"],
    );
    check(
        "src/cim.rs",
        "//! Knows.\npub(super) use crate::{session::WinRm};\n",
        &["src/cim.rs:2: write one `use` for each path"],
    );
    check(
        "tests/it/one.rs",
        "//! Knows.\nmod tests {\n    use super::*;\n}\n",
        &["tests/it/one.rs:3: write one `use` for each path"],
    );
}

#[test]
fn a_registry_or_a_path_of_one_machine_is_found() {
    for word in [
        concat!("https://crates", ".io/crates/rdp"),
        concat!("https://py", "pi.org/simple"),
        concat!("/wo", "rk/tree"),
        concat!("/ho", "me/me"),
        concat!("/roo", "t/.cargo"),
    ] {
        let found = breaches("docs/guide.md", &format!("see {word}\n"));
        assert_eq!(found.len(), 1, "{word}: {found:?}");
    }
    check("tests/data/get.xml", "<a>wmi/root/cimv2</a>\n", &[]);
}
