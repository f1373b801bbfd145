//! Filters for addresses and networks, after the collection `ansible.utils`; bare `ipaddr` is accepted too.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["ipaddr", "ansible.utils.ipaddr"],
        ipaddr,
        "the value itself when it is an address or a network, else false; `address`, `network`, `prefix`, `netmask`, `broadcast`, `hostmask`, `size`, `subnet`, `net`, `host`, `int`, `type`, `version`, `public`, `private`, the number of an address, or a network that it must be in; lists keep what fits",
        ["'10.0.5.7/24' | ipaddr('network')", "\"10.0.5.0\""],
    ),
    Filter::new(
        &["ipv4", "ansible.utils.ipv4"],
        ipv4,
        "as `ipaddr`, for IPv4 only",
        ["['10.0.0.1', '::1'] | ipv4", "[\"10.0.0.1\"]"],
    ),
    Filter::new(
        &["ipv6", "ansible.utils.ipv6"],
        ipv6,
        "as `ipaddr`, for IPv6 only",
        ["['10.0.0.1', '::1'] | ipv6", "[\"::1\"]"],
    ),
    Filter::new(
        &["ipsubnet", "ansible.utils.ipsubnet"],
        ipsubnet,
        "how many networks of a size there are in a network, or the one with a number",
        ["'10.0.0.0/16' | ipsubnet(24, 1)", "\"10.0.1.0/24\""],
    ),
];

/// An address in its network.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Net {
    address: IpAddr,
    prefix: u8,
    /// Whether a prefix was written.
    written: bool,
}

impl Net {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let bits = bits_of(address);
        let length = match prefix {
            None => bits,
            Some(prefix) if prefix.contains('.') => {
                let mask: Ipv4Addr = prefix.parse().ok()?;
                let ones = u32::from(mask).leading_ones();
                (u32::from(mask).count_ones() == ones && bits == 32)
                    .then_some(u8::try_from(ones).ok())??
            }
            Some(prefix) => prefix.parse().ok().filter(|length| *length <= bits)?,
        };
        Some(Self {
            address,
            prefix: length,
            written: prefix.is_some(),
        })
    }

    fn bits(self) -> u8 {
        bits_of(self.address)
    }

    fn number(self) -> u128 {
        match self.address {
            IpAddr::V4(address) => u32::from(address).into(),
            IpAddr::V6(address) => address.into(),
        }
    }

    fn of_number(self, number: u128) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => {
                let low = u32::try_from(number & u128::from(u32::MAX)).unwrap_or_default();
                IpAddr::V4(Ipv4Addr::from(low))
            }
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }

    /// The bits of the host.
    fn host_mask(self) -> u128 {
        let hosts = u32::from(self.bits() - self.prefix);
        1_u128
            .checked_shl(hosts)
            .map_or(u128::MAX, |power| power - 1)
    }

    fn first(self) -> u128 {
        self.number() & !self.host_mask()
    }

    fn network(self) -> IpAddr {
        self.of_number(self.first())
    }

    fn last(self) -> IpAddr {
        self.of_number(self.first() | self.host_mask())
    }

    fn mask(self) -> IpAddr {
        let all = if self.bits() == 32 {
            u128::from(u32::MAX)
        } else {
            u128::MAX
        };
        self.of_number(all & !self.host_mask())
    }

    fn contains(self, other: Self) -> bool {
        self.bits() == other.bits()
            && other.prefix >= self.prefix
            && other.number() & !self.host_mask() == self.first()
    }

    /// Whether it is a network rather than an address in one.
    fn is_network(self) -> bool {
        self.written && self.prefix < self.bits() && self.number() == self.first()
    }

    fn is_private(self) -> bool {
        match self.address {
            IpAddr::V4(address) => address.is_private(),
            IpAddr::V6(address) => address.is_unique_local(),
        }
    }

    fn is_public(self) -> bool {
        match self.address {
            IpAddr::V4(address) => {
                !(address.is_private()
                    || address.is_loopback()
                    || address.is_link_local()
                    || address.is_multicast()
                    || address.is_unspecified()
                    || address.is_broadcast())
            }
            IpAddr::V6(address) => {
                !(address.is_unique_local()
                    || address.is_loopback()
                    || address.is_multicast()
                    || address.is_unspecified()
                    || address.is_unicast_link_local())
            }
        }
    }
}

fn bits_of(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Which kind of address is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Any,
    V4,
    V6,
}

impl Family {
    fn fits(self, net: Net) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => net.address.is_ipv4(),
            Self::V6 => net.address.is_ipv6(),
        }
    }
}

fn ipaddr(call: &mut Call<'_, '_>) -> Answer {
    filtered(call, Family::Any)
}

fn ipv4(call: &mut Call<'_, '_>) -> Answer {
    filtered(call, Family::V4)
}

fn ipv6(call: &mut Call<'_, '_>) -> Answer {
    filtered(call, Family::V6)
}

fn filtered(call: &mut Call<'_, '_>, family: Family) -> Answer {
    let query = call.take("query").unwrap_or_else(|| Value::from(""));
    call.done()?;
    if let Value::List(_) | Value::Tuple(_) = call.input {
        let mut kept = Vec::new();
        for item in call.items()?.iter() {
            let found = asked(call, item, &query, family)?;
            if !matches!(found, Value::Bool(false)) {
                kept.push(found);
            }
        }
        return Ok(Value::from(kept));
    }
    let input = call.input.clone();
    asked(call, &input, &query, family)
}

