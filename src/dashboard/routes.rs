//! From the table to the router: who answers what.

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::RawPathParams;
use axum::extract::State;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::rejection::StringRejection;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use axum::routing::MethodRouter;
use axum::routing::get;
use axum::routing::post;
use serde_json::json;

use crate::dashboard::Inner;
use crate::dashboard::Jobs;
use crate::dashboard::ask::Ask;
use crate::dashboard::ask::Strictness;
use crate::dashboard::guard;
use crate::dashboard::guard::Caller;
use crate::dashboard::guard::Reader;
use crate::dashboard::jobs::Asked;
use crate::dashboard::look::Look;
use crate::dashboard::metrics;
use crate::dashboard::openapi;
use crate::dashboard::pages;
use crate::dashboard::problem::Problem;
use crate::dashboard::sign_in;
use crate::dashboard::table::API;
use crate::dashboard::table::Endpoint;
use crate::dashboard::table::PAGES;
use crate::dashboard::table::Page;
use crate::dashboard::table::Verb;

/// The largest body of a request, in bytes; forms are a few hundred.
const LARGEST_BODY: usize = 16 * 1024;

/// A form, when it is text and not too long.
pub(super) type Body = Result<String, StringRejection>;
type Path = Result<RawPathParams, RawPathParamsRejection>;

/// Everything that is answered.
pub(super) fn router(app: Arc<Inner>) -> Router {
    let mut router: Router<Arc<Inner>> = Router::new();
    for endpoint in API {
        router = router.route(endpoint.path, for_programs(endpoint));
    }
    for page in PAGES {
        router = router.route(page.path, for_people(page));
    }
    for asset in pages::ASSETS {
        let answer = move |uri: Uri| async move { asset.response(uri.query()) };
        router = router.route(asset.path, get(answer));
    }
    router
        .route(openapi::PATH, get(|| async { openapi::response() }))
        .route("/metrics", get(metrics::answer))
        .route("/healthz", get(healthz))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&app),
            guard::checked,
        ))
        .layer(middleware::from_fn(guard::bounded))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(app)
}

fn for_programs(endpoint: &'static Endpoint) -> MethodRouter<Arc<Inner>> {
    match endpoint.verb {
        Verb::Look(read) => get(
            move |State(app): State<Arc<Inner>>, path: Path, uri: Uri| async move {
                let answer = looked(&app, endpoint, read, (path, uri)).await;
                let kind = [(header::CONTENT_TYPE, "application/json")];
                answer.map(|json| (kind, json)).into_response()
            },
        ),
        Verb::Act(act) => post(
            move |State(app): State<Arc<Inner>>,
                  Extension(caller): Extension<Caller>,
                  headers: HeaderMap,
                  (path, uri): (Path, Uri),
                  body: Body| async move {
                let asked = sign_in::read(body).and_then(|form| {
                    sign_in::may_act(&app, &caller, &headers, &form)?;
                    let ask = Ask::new(endpoint.parameters, path, &uri, Strictness::Strict)?;
                    acted(&*app.jobs, act, ask.text("job"))
                });
                match asked {
                    Ok(_) if wants_page(&headers) => Redirect::to("/jobs").into_response(),
                    Err(problem) if wants_page(&headers) => pages::problem(&problem),
                    other => other.into_response(),
                }
            },
        ),
    }
}

async fn looked(
    app: &Inner,
    endpoint: &'static Endpoint,
    read: fn(&Look<'_>) -> Result<Vec<u8>, Problem>,
    (path, uri): (Path, Uri),
) -> Result<Vec<u8>, Problem> {
    let ask = Ask::new(endpoint.parameters, path, &uri, Strictness::Strict)?;
    let (now, jobs) = (app.clock.now(), app.jobs.jobs());
    app.archive
        .look(move |file| read(&Look::new(file, &ask, now, &jobs)))
        .await
}

fn acted(
    jobs: &dyn Jobs,
    act: fn(&dyn Jobs, &str) -> Asked,
    job: &str,
) -> Result<Response, Problem> {
    let conflict = |detail| Err(Problem::new(StatusCode::CONFLICT, detail));
    match act(jobs, job) {
        Asked::Accepted => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            let body = json!({"job": job, "accepted": true}).to_string();
            Ok((StatusCode::ACCEPTED, kind, body).into_response())
        }
        Asked::Unknown => Err(Problem::missing("job")),
        Asked::Running => conflict("the job is running"),
        Asked::Refused => conflict(
            "the service does not start this job now: its window is shut, or the service is stopping",
        ),
    }
}

/// Whether a form was sent by a page without scripts.
fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn for_people(page: &'static Page) -> MethodRouter<Arc<Inner>> {
    get(
        move |State(app): State<Arc<Inner>>,
              Extension(caller): Extension<Caller>,
              path: Path,
              uri: Uri| async move {
            shown(&app, page, caller, (path, uri))
                .await
                .unwrap_or_else(|problem| pages::problem(&problem))
        },
    )
}

async fn shown(
    app: &Inner,
    page: &'static Page,
    caller: Caller,
    (path, uri): (Path, Uri),
) -> Result<Response, Problem> {
    let ask = Ask::new(page.parameters, path, &uri, Strictness::Lenient)?;
    let (now, jobs) = (app.clock.now(), app.jobs.jobs());
    let frame = pages::Frame::new(app, &caller, page.path, now);
    let html = app
        .archive
        .look(move |file| {
            let filled = (page.fill)(&Look::new(file, &ask, now, &jobs))?;
            pages::render(page.template, &frame, filled)
        })
        .await?;
    Ok(pages::response(html, page.forms))
}

/// Whether the service works and its history can be read; nothing about hosts.
async fn healthz(State(app): State<Arc<Inner>>) -> Response {
    let readable = app
        .archive
        .look(|file| Ok(crate::history::History::read(file).map(drop)?))
        .await;
    let trouble = readable.err().map(|problem| problem.detail).or_else(|| {
        app.jobs
            .trouble()
            .map(|_| "the service has a problem; its log says which".to_owned())
    });
    let (status, body) = match trouble {
        None => (StatusCode::OK, json!({"status": "ok"})),
        Some(detail) => (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"status": "failing", "detail": detail}),
        ),
    };
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}

async fn missing(uri: Uri) -> Response {
    guard::shown(Problem::missing("page"), Reader::of(uri.path()))
}

async fn wrong_method(uri: Uri) -> Response {
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this cannot be asked for in this way",
    );
    guard::shown(problem, Reader::of(uri.path()))
}
