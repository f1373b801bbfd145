//! The seam to a host: [`CimReader`] can only look, [`CimSession`] can also change, [`CimError`] says who erred.

use std::ops::Add;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::cim::call::Call;
use crate::cim::event::EventQuery;
use crate::cim::event::LogEvent;
use crate::cim::query::Answer;
use crate::cim::query::Association;
use crate::cim::query::Namespace;
use crate::cim::query::ObjectPath;
use crate::cim::query::Query;
use crate::cim::query::Read;
use crate::cim::query::RegistryData;
use crate::cim::query::RegistryKey;
use crate::cim::query::RegistryKind;
use crate::cim::query::RegistryPath;
use crate::cim::question::Question;
use crate::cim::value::Instance;
use crate::cim::value::Value;
use crate::code;

/// Something that can be asked about a host. Check mode holds nothing more than this, so it cannot write.
#[async_trait]
pub trait CimReader: Send + Sync {
    /// Answers one question with the variant of [`Answer`] that [`Read`] names for it.
    async fn read(&self, read: &Read) -> Result<Answer, CimError>;
}

impl dyn CimReader + '_ {
    /// The instances that a query finds.
    pub async fn query(&self, query: Query) -> Result<Vec<Instance>, CimError> {
        let read = Read::Query(query);
        match self.read(&read).await? {
            Answer::Instances(instances) => Ok(instances),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// The object of a class that has exactly one.
    pub async fn only(&self, namespace: Namespace, class: &str) -> Result<Instance, CimError> {
        let found = self.query(Query::all(namespace, class)).await?;
        found.into_iter().next().ok_or_else(|| CimError::Property {
            class: class.to_owned(),
            property: "*".to_owned(),
            wanted: "there at all",
        })
    }

    /// The object with these keys, or `None`.
    pub async fn get(&self, path: ObjectPath) -> Result<Option<Instance>, CimError> {
        let read = Read::Get(path);
        match self.read(&read).await? {
            Answer::Instance(instance) => Ok(instance),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// The objects that an object is linked with.
    pub async fn associated(&self, association: Association) -> Result<Vec<Instance>, CimError> {
        let read = Read::Associated(association);
        match self.read(&read).await? {
            Answer::Instances(instances) => Ok(instances),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// The registry value, or `None` when the key or the value is missing.
    pub async fn registry(&self, path: RegistryPath) -> Result<Option<RegistryData>, CimError> {
        let read = Read::Registry(path);
        match self.read(&read).await? {
            Answer::Registry(data) => Ok(data),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// The names of the keys below a key, or `None` when it is missing.
    pub async fn sub_keys(&self, key: RegistryKey) -> Result<Option<Vec<String>>, CimError> {
        let read = Read::SubKeys(key);
        match self.read(&read).await? {
            Answer::SubKeys(names) => Ok(names),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// The names and types of the values in a key, or `None` when it is missing.
    pub async fn value_types(
        &self,
        key: RegistryKey,
    ) -> Result<Option<Vec<(String, Option<RegistryKind>)>>, CimError> {
        let read = Read::ValueTypes(key);
        match self.read(&read).await? {
            Answer::ValueTypes(values) => Ok(values),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// What a method tells that changes nothing.
    pub async fn ask(&self, question: Question) -> Result<Vec<(String, Value)>, CimError> {
        let read = Read::Ask(question);
        match self.read(&read).await? {
            Answer::Output(output) => Ok(output),
            other => Err(mismatch(&read, &other)),
        }
    }

    /// Events of one log, oldest first.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<LogEvent>, CimError> {
        let read = Read::Events(query);
        match self.read(&read).await? {
            Answer::Events(events) => Ok(events),
            other => Err(mismatch(&read, &other)),
        }
    }
}

fn mismatch(read: &Read, answer: &Answer) -> CimError {
    CimError::Broken {
        promise: format!("`{read}` was answered by {answer:?}"),
    }
}

/// A live link to a host that can also change it.
#[async_trait]
pub trait CimSession: CimReader {
    /// Sends a change; success means that the host accepted it (a return value is looked at, not only the transport).
    async fn invoke(&self, call: &Call) -> Result<(), CimError>;
    /// What the link has cost so far.
    fn traffic(&self) -> Traffic;
    /// Gives back what the host holds for us (open enumerations), waiting no longer than a moment.
    async fn close(&self);
}

/// What a session has cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// HTTP requests, sign-in legs among them.
    pub requests: u64,
    /// TCP connections.
    pub connections: u64,
    /// Bytes of request bodies as sent.
    pub bytes_sent: u64,
    /// Bytes of answer bodies as received.
    pub bytes_received: u64,
    /// Requests that were sent again.
    pub retries: u64,
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            connections: self.connections + other.connections,
            bytes_sent: self.bytes_sent + other.bytes_sent,
            bytes_received: self.bytes_received + other.bytes_received,
            retries: self.retries + other.retries,
        }
    }
}

/// Why a host could not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unreachable {
    /// The name has no address.
    NameNotFound,
    /// The port answered that nothing listens.
    Refused,
    /// Nothing answered in time.
    TimedOut,
    /// No way to the network or the host.
    NoRoute,
    /// The connection ended while a request was under way; a call may have been carried out.
    ConnectionLost,
}

/// Who has to act. Drives retry (network and quota only), exit code and wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// Our request was wrong; a bug of rdpfix or a wrong value in the playbook.
    Request,
    /// The peer's bytes were not what they should be; it may not be a Windows host.
    Peer,
    /// The peer understood and refused: rights, policy, state.
    Refusal,
    /// The peer is busy; trying later helps.
    Quota,
    /// The way there.
    Network,
    /// User name or password.
    Credentials,
    /// The peer's identity could not be verified.
    Trust,
}

/// Why a question or a call failed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CimError {
    /// No connection, or it was lost.
    #[error("{address} is unreachable: {}", describe(*reason))]
    Unreachable {
        /// `host:port`
        address: String,
        /// What happened.
        reason: Unreachable,
    },
    /// The host took longer than the operation's limit; a call may still be carried out.
    #[error("no answer to {operation} within {} s", after.as_secs())]
    TimedOut {
        /// What was asked.
        operation: String,
        /// The limit.
        after: Duration,
    },
    /// The TLS certificate is not trusted, or TLS failed.
    #[error("TLS with {address} failed: {detail}")]
    Trust {
        /// `host:port`
        address: String,
        /// What the TLS library said.
        detail: String,
    },
    /// The host refused user name and password.
    #[error("{address} refused to sign in `{user}`")]
    SignInRefused {
        /// `host:port`
        address: String,
        /// The account.
        user: String,
    },
    /// The password was refused on other hosts of the run, so it was not sent to this one.
    #[error("{address} was not tried: {refusals} hosts refused to sign in `{user}`")]
    NotTried {
        /// `host:port`
        address: String,
        /// The account.
        user: String,
        /// How many hosts refused it.
        refusals: usize,
    },
    /// Nobody can be signed in: the way is one that rdpfix does not go, or the password could not be had.
    #[error("{detail}")]
    NoSignIn {
        /// What stands in the way.
        detail: String,
        /// What to do.
        remedy: String,
    },
    /// The session cannot be used as configured, such as Basic over plain HTTP.
    #[error("{detail}")]
    Configuration {
        /// What is wrong.
        detail: String,
        /// What to set.
        remedy: String,
    },
    /// Sign-in worked but the account may not do this.
    #[error("access denied to {operation}")]
    Denied {
        /// What was asked.
        operation: String,
    },
    /// Too many operations, shells or connections for this user on the host.
    #[error("{operation} exceeded a quota of the host: code {}", code::fault(*code))]
    Quota {
        /// What was asked.
        operation: String,
        /// WS-Man fault code.
        code: u32,
    },
    /// Any other refusal by the management service or the provider.
    #[error("{operation} failed with code {}: {message}", code::fault(*code))]
    Fault {
        /// What was asked.
        operation: String,
        /// WS-Man, WMI or Windows code; 0 when the fault carried none.
        code: u32,
        /// The host's own words, possibly in its language.
        message: String,
    },
    /// The method ran and returned an error number.
    #[error("{operation} returned {}", code::returned(class, *code))]
    Returned {
        /// Which call.
        operation: String,
        /// The class of the method, which decides what the number means.
        class: String,
        /// The return value.
        code: u32,
    },
    /// A registry value has another type than it was read as.
    #[error("{path} does not have the type it was read as")]
    RegistryType {
        /// Which value.
        path: String,
    },
    /// An answer lacks a property or holds something else in it.
    #[error("{class}.{property} is not {wanted}")]
    Property {
        /// The class.
        class: String,
        /// The property.
        property: String,
        /// What it should have been.
        wanted: &'static str,
    },
    /// The answer is not WS-Management, or not an answer to what was asked.
    #[error("{address} answered {operation} with something that is not WS-Management: {detail}")]
    NotWsman {
        /// `host:port`
        address: String,
        /// What was asked.
        operation: String,
        /// What came instead.
        detail: String,
    },
    /// The host has no log or channel of this name.
    #[error("there is no log `{log}` on the host")]
    NoSuchLog {
        /// Which one.
        log: String,
    },
    /// The management service of the host hands out no channels of its event log.
    #[error("the management service hands out no events of `{log}`")]
    NoChannels {
        /// Which one was asked for.
        log: String,
    },
    /// A promise inside rdpfix was broken.
    #[error("internal error, please report it: {promise}")]
    Broken {
        /// Which one.
        promise: String,
    },
}

/// What a number means, and where more of it stands.
fn told_more(row: &code::Entry) -> String {
    format!("{}; `rdpfix explain {}` tells more", row.gist(), row.ask())
}

fn describe(reason: Unreachable) -> &'static str {
    match reason {
        Unreachable::NameNotFound => "its name has no address",
        Unreachable::Refused => "connection refused",
        Unreachable::TimedOut => "no answer in time",
        Unreachable::NoRoute => "no route",
        Unreachable::ConnectionLost => "the connection was lost",
    }
}

impl CimError {
    /// Who has to act.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => Blame::Network,
            Self::Trust { .. } => Blame::Trust,
            Self::SignInRefused { .. } | Self::NotTried { .. } | Self::NoSignIn { .. } => {
                Blame::Credentials
            }
            Self::Denied { .. }
            | Self::Fault { .. }
            | Self::Returned { .. }
            | Self::NoSuchLog { .. }
            | Self::NoChannels { .. } => Blame::Refusal,
            Self::Quota { .. } => Blame::Quota,
            Self::Property { .. } | Self::NotWsman { .. } => Blame::Peer,
            Self::Configuration { .. } | Self::RegistryType { .. } | Self::Broken { .. } => {
                Blame::Request
            }
        }
    }

    /// Whether the host as a whole could not be worked with: reported as unreachable rather than failed.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::SignInRefused { .. }
                | Self::NotTried { .. }
                | Self::NoSignIn { .. }
                | Self::Trust { .. }
                | Self::NotWsman { .. }
        )
    }

    /// What to do about it, when there is something to say.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreachable { reason: Unreachable::NameNotFound, .. } => {
                "check the spelling, or set `ansible_host` to an address".to_owned()
            }
            Self::Unreachable { reason: Unreachable::Refused, .. } => {
                "WinRM does not listen there: run `winrm quickconfig` on the host, or set `ansible_port` (5985 HTTP, 5986 HTTPS)"
                    .to_owned()
            }
            Self::Unreachable { reason: Unreachable::TimedOut | Unreachable::NoRoute, .. } => {
                "the host is off, or a firewall drops the port on the way".to_owned()
            }
            Self::TimedOut { .. } => "raise `--timeout`, or look at the load of the host".to_owned(),
            Self::Trust { .. } => "trust its issuer with `ansible_winrm_ca_trust_path: FILE.pem`, or accept any certificate with \
                 `ansible_winrm_server_cert_validation: ignore`"
                .to_owned(),
            Self::SignInRefused { .. } => "check `ansible_user` and `ansible_password`; it was tried once only, so that the account is not locked out; \
                 over HTTPS a proxy that opens TLS also causes this"
                .to_owned(),
            Self::NotTried { .. } => "check `ansible_user` and `ansible_password`; a domain account is tried on two hosts at most, so that \
                 it is not locked out"
                .to_owned(),
            Self::NoSignIn { remedy, .. } | Self::Configuration { remedy, .. } => remedy.clone(),
            Self::Denied { .. } => "the password was right but the rights are not: a local administrator other than the built-in one gets a \
                 filtered token over the network (LocalAccountTokenFilterPolicy), or the account is in neither Administrators \
                 nor Remote Management Users"
                .to_owned(),
            Self::Quota { .. } => "other tools hold operations open on this host; try again later".to_owned(),
            Self::NotWsman { .. } => "is this the WinRM port? A web server or a proxy seems to answer there".to_owned(),
            Self::Fault { code, .. } => told_more(code::of_fault(*code)?),
            Self::Returned { class, code, .. } => told_more(code::of_return(class, *code)?),
            Self::NoSuchLog { .. } => {
                "the role that writes it is not installed, or the channel was removed: `wevtutil el` on the host lists all".to_owned()
            }
            Self::NoChannels { .. } => "switch the plug-in on, on the host: `Set-Item 'WSMan:\\localhost\\Plugin\\Event Forwarding \
                 Plugin\\Enabled' true`, then restart WinRM"
                .to_owned(),
            Self::Unreachable { reason: Unreachable::ConnectionLost, .. }
            | Self::RegistryType { .. }
            | Self::Property { .. }
            | Self::Broken { .. } => return None,
        };
        Some(hint)
    }
}
