//! The way to a receiver: straight, or through a proxy that the job file or the environment names.
//!
//! A proxy that cannot be used is told, and never gone around: where there is one, the straight way is often closed or
//! not wanted. Addresses of proxies may hold passwords and are never told whole.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use reqwest::Client;
use reqwest::ClientBuilder;
use reqwest::NoProxy;
use reqwest::Url;
use reqwest::redirect;
use reqwest::retry;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;

use crate::job::Proxy;
use crate::secret::Secret;

/// Receivers on this machine are none of the environment's proxies' business: they would look on theirs.
const OWN: &str = "localhost,127.0.0.0/8,::1";

/// What the environment says of proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// The proxy for `https` addresses; a password may stand in it.
    pub https: Option<Secret>,
    /// That for `http` addresses.
    pub http: Option<Secret>,
    /// Names and addresses that are gone to straight, parted by commas, as in `no_proxy`.
    pub straight: Option<String>,
}

/// The ways to receivers; TLS is set up when the first one is needed.
#[derive(Debug, Default)]
pub(super) struct Routes {
    proxies: Proxies,
    clients: Mutex<BTreeMap<Proxy, Result<Client, String>>>,
}

impl Routes {
    /// With these proxies where a webhook names none.
    pub(super) fn new(proxies: Proxies) -> Self {
        Self {
            proxies,
            clients: Mutex::default(),
        }
    }

    /// What sends through this proxy; the error is for people.
    pub(super) fn client(&self, proxy: &Proxy) -> Result<Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(proxy) {
            return client.clone();
        }
        let client = client(|builder| self.through(proxy, builder));
        clients.insert(proxy.clone(), client.clone());
        client
    }

    /// Words to add to why there is no connection.
    pub(super) fn words(&self, proxy: &Proxy) -> String {
        let is_set = self.proxies.https.is_some() || self.proxies.http.is_some();
        match proxy {
            Proxy::At(url) => format!(" (through the proxy `{url}`)"),
            Proxy::OfEnvironment if is_set => " (the environment names a proxy)".to_owned(),
            Proxy::OfEnvironment | Proxy::Straight => String::new(),
        }
    }

    fn through(&self, proxy: &Proxy, builder: ClientBuilder) -> Result<ClientBuilder, String> {
        let builder = builder.no_proxy();
        match proxy {
            Proxy::Straight => Ok(builder),
            Proxy::At(url) => {
                let all = reqwest::Proxy::all(address("`proxy`", url)?);
                Ok(builder.proxy(all.map_err(|_error| unusable("`proxy`"))?))
            }
            Proxy::OfEnvironment => self.of_environment(builder),
        }
    }

    fn of_environment(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, String> {
        let said = self.proxies.straight.as_deref().unwrap_or_default();
        let straight = NoProxy::from_string(&format!("{OWN},{said}"));
        if let Some(proxy) = &self.proxies.https {
            let url = address("`https_proxy`", proxy.reveal())?;
            let https = reqwest::Proxy::https(url).map_err(|_error| unusable("`https_proxy`"))?;
            builder = builder.proxy(https.no_proxy(straight.clone()));
        }
        if let Some(proxy) = &self.proxies.http {
            let url = address("`http_proxy`", proxy.reveal())?;
            let http = reqwest::Proxy::http(url).map_err(|_error| unusable("`http_proxy`"))?;
            builder = builder.proxy(http.no_proxy(straight));
        }
        Ok(builder)
    }
}

/// The address of a proxy, `http://` when no scheme is said. What else there is, such as SOCKS, would be taken for HTTP.
fn address(name: &str, text: &str) -> Result<Url, String> {
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    Url::parse(&text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| unusable(name))
}

fn unusable(name: &str) -> String {
    format!("{name} is no address of an HTTP proxy")
}

fn client(
    through: impl FnOnce(ClientBuilder) -> Result<ClientBuilder, String>,
) -> Result<Client, String> {
    let mut roots = RootCertStore::empty();
    // Systems carry odd certificates among good ones. Where there is none at all, plain HTTP still works.
    let found = rustls_native_certs::load_native_certs();
    let (_usable, _unusable) = roots.add_parsable_certificates(found.certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("the TLS library has no protocol versions: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .user_agent(concat!("rdpfix/", env!("CARGO_PKG_VERSION")));
    through(builder)?
        .build()
        .map_err(|error| format!("no HTTP client can be made: {error}"))
}

#[cfg(test)]
mod tests {
    use super::Proxies;
    use super::Routes;
    use super::address;
    use crate::job::Proxy;
    use crate::secret::Secret;

    #[test]
    fn a_proxy_is_http_when_no_scheme_is_said_and_nothing_else_is_taken_for_it() {
        for (text, expected) in [
            ("proxy.example:3128", Some("http://proxy.example:3128/")),
            ("https://proxy.example", Some("https://proxy.example/")),
            ("http://u:p@proxy:1", Some("http://u:p@proxy:1/")),
            ("socks5://proxy.example:1080", None),
            ("http://", None),
        ] {
            let found = address("`proxy`", text).ok();
            assert_eq!(found.as_ref().map(reqwest::Url::as_str), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_proxy_does_not_show_its_password() {
        let routes = Routes::new(Proxies {
            https: Some(Secret::new("socks5://user:a-password@proxy")),
            ..Proxies::default()
        });
        let why = routes.client(&Proxy::OfEnvironment).unwrap_err();
        assert_eq!(why, "`https_proxy` is no address of an HTTP proxy");
        assert!(routes.client(&Proxy::Straight).is_ok());
    }
}
