//! Facts about messages that go through a proxy: the receiver plays it as well, see `tests/peers/hook.py`.

use std::sync::Arc;

use rdpfix::notify::Proxies;
use rdpfix::secret::Secret;
use rdpfix::service::errand::Herald;

use super::Desk;
use super::TOKEN;
use super::courier;
use super::drifted;
use super::job;
use crate::support::hook::Hook;

const PROXY_PASSWORD: &str = "a-password-of-a-proxy";

/// A machine whose environment names a proxy with a password.
fn behind(hook: &Hook, straight: Option<&str>) -> Arc<Desk> {
    let url = hook.url("");
    let proxy = url.replace("http://", &format!("http://somebody:{PROXY_PASSWORD}@"));
    Arc::new(Desk {
        proxies: Proxies {
            https: Some(Secret::new(&proxy)),
            http: Some(Secret::new(&proxy)),
            straight: straight.map(str::to_owned),
        },
        ..Desk::default()
    })
}

/// Each address as a webhook has it, what the environment excepts, and what the receiver, which is the proxy as well, was
/// asked for.
#[tokio::test]
async fn a_message_goes_through_the_proxy_that_the_job_file_or_the_environment_names() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let (own, any) = (
        hook.url("/ok"),
        hook.url("/ok").replace("127.0.0.1", "0.0.0.0"),
    );
    let by_name = "http://hooks.example/ok";
    for (url, proxy, straight, asked) in [
        (by_name, hook.url(""), None, by_name),
        (own.as_str(), hook.url(""), Some("*"), own.as_str()),
        (by_name, String::new(), None, by_name),
        (by_name, String::new(), Some("other.example"), by_name),
        (own.as_str(), String::new(), None, "/ok"),
        (any.as_str(), String::new(), None, any.as_str()),
        (
            any.as_str(),
            String::new(),
            Some("hooks.example, 0.0.0.0"),
            "/ok",
        ),
        (any.as_str(), "none".to_owned(), None, "/ok"),
    ] {
        let desk = behind(&hook, straight);
        let proxy = if proxy.is_empty() {
            proxy
        } else {
            format!(", proxy: '{proxy}'")
        };
        let job = job(&format!(
            "{{url: '{url}', on: [drift], token_env: HOOK_TOKEN, retries: 0{proxy}}}"
        ));
        courier(&desk).tell(drifted(&job)).await;
        assert_eq!((desk.fate(), desk.kept()), (Ok(1), Vec::new()), "{url}");
        let received = hook.next().await;
        assert_eq!(received.path, asked);
        let is_of_environment = asked != "/ok" && proxy.is_empty();
        let shown = received.header("proxy-authorization").is_some();
        assert_eq!(
            shown, is_of_environment,
            "{url}: only its own proxy gets a password"
        );
    }
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_learns_neither_message_nor_token() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let desk = behind(&hook, None);
    let job = job(
        "{url: 'https://hooks.example/secret', on: [drift], token_env: HOOK_TOKEN, retries: 0}",
    );
    courier(&desk).tell(drifted(&job)).await;
    let why = desk.fate().unwrap_err();
    assert!(why.contains("the environment names a proxy"), "{why}");
    assert!(
        !why.contains(PROXY_PASSWORD) && !why.contains("/secret"),
        "{why}"
    );
    assert_eq!(desk.kept().len(), 1);
    let received = hook.next().await;
    assert_eq!(received.path, "hooks.example:443");
    assert!(received.header("proxy-authorization").is_some());
    let all = format!("{received:?}");
    assert!(!all.contains(TOKEN) && !all.contains("nightly"), "{all}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_through_a_proxy_either() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let desk = behind(&hook, None);
    let job = job("{url: 'http://hooks.example/away', on: [drift], token_env: HOOK_TOKEN}");
    courier(&desk).tell(drifted(&job)).await;
    assert_eq!(hook.knock("/ok").await, ["http://hooks.example/away"]);
    let why = desk.fate().unwrap_err();
    assert!(why.contains("redirects are not followed"), "{why}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_told_and_not_gone_around() {
    let Some(mut hook) = Hook::start().await else {
        return;
    };
    let url = hook.url("/ok").replace("127.0.0.1", "0.0.0.0");
    for (proxy, told) in [
        (
            "socks5://127.0.0.1:1",
            "`http_proxy` is no address of an HTTP proxy",
        ),
        ("http://127.0.0.1:1", "no connection"),
    ] {
        let desk = Arc::new(Desk {
            proxies: Proxies {
                http: Some(Secret::new(proxy)),
                ..Proxies::default()
            },
            ..Desk::default()
        });
        let job = job(&format!("{{url: '{url}', on: [drift], retries: 0}}"));
        courier(&desk).tell(drifted(&job)).await;
        let why = desk.fate().unwrap_err();
        assert!(why.contains(told), "{why}");
        assert_eq!(hook.knock("/end").await, Vec::<String>::new());
        assert_eq!(desk.kept().len(), 1);
    }
}
