//! What several parts need, asked for once; and values of the registry as the parts want them.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::future::Shared;

use crate::certificate::Certificate;
use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Filter;
use crate::cim::Instance;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::RegistryData;
use crate::cim::RegistryKey;
use crate::cim::RegistryKind;
use crate::cim::place;
use crate::inside::SERVICES;
use crate::inside::Setting;
use crate::inside::certificates;
use crate::inside::settings;
use crate::inside::tls;

/// An answer that several wait for.
pub(super) type Told<'a, T> = Shared<BoxFuture<'a, Result<T, CimError>>>;

/// A host with what several parts need of it.
pub(super) struct Sight<'a> {
    /// The host.
    pub(super) host: &'a dyn CimReader,
    /// Names of the values that Group Policy sets for Remote Desktop, in lower case.
    pub(super) policy: Told<'a, BTreeSet<String>>,
    /// `PortNumber`.
    pub(super) port: Told<'a, Setting>,
    /// Win32_Service of [`SERVICES`].
    pub(super) services: Told<'a, Vec<Instance>>,
    /// The personal store of the computer.
    pub(super) personal: Told<'a, Vec<Certificate>>,
    /// Versions of TLS that somebody has settings for.
    pub(super) protocols: Told<'a, Vec<String>>,
}

impl<'a> Sight<'a> {
    /// Asks nothing yet.
    pub(super) fn of(host: &'a dyn CimReader) -> Self {
        Self {
            host,
            policy: names(host, place::policy()).boxed().shared(),
            port: settings::local(host, &settings::PORT).boxed().shared(),
            services: services(host).boxed().shared(),
            personal: certificates::store(host, "MY").boxed().shared(),
            protocols: tls::configured(host).boxed().shared(),
        }
    }

    /// The process of a service; 0 while it does not run.
    pub(super) async fn process_of(&self, name: &str) -> Result<Option<u64>, CimError> {
        let services = self.services.clone().await?;
        services
            .iter()
            .find(|service| is_named(service, name))
            .map(|service| service.uint("ProcessId"))
            .transpose()
    }

    /// Whether a service is installed.
    pub(super) async fn has_service(&self, name: &str) -> Result<bool, CimError> {
        let services = self.services.clone().await?;
        Ok(services.iter().any(|service| is_named(service, name)))
    }
}

/// Whether this is the service of that name.
pub(super) fn is_named(service: &Instance, name: &str) -> bool {
    service
        .text("Name")
        .is_ok_and(|found| found.eq_ignore_ascii_case(name))
}

async fn services(host: &dyn CimReader) -> Result<Vec<Instance>, CimError> {
    let query = Query {
        namespace: Namespace::CIMV2,
        class: "Win32_Service".to_owned(),
        filter: Filter::OneOf {
            property: "Name".to_owned(),
            values: SERVICES.iter().map(|name| (*name).to_owned()).collect(),
        },
    };
    host.query(query).await
}

/// The names of the values in a key in lower case; none when it is missing.
pub(super) async fn names(
    host: &dyn CimReader,
    key: RegistryKey,
) -> Result<BTreeSet<String>, CimError> {
    let values = host.value_types(key).await?.unwrap_or_default();
    let names = values.into_iter().map(|(name, _)| name.to_lowercase());
    Ok(names.collect())
}

/// The number in a value, or `None`.
///
/// Assumption: a value of another type than Windows gives it counts as one that is missing.
pub(super) async fn dword(
    host: &dyn CimReader,
    key: &RegistryKey,
    name: &str,
) -> Result<Option<u32>, CimError> {
    Ok(match data(host, key, name, RegistryKind::Dword).await? {
        Some(RegistryData::Dword(number)) => Some(number),
        _ => None,
    })
}

/// The text in a value, or `None`.
pub(super) async fn text(
    host: &dyn CimReader,
    key: &RegistryKey,
    name: &str,
) -> Result<Option<String>, CimError> {
    Ok(match data(host, key, name, RegistryKind::Text).await? {
        Some(RegistryData::Text(text)) => Some(text),
        _ => None,
    })
}

/// The bytes in a value, or `None`.
pub(super) async fn binary(
    host: &dyn CimReader,
    key: &RegistryKey,
    name: &str,
) -> Result<Option<Vec<u8>>, CimError> {
    Ok(match data(host, key, name, RegistryKind::Binary).await? {
        Some(RegistryData::Binary(bytes)) => Some(bytes),
        _ => None,
    })
}

async fn data(
    host: &dyn CimReader,
    key: &RegistryKey,
    name: &str,
    kind: RegistryKind,
) -> Result<Option<RegistryData>, CimError> {
    match host.registry(key.value(name, kind)).await {
        Err(CimError::RegistryType { .. }) => Ok(None),
        result => result,
    }
}
