//! RDP negotiation: which security protocol a client asks for and a server selects ([MS-RDPBCGR] 2.2.1.1, 2.2.1.2).
//! Values that are not known here are kept as they came.

use std::fmt;
use std::ops::BitOr;

use crate::code;
use crate::code::Entry;
use crate::code::Table;
use crate::rdp::DecodeError;
use crate::rdp::EncodeError;
use crate::rdp::Reader;
use crate::rdp::tpkt;
use crate::rdp::x224::Connection;
use crate::rdp::x224::Unit;

/// `TYPE_RDP_NEG_REQ`.
const REQUEST: u8 = 1;
/// `TYPE_RDP_NEG_RSP`.
const RESPONSE: u8 = 2;
/// `TYPE_RDP_NEG_FAILURE`.
const FAILURE: u8 = 3;
/// `TYPE_RDP_CORRELATION_INFO`.
const CORRELATION: u8 = 6;
/// All three negotiation structures are this long and say so.
const LENGTH: u16 = 8;
/// The length that a correlation structure says it has.
const CORRELATION_LENGTH: u16 = 36;
/// `CORRELATION_INFO_PRESENT`.
const CORRELATION_PRESENT: u8 = 8;

/// A set of security protocols ([MS-RDPBCGR] 2.2.1.1.1 and 2.2.1.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocols(pub u32);

impl Protocols {
    /// Classic RDP security: the empty set, since every client is taken to speak it.
    pub const RDP: Self = Self(0x0);
    /// TLS.
    pub const SSL: Self = Self(0x1);
    /// TLS and CredSSP: network level authentication.
    pub const HYBRID: Self = Self(0x2);
    /// TLS and the RDSTLS protocol of redirected connections.
    pub const RDSTLS: Self = Self(0x4);
    /// CredSSP with the early user authorization result.
    pub const HYBRID_EX: Self = Self(0x8);
    /// TLS and sign-in by Entra ID.
    pub const RDSAAD: Self = Self(0x10);

