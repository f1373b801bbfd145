//! The three messages of NTLM as bytes (MS-NLMP 2.2.1), as far as a server reads and writes them. Knows no keys.

use crate::auth::AuthError;
use crate::auth::ServerNames;
use crate::auth::cryptography::Block;
use crate::auth::cryptography::utf16;

/// How every NTLM message begins.
pub(super) const SIGNATURE: &[u8] = b"NTLMSSP\0";

/// Flags of MS-NLMP 2.2.2.5.
pub(super) mod flags {
    pub(in crate::auth) const UNICODE: u32 = 0x1;
    pub(in crate::auth) const REQUEST_TARGET: u32 = 0x4;
    pub(in crate::auth) const SIGN: u32 = 0x10;
    pub(in crate::auth) const SEAL: u32 = 0x20;
    pub(in crate::auth) const NTLM: u32 = 0x200;
    pub(in crate::auth) const ALWAYS_SIGN: u32 = 0x8000;
    pub(in crate::auth) const TARGET_IS_DOMAIN: u32 = 0x1_0000;
    pub(in crate::auth) const TARGET_IS_SERVER: u32 = 0x2_0000;
    pub(in crate::auth) const EXTENDED_SESSION_SECURITY: u32 = 0x8_0000;
    pub(in crate::auth) const TARGET_INFO: u32 = 0x80_0000;
    pub(in crate::auth) const VERSION: u32 = 0x200_0000;
    pub(in crate::auth) const KEY_128: u32 = 0x2000_0000;
    pub(in crate::auth) const KEY_EXCHANGE: u32 = 0x4000_0000;
    pub(in crate::auth) const KEY_56: u32 = 0x8000_0000;
}

const AV_END: u16 = 0;
const AV_COMPUTER: u16 = 1;
const AV_DOMAIN: u16 = 2;
const AV_DNS_COMPUTER: u16 = 3;
const AV_DNS_DOMAIN: u16 = 4;
const AV_DNS_FOREST: u16 = 5;
const AV_FLAGS: u16 = 6;
const AV_TIMESTAMP: u16 = 7;
const AV_CHANNEL_BINDING: u16 = 10;
/// Bit of [`AV_FLAGS`]: the message carries an integrity code.
const AV_FLAG_MIC: u32 = 0x2;

/// Where the integrity code stands in the last message.
const MIC_OFFSET: usize = 72;

/// Flags of the client's first message.
pub(super) fn read_negotiate(message: &[u8]) -> Result<u32, AuthError> {
    let flags = header(message, 1).and_then(|()| number(message, 12));
    flags.ok_or_else(|| bad("negotiate", "not an NTLM negotiate message"))
}

/// What a challenge says about the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Challenge<'a> {
    /// What the computer and its domain are called.
    pub(super) names: &'a ServerNames,
    /// The build of Windows 10.0 that it claims to be.
    pub(super) build: u16,
    /// 100 ns since 1601.
    pub(super) timestamp: u64,
    /// What the client has to encrypt.
    pub(super) nonce: [u8; 8],
}

/// Writes the challenge to a client that sent these flags.
pub(super) fn write_challenge(challenge: &Challenge<'_>, asked: u32) -> Vec<u8> {
    let names = challenge.names;
    let name = utf16(&names.domain);
    let mut info = Vec::new();
    av_pair(&mut info, AV_DOMAIN, &name);
    av_pair(&mut info, AV_COMPUTER, &utf16(&names.computer));
    av_pair(&mut info, AV_DNS_DOMAIN, &utf16(&names.dns_domain));
    av_pair(&mut info, AV_DNS_COMPUTER, &utf16(&names.dns_computer));
    if names.is_in_domain() {
        av_pair(&mut info, AV_DNS_FOREST, &utf16(&names.dns_domain));
    }
    av_pair(&mut info, AV_TIMESTAMP, &challenge.timestamp.to_le_bytes());
    av_pair(&mut info, AV_END, &[]);

    let echoed =
        asked & (flags::SIGN | flags::SEAL | flags::KEY_128 | flags::KEY_56 | flags::KEY_EXCHANGE);
    let target = if names.is_in_domain() {
        flags::TARGET_IS_DOMAIN
    } else {
        flags::TARGET_IS_SERVER
    };
    let always = flags::UNICODE
        | flags::REQUEST_TARGET
        | flags::NTLM
        | flags::ALWAYS_SIGN
        | target
        | flags::EXTENDED_SESSION_SECURITY
        | flags::TARGET_INFO
        | flags::VERSION;
    let mut message = SIGNATURE.to_vec();
    message.extend(2_u32.to_le_bytes());
    field(&mut message, 56, name.len());
    message.extend((echoed | always).to_le_bytes());
    message.extend(challenge.nonce);
    message.extend([0; 8]);
    field(&mut message, 56 + name.len(), info.len());
    message.extend([10, 0]);
    message.extend(challenge.build.to_le_bytes());
    message.extend([0, 0, 0, 15]);
    message.extend(name);
    message.extend(info);
    message
}

/// The client's last message.
#[derive(Debug)]
pub(super) struct Authenticate<'a> {
    pub(super) user: String,
    pub(super) domain: String,
    /// The proof that the client knows the password.
    pub(super) proof: &'a [u8],
    /// What the proof is over, besides the nonce.
    pub(super) blob: &'a [u8],
    pub(super) key_exchange: Option<Block>,
    /// The integrity code, when the client says that there is one.
    pub(super) mic: Option<&'a [u8]>,
    /// The hash of the channel binding, when the client sends one.
    pub(super) channel_binding: Option<&'a [u8]>,
    /// The message with its integrity code blanked out, as it is computed over.
    pub(super) blanked: Vec<u8>,
}

