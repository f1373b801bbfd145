//! Signing in and out with a form, and who may act.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::extract::rejection::StringRejection;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;

use crate::dashboard::Inner;
use crate::dashboard::guard;
use crate::dashboard::guard::COOKIE;
use crate::dashboard::guard::Caller;
use crate::dashboard::pages;
use crate::dashboard::pages::filled;
use crate::dashboard::problem::Problem;
use crate::dashboard::routes::Body;

/// The text of a form.
pub(super) fn read(body: Body) -> Result<String, Problem> {
    let told = |rejection: StringRejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the form is too long")
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "the form is not UTF-8 text"),
    };
    body.map_err(told)
}

/// A field of a form; empty when it is not there.
pub(super) fn field(body: &str, name: &str) -> String {
    form_urlencoded::parse(body.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Whether the caller may ask for something to be done: a program with the token, or a form that we gave to a signed-in
/// browser and that the browser says comes from our page.
pub(super) fn may_act(
    app: &Inner,
    caller: &Caller,
    headers: &HeaderMap,
    form: &str,
) -> Result<(), Problem> {
    if !app.access.has_token() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "nothing can be asked for here, because the dashboard was started without a token",
        ));
    }
    match caller {
        Caller::Program => Ok(()),
        Caller::Anyone => Err(Problem::token_needed()),
        Caller::Browser(id) => {
            guard::own_form(headers)?;
            if app.access.is_form_mark(id, &field(form, "mark")) {
                return Ok(());
            }
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "the form is not one that was given to this browser; load the page again",
            ))
        }
    }
}

/// The form.
pub(super) async fn form(
    State(app): State<Arc<Inner>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Response {
    let to = field(uri.query().unwrap_or_default(), "to");
    page(&app, &caller, &to, None)
}

fn page(app: &Inner, caller: &Caller, to: &str, problem: Option<&Problem>) -> Response {
    let frame = pages::Frame::new(app, caller, "/sign-in", app.clock.now());
    let said = problem.map(|problem| problem.detail.clone());
    let shown = filled! { to => inside(to), said => said };
    match pages::render("sign_in.html", &frame, shown) {
        Ok(html) => {
            let response = pages::response(html, pages::Forms::Some);
            match problem {
                Some(problem) => problem.dress(response),
                None => response,
            }
        }
        Err(problem) => problem.into_response(),
    }
}

/// Takes the form.
pub(super) async fn sign_in(
    State(app): State<Arc<Inner>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let form = match read(body) {
        Ok(form) => form,
        Err(problem) => return pages::problem(&problem),
    };
    let to = field(&form, "to");
    let token = field(&form, "token");
    let signed_in = async {
        guard::own_form(&headers)?;
        guard::try_token(&app, token.trim()).await?;
        let wrong = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no random numbers");
        app.access.sign_in(app.clock.now()).map_err(wrong)
    };
    match signed_in.await {
        Ok(id) => {
            let cookie = format!(
                "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict{}",
                id.reveal(),
                secure(&headers)
            );
            with_cookie(inside(&to), &cookie)
        }
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {
            let wrong = Problem::new(StatusCode::UNAUTHORIZED, "This is not the token.");
            page(&app, &Caller::Anyone, &to, Some(&wrong))
        }
        Err(problem) => pages::problem(&problem),
    }
}

/// Ends a browser's session.
pub(super) async fn sign_out(
    State(app): State<Arc<Inner>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Response {
    if let Err(problem) = guard::own_form(&headers) {
        return pages::problem(&problem);
    }
    if let Caller::Browser(id) = caller {
        app.access.sign_out(&id);
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    with_cookie("/", &gone)
}

/// A browser that came through a proxy with TLS sends its cookie that way only.
fn secure(headers: &HeaderMap) -> &'static str {
    let origin = headers.get(header::ORIGIN);
    if origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://")) {
        "; Secure"
    } else {
        ""
    }
}

fn with_cookie(to: &str, cookie: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// An address within the dashboard; the first page for any other.
fn inside(to: &str) -> &str {
    let is_path = to.starts_with('/') && !to.starts_with("//");
    let is_plain = to
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::field;
    use super::inside;

    #[test]
    fn after_signing_in_the_way_leads_nowhere_else() {
        assert_eq!(inside("/hosts?q=a%20b"), "/hosts?q=a%20b");
        for outside in [
            "",
            "hosts",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: b",
            "/\t/evil.example",
        ] {
            assert_eq!(inside(outside), "/", "{outside}");
        }
    }

    #[test]
    fn fields_of_forms_are_decoded() {
        assert_eq!(field("a=1&token=x%2By+z", "token"), "x+y z");
        assert_eq!(field("a=1", "token"), "");
    }
}
