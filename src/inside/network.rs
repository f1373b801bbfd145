//! Name servers, MTU and the way back to us, as the host sees them (windows-facts 8, 11).

use std::collections::BTreeMap;
use std::net::IpAddr;

use futures_util::future::OptionFuture;
use futures_util::future::try_join;
use futures_util::future::try_join_all;

use crate::cim::CimError;
use crate::cim::CimReader;
use crate::cim::Comparison;
use crate::cim::Instance;
use crate::cim::Literal;
use crate::cim::Namespace;
use crate::cim::Query;
use crate::cim::Value;
use crate::inside::PathBack;
use crate::inside::unseen::Right;
use crate::inside::unseen::Topic;

/// The name servers.
pub(super) const DNS: Topic = Topic {
    what: "the name servers",
    right: Right::Administrators,
    exists: "`root/StandardCimv2` exists since Windows 8 and Server 2012; on older releases look with `ipconfig /all` \
             on the host",
};
/// The MTU of interfaces.
pub(super) const MTU: Topic = Topic {
    what: "the network interfaces",
    right: Right::Administrators,
    exists: "`root/StandardCimv2` exists since Windows 8 and Server 2012; on older releases look with \
             `netsh interface ipv4 show subinterfaces` on the host",
};
/// The way back.
pub(super) const PATH_BACK: Topic = Topic {
    what: "the answers to the host's own pings",
    right: Right::Administrators,
    exists: "every release of Windows has `Win32_PingStatus`: is this a Windows host?",
};

/// `ConnectionState` of an interface that is connected.
const CONNECTED: i64 = 1;
/// `NlMtu` of the loopback interface.
const NO_LIMIT: u32 = u32::MAX;
/// Small pings differ in size, because equal questions are asked once.
const SMALL: [i64; 3] = [32, 33, 34];
/// What just fits an Ethernet frame behind the headers of IPv4 and ICMP.
const LARGE: i64 = 1472;
/// Milliseconds until a ping counts as lost.
const PATIENCE: i64 = 2000;

/// The name servers of all interfaces, each once.
pub(super) async fn name_servers(host: &dyn CimReader) -> Result<Vec<String>, CimError> {
    let class = "MSFT_DNSClientServerAddress";
    let found = host
        .query(Query::all(Namespace::STANDARD_CIMV2, class))
        .await?;
    let mut servers: Vec<String> = Vec::new();
    for server in found.iter().flat_map(|of| of.list("ServerAddresses")) {
        if let Some(server) = server.as_text()
            && !servers.iter().any(|known| known == server)
        {
            servers.push(server.to_owned());
        }
    }
    Ok(servers)
}

/// The MTU of each connected interface; the smaller one when IPv4 and IPv6 differ.
pub(super) async fn mtu(host: &dyn CimReader) -> Result<BTreeMap<String, u32>, CimError> {
    let connected = Comparison::equal("ConnectionState", Literal::Number(CONNECTED));
    let query = Query::every(
        Namespace::STANDARD_CIMV2,
        "MSFT_NetIPInterface",
        vec![connected],
    );
    let mut sizes = BTreeMap::new();
    for interface in host.query(query).await? {
        let mtu = u32::try_from(interface.uint("NlMtu")?).unwrap_or(NO_LIMIT);
        if mtu == NO_LIMIT {
            continue;
        }
        let alias = interface.text("InterfaceAlias")?.to_owned();
        sizes
            .entry(alias)
            .and_modify(|known: &mut u32| *known = mtu.min(*known))
            .or_insert(mtu);
    }
    Ok(sizes)
}

/// Pings from the host to this address. Whether large packets pass is not said when small ones do not, nor over IPv6,
/// where nobody splits packets on the way.
pub(super) async fn path_back(host: &dyn CimReader, address: IpAddr) -> Result<PathBack, CimError> {
    let small = try_join_all(SMALL.map(|size| ping(host, address, size, Splitting::Allowed)));
    let large = address
        .is_ipv4()
        .then(|| ping(host, address, LARGE, Splitting::Forbidden));
    let large = async { OptionFuture::from(large).await.transpose() };
    let (small_ms, large) = try_join(small, large).await?;
    let answered = small_ms.iter().any(Option::is_some);
    Ok(PathBack {
        address: address.to_string(),
        small_ms,
        large_unsplit: large.filter(|_| answered).map(|time| time.is_some()),
    })
}

/// Whether a packet may be split on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Splitting {
    Allowed,
    Forbidden,
}

/// Milliseconds until the answer, `None` when there was none.
async fn ping(
    host: &dyn CimReader,
    address: IpAddr,
    size: i64,
    splitting: Splitting,
) -> Result<Option<u32>, CimError> {
    let whole = splitting == Splitting::Forbidden;
    let query = Query::every(
        Namespace::CIMV2,
        "Win32_PingStatus",
        vec![
            Comparison::equal("Address", Literal::Text(address.to_string())),
            Comparison::equal("BufferSize", Literal::Number(size)),
            Comparison::equal("Timeout", Literal::Number(PATIENCE)),
            Comparison::equal("NoFragmentation", Literal::Flag(whole)),
        ],
    );
    let found = host.query(query).await?;
    Ok(found.first().and_then(time))
}

/// `StatusCode` 0 is an answer; it is null when the address means nothing.
fn time(status: &Instance) -> Option<u32> {
    let number = |property: &str| status.get(property).and_then(Value::as_uint);
    if number("StatusCode") != Some(0) {
        return None;
    }
    u32::try_from(number("ResponseTime").unwrap_or_default()).ok()
}
