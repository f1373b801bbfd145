//! Filters that digest texts.

use md5::Md5;
use sha1::Sha1;
use sha2::Digest;
use sha2::Sha224;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;
use uuid::Uuid;

use crate::syntax::template::call::Answer;
use crate::syntax::template::call::Call;
use crate::syntax::template::filters::Filter;
use crate::syntax::template::value::Value;

pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["hash"],
        hash,
        "the digest by `md5`, `sha1` (the default), `sha224`, `sha256`, `sha384` or `sha512`",
        ["'a' | hash('md5')", "\"0cc175b9c0f1b6a831c399e269772661\""],
    ),
    Filter::new(
        &["checksum", "sha1"],
        sha1,
        "the digest by SHA-1",
        [
            "'a' | checksum",
            "\"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8\"",
        ],
    ),
    Filter::new(
        &["md5"],
        md5,
        "the digest by MD5",
        ["'a' | md5", "\"0cc175b9c0f1b6a831c399e269772661\""],
    ),
    Filter::new(
        &["to_uuid"],
        to_uuid,
        "a UUID that is always the same for the same text; `namespace`",
        [
            "'web01' | to_uuid",
            "\"1366e976-9f5c-56fc-89f3-793cbaf36534\"",
        ],
    ),
];

/// The namespace of Ansible's UUIDs.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn hex(bytes: &[u8]) -> Value {
    Value::from(
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0xF])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect::<String>(),
    )
}

fn hash(call: &mut Call<'_, '_>) -> Answer {
    let kind = call.text("hashtype", "sha1")?;
    call.done()?;
    let text = call.input_text()?;
    call.kit.spend_bytes(text.len())?;
    Ok(match kind.to_lowercase().as_str() {
        "md5" => hex(&Md5::digest(&text)),
        "sha1" => hex(&Sha1::digest(&text)),
        "sha224" => hex(&Sha224::digest(&text)),
        "sha256" => hex(&Sha256::digest(&text)),
        "sha384" => hex(&Sha384::digest(&text)),
        "sha512" => hex(&Sha512::digest(&text)),
        other => {
            let message = format!(
                "`{other}` is none of `md5`, `sha1`, `sha224`, `sha256`, `sha384` or `sha512`"
            );
            return Err(call.failed(message));
        }
    })
}

fn sha1(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(hex(&Sha1::digest(call.input_text()?)))
}

fn md5(call: &mut Call<'_, '_>) -> Answer {
    call.done()?;
    Ok(hex(&Md5::digest(call.input_text()?)))
}

fn to_uuid(call: &mut Call<'_, '_>) -> Answer {
    let namespace = call.text("namespace", NAMESPACE)?;
    call.done()?;
    let Ok(namespace) = Uuid::parse_str(&namespace) else {
        return Err(call.failed(format!("`{namespace}` is no UUID")));
    };
    let text = call.input_text()?;
    let digest = Sha1::new()
        .chain_update(namespace.as_bytes())
        .chain_update(text)
        .finalize();
    let mut bytes = [0; 16];
    for (byte, digested) in bytes.iter_mut().zip(digest) {
        *byte = digested;
    }
    // Version 5 of the variant of RFC 9562.
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = (*version & 0x0F) | 0x50;
    *variant = (*variant & 0x3F) | 0x80;
    Ok(Value::from(Uuid::from_bytes(bytes).to_string()))
}
