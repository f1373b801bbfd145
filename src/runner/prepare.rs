//! Where the runner gets resources from: tasks made ready for a host, and restarts that changes ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cim::CimError;
use crate::diag::Diagnostic;
use crate::playbook::Library;
use crate::playbook::Scope;
use crate::playbook::Statement;
use crate::playbook::Task;
use crate::resource::AnyResource;
use crate::resource::service;
use crate::syntax::Node;

/// Makes resources.
pub trait Prepare: Send + Sync {
    /// The resource that a task states for one host.
    fn resource(&self, task: &Task, scope: &Scope<'_>) -> Result<Arc<dyn AnyResource>, CimError>;
    /// The restart of a service, for a change that takes effect only then.
    fn restart(&self, service: &'static str) -> Arc<dyn AnyResource>;
    /// The statements of a file that a task includes.
    fn statements(&self, library: &Library, file: &str) -> Result<Arc<Vec<Statement>>, CimError>;
    /// The variables of a file that a task includes.
    fn variables(
        &self,
        library: &Library,
        file: &str,
    ) -> Result<Arc<BTreeMap<String, Node>>, CimError>;
}

/// Makes resources as the playbook says.
#[derive(Debug, Clone, Copy, Default)]
pub struct FromPlaybook;

impl Prepare for FromPlaybook {
    fn resource(&self, task: &Task, scope: &Scope<'_>) -> Result<Arc<dyn AnyResource>, CimError> {
        scope.resource(task).map_err(mistakes)
    }

    fn restart(&self, service: &'static str) -> Arc<dyn AnyResource> {
        service::restart_of(service)
    }

    fn statements(&self, library: &Library, file: &str) -> Result<Arc<Vec<Statement>>, CimError> {
        library.tasks(file).map_err(mistakes)
    }

    fn variables(
        &self,
        library: &Library,
        file: &str,
    ) -> Result<Arc<BTreeMap<String, Node>>, CimError> {
        library.variables(file).map_err(mistakes)
    }
}

/// The first of the mistakes that a task turned out to have on a host.
pub(super) fn mistakes(diagnostics: Vec<Diagnostic>) -> CimError {
    match diagnostics.into_iter().next() {
        Some(first) => mistake(first),
        None => CimError::Broken {
            promise: "a task was refused without a reason".to_owned(),
        },
    }
}

/// A mistake that a task turned out to have on a host.
pub(super) fn mistake(found: Diagnostic) -> CimError {
    let place = found.span.as_ref().map(|span| {
        let (line, column) = span.line_and_column();
        format!(" ({}:{line}:{column})", span.source.name)
    });
    CimError::Configuration {
        detail: format!("{}{}", found.message, place.unwrap_or_default()),
        remedy: match found.help.into_iter().next() {
            Some(help) => help,
            None => "correct the playbook or the host's variables".to_owned(),
        },
    }
}
