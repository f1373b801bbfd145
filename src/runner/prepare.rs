//! Where the runner gets resources from: tasks made ready for a host, and restarts that changes ask for.

use std::sync::Arc;

use crate::cim::CimError;
use crate::playbook::Prepared;
use crate::playbook::Scope;
use crate::playbook::Task;
use crate::resource::AnyResource;
use crate::resource::service;

/// Makes resources.
pub trait Prepare: Send + Sync {
    /// Evaluates a task's condition and templates for one host.
    fn task(&self, task: &Task, scope: &Scope<'_>) -> Result<Prepared, CimError>;
    /// The restart of a service, for a change that takes effect only then.
    fn restart(&self, service: &'static str) -> Arc<dyn AnyResource>;
}

/// Makes resources as the playbook says.
#[derive(Debug, Clone, Copy, Default)]
pub struct FromPlaybook;

impl Prepare for FromPlaybook {
    fn task(&self, task: &Task, scope: &Scope<'_>) -> Result<Prepared, CimError> {
        task.prepare(scope).map_err(|diagnostics| {
            let Some(first) = diagnostics.into_iter().next() else {
                return CimError::Broken {
                    promise: "a task was refused without a reason".to_owned(),
                };
            };
            let place = first.span.as_ref().map(|span| {
                let (line, column) = span.line_and_column();
                format!(" ({}:{line}:{column})", span.source.name)
            });
            CimError::Configuration {
                detail: format!("{}{}", first.message, place.unwrap_or_default()),
                remedy: match first.help.into_iter().next() {
                    Some(help) => help,
                    None => "correct the playbook or the host's variables".to_owned(),
                },
            }
        })
    }

    fn restart(&self, service: &'static str) -> Arc<dyn AnyResource> {
        service::restart_of(service)
    }
}