    /// Names by bit.
    const NAMES: [(Self, &'static str); 5] = [
        (Self::SSL, "SSL"),
        (Self::HYBRID, "HYBRID"),
        (Self::RDSTLS, "RDSTLS"),
        (Self::HYBRID_EX, "HYBRID_EX"),
        (Self::RDSAAD, "RDSAAD"),
    ];

    /// Whether all of the others are among these.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether one of the others is among these.
    pub const fn intersects(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Protocols {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Protocols {
    /// `SSL|HYBRID`; bits without a name as a number.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::RDP {
            return formatter.write_str("RDP");
        }
        let mut unnamed = self.0;
        let mut bar = "";
        for (protocol, name) in Self::NAMES {
            if self.contains(protocol) {
                write!(formatter, "{bar}{name}")?;
                unnamed &= !protocol.0;
                bar = "|";
            }
        }
        if unnamed != 0 {
            write!(formatter, "{bar}{unnamed:#x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Protocols {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Flags of a request ([MS-RDPBCGR] 2.2.1.1.1); whether correlation follows is told by [`Wish::correlation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RequestFlags(pub u8);

impl RequestFlags {
    /// The client wants RestrictedAdmin or nothing.
    pub const RESTRICTED_ADMIN: Self = Self(0x1);
    /// The client wants redirected authentication (Remote Credential Guard) or nothing.
    pub const REDIRECTED_AUTHENTICATION: Self = Self(0x2);
}

/// Flags of a response ([MS-RDPBCGR] 2.2.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ResponseFlags(pub u8);

impl ResponseFlags {
    /// Extended client data blocks are understood.
    pub const EXTENDED_CLIENT_DATA: Self = Self(0x1);
    /// The graphics pipeline over dynamic channels is understood.
    pub const DYNAMIC_GRAPHICS: Self = Self(0x2);
    /// RestrictedAdmin is supported.
    pub const RESTRICTED_ADMIN: Self = Self(0x8);
    /// Redirected authentication is supported.
    pub const REDIRECTED_AUTHENTICATION: Self = Self(0x10);

    /// Whether all of the others are set.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for ResponseFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Why a server refuses to negotiate ([MS-RDPBCGR] 2.2.1.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureCode(pub u32);

impl FailureCode {
    /// TLS is required.
    pub const SSL_REQUIRED: Self = Self(1);
    /// TLS is not allowed.
    pub const SSL_NOT_ALLOWED: Self = Self(2);
    /// There is no certificate.
    pub const SSL_CERTIFICATE_MISSING: Self = Self(3);
    /// The request contradicts itself.
    pub const INCONSISTENT_FLAGS: Self = Self(4);
    /// NLA is required.
    pub const HYBRID_REQUIRED: Self = Self(5);
    /// TLS with a client certificate is required.
    pub const SSL_WITH_USER_AUTHENTICATION_REQUIRED: Self = Self(6);

    /// The name in the specification, when the code is known.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// What it says about the host, when the code is known, to be put behind a colon.
    pub fn explanation(self) -> Option<String> {
        self.row().map(Entry::gist)
    }

    fn row(self) -> Option<&'static Entry> {
        code::entry(Table::Negotiation, self.0)
    }
}

impl fmt::Display for FailureCode {
    /// `5 (HYBRID_REQUIRED_BY_SERVER)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&code::named(Table::Negotiation, self.0))
    }
}

/// What a client asks for ([MS-RDPBCGR] 2.2.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The routing token or cookie without its line end, such as `Cookie: mstshash=user`.
    pub cookie: Option<Vec<u8>>,
    /// `RDP_NEG_REQ`; clients that know only classic RDP security send none.
    pub negotiation: Option<Wish>,
}

/// `RDP_NEG_REQ` ([MS-RDPBCGR] 2.2.1.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Flags but for "correlation follows".
    pub flags: RequestFlags,
    /// The protocols that the client speaks.
    pub protocols: Protocols,
    /// Identifier of the connection attempt ([MS-RDPBCGR] 2.2.1.1.2).
    pub correlation: Option<[u8; 16]>,
}

impl Request {
    /// A request for these protocols, by this user name.
    pub fn for_protocols(protocols: Protocols, user: &str) -> Self {
        Self {
            cookie: Some(format!("Cookie: mstshash={user}").into_bytes()),
            negotiation: Some(Wish {
                flags: RequestFlags::default(),
                protocols,
                correlation: None,
            }),
        }
    }

    /// Writes a whole packet.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut variable = Vec::new();
        if let Some(cookie) = &self.cookie {
            variable.extend_from_slice(cookie);
            variable.extend_from_slice(b"\r\n");
        }
        if let Some(wish) = &self.negotiation {
            let marked = if wish.correlation.is_some() {
                wish.flags.0 | CORRELATION_PRESENT
            } else {
                wish.flags.0 & !CORRELATION_PRESENT
            };
            variable.extend_from_slice(&structure(REQUEST, marked, wish.protocols.0));
            if let Some(id) = &wish.correlation {
                variable.extend_from_slice(&[CORRELATION, 0]);
                variable.extend_from_slice(&CORRELATION_LENGTH.to_le_bytes());
                variable.extend_from_slice(id);
                variable.extend_from_slice(&[0; 16]);
            }
        }
        packet(Unit::Request, 0, &variable)
    }

    /// Reads the payload of a packet. Bytes after the negotiation structures are ignored.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let variable = Connection::decode(Unit::Request, payload)?.variable;
        let (cookie, rest) = split_cookie(variable)?;
        let negotiation = if rest.is_empty() {
            None
        } else {
            Some(Wish::decode(rest)?)
        };
        Ok(Self {
            cookie: cookie.map(<[u8]>::to_vec),
            negotiation,
        })
    }
}

impl Wish {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("the negotiation request", bytes);
        let (kind, flags, value) = read_structure(&mut reader)?;
        if kind != REQUEST {
            return Err(DecodeError::Unexpected {
                field: "the type where a negotiation request should be",
                found: u32::from(kind),
            });
        }
        let correlation = if flags & CORRELATION_PRESENT == 0 {
            None
        } else {
            Some(read_correlation(&mut reader)?)
        };
        Ok(Self {
            flags: RequestFlags(flags & !CORRELATION_PRESENT),
            protocols: Protocols(value),
            correlation,
        })
    }
}

/// What a server answers ([MS-RDPBCGR] 2.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A confirm without negotiation data: classic RDP security.
    Bare,
    /// `RDP_NEG_RSP`.
    Selected {
        /// What the server can do besides.
        flags: ResponseFlags,
        /// The one protocol that it selected.
        protocol: Protocols,
    },
    /// `RDP_NEG_FAILURE`.
    Refused(FailureCode),
}

