//! The messages of CredSSP ([MS-CSSP] 2.2.1): `TSRequest` with all its fields, and the credentials that travel sealed
//! inside the last one. Knows DER; must not know how tokens are made or sealed.

use crate::rdp::DecodeError;
use crate::rdp::Reader;
use crate::rdp::der::SEQUENCE;
use crate::rdp::der::element;
use crate::rdp::der::expect;
use crate::rdp::der::field;
use crate::rdp::der::integer;
use crate::rdp::der::integer_in;
use crate::rdp::der::octets;
use crate::rdp::der::octets_in;
use crate::rdp::der::read;
use crate::rdp::der::unsigned;
use crate::rdp::der::unsigned_in;
use crate::rdp::tpkt::Parted;
use crate::secret::Secret;

/// The newest version of the protocol.
pub const NEWEST: u32 = 6;
/// The first version that has `errorCode`.
pub const WITH_ERROR_CODE: u32 = 3;
/// The first version whose `pubKeyAuth` is a hash with the client's nonce (CVE-2018-0886).
pub const WITH_NONCE: u32 = 5;

/// Length of the client's nonce.
const NONCE: usize = 32;
/// `credType` of a password.
const PASSWORD: u32 = 1;
/// `NegTokenResp`, the choice of every SPNEGO token but the first (RFC 4178 4.2).
const RESPONSE: u8 = field(1);
/// How every NTLM message begins.
const NTLM_SIGNATURE: &[u8] = b"NTLMSSP\0";

/// A message of CredSSP. Fields that are not known are skipped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TsRequest {
    /// Protocol version: 2 to 6.
    pub version: u32,
    /// The first of `negoTokens`.
    pub token: Option<Vec<u8>>,
    /// `authInfo`: the sealed [`TsPasswordCreds`].
    pub auth_info: Option<Vec<u8>>,
    /// `pubKeyAuth`: the sealed proof that both sides see the same TLS channel.
    pub pub_key_auth: Option<Vec<u8>>,
    /// `errorCode`: the NTSTATUS with which the server refuses; since version 3.
    pub error_code: Option<u32>,
    /// `clientNonce`; since version 5.
    pub client_nonce: Option<[u8; NONCE]>,
}

impl TsRequest {
    /// A message with nothing in it but the version.
    pub fn of_version(version: u32) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }

    /// Writes DER.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = unsigned(0, self.version);
        if let Some(token) = &self.token {
            let item = element(SEQUENCE, &octets(0, token));
            fields.extend(element(field(1), &element(SEQUENCE, &item)));
        }
        if let Some(auth_info) = &self.auth_info {
            fields.extend(octets(2, auth_info));
        }
        if let Some(pub_key_auth) = &self.pub_key_auth {
            fields.extend(octets(3, pub_key_auth));
        }
        if let Some(status) = self.error_code {
            // An NTSTATUS is a signed number: the refusals are all negative and take four bytes.
            fields.extend(integer(4, i64::from(status.cast_signed())));
        }
        if let Some(nonce) = &self.client_nonce {
            fields.extend(octets(5, nonce));
        }
        element(SEQUENCE, &fields)
    }

    /// Reads DER.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (fields, _) = expect(SEQUENCE, bytes)?;
        let (version, mut rest) = expect(field(0), fields)?;
        let mut message = Self::of_version(unsigned_in(version)?);
        while !rest.is_empty() {
            let (tag, content, after) = read(rest)?;
            if tag == field(1) {
                message.token = first_token(content)?;
            } else if tag == field(2) {
                message.auth_info = Some(octets_in(content)?.to_vec());
            } else if tag == field(3) {
                message.pub_key_auth = Some(octets_in(content)?.to_vec());
            } else if tag == field(4) {
                message.error_code = Some(status(integer_in(content)?)?);
            } else if tag == field(5) {
                let mut nonce = Reader::new("the client's nonce", octets_in(content)?);
                message.client_nonce = Some(nonce.array()?);
            }
            rest = after;
        }
        Ok(message)
    }
}

fn first_token(content: &[u8]) -> Result<Option<Vec<u8>>, DecodeError> {
    let (items, _) = expect(SEQUENCE, content)?;
    if items.is_empty() {
        return Ok(None);
    }
    let (item, _) = expect(SEQUENCE, items)?;
    let (token, _) = expect(field(0), item)?;
    Ok(Some(octets_in(token)?.to_vec()))
}

/// An NTSTATUS, which some write as a signed and some as an unsigned number.
fn status(number: i64) -> Result<u32, DecodeError> {
    i32::try_from(number)
        .map(i32::cast_unsigned)
        .or_else(|_beyond| u32::try_from(number))
        .map_err(|_beyond| DecodeError::Unexpected {
            field: "the first byte of an error code beyond 32 bits",
            found: u32::from(number.to_be_bytes().first().copied().unwrap_or(0)),
        })
}

