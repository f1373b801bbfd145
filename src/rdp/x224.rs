//! X.224 class 0 connection request and confirm (ITU-T X.224 13.3, 13.4; [MS-RDPBCGR] 2.2.1.1, 2.2.1.2). Knows the
//! fixed part; what stands in the variable part is [`crate::rdp::nego`]'s business.

use crate::rdp::DecodeError;
use crate::rdp::EncodeError;
use crate::rdp::Reader;

/// Code, destination, source and class: what the length indicator counts besides the variable part.
const FIXED: usize = 6;
/// The length indicator is one byte and 255 is reserved (X.224 13.2.1).
const LONGEST: usize = 254;

/// Which of the two units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// CR, from the client.
    Request,
    /// CC, from the server.
    Confirm,
}

impl Unit {
    const fn code(self) -> u8 {
        match self {
            Self::Request => 0xE0,
            Self::Confirm => 0xD0,
        }
    }
}

/// A connection request or confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection<'a> {
    /// The reference of the receiving side; 0 in a request.
    pub destination: u16,
    /// The reference that the sender chose.
    pub source: u16,
    /// What follows the fixed part.
    pub variable: &'a [u8],
}

impl<'a> Connection<'a> {
    /// Writes it as this unit.
    pub fn encode(&self, unit: Unit) -> Result<Vec<u8>, EncodeError> {
        let length = FIXED + self.variable.len();
        let Some(indicator) = u8::try_from(length)
            .ok()
            .filter(|length| usize::from(*length) <= LONGEST)
        else {
            return Err(EncodeError {
                field: "the X.224 unit",
                length,
                limit: LONGEST,
            });
        };
        let mut bytes = vec![indicator, unit.code()];
        bytes.extend_from_slice(&self.destination.to_be_bytes());
        bytes.extend_from_slice(&self.source.to_be_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.variable);
        Ok(bytes)
    }

    /// Reads the payload of a packet that has to be this unit. The class byte is not judged: some peers put options
    /// there, and RDP has only class 0.
    pub fn decode(unit: Unit, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("the X.224 unit", payload);
        let indicator = usize::from(reader.u8()?);
        let mut reader = Reader::new("the X.224 unit", reader.take(indicator)?);
        let code = reader.u8()?;
        if code & 0xF0 != unit.code() {
            return Err(DecodeError::Unexpected {
                field: match unit {
                    Unit::Request => "the code where an X.224 connection request should be",
                    Unit::Confirm => "the code where an X.224 connection confirm should be",
                },
                found: u32::from(code),
            });
        }
        let destination = reader.u16_be()?;
        let source = reader.u16_be()?;
        let _class = reader.u8()?;
        Ok(Self {
            destination,
            source,
            variable: reader.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Connection;
    use super::Unit;
    use crate::rdp::DecodeError;

    #[test]
    fn a_confirm_is_no_request() {
        let confirm = Connection {
            destination: 0,
            source: 0x1234,
            variable: b"x",
        };
        let bytes = confirm.encode(Unit::Confirm).unwrap();
        assert_eq!(bytes, [7, 0xD0, 0, 0, 0x12, 0x34, 0, b'x']);
        assert_eq!(Connection::decode(Unit::Confirm, &bytes), Ok(confirm));
        assert!(matches!(
            Connection::decode(Unit::Request, &bytes),
            Err(DecodeError::Unexpected { found: 0xD0, .. })
        ));
    }

    #[test]
    fn a_unit_longer_than_its_indicator_is_refused() {
        let request = Connection {
            destination: 0,
            source: 0,
            variable: &[0; 249],
        };
        assert_eq!(request.encode(Unit::Request).unwrap_err().length, 255);
    }
}
