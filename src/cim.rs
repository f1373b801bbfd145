//! The language that every host is spoken to in: CIM objects, queries and calls as plain data.
//!
//! Knows what can be asked of a Windows host; must not know how the question travels.

pub mod call;
pub mod comparison;
pub mod event;
pub mod place;
pub mod query;
pub mod question;
pub mod schema;
pub mod session;
pub mod value;

pub use crate::cim::call::Call;
pub use crate::cim::comparison::Comparison;
pub use crate::cim::comparison::Literal;
pub use crate::cim::comparison::Operator;
pub use crate::cim::event::EventLevel;
pub use crate::cim::event::EventQuery;
pub use crate::cim::event::LogEvent;
pub use crate::cim::query::Answer;
pub use crate::cim::query::Association;
pub use crate::cim::query::Filter;
pub use crate::cim::query::Hive;
pub use crate::cim::query::Namespace;
pub use crate::cim::query::ObjectPath;
pub use crate::cim::query::Query;
pub use crate::cim::query::Read;
pub use crate::cim::query::RegistryData;
pub use crate::cim::query::RegistryKey;
pub use crate::cim::query::RegistryKind;
pub use crate::cim::query::RegistryPath;
pub use crate::cim::question::Question;
pub use crate::cim::session::Blame;
pub use crate::cim::session::CimError;
pub use crate::cim::session::CimReader;
pub use crate::cim::session::CimSession;
pub use crate::cim::session::Traffic;
pub use crate::cim::session::Unreachable;
pub use crate::cim::value::Instance;
pub use crate::cim::value::Value;
