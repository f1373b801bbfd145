//! Where the clock takes its time from (windows-facts 11).

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::RegistryKey;
use crate::inside::sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the settings of the clock",
    right: Right::Administrators,
    exists: "every release of Windows has `StdRegProv`: is this a Windows host?",
};

const PARAMETERS: &str = r"SYSTEM\CurrentControlSet\Services\W32Time\Parameters";

/// `Type`.
pub(super) async fn look(host: &dyn CimReader) -> Result<String, CimError> {
    let key = RegistryKey::local_machine(PARAMETERS);
    let source = sight::text(host, &key, "Type").await?;
    source.ok_or_else(|| CimError::Property {
        class: "W32Time".to_owned(),
        property: "Type".to_owned(),
        wanted: "there at all; `w32tm /register` on the host makes it anew",
    })
}
