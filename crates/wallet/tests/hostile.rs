//! Whatever comes from outside, the answer is an error, never a panic and never acceptance.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail like tests"
)]

use idos_types::{Uuid, WalletType};
use idos_wallet::{AuthType, ClaimedSignatures, Sender, verify_ownership, verify_wallet_signature};
use proptest::{prelude::*, sample::select};

/// A sender of each scheme that exists, so that the signature is what gets read.
fn senders() -> Vec<Sender> {
    let key = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    let hexadecimal = |auth, text: &str| Sender::parse(auth, &hex::decode(text).unwrap()).unwrap();
    vec![
        hexadecimal(
            AuthType::Secp256k1Ep,
            "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
        ),
        hexadecimal(AuthType::Ed25519, key),
        hexadecimal(AuthType::Nep413, key),
        hexadecimal(AuthType::Xrpl, &format!("ed{key}")),
        hexadecimal(
            AuthType::Xrpl,
            "0257cf4f3929f535518d624292d62ace47e9da563d7dfa7ea4c6bc24258ab467b7",
        ),
        Sender::parse(
            AuthType::Sep53,
            b"GAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZ6Q",
        )
        .unwrap(),
    ]
}

/// Bytes, often of a length or a beginning that gets further than random ones.
fn signatures() -> impl Strategy<Value = Vec<u8>> {
    let any_bytes = |len| prop::collection::vec(any::<u8>(), len);
    prop_oneof![
        any_bytes(0..200),
        any_bytes(64..66),
        any_bytes(70..73).prop_map(|mut bytes| {
            bytes[0] = 0x30;
            bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
            bytes
        }),
        any_bytes(0..300).prop_map(|payload| {
            let len = u16::try_from(payload.len()).unwrap().to_be_bytes();
            [&len, payload.as_slice(), &[1; 64]].concat()
        }),
    ]
}

proptest! {
    #[test]
    fn bytes_are_a_sender_only_as_they_are(
        auth in select(AuthType::ALL.as_slice()),
        bytes in prop::collection::vec(any::<u8>(), 0..70),
    ) {
        if let Ok(sender) = Sender::parse(auth, &bytes) {
            prop_assert_eq!(sender.bytes(), bytes);
            prop_assert!(!sender.caller().is_empty());
        }
    }

    #[test]
    fn no_bytes_are_a_signature(
        sender in select(senders()),
        message in prop::collection::vec(any::<u8>(), 0..100),
        signature in signatures(),
    ) {
        prop_assert!(sender.verify(&message, &signature).is_err());
    }

    #[test]
    fn no_texts_are_a_proof(
        kind in select(WalletType::ALL.as_slice()),
        address in ".{0,70}",
        public_key in prop::option::of("(ed25519:|ED|02)?[0-9a-zA-Z]{0,66}"),
        message in ".{0,100}",
        signature in "(0x)?([0-9a-f]{128}|[0-9a-f]{130}|.{0,100})",
    ) {
        let key = public_key.as_deref();
        prop_assert!(
            verify_wallet_signature(kind, &address, key, &message, &signature).is_err()
        );
        prop_assert!(
            verify_ownership(kind, &address, key, &message, &signature, "c", Uuid::nil()).is_err()
        );
    }

    #[test]
    fn no_texts_are_a_credential(
        key in "[0-9a-f]{64}|.{0,70}",
        notes in ".{0,100}",
        first in "[A-Za-z0-9+/]{86}==|.{0,90}",
        content in "([A-Za-z0-9+/]{4}){0,20}",
        broader in "[A-Za-z0-9+/]{86}==",
    ) {
        let signatures = ClaimedSignatures::parse(&key, &notes, &first, &content, &broader);
        prop_assert!(signatures.and_then(|signatures| signatures.verify()).is_err());
    }
}
