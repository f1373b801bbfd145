//! Pages for people: templates, what stands around each page, and the files that belong to them.
//!
//! Texts of hosts reach a page through one formatter, which bounds them, makes them harmless and escapes them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;
use minijinja::Environment;
use minijinja::Value;
use minijinja::context;
use minijinja::syntax::SyntaxConfig;
use ring::digest::Context;
use ring::digest::SHA256;
use serde::Serialize;

use crate::dashboard::Inner;
use crate::dashboard::guard::Caller;
use crate::dashboard::problem::Problem;

/// What a template shows, by name; anything that can be serialized.
macro_rules! filled {
    ($($name:ident => $value:expr),* $(,)?) => {
        minijinja::Value::from_pairs([
            $((stringify!($name), $crate::dashboard::pages::value(&$value))),*
        ])
    };
}
pub(super) use filled;

/// Anything as a value of a template.
pub(super) fn value(any: &impl Serialize) -> Value {
    Value::from(minijinja::value::Serde(any))
}

mod filters;
pub(super) mod views;

/// A file that pages refer to.
pub(super) struct Asset {
    /// Its path.
    pub(super) path: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// All of them.
pub(super) const ASSETS: &[Asset] = &[
    Asset {
        path: "/style.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("pages/style.css"),
    },
    Asset {
        path: "/app.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("pages/app.js"),
    },
    Asset {
        path: "/heat.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("pages/heat.js"),
    },
    Asset {
        path: "/icon.svg",
        kind: "image/svg+xml",
        text: include_str!("pages/icon.svg"),
    },
];

const TEMPLATES: [(&str, &str); 15] = [
    ("base.html", include_str!("pages/base.html")),
    ("macros.html", include_str!("pages/macros.html")),
    ("pager.html", include_str!("pages/pager.html")),
    ("overview.html", include_str!("pages/overview.html")),
    ("hosts.html", include_str!("pages/hosts.html")),
    ("host.html", include_str!("pages/host.html")),
    ("controls.html", include_str!("pages/controls.html")),
    ("control.html", include_str!("pages/control.html")),
    ("certificates.html", include_str!("pages/certificates.html")),
    ("drift.html", include_str!("pages/drift.html")),
    ("runs.html", include_str!("pages/runs.html")),
    ("run.html", include_str!("pages/run.html")),
    ("jobs.html", include_str!("pages/jobs.html")),
    ("sign_in.html", include_str!("pages/sign_in.html")),
    ("problem.html", include_str!("pages/problem.html")),
];

/// Whether a page has forms that change something. Browsers leave out where such a form comes from, which we ask for,
/// when a page is to refer to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forms {
    /// It has none.
    None,
    /// It has some.
    Some,
}

impl Asset {
    /// The file. Browsers keep what they asked for with the stamp of this program's files; pages of another program name
    /// other ones.
    pub(super) fn response(&self, query: Option<&str>) -> Response {
        let is_stamped = query.and_then(|query| query.strip_prefix("v=")) == Some(&**STAMP);
        let kept = if is_stamped {
            "private, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let kind = [
            (header::CONTENT_TYPE, self.kind),
            (header::CACHE_CONTROL, kept),
        ];
        (kind, self.text).into_response()
    }
}

/// What tells these files from those of another program: a digest of them all.
static STAMP: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Context::new(&SHA256);
    for asset in ASSETS {
        digest.update(asset.text.as_bytes());
    }
    let digest = digest.finish();
    let mut stamp = String::new();
    for byte in digest.as_ref().iter().take(8) {
        let _cannot_fail = write!(stamp, "{byte:02x}");
    }
    stamp
});

/// Whether a path is that of such a file: they tell nothing, and the page for signing in needs them.
pub(super) fn is_asset(path: &str) -> bool {
    ASSETS.iter().any(|asset| asset.path == path)
}

/// What stands around a page.
#[derive(Debug, Serialize)]
pub(super) struct Frame {
    path: &'static str,
    now: Timestamp,
    signed_in: bool,
    may_sign_in: bool,
    mark: Option<String>,
    version: &'static str,
}

impl Frame {
    /// Around a page for a caller.
    pub(super) fn new(app: &Inner, caller: &Caller, path: &'static str, now: Timestamp) -> Self {
        let mark = match caller {
            Caller::Browser(id) => app.access.form_mark(id),
            Caller::Anyone | Caller::Program => None,
        };
        Self {
            path,
            now,
            signed_in: mark.is_some(),
            may_sign_in: app.access.has_token(),
            mark,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    filters::register(&mut environment);
    environment.add_global("stamp", &**STAMP);
    for (name, text) in TEMPLATES {
        // A test makes sure that none is wrong; one that were could not be found.
        let _added = environment.add_template(name, text);
    }
    environment
});

/// A page as HTML.
pub(super) fn render(template: &str, frame: &Frame, filled: Value) -> Result<String, Problem> {
    written(template, context! { frame => value(frame), ..filled }).map_err(|error| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page cannot be shown; the log says why",
        )
        .because(format!("`{template}`: {error:#}"))
    })
}

fn written(template: &str, filled: Value) -> Result<String, minijinja::Error> {
    ENVIRONMENT.get_template(template)?.render(filled)
}

/// A page as an answer.
pub(super) fn response(html: String, forms: Forms) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    if forms == Forms::Some {
        let own = HeaderValue::from_static("same-origin");
        response.headers_mut().insert(header::REFERRER_POLICY, own);
    }
    response
}

/// A problem as a page.
pub(super) fn problem(problem: &Problem) -> Response {
    let filled = filled! {
        title => problem.title(),
        detail => problem.detail,
    };
    match written("problem.html", filled) {
        Ok(html) => problem.dress(response(html, Forms::None)),
        Err(_) => problem.clone().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::ENVIRONMENT;
    use super::TEMPLATES;

    #[test]
    fn every_template_is_understood() {
        for (name, text) in TEMPLATES {
            let mut environment = minijinja::Environment::new();
            super::filters::register(&mut environment);
            let added = environment.add_template(name, text);
            assert!(added.is_ok(), "{name}: {added:?}");
            assert!(ENVIRONMENT.get_template(name).is_ok(), "{name}");
        }
    }
}
