//! The first two messages of NTLM: the client's NEGOTIATE and the CHALLENGE, in which a host tells its names, its build
//! and its clock to anybody who asks for network level authentication ([MS-NLMP] 2.2.1.1, 2.2.1.2).
//!
//! No cryptography and no credentials: signing in is the `auth` module's business.

use crate::rdp::DecodeError;
use crate::rdp::Reader;

/// The signature of every NTLM message.
const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// Message type of NEGOTIATE.
const NEGOTIATE: u32 = 1;
/// Message type of CHALLENGE.
const CHALLENGE: u32 = 2;
/// Where the payload begins: after the fixed fields with the version.
const PAYLOAD: u32 = 56;
/// `NTLMSSP_REVISION_W2K3` ([MS-NLMP] 2.2.2.10).
const REVISION: u8 = 15;
/// What Windows' own clients ask for: Unicode, OEM, request target, sign, seal, LM key, NTLM, always sign, extended
/// session security, version, 128 bits, key exchange, 56 bits ([MS-NLMP] 2.2.2.5).
const ASKED: u32 = 0xE208_82B7;
/// Unicode, request target, sign, seal, NTLM, always sign, target is a server, extended session security, target
/// information, version, 128 bits, key exchange, 56 bits.
const ANSWERED: u32 = 0xE28A_8235;
/// The bit that says that texts are UTF-16.
const UNICODE: u32 = 0x1;
/// The bit that says that there is a version.
const VERSION: u32 = 0x0200_0000;

/// Attribute identifiers of the target information ([MS-NLMP] 2.2.2.1).
const END: u16 = 0;
const NETBIOS_COMPUTER: u16 = 1;
const NETBIOS_DOMAIN: u16 = 2;
const DNS_COMPUTER: u16 = 3;
const DNS_DOMAIN: u16 = 4;
const DNS_FOREST: u16 = 5;
const TIMESTAMP: u16 = 7;

/// The message with which a client begins; it says nothing about the client but that it speaks NTLM.
pub fn negotiate() -> Vec<u8> {
    let mut message = SIGNATURE.to_vec();
    message.extend(NEGOTIATE.to_le_bytes());
    message.extend(ASKED.to_le_bytes());
    // Neither domain nor workstation, and as version the first Windows 10, which nobody looks at.
    message.extend([0; 16]);
    message.extend([10, 0, 0, 0x28, 0, 0, 0, REVISION]);
    message
}

/// What a host says about itself. What it does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Challenge {
    /// What the client signs in to: the domain's name, or the computer's own.
    pub target: String,
    /// The server's challenge.
    pub nonce: [u8; 8],
    /// Major and minor version and build: 10, 0, 20348.
    pub version: Option<(u8, u8, u16)>,
    /// NetBIOS name of the computer.
    pub computer: Option<String>,
    /// NetBIOS name of the domain; the computer's own in a workgroup.
    pub domain: Option<String>,
    /// DNS name of the computer.
    pub dns_computer: Option<String>,
    /// DNS name of the domain.
    pub dns_domain: Option<String>,
    /// DNS name of the forest.
    pub dns_forest: Option<String>,
    /// The host's clock, in units of 100 ns since 1601.
    pub filetime: Option<u64>,
}

impl Challenge {
    /// Writes the message. Names beyond 32767 characters are cut, which no host has.
    pub fn encode(&self) -> Vec<u8> {
        let mut information = Vec::new();
        for (id, name) in [
            (NETBIOS_DOMAIN, &self.domain),
            (NETBIOS_COMPUTER, &self.computer),
            (DNS_DOMAIN, &self.dns_domain),
            (DNS_COMPUTER, &self.dns_computer),
            (DNS_FOREST, &self.dns_forest),
        ] {
            if let Some(name) = name {
                attribute(&mut information, id, &utf16(name));
            }
        }
        if let Some(filetime) = self.filetime {
            attribute(&mut information, TIMESTAMP, &filetime.to_le_bytes());
        }
        attribute(&mut information, END, &[]);

        let target = utf16(&self.target);
        let mut message = SIGNATURE.to_vec();
        message.extend(CHALLENGE.to_le_bytes());
        place(&mut message, &target, PAYLOAD);
        let flags = match self.version {
            Some(_) => ANSWERED,
            None => ANSWERED & !VERSION,
        };
        message.extend(flags.to_le_bytes());
        message.extend(self.nonce);
        message.extend([0; 8]);
        let after_name = PAYLOAD.saturating_add(u32::try_from(target.len()).unwrap_or(u32::MAX));
        place(&mut message, &information, after_name);
        let (major, minor, build) = self.version.unwrap_or_default();
        message.extend([major, minor]);
        message.extend(build.to_le_bytes());
        message.extend([0, 0, 0, REVISION]);
        message.extend(target);
        message.extend(information);
        message
    }

