//! The part of SPNEGO (RFC 4178) that a server needs to carry NTLM. Knows DER; must not know NTLM's messages.

/// `1.3.6.1.4.1.311.2.2.10`
const NTLM: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];
/// `1.3.6.1.5.5.2`
const SPNEGO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];

const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const APPLICATION: u8 = 0x60;
/// The first of the context tags `[0]` to `[3]`.
const CONTEXT: u8 = 0xa0;

/// The client's first token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Init<'a> {
    /// The list of mechanisms as it stood in the token: the text that is signed at the end.
    pub(super) mechanisms: &'a [u8],
    /// Where NTLM stands in the list, when it is there.
    pub(super) place_of_ntlm: Option<usize>,
    /// The first mechanism's first token.
    pub(super) token: Option<&'a [u8]>,
}

/// A later token, of either side.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Response<'a> {
    /// The mechanism's token.
    pub(super) token: Option<&'a [u8]>,
    /// The signature over the list of mechanisms.
    pub(super) signature: Option<&'a [u8]>,
}

/// What the server says about the negotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Completed,
    Incomplete,
}

/// Reads the client's first token.
pub(super) fn read_init(token: &[u8]) -> Option<Init<'_>> {
    let (application, _) = element(token, APPLICATION)?;
    let (oid, rest) = element(application, OBJECT_IDENTIFIER)?;
    if oid != SPNEGO {
        return None;
    }
    let (choice, _) = element(rest, CONTEXT)?;
    let (mut fields, _) = element(choice, SEQUENCE)?;
    let mut init = Init {
        mechanisms: &[],
        place_of_ntlm: None,
        token: None,
    };
    while let Some((tag, content, rest)) = any_element(fields) {
        if tag == CONTEXT {
            init.mechanisms = content;
            let (list, _) = element(content, SEQUENCE)?;
            init.place_of_ntlm = place_of_ntlm(list);
        } else if tag == CONTEXT + 2 {
            init.token = Some(element(content, OCTETS)?.0);
        }
        fields = rest;
    }
    (!init.mechanisms.is_empty()).then_some(init)
}

/// Reads a later token.
pub(super) fn read_response(token: &[u8]) -> Option<Response<'_>> {
    let (choice, _) = element(token, CONTEXT + 1)?;
    let (mut fields, _) = element(choice, SEQUENCE)?;
    let mut response = Response::default();
    while let Some((tag, content, rest)) = any_element(fields) {
        if tag == CONTEXT + 2 {
            response.token = Some(element(content, OCTETS)?.0);
        } else if tag == CONTEXT + 3 {
            response.signature = Some(element(content, OCTETS)?.0);
        }
        fields = rest;
    }
    Some(response)
}

/// Writes the server's token; one that is not complete names NTLM as the mechanism chosen.
pub(super) fn write_response(state: State, response: &Response<'_>) -> Vec<u8> {
    let number = match state {
        State::Completed => 0,
        State::Incomplete => 1,
    };
    let mut fields = wrapped(CONTEXT, &wrapped(ENUMERATED, &[number]));
    if state == State::Incomplete {
        fields.extend(wrapped(CONTEXT + 1, &wrapped(OBJECT_IDENTIFIER, NTLM)));
    }
    if let Some(token) = response.token {
        fields.extend(wrapped(CONTEXT + 2, &wrapped(OCTETS, token)));
    }
    if let Some(signature) = response.signature {
        fields.extend(wrapped(CONTEXT + 3, &wrapped(OCTETS, signature)));
    }
    wrapped(CONTEXT + 1, &wrapped(SEQUENCE, &fields))
}

fn place_of_ntlm(mut mechanisms: &[u8]) -> Option<usize> {
    let mut place = 0;
    while let Some((_, oid, rest)) = any_element(mechanisms) {
        if oid == NTLM {
            return Some(place);
        }
        place += 1;
        mechanisms = rest;
    }
    None
}

/// The content of the first element, which must have this tag, and what follows it.
fn element(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = any_element(bytes)?;
    (tag == wanted).then_some((content, rest))
}

fn any_element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits: Vec<u8> = length.into_iter().skip_while(|digit| *digit == 0).collect();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
            bytes.extend(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::Response;
    use super::State;
    use super::read_init;
    use super::read_response;
    use super::write_response;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _init = read_init(&bytes);
            let _response = read_response(&bytes);
        }

        #[test]
        fn what_is_written_is_read(token in proptest::collection::vec(any::<u8>(), 0..700), signed: bool) {
            let signature = [7; 16];
            let response = Response {
                token: Some(&token),
                signature: signed.then_some(signature.as_slice()),
            };
            let written = write_response(State::Incomplete, &response);
            prop_assert_eq!(read_response(&written), Some(response));
        }
    }
}
