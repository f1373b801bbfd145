//! A request's parameters, held against what its route declares.

use std::collections::BTreeMap;

use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use axum::http::StatusCode;
use axum::http::Uri;

use crate::dashboard::problem::Problem;
use crate::dashboard::shape::Kind;
use crate::dashboard::shape::Parameter;

/// What happens to parameters that are not declared or do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// A mistake: programs shall not believe that they were understood.
    Strict,
    /// Left aside: addresses of pages are typed and shortened by people.
    Lenient,
}

/// The parameters of one request; everything in it fits.
#[derive(Debug)]
pub(super) struct Ask {
    declared: &'static [Parameter],
    given: BTreeMap<&'static str, String>,
}

impl Ask {
    /// Takes the parameters of a request.
    pub(super) fn new(
        declared: &'static [Parameter],
        path: Result<RawPathParams, RawPathParamsRejection>,
        uri: &Uri,
        strictness: Strictness,
    ) -> Result<Self, Problem> {
        let mut ask = Self {
            declared,
            given: BTreeMap::new(),
        };
        let path = path.map_err(|_rejection| bad("the address is not UTF-8 text"))?;
        for (name, text) in &path {
            ask.take(name, text, Parameter::is_of_path)?;
        }
        let query = uri.query().unwrap_or_default();
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let taken = ask.take(&name, &text, |parameter| !parameter.is_of_path());
            if strictness == Strictness::Strict {
                taken?;
            }
        }
        Ok(ask)
    }

    /// No parameters.
    pub(super) fn nothing() -> Self {
        Self {
            declared: &[],
            given: BTreeMap::new(),
        }
    }

    fn take(
        &mut self,
        name: &str,
        text: &str,
        is_meant: impl Fn(&Parameter) -> bool,
    ) -> Result<(), Problem> {
        let parameter = self
            .declared
            .iter()
            .find(|parameter| parameter.name == name && is_meant(parameter))
            .ok_or_else(|| bad(format!("there is no parameter `{}`", name.escape_debug())))?;
        if let Some(mistake) = parameter.mistake(text) {
            return Err(bad(mistake));
        }
        match self.given.insert(parameter.name, text.to_owned()) {
            None => Ok(()),
            Some(_) => Err(bad(format!("`{}` is given twice", parameter.name))),
        }
    }

    /// A text; empty when it was left out.
    pub(super) fn text(&self, name: &str) -> &str {
        self.given.get(name).map_or("", String::as_str)
    }

    /// A cursor; `None` for the first page.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.given
            .get("after")
            .map(String::as_str)
            .filter(|cursor| !cursor.is_empty())
    }

    /// A number; the usual one when it was left out.
    pub(super) fn count(&self, name: &str) -> usize {
        let usual = self
            .declared
            .iter()
            .find(|parameter| parameter.name == name);
        let usual = usual.map_or(1, |parameter| match parameter.kind {
            Kind::Count { usual, .. } => usual,
            _ => 1,
        });
        let given = self.given.get(name).and_then(|text| text.parse().ok());
        usize::try_from(given.unwrap_or(usual)).unwrap_or(1)
    }

    /// A word; the first one when it was left out.
    pub(super) fn word(&self, name: &str) -> &str {
        let first = self
            .declared
            .iter()
            .find(|parameter| parameter.name == name);
        let first = first.and_then(|parameter| match parameter.kind {
            Kind::Word(words) => words.first().copied(),
            _ => None,
        });
        self.given
            .get(name)
            .map(String::as_str)
            .or(first)
            .unwrap_or_default()
    }

    /// The query of the same request with other values; empty ones are left out.
    pub(super) fn query_with(&self, changes: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for parameter in self.declared {
            if parameter.is_of_path() {
                continue;
            }
            let value = match changes.iter().find(|(name, _)| *name == parameter.name) {
                Some((_, value)) => value,
                None => self.text(parameter.name),
            };
            if !value.is_empty() {
                query.append_pair(parameter.name, value);
            }
        }
        query.finish()
    }
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}