    /// Reads the message.
    pub fn decode(message: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("an NTLM challenge", message);
        let signature: [u8; 8] = reader.array()?;
        let kind = reader.u32_le()?;
        if &signature != SIGNATURE || kind != CHALLENGE {
            return Err(DecodeError::Unexpected {
                field: "the type of an NTLM message where a challenge should be",
                found: kind,
            });
        }
        let target = part(message, &mut reader)?;
        let flags = reader.u32_le()?;
        let nonce = reader.array()?;
        let _reserved: [u8; 8] = reader.array()?;
        let information = part(message, &mut reader)?;
        let version = if flags & VERSION == 0 {
            None
        } else {
            Some((reader.u8()?, reader.u8()?, reader.u16_le()?))
        };
        let mut challenge = Self {
            target: if flags & UNICODE == 0 {
                target.iter().copied().map(char::from).collect()
            } else {
                text(target)
            },
            nonce,
            version,
            ..Self::default()
        };
        challenge.read_information(information)?;
        Ok(challenge)
    }

    /// Reads attributes up to the one that ends the list; those that are not known are skipped.
    fn read_information(&mut self, information: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new("NTLM target information", information);
        while !reader.rest().is_empty() {
            let id = reader.u16_le()?;
            let length = reader.u16_le()?;
            let value = reader.take(usize::from(length))?;
            match id {
                END => return Ok(()),
                NETBIOS_COMPUTER => self.computer = Some(text(value)),
                NETBIOS_DOMAIN => self.domain = Some(text(value)),
                DNS_COMPUTER => self.dns_computer = Some(text(value)),
                DNS_DOMAIN => self.dns_domain = Some(text(value)),
                DNS_FOREST => self.dns_forest = Some(text(value)),
                TIMESTAMP => {
                    let mut time = Reader::new("the time in an NTLM challenge", value);
                    self.filetime = Some(u64::from_le_bytes(time.array()?));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the next length and offset point to.
fn part<'a>(message: &'a [u8], reader: &mut Reader<'_>) -> Result<&'a [u8], DecodeError> {
    let length = usize::from(reader.u16_le()?);
    let _allocated = reader.u16_le()?;
    let offset = usize::try_from(reader.u32_le()?).unwrap_or(usize::MAX);
    if length == 0 {
        return Ok(&[]);
    }
    let end = offset.saturating_add(length);
    message.get(offset..end).ok_or(DecodeError::Short {
        field: "an NTLM challenge",
        found: message.len(),
        needed: end,
    })
}

/// A name from a peer; what is not UTF-16 in it is replaced, because it is only shown.
fn text(bytes: &[u8]) -> String {
    let (pairs, _odd) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .take(0x7FFF)
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// Length, allocated length and offset of a part of the payload.
fn place(message: &mut Vec<u8>, part: &[u8], offset: u32) {
    let length = u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
    message.extend(length);
    message.extend(length);
    message.extend(offset.to_le_bytes());
}

fn attribute(information: &mut Vec<u8>, id: u16, value: &[u8]) {
    information.extend(id.to_le_bytes());
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    information.extend(length.to_le_bytes());
    information.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::Challenge;
    use super::negotiate;

    /// The challenge of a server ([MS-NLMP] 4.2.4.3), whose target information holds two names.
    const PUBLISHED: &[u8] = b"NTLMSSP\0\x02\0\0\0\x0c\0\x0c\0\x38\0\0\0\x33\x82\x8a\xe2\
        \x01\x23\x45\x67\x89\xab\xcd\xef\0\0\0\0\0\0\0\0\x24\0\x24\0\x44\0\0\0\x06\0\x70\x17\0\0\0\x0f\
        S\0e\0r\0v\0e\0r\0\x02\0\x0c\0D\0o\0m\0a\0i\0n\0\x01\0\x0c\0S\0e\0r\0v\0e\0r\0\0\0\0\0";

    #[test]
    fn the_published_challenge_is_read() {
        let expected = Challenge {
            target: "Server".to_owned(),
            nonce: [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF],
            version: Some((6, 0, 6000)),
            computer: Some("Server".to_owned()),
            domain: Some("Domain".to_owned()),
            ..Challenge::default()
        };
        assert_eq!(Challenge::decode(PUBLISHED), Ok(expected));
        for end in 0..PUBLISHED.len() {
            assert!(Challenge::decode(&PUBLISHED[..end]).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn without_the_unicode_bit_the_target_has_one_byte_a_letter() {
        let mut message = Challenge {
            target: "ab".to_owned(),
            ..Challenge::default()
        }
        .encode();
        message[20] &= !1;
        assert_eq!(Challenge::decode(&message).unwrap().target, "a\0b\0");
    }

    #[test]
    fn the_first_message_names_nobody() {
        let message = negotiate();
        assert_eq!(&message[..12], b"NTLMSSP\0\x01\0\0\0");
        assert_eq!(message[16..32], [0; 16]);
        assert_eq!(message.len(), 40);
        assert!(Challenge::decode(&message).is_err());
    }
}
