//! Filters that are known and not run, each with what to do instead.

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::fault::Fault;
use crate::syntax::template::filters::Filter;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["random"],
        random,
        "another value in every run",
        [
            "[1, 2] | random",
            "!`random` would give another value in every run",
        ],
    ),
    Filter::new(
        &["shuffle"],
        shuffle,
        "another order in every run",
        [
            "[1, 2] | shuffle",
            "!`shuffle` would give another order in every run",
        ],
    ),
    Filter::new(
        &["password_hash"],
        password_hash,
        "passwords of Unix",
        [
            "'x' | password_hash",
            "!`password_hash` makes passwords for Unix",
        ],
    ),
    Filter::new(
        &["vault", "unvault"],
        vault,
        "secrets in templates",
        [
            "'x' | vault('y')",
            "!`vault` would put a password into a template",
        ],
    ),
    Filter::new(
        &["json_query", "community.general.json_query"],
        json_query,
        "another language for queries",
        [
            "{} | json_query('a')",
            "!`json_query` is a language of its own",
        ],
    ),
    Filter::new(
        &["fileglob"],
        files,
        "files of this machine",
        ["'*' | fileglob", "!files of this machine are not looked at"],
    ),
    Filter::new(
        &["expanduser", "expandvars", "realpath"],
        files,
        "files of this machine",
        [
            "'~' | expanduser",
            "!files of this machine are not looked at",
        ],
    ),
    Filter::new(
        &["xmlattr", "urlize", "striptags", "pprint"],
        html,
        "for pages on the web",
        ["'x' | striptags", "!this filter makes pages for the web"],
    ),
];

fn refused(message: &str, help: &str) -> Answer {
    Err(Fault::named("template-refused", message).help(help))
}

fn random(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "`random` would give another value in every run",
        "take one that stays the same for a host: `list[(inventory_hostname | hash('md5')) | int(base=16) % (list | length)]`",
    )
}

fn shuffle(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "`shuffle` would give another order in every run",
        "sort by something that stays the same: `list | sort`",
    )
}

fn password_hash(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "`password_hash` makes passwords for Unix",
        "give the password itself, from a vault",
    )
}

fn vault(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "`vault` would put a password into a template",
        "encrypt the value itself: `rdpfix vault encrypt-string`",
    )
}

fn json_query(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "`json_query` is a language of its own",
        "use `selectattr`, `map(attribute=…)` and `dict2items`",
    )
}

fn files(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "files of this machine are not looked at",
        "name the files, or register a task that looks at the host",
    )
}

fn html(_: &mut Call<'_, '_>) -> Answer {
    refused(
        "this filter makes pages for the web",
        "nothing here needs one",
    )
}
