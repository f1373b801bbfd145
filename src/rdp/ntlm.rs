//! The NTLM challenge that a host shows to anybody who asks for network level authentication: its names, its build and
//! its clock ([MS-NLMP] 2.2.1.2). No cryptography and no credentials: signing in is the `auth` module's business.

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
/// Unicode, request target, sign, seal, NTLM, always sign, target is a server, extended session security, target
/// information, version, 128 bits, key exchange, 56 bits ([MS-NLMP] 2.2.2.5).
const FLAGS: u32 = 0xE28A_8235;

/// Attribute identifiers of the target information ([MS-NLMP] 2.2.2.1).
const END: u16 = 0;
const NETBIOS_COMPUTER: u16 = 1;
const NETBIOS_DOMAIN: u16 = 2;
const DNS_COMPUTER: u16 = 3;
const DNS_DOMAIN: u16 = 4;
const TIMESTAMP: u16 = 7;

/// What a host that belongs to no domain says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The computer's name; a workgroup's host gives it as its domain too.
    pub computer: String,
    /// Major and minor version and build: 10, 0, 20348.
    pub version: (u8, u8, u16),
    /// The host's clock, in units of 100 ns since 1601.
    pub filetime: u64,
    /// The server's challenge.
    pub nonce: [u8; 8],
}

impl Challenge {
    /// Writes the message. Names beyond 32767 characters are cut, which no host has.
    pub fn encode(&self) -> Vec<u8> {
        let short: String = self
            .computer
            .split('.')
            .next()
            .unwrap_or_default()
            .chars()
            // A NetBIOS name has 15 characters.
            .take(15)
            .collect();
        let netbios = utf16(&short.to_uppercase());
        let dns = utf16(&self.computer);
        let mut information = Vec::new();
        attribute(&mut information, NETBIOS_DOMAIN, &netbios);
        attribute(&mut information, NETBIOS_COMPUTER, &netbios);
        attribute(&mut information, DNS_DOMAIN, &dns);
        attribute(&mut information, DNS_COMPUTER, &dns);
        attribute(&mut information, TIMESTAMP, &self.filetime.to_le_bytes());
        attribute(&mut information, END, &[]);

        let mut message = SIGNATURE.to_vec();
        message.extend_from_slice(&CHALLENGE.to_le_bytes());
        place(&mut message, &netbios, PAYLOAD);
        message.extend_from_slice(&FLAGS.to_le_bytes());
        message.extend_from_slice(&self.nonce);
        message.extend_from_slice(&[0; 8]);
        let after_name = PAYLOAD.saturating_add(u32::try_from(netbios.len()).unwrap_or(u32::MAX));
        place(&mut message, &information, after_name);
        let (major, minor, build) = self.version;
        message.extend_from_slice(&[major, minor]);
        message.extend_from_slice(&build.to_le_bytes());
        message.extend_from_slice(&[0, 0, 0, REVISION]);
        message.extend_from_slice(&netbios);
        message.extend_from_slice(&information);
        message
    }
}

/// Whether a token is the NEGOTIATE message with which a client begins.
pub fn is_negotiate(token: &[u8]) -> bool {
    token.strip_prefix(SIGNATURE).and_then(<[u8]>::first_chunk) == Some(&NEGOTIATE.to_le_bytes())
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
    message.extend_from_slice(&length);
    message.extend_from_slice(&length);
    message.extend_from_slice(&offset.to_le_bytes());
}

fn attribute(information: &mut Vec<u8>, id: u16, value: &[u8]) {
    information.extend_from_slice(&id.to_le_bytes());
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    information.extend_from_slice(&length.to_le_bytes());
    information.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::Challenge;
    use super::is_negotiate;

    #[test]
    fn the_challenge_places_its_parts_where_it_says() {
        let message = Challenge {
            computer: "rdp-1.lab.test".to_owned(),
            version: (10, 0, 20_348),
            filetime: 0x0102_0304_0506_0708,
            nonce: *b"nonce678",
        }
        .encode();
        let number = |at: usize| usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
        assert_eq!(&message[..12], b"NTLMSSP\0\x02\0\0\0");
        let (length, offset) = (number(12), number(16));
        let name: Vec<u16> = message[offset..offset + length]
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(String::from_utf16(&name).unwrap(), "RDP-1");
        assert_eq!(number(44) + number(40), message.len());
        assert_eq!(number(50), 20_348);
        assert!(message.ends_with(&[7, 0, 8, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0]));
    }

    #[test]
    fn only_the_first_message_is_negotiate() {
        assert!(is_negotiate(b"NTLMSSP\0\x01\0\0\0rest"));
        assert!(!is_negotiate(b"NTLMSSP\0\x03\0\0\0rest"));
        assert!(!is_negotiate(b"NTLMSSP\0\x01"));
    }
}
