//! Reads `notify`.

use std::time::Duration;

use crate::diag::Diagnostic;
use crate::diag::nearest;
use crate::job::Occasion;
use crate::job::Proxy;
use crate::job::Retries;
use crate::job::TokenSource;
use crate::job::Webhook;
use crate::job::keys;
use crate::job::notice;
use crate::job::read::Reader;
use crate::job::read::place;
use crate::job::read::values::Values;
use crate::syntax::Content;
use crate::syntax::Node;

const TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES: Retries = Retries {
    count: 3,
    delay: Duration::from_secs(10),
};

/// Headers that follow from the message itself.
const OWN_HEADERS: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

impl Reader {
    /// A list of webhooks; one alone counts as a list of one.
    pub(super) fn webhooks(&mut self, node: &Node) -> Vec<Webhook> {
        if let Content::Mapping(_) = node.content {
            return self.webhook(node).into_iter().collect();
        }
        if !matches!(node.content, Content::Sequence(_)) {
            self.mistakes.push(
                Diagnostic::error("wrong-type", "`notify` must be a list of webhooks")
                    .at(&node.span)
                    .label(format!("this is {}", node.describe()))
                    .help("such as `- {url: https://hooks.example.com/rdp, on: [drift, failure]}`"),
            );
        }
        let items = node.items().iter();
        items.filter_map(|item| self.webhook(item)).collect()
    }

    fn webhook(&mut self, node: &Node) -> Option<Webhook> {
        let values = Values::new("webhook", keys::WEBHOOK, node, &mut self.mistakes);
        let on = values.texts("on");
        let keys = [
            "url",
            "body",
            "headers",
            "timeout",
            "retries",
            "token_env",
            "token_file",
            "proxy",
        ];
        let [url, body, headers, timeout, retries, env, file, proxy] =
            keys.map(|key| values.node(key));
        let on = match on {
            Some(words) => words.iter().filter_map(|word| occasion(word)).collect(),
            None => vec![Occasion::Drift, Occasion::Failure, Occasion::Recovery],
        };
        let token = self.token(env, file);
        let url = url.and_then(|node| self.url(node, token.as_ref()));
        if let Some(body) = body {
            self.body(body);
        }
        let headers = headers.map(|node| self.headers(node)).unwrap_or_default();
        let timeout = timeout.map(|node| self.positive("timeout", node));
        let retries = retries.map(|node| self.retries(node, RETRIES.delay));
        let proxy = proxy.and_then(|node| self.proxy(node));
        Some(Webhook {
            url: url?,
            on,
            body: body.cloned(),
            headers,
            timeout: timeout.flatten().unwrap_or(TIMEOUT),
            retries: retries.flatten().unwrap_or(RETRIES),
            token,
            proxy: proxy.unwrap_or_default(),
            span: node.span.clone(),
        })
    }

    fn token(&mut self, env: Option<&Node>, file: Option<&Node>) -> Option<TokenSource> {
        if let (Some(_), Some(file)) = (env, file) {
            self.mistakes.push(
                Diagnostic::error("conflicting-values", "a webhook has one token")
                    .at(&file.span)
                    .label("contradicts `token_env`"),
            );
        }
        if let Some(node) = env {
            let name = node.spelled()?;
            let is_name = !name.contains(['=', '$']) && !name.contains(char::is_whitespace);
            if !is_name {
                self.mistakes.push(
                    Diagnostic::error(
                        "bad-name",
                        "`token_env` names a variable of the environment",
                    )
                    .at(&node.span)
                    .label("expected such as `HOOK_TOKEN`, without `$`"),
                );
            }
            return Some(TokenSource::Environment(name.to_owned()));
        }
        let path = file.and_then(Node::spelled)?;
        Some(TokenSource::File(self.path(path)))
    }

    fn url(&mut self, node: &Node, token: Option<&TokenSource>) -> Option<String> {
        let words = (
            "expected such as `https://hooks.example.com/rdp`",
            "leave them out, and name the token by `token_env` or `token_file`",
        );
        let text = self.address("url", node, words)?;
        let lower = text.to_ascii_lowercase();
        let is_plain = lower
            .strip_prefix("http://")
            .is_some_and(|rest| !is_loopback(authority(rest)));
        if is_plain && token.is_some() {
            self.mistakes.push(
                Diagnostic::warning(
                    "token-in-plain-text",
                    "the token is sent without encryption",
                )
                .at(&node.span)
                .label("not `https://`"),
            );
        }
        Some(text)
    }

