//! One try to post one letter: what is sent, and what the answer means.
//!
//! No redirect is followed, wherever it leads: a receiver could otherwise send us, token and all, to an address inside our
//! own network. The configured address may be a private one, as whoever wrote the job file chose it. The answer's body is
//! not read.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Response;
use reqwest::Url;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONTENT_TYPE;
use reqwest::header::HeaderMap;
use reqwest::header::HeaderName;
use reqwest::header::HeaderValue;
use reqwest::header::LOCATION;
use reqwest::header::RETRY_AFTER;

use crate::job::Proxy;
use crate::notify::route::Proxies;
use crate::notify::route::Routes;
use crate::secret::Secret;

/// What is sent where.
#[derive(Debug)]
pub(super) struct Parcel<'p> {
    /// The address.
    pub(super) url: &'p str,
    /// The proxy to go through.
    pub(super) proxy: &'p Proxy,
    /// Headers as configured.
    pub(super) headers: &'p [(String, String)],
    /// Sent as a bearer token.
    pub(super) token: Option<Secret>,
    /// The letter's identifier, as `Idempotency-Key`.
    pub(super) id: &'p str,
    /// The body.
    pub(super) body: &'p str,
    /// How long it may take as a whole.
    pub(super) timeout: Duration,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver has it.
    Delivered,
    /// It may work later.
    Again {
        /// Why not now.
        why: String,
        /// What the receiver asks to wait.
        after: Option<Duration>,
        /// What may be the matter.
        blame: Blame,
    },
    /// It will not work before somebody changes something, and neither will any other letter.
    Shut {
        /// Why.
        why: String,
    },
    /// The receiver does not want this letter, at no time.
    Refused {
        /// Why.
        why: String,
    },
}

/// What may be the matter with a letter that did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// The receiver answered as one that stumbles, perhaps over this letter.
    Letter,
    /// The receiver, or the way to it.
    Receiver,
}

/// Answers that are about what a letter says. The others, such as 401 or 404, are about how the webhook is set up, which
/// somebody may mend.
const REFUSALS: [u16; 4] = [400, 413, 415, 422];

/// Posts letters.
#[derive(Debug, Default)]
pub(super) struct Postman {
    routes: Routes,
}

impl Postman {
    /// With these proxies where a webhook names none.
    pub(super) fn new(proxies: Proxies) -> Self {
        Self {
            routes: Routes::new(proxies),
        }
    }

    /// Tries once. The time is for answers that name a date.
    pub(super) async fn post(&self, parcel: Parcel<'_>, now: Timestamp) -> Verdict {
        let shut = |why: String| Verdict::Shut { why };
        let url = match Url::parse(parcel.url) {
            Ok(url) => url,
            Err(error) => return shut(format!("its address is none: {error}")),
        };
        let headers = match headers(&parcel) {
            Ok(headers) => headers,
            Err(why) => return shut(why),
        };
        let client = match self.routes.client(parcel.proxy) {
            Ok(client) => client,
            Err(why) => return shut(why),
        };
        let request = client
            .post(url)
            .headers(headers)
            .timeout(parcel.timeout)
            .body(parcel.body.to_owned());
        match request.send().await {
            Ok(response) => judge(&response, now),
            Err(error) => {
                let way = self.routes.words(parcel.proxy);
                unanswered(error, parcel.timeout, &way)
            }
        }
    }
}

/// An address without what may be secret in it: `https://ops.example:8443`.
pub(super) fn shown(url: &str) -> String {
    Url::parse(url).map_or_else(
        |_| "an address that is none".to_owned(),
        |url| url.origin().ascii_serialization(),
    )
}

fn headers(parcel: &Parcel<'_>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(parcel.id) {
        headers.insert("idempotency-key", id);
    }
    if let Some(token) = &parcel.token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .map_err(|_unprintable| "its token has letters that no header takes".to_owned())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in parcel.headers {
        let wrong = |_error| format!("its header `{name}` cannot be sent");
        let value = HeaderValue::from_str(value).map_err(|error| wrong(error.to_string()))?;
        let parsed = HeaderName::from_bytes(name.as_bytes());
        headers.insert(parsed.map_err(|error| wrong(error.to_string()))?, value);
    }
    Ok(headers)
}

fn judge(response: &Response, now: Timestamp) -> Verdict {
    let status = response.status();
    let text = |name| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    if status.is_success() {
        return Verdict::Delivered;
    }
    if status.is_redirection() {
        let target = text(LOCATION).map_or_else(
            || "somewhere else".to_owned(),
            |target| match Url::parse(&target) {
                Ok(target) => format!("to `{}`", target.origin().ascii_serialization()),
                Err(_) => "to another path".to_owned(),
            },
        );
        return Verdict::Shut {
            why: format!("it answered {status} and points {target}: redirects are not followed"),
        };
    }
    let why = format!("it answered {status}");
    let code = status.as_u16();
    if status.is_server_error() || matches!(code, 408 | 425 | 429) {
        let after = text(RETRY_AFTER).and_then(|text| wait(&text, now));
        let blame = if status.is_server_error() && after.is_none() {
            Blame::Letter
        } else {
            Blame::Receiver
        };
        return Verdict::Again { why, after, blame };
    }
    if REFUSALS.contains(&code) {
        Verdict::Refused { why }
    } else {
        Verdict::Shut { why }
    }
}

/// `Retry-After`: seconds, or a date [RFC 9110, 10.2.3].
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?;
    Some(Duration::try_from(date.timestamp().duration_since(now)).unwrap_or_default())
}

/// What is told of an error never has the address in it.
fn unanswered(error: reqwest::Error, timeout: Duration, way: &str) -> Verdict {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let why = if error.is_timeout() {
        format!("it did not answer within {} s{way}", timeout.as_secs_f32())
    } else if error.is_connect() {
        format!("no connection: {cause}{way}")
    } else {
        format!("it cannot be sent: {cause}")
    };
    Verdict::Again {
        why,
        after: None,
        blame: Blame::Receiver,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::shown;
    use super::wait;

    #[test]
    fn a_wait_is_a_number_of_seconds_or_a_date() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        for (text, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            assert_eq!(wait(text, now), expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn of_an_address_its_path_is_not_told() {
        assert_eq!(
            shown("https://hooks.example:8443/T0/B1/secret?x=secret"),
            "https://hooks.example:8443"
        );
        assert_eq!(shown("secret"), "an address that is none");
    }
}
