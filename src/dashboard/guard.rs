//! What every request passes and every response carries: the name it asked for, where it comes from, who is asking,
//! how long it may take, and the headers that tell browsers what a page may do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use tokio::time::timeout;

use crate::dashboard::Inner;
use crate::dashboard::access::Reading;
use crate::dashboard::connections::Reached;
use crate::dashboard::pages;
use crate::dashboard::problem::Problem;
use crate::dashboard::text::encoded;

/// The cookie with the identifier of a signed-in browser.
pub(super) const COOKIE: &str = "rdpfix_session";
/// The longest that a request may take.
const LONGEST: Duration = Duration::from_secs(20);
/// How long the answer to a wrong token takes.
const AFTER_WRONG_TOKEN: Duration = Duration::from_millis(300);
/// The longest target of a request.
const LONGEST_TARGET: usize = 8 * 1024;

/// What a page may do: show what comes from here, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Headers of every response; those that a response has already stay.
const HEADERS: [(&str, &str); 9] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
    ("cache-control", "no-store"),
];

/// Paths that are open to whoever reaches the dashboard under its name: they tell nothing about hosts.
const OPEN: [&str; 2] = ["/sign-in", "/healthz"];

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody in particular.
    Anyone,
    /// A signed-in browser, by its identifier.
    Browser(String),
    /// A program with the token.
    Program,
}

/// The outermost layer: headers and time.
pub(super) async fn bounded(request: Request, next: Next) -> Response {
    let reader = Reader::of(request.uri().path());
    let answered = timeout(LONGEST, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_late| {
        let late = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long");
        shown(late, reader)
    });
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The inner layer: whether the request may be answered at all, and on whose behalf.
pub(super) async fn checked(
    State(app): State<Arc<Inner>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut head, body) = request.into_parts();
    let reader = Reader::of(head.uri.path());
    match admitted(&app, &head).await {
        Ok(caller) => {
            head.extensions.insert(caller);
            next.run(Request::from_parts(head, body)).await
        }
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED && is_page(&head) => {
            let to = head
                .uri
                .path_and_query()
                .map_or("/", |target| target.as_str());
            Redirect::to(&format!("/sign-in?to={}", encoded(to))).into_response()
        }
        Err(problem) => shown(problem, reader),
    }
}

/// Who reads what is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// A person, in a browser.
    Person,
    /// A program.
    Program,
}

impl Reader {
    /// Whose a path is.
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/api/") || path == "/metrics" || path == "/healthz" {
            Self::Program
        } else {
            Self::Person
        }
    }
}

/// A problem as its reader wants it.
pub(super) fn shown(problem: Problem, reader: Reader) -> Response {
    match reader {
        Reader::Program => problem.into_response(),
        Reader::Person => pages::problem(&problem),
    }
}

fn is_page(head: &Parts) -> bool {
    matches!(head.method, Method::GET | Method::HEAD)
        && Reader::of(head.uri.path()) == Reader::Person
}

async fn admitted(app: &Inner, head: &Parts) -> Result<Caller, Problem> {
    let headers = &head.headers;
    if head.uri.to_string().len() > LONGEST_TARGET {
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "the address is too long",
        ));
    }
    let reached = head.extensions.get::<Reached>();
    named(app, headers, reached.and_then(|reached| reached.0))?;
    from_here(headers)?;
    let caller = caller(app, headers).await?;
    let path = head.uri.path();
    let open = OPEN.contains(&path) || pages::is_asset(path);
    if app.access.reading() == Reading::WithToken && caller == Caller::Anyone && !open {
        return Err(Problem::token_needed());
    }
    Ok(caller)
}

/// The `Host` header has to name this dashboard, or a browser was led here by another page's name.
fn named(app: &Inner, headers: &HeaderMap, reached: Option<SocketAddr>) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        _ => "",
    };
    if app
        .access
        .answers_to(host, reached.map(|address| address.ip()))
    {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "the dashboard does not answer under this name; names besides localhost have to be configured",
    ))
}

/// A browser that says where a request comes from has to name a page of ours.
fn from_here(headers: &HeaderMap) -> Result<(), Problem> {
    let foreign = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "the request comes from another site's page",
        )
    };
    match headers.get(header::ORIGIN) {
        None => Ok(()),
        Some(origin) if is_own(origin, headers) => Ok(()),
        Some(_) => Err(foreign()),
    }
}

/// Whether an origin is that of the page under the name that was asked for.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
    });
    host.is_some() && origin.map(str::to_ascii_lowercase) == host.map(str::to_ascii_lowercase)
}

/// Whether a form or a script of a page of ours sent this: browsers name the origin of what changes something.
pub(super) fn own_form(headers: &HeaderMap) -> Result<(), Problem> {
    let site = headers.get("sec-fetch-site");
    let own = headers
        .get(header::ORIGIN)
        .is_some_and(|origin| is_own(origin, headers));
    if own && site.is_none_or(|site| site == "same-origin") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "the form does not come from a page of this dashboard",
    ))
}

async fn caller(app: &Inner, headers: &HeaderMap) -> Result<Caller, Problem> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let token = authorization
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token.trim());
        try_token(app, token).await?;
        return Ok(Caller::Program);
    }
    let session = cookie(headers).filter(|id| app.access.is_session(id, app.clock.now()));
    Ok(session.map_or(Caller::Anyone, |id| Caller::Browser(id.to_owned())))
}

/// Whether it is the token. A wrong one costs time: with so many connections at most, guessing is slow.
pub(super) async fn try_token(app: &Inner, token: &str) -> Result<(), Problem> {
    if app.access.is_token(token) {
        return Ok(());
    }
    app.clock.sleep(AFTER_WRONG_TOKEN).await;
    Err(Problem::token_needed())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, id)| id)
}