/// The first whole message of a stream and the bytes after it; `None` while it is not complete.
pub fn split(bytes: &[u8]) -> Result<Option<Parted<'_>>, DecodeError> {
    match bytes.first() {
        None => return Ok(None),
        Some(&SEQUENCE) => {}
        Some(&found) => {
            return Err(DecodeError::Unexpected {
                field: "the tag where a CredSSP message should be",
                found: u32::from(found),
            });
        }
    }
    match read(bytes) {
        Ok((_, _, rest)) => Ok(bytes
            .len()
            .checked_sub(rest.len())
            .and_then(|end| bytes.split_at_checked(end))),
        Err(DecodeError::Short { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The NTLM message in a server's token: the token itself, or what SPNEGO carries; `None` when it carries none.
pub fn ntlm_in(token: &[u8]) -> Option<&[u8]> {
    if token.starts_with(NTLM_SIGNATURE) {
        return Some(token);
    }
    let (choice, _) = expect(RESPONSE, token).ok()?;
    let (mut fields, _) = expect(SEQUENCE, choice).ok()?;
    while !fields.is_empty() {
        let (tag, content, rest) = read(fields).ok()?;
        if tag == field(2) {
            return octets_in(content)
                .ok()
                .filter(|inner| inner.starts_with(NTLM_SIGNATURE));
        }
        fields = rest;
    }
    None
}

/// The credentials that a client delegates: `TSCredentials` with `TSPasswordCreds` in it ([MS-CSSP] 2.2.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsPasswordCreds {
    /// `domainName`.
    pub domain: String,
    /// `userName`.
    pub user: String,
    /// `password`.
    pub password: Secret,
}

impl TsPasswordCreds {
    /// Writes DER; it has to be sealed before it is sent.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = octets(0, &utf16(&self.domain));
        fields.extend(octets(1, &utf16(&self.user)));
        fields.extend(octets(2, &utf16(self.password.reveal())));
        let credentials = element(SEQUENCE, &fields);
        let mut outer = unsigned(0, PASSWORD);
        outer.extend(octets(1, &credentials));
        element(SEQUENCE, &outer)
    }

    /// Reads DER; other credentials than a password are an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (outer, _) = expect(SEQUENCE, bytes)?;
        let (kind, outer) = expect(field(0), outer)?;
        let kind = unsigned_in(kind)?;
        if kind != PASSWORD {
            return Err(DecodeError::Unexpected {
                field: "the type of the credentials",
                found: kind,
            });
        }
        let (credentials, _) = expect(field(1), outer)?;
        let (fields, _) = expect(SEQUENCE, octets_in(credentials)?)?;
        let (domain, fields) = expect(field(0), fields)?;
        let (user, fields) = expect(field(1), fields)?;
        let (password, _) = expect(field(2), fields)?;
        Ok(Self {
            domain: text(octets_in(domain)?)?,
            user: text(octets_in(user)?)?,
            password: Secret::new(text(octets_in(password)?)?),
        })
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn text(bytes: &[u8]) -> Result<String, DecodeError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if odd.is_empty() => Ok(text),
        _ => Err(DecodeError::Unexpected {
            field: "the length of a text that is not UTF-16",
            found: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::SEQUENCE;
    use super::TsPasswordCreds;
    use super::TsRequest;
    use super::element;
    use super::ntlm_in;
    use super::octets;
    use super::split;
    use crate::secret::Secret;

    #[test]
    fn versions_are_written_as_the_shortest_positive_integer() {
        let written = |version| TsRequest::of_version(version).encode();
        assert_eq!(written(6), [0x30, 5, 0xA0, 3, 2, 1, 6]);
        assert_eq!(written(0x80), [0x30, 6, 0xA0, 4, 2, 2, 0, 0x80]);
    }

    #[test]
    fn a_long_token_survives_the_round_trip() {
        let message = TsRequest {
            token: Some(vec![7; 40_000]),
            ..TsRequest::of_version(6)
        };
        assert_eq!(TsRequest::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn a_status_is_read_signed_and_unsigned() {
        let refused = TsRequest {
            error_code: Some(0xC000_006D),
            ..TsRequest::of_version(6)
        };
        let signed = [0x30, 13, 0xA0, 3, 2, 1, 6, 0xA4, 6, 2, 4, 0xC0, 0, 0, 0x6D];
        assert_eq!(refused.encode(), signed);
        let unsigned = [
            0x30, 14, 0xA0, 3, 2, 1, 6, 0xA4, 7, 2, 5, 0, 0xC0, 0, 0, 0x6D,
        ];
        assert_eq!(TsRequest::decode(&unsigned), Ok(refused));
    }

    #[test]
    fn an_unfinished_message_waits_and_another_protocol_is_refused() {
        let bytes = TsRequest {
            token: Some(b"token".to_vec()),
            ..TsRequest::of_version(2)
        }
        .encode();
        for end in 0..bytes.len() {
            assert_eq!(split(&bytes[..end]), Ok(None), "{end} bytes");
        }
        assert_eq!(split(&bytes), Ok(Some((&bytes[..], &b""[..]))));
        assert!(split(b"GET /").is_err());
    }

    #[test]
    fn ntlm_is_found_raw_and_in_a_spnego_token() {
        assert_eq!(ntlm_in(b"NTLMSSP\0\x02"), Some(&b"NTLMSSP\0\x02"[..]));
        let inner = element(SEQUENCE, &octets(2, b"NTLMSSP\0\x02"));
        let wrapped = element(super::RESPONSE, &inner);
        assert_eq!(ntlm_in(&wrapped), Some(&b"NTLMSSP\0\x02"[..]));
        assert_eq!(ntlm_in(b"Kerberos"), None);
    }

    #[test]
    fn the_password_does_not_show() {
        let credentials = TsPasswordCreds {
            domain: "CORP".to_owned(),
            user: "anna".to_owned(),
            password: Secret::new("hunter2"),
        };
        assert_eq!(
            TsPasswordCreds::decode(&credentials.encode()),
            Ok(credentials.clone())
        );
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
