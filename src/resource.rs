//! What can be managed: [`Resource`], its erased form [`AnyResource`], and the [`CATALOGUE`] of kinds.
//!
//! A resource looks through a [`CimReader`] and decides; it never writes. Writes are [`Change`]s, which the runner sends.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;

use async_trait::async_trait;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::plan::Change;
use crate::syntax::Args;
use crate::syntax::Property;

pub mod credssp;
pub mod firewall_rule;
pub mod rdp_access;
pub mod rdp_certificate;
pub mod rdp_listener;
pub mod reference;
pub mod registry_key;
pub mod registry_value;
pub mod service;
pub mod words;

mod registry_place;
mod terminal_services;

/// One managed thing; the value is the desired state.
pub trait Resource: Debug + Send + Sync + Sized + 'static {
    /// The word in playbooks: `service`.
    const KIND: &'static str;
    /// One sentence for people.
    const ABOUT: &'static str;
    /// A task as it could stand in a playbook, parsed by a test.
    const EXAMPLE: &'static str;
    /// The keys of a task of this kind.
    const PROPERTIES: &'static [Property];
    /// What is seen on a host.
    type Observed: Debug + Send + Sync + 'static;

    /// Reads the desired state; `None` only after a diagnostic was pushed.
    fn parse(args: &mut Args<'_>) -> Option<Self>;
    /// Which one of its kind: a service name, `RDP-Tcp`.
    fn id(&self) -> String;
    /// Looks.
    fn observe(
        &self,
        host: &dyn CimReader,
    ) -> impl Future<Output = Result<Self::Observed, CimError>> + Send;
    /// Decides; pure. Empty means compliant.
    fn diff(&self, observed: &Self::Observed) -> Vec<Change>;
    /// What is left to correct after the changes were made; differs from `diff` only where the desired state is an
    /// event, such as a restart.
    fn verify(&self, before: &Self::Observed, after: &Self::Observed) -> Vec<Change> {
        let _ = before;
        self.diff(after)
    }
}

/// An observation whose type only its resource knows.
pub type Observation = Box<dyn Any + Send + Sync>;

/// A resource whose type is erased.
#[async_trait]
pub trait AnyResource: Debug + Send + Sync {
    /// See [`Resource::KIND`].
    fn kind(&self) -> &'static str;
    /// See [`Resource::id`].
    fn id(&self) -> String;
    /// See [`Resource::observe`].
    async fn observe(&self, host: &dyn CimReader) -> Result<Observation, CimError>;
    /// See [`Resource::diff`].
    fn diff(&self, observed: &Observation) -> Result<Vec<Change>, CimError>;
    /// See [`Resource::verify`].
    fn verify(&self, before: &Observation, after: &Observation) -> Result<Vec<Change>, CimError>;
}

#[async_trait]
impl<R: Resource> AnyResource for R {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn id(&self) -> String {
        Resource::id(self)
    }

    async fn observe(&self, host: &dyn CimReader) -> Result<Observation, CimError> {
        Ok(Box::new(Resource::observe(self, host).await?))
    }

    fn diff(&self, observed: &Observation) -> Result<Vec<Change>, CimError> {
        Ok(Resource::diff(self, own::<R>(observed)?))
    }

    fn verify(&self, before: &Observation, after: &Observation) -> Result<Vec<Change>, CimError> {
        Ok(Resource::verify(self, own::<R>(before)?, own::<R>(after)?))
    }
}

fn own<R: Resource>(observed: &Observation) -> Result<&R::Observed, CimError> {
    observed.downcast_ref().ok_or_else(|| CimError::Broken {
        promise: format!("`{}` was shown another kind's observation", R::KIND),
    })
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The word in playbooks.
    pub name: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    /// A task as it could stand in a playbook.
    pub example: &'static str,
    /// The keys of a task of this kind.
    pub properties: &'static [Property],
    /// Reads a desired state.
    pub parse: fn(&mut Args<'_>) -> Option<Box<dyn AnyResource>>,
}

impl Kind {
    /// The row of a resource type.
    pub const fn of<R: Resource>() -> Self {
        Self {
            name: R::KIND,
            about: R::ABOUT,
            example: R::EXAMPLE,
            properties: R::PROPERTIES,
            parse: |args| {
                R::parse(args).map(|resource| -> Box<dyn AnyResource> { Box::new(resource) })
            },
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|kind| kind.name == name)
    }
}

/// Every kind of resource there is.
pub const CATALOGUE: &[Kind] = &[
    Kind::of::<rdp_access::RdpAccess>(),
    Kind::of::<rdp_listener::RdpListener>(),
    Kind::of::<rdp_certificate::RdpCertificate>(),
    Kind::of::<credssp::Credssp>(),
    Kind::of::<firewall_rule::FirewallRule>(),
    Kind::of::<service::Service>(),
    Kind::of::<registry_value::RegistryValue>(),
    Kind::of::<registry_key::RegistryKey>(),
];
