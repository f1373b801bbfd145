//! Services that Remote Desktop and its roles lean on.

use std::collections::BTreeMap;

use crate::cim::CimError;
use crate::cim::Instance;
use crate::cim::Value;
use crate::inside::SERVICES;
use crate::inside::ServiceSeen;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the services",
    right: Right::Administrators,
    exists: "every release of Windows has `Win32_Service`: is this a Windows host?",
};

/// The services of the list that exist, named as the list names them.
pub(super) async fn look(sight: &Sight<'_>) -> Result<BTreeMap<String, ServiceSeen>, CimError> {
    let mut seen = BTreeMap::new();
    for service in sight.services.clone().await? {
        let name = service.text("Name")?;
        let listed = SERVICES
            .iter()
            .find(|listed| listed.eq_ignore_ascii_case(name));
        let name = listed.map_or_else(|| name.to_owned(), |listed| (*listed).to_owned());
        seen.insert(name, one(&service)?);
    }
    Ok(seen)
}

fn one(service: &Instance) -> Result<ServiceSeen, CimError> {
    let number = |property: &str| {
        let number = service.get(property).and_then(Value::as_uint);
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or_default()
    };
    Ok(ServiceSeen {
        state: service.text("State")?.to_owned(),
        start_mode: service.text("StartMode")?.to_owned(),
        // Drivers and some services of users have none.
        account: service
            .get("StartName")
            .and_then(Value::as_text)
            .unwrap_or_default()
            .to_owned(),
        process: number("ProcessId"),
        exit_code: number("ExitCode"),
    })
}