    fn proxy(&mut self, node: &Node) -> Option<Proxy> {
        if node.spelled() == Some("none") {
            return Some(Proxy::Straight);
        }
        let words = (
            "expected such as `http://proxy.example.com:3128`, or `none`",
            "leave `proxy` out, and set `https_proxy` in the environment, which may have them",
        );
        self.address("proxy", node, words).map(Proxy::At)
    }

    /// A web address without secrets in it.
    fn address(
        &mut self,
        key: &str,
        node: &Node,
        (example, secret): (&str, &str),
    ) -> Option<String> {
        let text = node.spelled()?;
        let lower = text.to_ascii_lowercase();
        let rest = lower
            .strip_prefix("https://")
            .or_else(|| lower.strip_prefix("http://"));
        let mistake = |id, message: String| Diagnostic::error(id, message).at(&node.span);
        let told = match rest.map(authority) {
            None | Some("") => {
                mistake("bad-url", format!("`{key}` is no web address")).label(example)
            }
            Some(_)
                if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) =>
            {
                mistake("bad-url", format!("`{key}` has white space in it"))
                    .label("write `%20` for a space")
            }
            Some(authority) if authority.contains('@') => mistake(
                "secret-in-file",
                format!("`{key}` has a user or a password in it"),
            )
            .help(secret),
            Some(_) => return Some(text.to_owned()),
        };
        self.mistakes.push(told);
        None
    }

    /// The template is compiled, and names nothing that notifications do not have.
    fn body(&mut self, node: &Node) {
        let before = self.mistakes.len();
        self.engine.check(node, &mut self.mistakes);
        if self.mistakes.len() > before {
            return;
        }
        for name in self.engine.names(node) {
            if notice::names().any(|known| known == name) {
                continue;
            }
            let mistake = Diagnostic::error(
                "unknown-variable",
                format!("notifications have no variable `{name}`"),
            )
            .at(&place::of(&name, node))
            .label("no such variable");
            let all: Vec<&str> = notice::names().collect();
            let help = nearest(&name, all.iter().copied()).map_or_else(
                || format!("there are `{}`", all.join("`, `")),
                |near| format!("did you mean `{near}`?"),
            );
            self.mistakes.push(mistake.help(help));
        }
    }

    fn headers(&mut self, node: &Node) -> Vec<(String, String)> {
        if !matches!(node.content, Content::Mapping(_)) {
            self.mistakes.push(
                Diagnostic::error("wrong-type", "`headers` must be names with texts")
                    .at(&node.span)
                    .label(format!("this is {}", node.describe()))
                    .help("such as `{X-Team: desktop}`"),
            );
        }
        let entries = node.entries().iter();
        entries
            .filter_map(|(name, value)| self.header(name, value))
            .collect()
    }

    fn header(&mut self, key: &Node, value: &Node) -> Option<(String, String)> {
        let name = key.spelled().unwrap_or_default();
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            self.mistakes.push(
                Diagnostic::error("bad-header", "this is no name of a header")
                    .at(&key.span)
                    .label("expected letters, digits and `-`"),
            );
            return None;
        }
        if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
            self.mistakes.push(
                Diagnostic::error("bad-header", format!("`{name}` follows from the message"))
                    .at(&key.span)
                    .help("leave it out"),
            );
            return None;
        }
        let text = value.spelled().filter(|_| value.content != Content::Null);
        let Some(text) = text.filter(|text| !text.contains(char::is_control)) else {
            self.mistakes.push(
                Diagnostic::error("bad-header", format!("`{name}` must be one line of text"))
                    .at(&value.span)
                    .label(format!("this is {}", value.describe())),
            );
            return None;
        };
        if name.eq_ignore_ascii_case("authorization") {
            self.mistakes.push(
                Diagnostic::warning("secret-in-file", "a secret stands in the file")
                    .at(&value.span)
                    .help("name it by `token_env` or `token_file`, and whoever reads the file learns nothing"),
            );
        }
        Some((name.to_owned(), text.to_owned()))
    }
}

fn occasion(word: &str) -> Option<Occasion> {
    Occasion::ALL
        .into_iter()
        .find(|occasion| occasion.word() == word)
}

/// What stands before the path of an address without its scheme.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn is_loopback(authority: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| {
        authority
            .strip_prefix(own)
            .is_some_and(|port| port.is_empty() || port.starts_with(':'))
    })
}