/// What a query gives for one value; false when the value does not fit.
fn asked(call: &Call<'_, '_>, value: &Value, query: &Value, family: Family) -> Answer {
    let text = match value.used()? {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => match u32::try_from(*number) {
            Ok(number) => Ipv4Addr::from(number).to_string(),
            Err(_) => return Ok(Value::Bool(false)),
        },
        _ => return Ok(Value::Bool(false)),
    };
    let Some(net) = Net::parse(text.trim()).filter(|net| family.fits(*net)) else {
        return Ok(Value::Bool(false));
    };
    if let Some(number) = query.as_int() {
        return Ok(numbered(net, number));
    }
    let Some(query) = query.as_text() else {
        return Err(call.wrong("query", "a text or a number", query));
    };
    if let Some(known) = part(net, &text, query) {
        return Ok(known);
    }
    match query.parse() {
        Ok(number) => Ok(numbered(net, number)),
        Err(_) => match Net::parse(query) {
            Some(outer) if outer.contains(net) => Ok(Value::from(text)),
            Some(_) => Ok(Value::Bool(false)),
            None => Err(call.failed(format!("`{query}` is no query"))),
        },
    }
}

/// The address with a number in a network; below 0 from its end.
fn numbered(net: Net, number: i128) -> Value {
    let size = net.host_mask();
    let offset = if number < 0 {
        (size)
            .checked_add(1)
            .and_then(|size| size.checked_sub(number.unsigned_abs()))
    } else {
        Some(number.unsigned_abs())
    };
    match offset.filter(|offset| *offset <= size) {
        Some(offset) => Value::from(format!(
            "{}/{}",
            net.of_number(net.first() + offset),
            net.prefix
        )),
        None => Value::Bool(false),
    }
}

/// A part of an address or a network; `None` for an unknown query.
fn part(net: Net, text: &str, query: &str) -> Option<Value> {
    let show = |address: IpAddr| Value::from(address.to_string());
    let when = |holds: bool, value: Value| if holds { value } else { Value::Bool(false) };
    let prefixed = |address: IpAddr| Value::from(format!("{address}/{}", net.prefix));
    let has_hosts = net.prefix < net.bits();
    Some(match query {
        "" => Value::from(text),
        "address" | "ip" => when(!net.is_network(), show(net.address)),
        "network" | "network_id" => show(net.network()),
        "prefix" => Value::Int(net.prefix.into()),
        "netmask" => show(net.mask()),
        "hostmask" | "wildcard" => show(net.of_number(net.host_mask())),
        "broadcast" => when(has_hosts, show(net.last())),
        "subnet" | "network/prefix" => prefixed(net.network()),
        "net" => when(net.is_network(), prefixed(net.network())),
        "host" | "hostnet" | "address/prefix" | "gateway" => {
            when(!net.is_network(), prefixed(net.address))
        }
        "size" => Value::from(
            net.host_mask()
                .checked_add(1)
                .and_then(|size| i128::try_from(size).ok()),
        ),
        "int" => Value::from(i128::try_from(net.number()).ok()),
        "type" => Value::from(if net.is_network() {
            "network"
        } else {
            "address"
        }),
        "version" => Value::Int(if net.bits() == 32 { 4 } else { 6 }),
        "private" => when(net.is_private(), Value::from(text)),
        "public" => when(net.is_public(), Value::from(text)),
        "ipv4" => when(net.bits() == 32, Value::from(text)),
        "ipv6" => when(net.bits() == 128, Value::from(text)),
        "first_usable" => when(
            has_hosts,
            show(net.of_number(net.first() + u128::from(net.host_mask() > 1))),
        ),
        "last_usable" => {
            let end =
                net.first() + net.host_mask() - u128::from(net.host_mask() > 1 && net.bits() == 32);
            when(has_hosts, show(net.of_number(end)))
        }
        _ => return None,
    })
}

fn ipsubnet(call: &mut Call<'_, '_>) -> Answer {
    let size = call.take("query").filter(|size| size.as_text() != Some(""));
    let index = call.take("index");
    call.done()?;
    let text = call.strict_text()?.to_owned();
    let Some(net) = Net::parse(&text) else {
        return Ok(Value::Bool(false));
    };
    let Some(size) = size else {
        return Ok(Value::from(format!("{}/{}", net.network(), net.prefix)));
    };
    let size = match &size {
        Value::Text(text) => text.parse().ok(),
        other => other.as_int(),
    };
    let Some(size) = size
        .and_then(|size| u8::try_from(size).ok())
        .filter(|size| *size <= net.bits())
    else {
        return Err(call.failed("the size of networks must be a prefix"));
    };
    let wider = Net {
        prefix: size,
        ..net
    };
    if size < net.prefix {
        // The network around it.
        return Ok(Value::from(format!("{}/{size}", wider.network())));
    }
    let count = 1_u128
        .checked_shl(u32::from(size - net.prefix))
        .unwrap_or(u128::MAX);
    let Some(index) = index else {
        return Ok(Value::from(i128::try_from(count).ok()));
    };
    let Some(index) = index.as_int() else {
        return Err(call.wrong("index", "a whole number", &index));
    };
    let index = if index < 0 {
        count.checked_sub(index.unsigned_abs())
    } else {
        Some(index.unsigned_abs())
    };
    Ok(match index.filter(|index| *index < count) {
        Some(index) => {
            let step = wider.host_mask().checked_add(1).unwrap_or_default();
            Value::from(format!(
                "{}/{size}",
                net.of_number(net.first() + index * step)
            ))
        }
        None => Value::Bool(false),
    })
}
