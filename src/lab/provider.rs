//! What the management service of a machine answers: CIM classes derived from its state. Pure; time is an argument.

use jiff::Timestamp;

use crate::cim::Instance;
use crate::cim::ObjectPath;
use crate::cim::Value;
use crate::lab::machine::Machine;
use crate::wsman::Fault;
use crate::wsman::Request;

/// The answer of a provider, before paging and enveloping.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// One object: Get.
    Instance(Instance),
    /// All objects that were asked for: Enumerate, to be paged by the server.
    Instances(Vec<Instance>),
    /// Put.
    Put(Option<Instance>),
    /// Create.
    Created(ObjectPath),
    /// Delete.
    Deleted,
    /// What a method gave back, `ReturnValue` among it unless the method is void.
    Output(Vec<(String, Value)>),
}

/// Carries out a request on the machine. Identify, Pull and Release are the server's business and never come here.
pub fn handle(machine: &mut Machine, request: &Request, now: Timestamp) -> Result<Reply, Fault> {
    let _ = (machine, request, now);
    Err(Fault::default())
}

/// Whether a request is made to change something (a registry read is a method call on the wire, but no write).
pub fn is_write(request: &Request) -> bool {
    let _ = request;
    false
}
