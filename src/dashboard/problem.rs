//! What goes wrong with a request, as a page for people and as problem+json (RFC 9457) for programs.

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;

/// Why a request is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The HTTP status; 4xx when the caller can mend it.
    pub(super) status: StatusCode,
    /// What is wrong with this request, for people; free of secrets and of paths of this machine.
    pub(super) detail: String,
    /// What lies behind it, for the log only.
    pub(super) cause: Option<String>,
    /// Further headers: how to sign in, when to come again.
    headers: Vec<(header::HeaderName, &'static str)>,
}

impl Problem {
    /// With a status and a sentence.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            cause: None,
            headers: Vec::new(),
        }
    }

    /// Nothing of that name.
    pub(super) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// The history could not be read; the reason is for the log, not for the reader.
    pub(super) fn unreadable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the history cannot be read now",
        )
        .with(header::RETRY_AFTER, "5")
    }

    /// The token is needed.
    pub(super) fn token_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "this needs the dashboard's token")
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"rdpfix\"")
    }

    /// With what lies behind it.
    pub(super) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// With one more header.
    pub(super) fn with(mut self, name: header::HeaderName, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The words of the status.
    pub(super) fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Problem")
    }

    /// Adds what belongs to it to a response that shows it.
    pub(super) fn dress(&self, mut response: Response) -> Response {
        *response.status_mut() = self.status;
        for (name, value) in &self.headers {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name.clone(), value);
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        self.dress((kind, body.to_string()).into_response())
    }
}
