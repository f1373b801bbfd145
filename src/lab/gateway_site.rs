//! What stands at a machine's port 443 when it has the gateway role, derived from its state, and what it answers to those
//! who did not sign in (windows-facts 9.4). Knows machines and requests; must not know sockets or TLS.
//!
//! Nobody can sign in here: behind the demand for credentials the simulation ends.

use std::sync::Arc;

use crate::lab::http::HttpAnswer;
use crate::lab::listener::ServedCertificate;
use crate::lab::machine::Machine;
use crate::lab::machine::certificates::Store;
use crate::lab::machine::firewall::Switch;
use crate::lab::machine::roles::Gateway;
use crate::lab::machine::schannel::Schannel;
use crate::lab::machine::terminal_services;

/// What IIS calls itself since Windows Server 2016.
const IIS: &str = "Microsoft-IIS/10.0";
/// Where the HTTP transport is.
const HTTP_PATH: &str = "/remoteDesktopGateway/";
/// Where the RPC transport is (windows-facts 9.4).
const RPC_PATHS: [&str; 2] = ["/rpc/rpcproxy.dll", "/rpcwithcert/rpcproxy.dll"];
/// What a browser is shown at the root of a web server that nobody set up.
const PAGE: &str =
    "<!DOCTYPE html><html><head><title>IIS Windows Server</title></head><body></body></html>\n";

/// What somebody who comes to the port meets.
#[derive(Debug, Clone, PartialEq)]
pub enum Site {
    /// Connections are refused.
    Closed,
    /// A web server answers.
    Open(Web),
}

/// A web server.
#[derive(Debug, Clone, PartialEq)]
pub struct Web {
    /// The certificate of the role with its key; `None` when the machine has none that it can use.
    pub certificate: Option<Arc<ServedCertificate>>,
    /// What its TLS speaks.
    pub schannel: Schannel,
    /// How the transports of the gateway stand.
    pub transports: Transports,
}

/// How the transports of the gateway stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transports {
    /// HTTP and RPC are there.
    Both,
    /// The HTTP transport is switched off.
    RpcAlone,
    /// The service of the gateway does not run.
    Stopped,
}

/// Derives it from the role and the services that it needs. The firewall and what lies before the machine are not looked at.
///
/// Assumption: without W3SVC nothing listens on port 443, although TSGateway could go on without IIS.
///
/// Assumption: TLS goes by the settings that the registry has at that moment, without a restart of the machine.
pub fn of(machine: &Machine) -> Site {
    match &machine.roles.gateway {
        Some(gateway) if machine.power.is_up() && machine.services.is_running("W3SVC") => {
            Site::Open(Web {
                certificate: certificate(machine, gateway),
                schannel: Schannel::load(&machine.registry),
                transports: transports(machine, gateway),
            })
        }
        _ => Site::Closed,
    }
}

fn certificate(machine: &Machine, gateway: &Gateway) -> Option<Arc<ServedCertificate>> {
    let thumbprint = gateway.certificate.as_deref()?;
    let stored = Store::Personal.find(&machine.registry, thumbprint)?;
    terminal_services::served(&stored, &machine.keys)
}

fn transports(machine: &Machine, gateway: &Gateway) -> Transports {
    if !machine.services.is_running("TSGateway") {
        Transports::Stopped
    } else if gateway.http == Switch::Off {
        Transports::RpcAlone
    } else {
        Transports::Both
    }
}

/// The answer to a request without credentials, or with any.
///
/// Assumption: while TSGateway does not run, both transports answer with 503.
///
/// Assumption: with the HTTP transport off, IIS answers in its place that there is no such page.
pub(super) fn answer(transports: Transports, method: &str, target: &str) -> HttpAnswer {
    let path = target.split('?').next().unwrap_or_default();
    let is_http =
        matches!(method, "RDG_OUT_DATA" | "RDG_IN_DATA") && path.eq_ignore_ascii_case(HTTP_PATH);
    let is_rpc = matches!(method, "RPC_OUT_DATA" | "RPC_IN_DATA")
        && RPC_PATHS
            .iter()
            .any(|known| path.eq_ignore_ascii_case(known));
    match transports {
        Transports::Stopped if is_http || is_rpc => HttpAnswer {
            reason: "Service Unavailable",
            ..HttpAnswer::empty(503)
        },
        Transports::Both if is_http => demand(),
        Transports::Both | Transports::RpcAlone if is_rpc => HttpAnswer {
            server: IIS,
            ..demand()
        },
        _ => ordinary(method, path),
    }
}

/// The demand for credentials.
fn demand() -> HttpAnswer {
    HttpAnswer {
        reason: "Unauthorized",
        authenticate: vec!["Negotiate".to_owned(), "NTLM".to_owned()],
        ..HttpAnswer::empty(401)
    }
}

/// What any web server would say.
fn ordinary(method: &str, path: &str) -> HttpAnswer {
    let (status, reason) = match (method, path) {
        ("GET" | "HEAD", "/") => (200, "OK"),
        ("GET" | "HEAD" | "RDG_OUT_DATA" | "RDG_IN_DATA", _) => (404, "Not Found"),
        _ => (405, "Method Not Allowed"),
    };
    let answer = HttpAnswer {
        reason,
        server: IIS,
        ..HttpAnswer::empty(status)
    };
    if (method, status) != ("GET", 200) {
        return answer;
    }
    HttpAnswer {
        content_type: Some("text/html".to_owned()),
        body: PAGE.as_bytes().to_vec(),
        ..answer
    }
}

#[cfg(test)]
mod tests {
    use super::Transports;
    use super::answer;

    #[test]
    fn each_state_of_the_transports_has_its_answers() {
        let http = ("RDG_OUT_DATA", "/remoteDesktopGateway/");
        let other_half = ("RDG_IN_DATA", "/REMOTEDESKTOPGATEWAY/");
        let rpc = ("RPC_OUT_DATA", "/rpc/rpcproxy.dll?localhost:3388");
        let with_certificate = ("RPC_IN_DATA", "/rpcWithCert/rpcproxy.dll");
        for (transports, expected) in [
            (Transports::Both, [401, 401, 401, 401]),
            (Transports::RpcAlone, [404, 404, 401, 401]),
            (Transports::Stopped, [503, 503, 503, 503]),
        ] {
            let asked = [http, other_half, rpc, with_certificate];
            let told = asked.map(|(method, path)| answer(transports, method, path).status);
            assert_eq!(told, expected, "{transports:?}");
            for (method, path, status) in [
                ("GET", "/", 200),
                ("HEAD", "/", 200),
                ("GET", "/remoteDesktopGateway/", 404),
                ("POST", "/rpc/rpcproxy.dll", 405),
                ("RPC_OUT_DATA", "/remoteDesktopGateway/", 405),
                ("RDG_OUT_DATA", "/", 404),
            ] {
                let told = answer(transports, method, path);
                assert_eq!(told.status, status, "{method} {path}");
                assert!(told.authenticate.is_empty());
            }
        }
    }
}
