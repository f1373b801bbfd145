//! What a host was asked, for tests and `lab up --record`: which operation on which class, never values or secrets.

use std::collections::VecDeque;

use serde::Serialize;

use crate::cim::ObjectPath;
use crate::lab::provider;
use crate::wsman::Enumeration;
use crate::wsman::Request;

/// How many requests are kept for each host; older ones are forgotten.
const KEPT: usize = 4096;
/// How much of a name that a client sent is kept.
const LONGEST_NAME: usize = 128;

/// The operations of WS-Management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Who are you?
    Identify,
    /// One object.
    Get,
    /// Change an object.
    Put,
    /// Make an object.
    Create,
    /// Remove an object.
    Delete,
    /// Begin an enumeration.
    Enumerate,
    /// Go on with one.
    Pull,
    /// Give one up.
    Release,
    /// Ask for events.
    Subscribe,
    /// Ask for no more of them.
    Unsubscribe,
    /// Call a method.
    Invoke,
}

/// A request that reached a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedRequest {
    /// What was to be done.
    pub operation: Operation,
    /// The class or channel, as it was spelled by the client; empty when there is none.
    pub class: String,
    /// The method, for [`Operation::Invoke`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether it was made to change something.
    pub write: bool,
}

impl RecordedRequest {
    /// What is worth keeping of a request.
    pub fn of(request: &Request) -> Self {
        let (operation, class, method) = match request {
            Request::Identify => (Operation::Identify, "", None),
            Request::Get(path) => (Operation::Get, class_of(path), None),
            Request::Put { target, .. } => (Operation::Put, class_of(target), None),
            Request::Create { class, .. } => (Operation::Create, class_of(class), None),
            Request::Delete(path) => (Operation::Delete, class_of(path), None),
            Request::Enumerate { of, .. } => (Operation::Enumerate, enumerated(of), None),
            Request::Pull { of, .. } => (Operation::Pull, enumerated(of), None),
            Request::Release { of, .. } => (Operation::Release, enumerated(of), None),
            Request::Subscribe(wanted) => (Operation::Subscribe, wanted.channel.as_str(), None),
            Request::PullEvents { .. } => (Operation::Pull, "", None),
            Request::Unsubscribe(_) => (Operation::Unsubscribe, "", None),
            Request::Invoke { target, method, .. } => {
                (Operation::Invoke, class_of(target), Some(shortened(method)))
            }
        };
        Self {
            operation,
            class: shortened(class),
            method,
            write: provider::is_write(request),
        }
    }
}

fn class_of(path: &ObjectPath) -> &str {
    &path.class
}

fn enumerated(of: &Enumeration) -> &str {
    match of {
        Enumeration::Query(query) => &query.class,
        Enumeration::Associated(association) => &association.of.class,
        Enumeration::Text { resource, wql } => wql
            .as_deref()
            .and_then(class_of_query)
            .unwrap_or(&resource.class),
    }
}

/// The word after `FROM`.
fn class_of_query(wql: &str) -> Option<&str> {
    let mut words = wql.split_ascii_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("from"))?;
    words.next()
}

fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// Takes what hosts were asked, as it happens.
pub trait Recorder: Send + Sync {
    /// A request reached a host.
    fn record(&self, host: &str, request: &RecordedRequest);
}

/// The last requests of one host.
#[derive(Debug, Default)]
pub(super) struct Record {
    requests: VecDeque<RecordedRequest>,
    writes: usize,
}

impl Record {
    pub(super) fn add(&mut self, request: RecordedRequest) {
        self.writes += usize::from(request.write);
        if self.requests.len() == KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// All that changed something, the forgotten ones too.
    pub(super) fn writes(&self) -> usize {
        self.writes
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::KEPT;
    use super::Operation;
    use super::Record;
    use super::RecordedRequest;
    use crate::cim::Namespace;
    use crate::cim::ObjectPath;
    use crate::cim::Value;
    use crate::wsman::Enumeration;
    use crate::wsman::Request;

    fn class(name: &str) -> ObjectPath {
        ObjectPath::class(Namespace::CIMV2, name)
    }

    #[test]
    fn a_query_is_recorded_by_its_class() {
        let of = Enumeration::Text {
            resource: class("*"),
            wql: Some("select Name\n from  Win32_Service where Name='secret'".to_owned()),
        };
        let recorded = RecordedRequest::of(&Request::Enumerate {
            of,
            max_elements: 1,
        });
        let expected = RecordedRequest {
            operation: Operation::Enumerate,
            class: "Win32_Service".to_owned(),
            method: None,
            write: false,
        };
        assert_eq!(recorded, expected);
    }

    #[test]
    fn values_are_not_recorded() {
        let request = Request::Invoke {
            target: class("StdRegProv").key("Name", "hunter2"),
            method: "SetStringValue".to_owned(),
            arguments: vec![("sValue".to_owned(), Value::text("hunter2"))],
        };
        let line = serde_json::to_string(&RecordedRequest::of(&request)).unwrap();
        assert_eq!(
            line,
            r#"{"operation":"invoke","class":"StdRegProv","method":"SetStringValue","write":true}"#
        );
    }

    #[test]
    fn old_requests_are_forgotten_but_writes_are_counted() {
        let mut record = Record::default();
        for _ in 0..=KEPT {
            record.add(RecordedRequest::of(&Request::Delete(class("X"))));
        }
        assert_eq!((record.requests().len(), record.writes()), (KEPT, KEPT + 1));
    }
}