/// Reads the client's last message; anything but NTLMv2 with 128-bit extended security is refused.
pub(super) fn read_authenticate(message: &[u8]) -> Result<Authenticate<'_>, AuthError> {
    let unusable = |reason| bad("authenticate", reason);
    header(message, 3).ok_or_else(|| unusable("not an NTLM authenticate message"))?;
    let flags = number(message, 60).ok_or_else(|| unusable("it ends early"))?;
    let needed = flags::EXTENDED_SESSION_SECURITY | flags::KEY_128 | flags::UNICODE;
    if flags & needed != needed {
        return Err(unusable(
            "extended session security, 128-bit keys or Unicode is missing",
        ));
    }
    let response = payload(message, 20).ok_or_else(|| unusable("the response is cut off"))?;
    let Some((proof, blob)) = response
        .split_at_checked(16)
        .filter(|(_, blob)| blob.len() >= 28)
    else {
        return Err(unusable("the response is not NTLMv2"));
    };
    let (_, pairs) = blob.split_at(28);
    let channel_binding =
        find_pair(pairs, AV_CHANNEL_BINDING).filter(|hash| hash.iter().any(|byte| *byte != 0));
    let promised = find_pair(pairs, AV_FLAGS)
        .and_then(|value| number(value, 0))
        .unwrap_or(0);
    let mic = message.get(MIC_OFFSET..MIC_OFFSET + 16);
    let (mic, blanked) = match mic {
        Some(mic) if promised & AV_FLAG_MIC != 0 => (Some(mic), blank_mic(message)),
        None if promised & AV_FLAG_MIC != 0 => {
            return Err(unusable("the integrity code is cut off"));
        }
        _ => (None, Vec::new()),
    };
    let key_exchange = if flags & flags::KEY_EXCHANGE == 0 {
        None
    } else {
        let key = payload(message, 52).and_then(|key| Block::try_from(key).ok());
        Some(key.ok_or_else(|| unusable("the session key is cut off"))?)
    };
    let text = |offset| payload(message, offset).and_then(from_utf16);
    Ok(Authenticate {
        user: text(36).ok_or_else(|| unusable("the user name is not text"))?,
        domain: text(28).ok_or_else(|| unusable("the domain is not text"))?,
        proof,
        blob,
        key_exchange,
        mic,
        channel_binding,
        blanked,
    })
}

fn blank_mic(message: &[u8]) -> Vec<u8> {
    let blanked = message.iter().enumerate().map(|(index, byte)| {
        if (MIC_OFFSET..MIC_OFFSET + 16).contains(&index) {
            0
        } else {
            *byte
        }
    });
    blanked.collect()
}

fn bad(step: &'static str, reason: &str) -> AuthError {
    AuthError::BadToken {
        step,
        reason: reason.to_owned(),
    }
}

fn header(message: &[u8], kind: u32) -> Option<()> {
    (message.starts_with(SIGNATURE) && number(message, 8)? == kind).then_some(())
}

fn number(bytes: &[u8], offset: usize) -> Option<u32> {
    let digits = bytes.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*digits))
}

fn short(bytes: &[u8], offset: usize) -> Option<u16> {
    let digits = bytes.get(offset..)?.first_chunk::<2>()?;
    Some(u16::from_le_bytes(*digits))
}

/// What the length-and-offset field at this place points to.
fn payload(message: &[u8], field: usize) -> Option<&[u8]> {
    let length = usize::from(short(message, field)?);
    let offset = usize::try_from(number(message, field + 4)?).ok()?;
    if length == 0 {
        return Some(&[]);
    }
    message.get(offset..)?.get(..length)
}

fn field(message: &mut Vec<u8>, offset: usize, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    message.extend(length);
    message.extend(length);
    message.extend(u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes());
}

fn av_pair(info: &mut Vec<u8>, id: u16, value: &[u8]) {
    info.extend(id.to_le_bytes());
    info.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    info.extend_from_slice(value);
}

fn find_pair(mut pairs: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let id = short(pairs, 0)?;
        let length = usize::from(short(pairs, 2)?);
        let value = pairs.get(4..)?.get(..length)?;
        if id == wanted {
            return Some(value);
        }
        if id == AV_END {
            return None;
        }
        pairs = pairs.get(4 + length..)?;
    }
}

fn from_utf16(bytes: &[u8]) -> Option<String> {
    let (units, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::Challenge;
    use super::SIGNATURE;
    use super::ServerNames;
    use super::find_pair;
    use super::read_authenticate;
    use super::read_negotiate;
    use super::write_challenge;

    #[test]
    fn a_challenge_names_the_computer_and_its_build() {
        let challenge = Challenge {
            names: &ServerNames::in_workgroup("PC-1"),
            build: 20348,
            timestamp: 1,
            nonce: [9; 8],
        };
        let message = write_challenge(&challenge, 0);
        assert_eq!(message[48..56], [10, 0, 0x7c, 0x4f, 0, 0, 0, 15]);
        let pairs = &message[56 + 8..];
        assert_eq!(find_pair(pairs, 1), Some(b"P\0C\0-\x001\0".as_slice()));
        assert_eq!(
            find_pair(pairs, 7),
            Some([1, 0, 0, 0, 0, 0, 0, 0].as_slice())
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, kind in 1_u8..4) {
            let mut message = SIGNATURE.to_vec();
            message.extend([kind, 0, 0, 0]);
            message.extend(&bytes);
            let _negotiate = (read_negotiate(&bytes), read_negotiate(&message));
            let _authenticate = (read_authenticate(&bytes).is_ok(), read_authenticate(&message).is_ok());
        }
    }
}
