//! Who listens on the port of Remote Desktop (windows-facts 8).

use futures_util::future::try_join;

use crate::cim::CimError;
use crate::cim::Comparison;
use crate::cim::Instance;
use crate::cim::Literal;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::inside::PortOwner;
use crate::inside::sight::Sight;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// This part.
pub(super) const TOPIC: Topic = Topic {
    what: "the listening sockets",
    right: Right::Administrators,
    exists: "`root/StandardCimv2` exists since Windows 8 and Server 2012; on older releases look with `netstat -ano` on \
             the host",
};

/// `State` of a socket that listens.
const LISTENS: i64 = 2;

/// The sockets that listen on the port.
pub(super) async fn look(sight: &Sight<'_>) -> Result<Vec<PortOwner>, CimError> {
    let port = sight.port.clone().await?.value;
    let query = Query::every(
        Namespace::STANDARD_CIMV2,
        "MSFT_NetTCPConnection",
        vec![
            Comparison::equal("State", Literal::Number(LISTENS)),
            Comparison::equal("LocalPort", Literal::Number(port.into())),
        ],
    );
    let process = sight.process_of("TermService");
    let (sockets, process) = try_join(sight.host.query(query), process).await?;
    sockets
        .iter()
        .map(|socket| owner(socket, process))
        .collect()
}

fn owner(socket: &Instance, term_service: Option<u64>) -> Result<PortOwner, CimError> {
    let unusable = |property: &str| CimError::Property {
        class: socket.class.clone(),
        property: property.to_owned(),
        wanted: "a number in range",
    };
    let process = socket.uint("OwningProcess")?;
    let port = socket.uint("LocalPort")?;
    Ok(PortOwner {
        address: socket.text("LocalAddress")?.to_owned(),
        port: u16::try_from(port)
            .ok()
            .ok_or_else(|| unusable("LocalPort"))?,
        process: u32::try_from(process)
            .ok()
            .ok_or_else(|| unusable("OwningProcess"))?,
        is_term_service: process != 0 && term_service == Some(process),
    })
}
