//! Properties of CredSSP's messages and NTLM's challenge as bytes.

use proptest::option;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_assert_eq;
use proptest::prop_compose;
use proptest::proptest;
use rdpfix::rdp::credssp;
use rdpfix::rdp::credssp::TsPasswordCreds;
use rdpfix::rdp::credssp::TsRequest;
use rdpfix::rdp::ntlm::Challenge;
use rdpfix::secret::Secret;

prop_compose! {
    fn any_message()(
        version in any::<u32>(),
        token in any::<Option<Vec<u8>>>(),
        auth_info in any::<Option<Vec<u8>>>(),
        pub_key_auth in any::<Option<Vec<u8>>>(),
        error_code in any::<Option<u32>>(),
        client_nonce in any::<Option<[u8; 32]>>(),
    ) -> TsRequest {
        TsRequest { version, token, auth_info, pub_key_auth, error_code, client_nonce }
    }
}

fn any_name() -> impl Strategy<Value = Option<String>> {
    option::of(".{0,40}")
}

prop_compose! {
    fn any_challenge()(
        target in ".{0,40}",
        nonce in any::<[u8; 8]>(),
        version in any::<Option<(u8, u8, u16)>>(),
        computer in any_name(),
        domain in any_name(),
        dns_computer in any_name(),
        dns_domain in any_name(),
        dns_forest in any_name(),
        filetime in any::<Option<u64>>(),
    ) -> Challenge {
        Challenge {
            target, nonce, version, computer, domain, dns_computer, dns_domain, dns_forest, filetime,
        }
    }
}

proptest! {
    #[test]
    fn messages_survive_the_round_trip_one_byte_at_a_time(
        message in any_message(),
        after in any::<Vec<u8>>(),
    ) {
        let bytes = message.encode();
        for end in 0..bytes.len() {
            prop_assert_eq!(credssp::split(&bytes[..end]), Ok(None));
        }
        let stream = [&bytes[..], &after].concat();
        let (whole, rest) = credssp::split(&stream).unwrap().unwrap();
        prop_assert_eq!(TsRequest::decode(whole), Ok(message));
        prop_assert_eq!(rest, after);
    }

    #[test]
    fn credentials_survive_the_round_trip(domain in ".{0,40}", user in ".{0,40}", password in ".{0,40}") {
        let credentials = TsPasswordCreds { domain, user, password: Secret::new(password) };
        prop_assert_eq!(TsPasswordCreds::decode(&credentials.encode()), Ok(credentials));
    }

    #[test]
    fn challenges_survive_the_round_trip(challenge in any_challenge()) {
        prop_assert_eq!(Challenge::decode(&challenge.encode()), Ok(challenge));
    }

    #[test]
    fn any_bytes_decode_or_err(bytes in any::<Vec<u8>>()) {
        let _message = TsRequest::decode(&bytes);
        let _split = credssp::split(&bytes);
        let _token = credssp::ntlm_in(&bytes);
        let _credentials = TsPasswordCreds::decode(&bytes);
        let _challenge = Challenge::decode(&bytes);
    }

    #[test]
    fn damaged_messages_decode_or_err(
        message in any_message(),
        challenge in any_challenge(),
        at in any::<usize>(),
        flip in 1_u8..,
    ) {
        let damaged = |mut bytes: Vec<u8>| {
            let at = at % bytes.len();
            bytes[at] ^= flip;
            bytes
        };
        let _message = TsRequest::decode(&damaged(message.encode()));
        let _challenge = Challenge::decode(&damaged(challenge.encode()));
    }
}