impl Answer {
    /// Writes a whole packet.
    pub fn encode(self) -> Result<Vec<u8>, EncodeError> {
        // The reference of the specification's example ([MS-RDPBCGR] 4.1.2); clients ignore it.
        const SOURCE: u16 = 0x1234;
        match self {
            Self::Bare => packet(Unit::Confirm, SOURCE, &[]),
            Self::Selected { flags, protocol } => packet(
                Unit::Confirm,
                SOURCE,
                &structure(RESPONSE, flags.0, protocol.0),
            ),
            Self::Refused(code) => packet(Unit::Confirm, SOURCE, &structure(FAILURE, 0, code.0)),
        }
    }

    /// Reads the payload of a packet.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let variable = Connection::decode(Unit::Confirm, payload)?.variable;
        if variable.is_empty() {
            return Ok(Self::Bare);
        }
        let (kind, flags, value) =
            read_structure(&mut Reader::new("the negotiation answer", variable))?;
        match kind {
            RESPONSE => Ok(Self::Selected {
                flags: ResponseFlags(flags),
                protocol: Protocols(value),
            }),
            FAILURE => Ok(Self::Refused(FailureCode(value))),
            other => Err(DecodeError::Unexpected {
                field: "the type of the negotiation answer",
                found: u32::from(other),
            }),
        }
    }
}

/// Type, flags, length and value, which requests, responses and failures have in common.
fn structure(kind: u8, flags: u8, value: u32) -> [u8; 8] {
    let [low, high] = LENGTH.to_le_bytes();
    let [first, second, third, fourth] = value.to_le_bytes();
    [kind, flags, low, high, first, second, third, fourth]
}

fn read_structure(reader: &mut Reader<'_>) -> Result<(u8, u8, u32), DecodeError> {
    let kind = reader.u8()?;
    let flags = reader.u8()?;
    check_length(reader, LENGTH)?;
    Ok((kind, flags, reader.u32_le()?))
}

fn read_correlation(reader: &mut Reader<'_>) -> Result<[u8; 16], DecodeError> {
    let kind = reader.u8()?;
    if kind != CORRELATION {
        return Err(DecodeError::Unexpected {
            field: "the type where correlation should be",
            found: u32::from(kind),
        });
    }
    let _flags = reader.u8()?;
    check_length(reader, CORRELATION_LENGTH)?;
    let id = reader.array()?;
    let _reserved = reader.take(16)?;
    Ok(id)
}

fn check_length(reader: &mut Reader<'_>, expected: u16) -> Result<(), DecodeError> {
    let length = reader.u16_le()?;
    if length == expected {
        return Ok(());
    }
    Err(DecodeError::Unexpected {
        field: "the length of a negotiation structure",
        found: u32::from(length),
    })
}

/// The line at the front, when there is one: a negotiation structure begins with its type instead.
fn split_cookie(variable: &[u8]) -> Result<(Option<&[u8]>, &[u8]), DecodeError> {
    if variable.first().is_none_or(|first| *first == REQUEST) {
        return Ok((None, variable));
    }
    let end = variable.windows(2).position(|pair| pair == b"\r\n");
    let Some((cookie, rest)) = end.and_then(|end| variable.split_at_checked(end)) else {
        return Err(DecodeError::Unended {
            field: "the routing token or cookie",
        });
    };
    Ok((Some(cookie), rest.get(2..).unwrap_or_default()))
}

fn packet(unit: Unit, source: u16, variable: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let connection = Connection {
        destination: 0,
        source,
        variable,
    };
    tpkt::frame(&connection.encode(unit)?)
}

#[cfg(test)]
mod tests {
    use super::FailureCode;
    use super::Protocols;

    #[test]
    fn failure_codes_are_numbered_from_one_without_gaps() {
        let known = |code: &u32| FailureCode(*code).name().is_some();
        let codes: Vec<u32> = (0..=100).filter(known).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn an_unknown_failure_shows_its_number_alone() {
        assert_eq!(FailureCode(7).to_string(), "7");
        assert_eq!(FailureCode(7).explanation(), None);
        assert_eq!(FailureCode(5).to_string(), "5 (HYBRID_REQUIRED_BY_SERVER)");
        assert_eq!(
            FailureCode(5).explanation().as_deref(),
            Some("the host insists on network level authentication")
        );
    }

    #[test]
    fn protocols_are_shown_by_name_and_the_rest_by_number() {
        assert_eq!(Protocols::RDP.to_string(), "RDP");
        assert_eq!(Protocols(0xB).to_string(), "SSL|HYBRID|HYBRID_EX");
        assert_eq!(Protocols(0x41).to_string(), "SSL|0x40");
    }
}
