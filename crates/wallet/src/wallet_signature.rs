//! Texts that a person signs with a wallet: ownership proofs and delegated grants. Everything
//! comes as text, as applications send it.

use idos_types::{
    Digest, Identity, WalletType,
    limits::{ADDRESS_BYTES, OWNERSHIP_MESSAGE_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_TEXT_BYTES},
};
use thiserror::Error;

use crate::{
    ed25519, evm,
    key::{Key, KeyError},
    near,
    signature_error::SignatureError,
    signature_text, stellar, xrpl,
};

/// Why a wallet's signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WalletError {
    /// An argument is longer than its limit.
    #[error(
        "the {what} is {len} bytes long, at most {max} are allowed: the client must shorten it"
    )]
    TooLong {
        /// Which argument.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// Wallets of this kind are known by their key, and none was given.
    #[error("{} wallets require a public key; the client must send it", .0.name())]
    MissingKey(WalletType),
    /// The public key cannot be one of this kind.
    #[error("the public key is no {} key: {reason}; the client must send the wallet's own", .kind.name())]
    Key {
        /// The kind of wallet.
        kind: WalletType,
        /// What is wrong.
        reason: KeyError,
    },
    /// The address cannot be one of this kind.
    #[error("the address is no {} address; the client must send the wallet's own", .0.name())]
    Address(WalletType),
    /// The address does not belong to the public key.
    #[error("the {} address does not belong to the public key; the client must send both of one wallet", .0.name())]
    KeyOfAnother(WalletType),
    /// The signature is in no encoding that is used with this kind.
    #[error("the signature is not encoded as {} signatures are; the client must send it as the wallet gave it", .0.name())]
    SignatureText(WalletType),
    /// The signature itself is not accepted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// An ownership text names another chain or another profile than the one it is used for.
    #[error(
        "the signed ownership text is for another chain or profile, or incomplete; the wallet must sign the one for this profile"
    )]
    BoundElsewhere,
    /// The message was signed for something else than linking a wallet.
    #[error(
        "the message is a transaction, sign-in, call or grant and proves no ownership; the wallet must sign a text made for that"
    )]
    OtherPurpose,
}

/// A message, and the wallet that signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The wallet, as [`Identity::of_wallet`] names it.
    pub identity: Identity,
    /// A digest of the key and of the very bytes it signed. Whatever a signature's encoding or
    /// malleability, and whichever kind of wallet the key is passed off as, one signed message has
    /// one such value, so that it can be accepted once. A NEAR wallet that signs a text again
    /// signs other bytes, since it adds a nonce.
    pub proof: Digest,
}

/// Checks that the wallet signed `message` by the scheme of its kind, and tells which wallet that
/// is.
///
/// * EVM: EIP-191; the key is recovered, `public_key` is not looked at.
/// * NEAR: NEP-413. The account's name is not checked here; the key is the identity. Nor is the
///   recipient in the envelope: applications differ in it (`idos.network`, `idos-issuer`), and the
///   network accepts any. Only the message can bind a signature to its purpose.
/// * XRPL: the key's own scheme; the address has to be the key's.
/// * Stellar: SEP-53 or, as the official SDK of today has it, the plain message; the key, in
///   hexadecimal or as an address, has to be the address's.
/// * FaceSign: the plain message.
pub fn verify_wallet_signature(
    kind: WalletType,
    address: &str,
    public_key: Option<&str>,
    message: &str,
    signature: &str,
) -> Result<SignedBy, WalletError> {
    for (what, text, max) in [
        ("address", address, ADDRESS_BYTES),
        (
            "public key",
            public_key.unwrap_or_default(),
            PUBLIC_KEY_BYTES,
        ),
        ("message", message, OWNERSHIP_MESSAGE_BYTES),
        ("signature", signature, SIGNATURE_TEXT_BYTES),
    ] {
        if text.len() > max {
            return Err(WalletError::TooLong {
                what,
                len: text.len(),
                max,
            });
        }
    }
    let key = parse_key(kind, address, public_key)?;
    let signature =
        signature_text::decode(kind, signature).ok_or(WalletError::SignatureText(kind))?;
    let message = message.as_bytes();
    let signed = match (key.verify(message, &signature), key) {
        (Err(SignatureError::Mismatch), Key::Stellar(plain)) => {
            Key::Ed25519(plain).verify(message, &signature)
        }
        (verified, _) => verified,
    }?;
    let identity = Identity::of(&key.name());
    let proof = Digest::of_parts("idos wallet proof", &[&key.material(), &signed]);
    Ok(SignedBy { identity, proof })
}

/// The key that has to have signed. Where the address is the identity and the key comes with it,
/// the two are compared: or else a stranger's key could sign in the name of any address.
fn parse_key(
    kind: WalletType,
    address: &str,
    public_key: Option<&str>,
) -> Result<Key, WalletError> {
    let key_error = |reason| WalletError::Key { kind, reason };
    let public_key = || {
        public_key
            .filter(|text| !text.is_empty())
            .ok_or(WalletError::MissingKey(kind))
    };
    let key = match kind {
        WalletType::Evm => {
            Key::Evm(evm::Address::parse_text(address).ok_or(WalletError::Address(kind))?)
        }
        WalletType::Near => Key::Near(near::parse_key(public_key()?).map_err(key_error)?),
        WalletType::Xrpl => {
            Key::Xrpl(xrpl::PublicKey::parse_hex(public_key()?).map_err(key_error)?)
        }
        WalletType::Stellar => {
            let text = public_key()?;
            let key = if text.len() == stellar::ADDRESS_BYTES {
                stellar::parse_address(text.as_bytes())
            } else {
                ed25519::PublicKey::parse_hex(text)
            };
            Key::Stellar(key.map_err(key_error)?)
        }
        WalletType::FaceSign => {
            Key::Ed25519(ed25519::PublicKey::parse_hex(public_key()?).map_err(key_error)?)
        }
    };
    let is_named_by_address = matches!(kind, WalletType::Xrpl | WalletType::Stellar);
    if is_named_by_address && key.name() != address {
        return Err(WalletError::KeyOfAnother(kind));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use ed25519_zebra::SigningKey;

    use super::*;

    const MESSAGE: &str = "message";
    const STELLAR: WalletType = WalletType::Stellar;
    const FACE_SIGN: WalletType = WalletType::FaceSign;

    fn signer() -> SigningKey {
        SigningKey::from([7; 32])
    }

    fn key_hex() -> String {
        hex::encode(<[u8; 32]>::from(ed25519_zebra::VerificationKey::from(
            &signer(),
        )))
    }

    fn key_address() -> String {
        stellar::address(&ed25519::PublicKey::parse_hex(&key_hex()).unwrap())
    }

    fn sign(message: &[u8]) -> String {
        hex::encode(signer().sign(message).to_bytes())
    }

    #[test]
    fn the_key_of_a_stellar_wallet_may_be_written_in_both_ways() {
        let address = key_address();
        for key in [key_hex(), key_hex().to_ascii_uppercase(), address.clone()] {
            let signed =
                verify_wallet_signature(STELLAR, &address, Some(&key), MESSAGE, &sign(b"message"));
            assert_eq!(signed.unwrap().identity, Identity::of(&address));
        }
    }

    #[test]
    fn what_was_signed_decides_the_proof_and_the_signature_does_not() {
        let verify = |key: &str, signature: &str| {
            verify_wallet_signature(STELLAR, &key_address(), Some(key), MESSAGE, signature)
        };
        let plain = verify(&key_hex(), &sign(b"message")).unwrap();
        let prefixed = verify(&key_hex(), &sign(&stellar::signed_digest(b"message"))).unwrap();
        assert_ne!(plain.proof, prefixed.proof);
        let upper = format!("0x{}", sign(b"message").to_ascii_uppercase());
        assert_eq!(verify(&key_address(), &upper), Ok(plain.clone()));
        let passed_off =
            verify_wallet_signature(FACE_SIGN, "", Some(&key_hex()), MESSAGE, &sign(b"message"))
                .unwrap();
        assert_ne!(passed_off.identity, plain.identity);
        assert_eq!(
            passed_off.proof, plain.proof,
            "it is one signature, to be accepted once"
        );
    }

    /// Accepted proofs are remembered by this value: it can never change.
    #[test]
    fn the_proof_is_pinned() {
        let key = hex::decode(key_hex()).unwrap();
        let signed =
            verify_wallet_signature(FACE_SIGN, "", Some(&key_hex()), MESSAGE, &sign(b"message"));
        assert_eq!(
            signed.unwrap().proof,
            Digest::of_parts("idos wallet proof", &[&key, b"message"])
        );
    }

    #[test]
    fn a_strangers_key_cannot_sign_for_an_address() {
        for (kind, address, key) in [
            (
                STELLAR,
                "GAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZ6Q",
                key_hex(),
            ),
            (
                WalletType::Xrpl,
                "rGMTQpyhaDwWTqmw4dcYHj5NPJhtWNhtRW",
                format!("ed{}", key_hex()),
            ),
        ] {
            assert_eq!(
                verify_wallet_signature(kind, address, Some(&key), MESSAGE, &sign(b"message")),
                Err(WalletError::KeyOfAnother(kind))
            );
        }
    }

    #[test]
    fn keyed_wallets_need_a_key() {
        for kind in WalletType::ALL.into_iter().filter(|kind| kind.is_keyed()) {
            for key in [None, Some("")] {
                assert_eq!(
                    verify_wallet_signature(kind, "", key, MESSAGE, ""),
                    Err(WalletError::MissingKey(kind))
                );
            }
        }
    }

    #[test]
    fn every_argument_is_bounded() {
        let long = |len| "a".repeat(len + 1);
        let error = |what, max| {
            Err(WalletError::TooLong {
                what,
                len: max + 1,
                max,
            })
        };
        let verify = |address: &str, key: &str, message: &str, signature: &str| {
            verify_wallet_signature(FACE_SIGN, address, Some(key), message, signature)
        };
        assert_eq!(
            verify(&long(ADDRESS_BYTES), "", "", ""),
            error("address", ADDRESS_BYTES)
        );
        assert_eq!(
            verify("", &long(PUBLIC_KEY_BYTES), "", ""),
            error("public key", PUBLIC_KEY_BYTES)
        );
        assert_eq!(
            verify("", "", &long(OWNERSHIP_MESSAGE_BYTES), ""),
            error("message", OWNERSHIP_MESSAGE_BYTES)
        );
        assert_eq!(
            verify("", "", "", &long(SIGNATURE_TEXT_BYTES)),
            error("signature", SIGNATURE_TEXT_BYTES)
        );
    }

    #[test]
    fn malformed_texts_are_told_apart() {
        let verify = |kind, address: &str, key: &str, signature: &str| {
            verify_wallet_signature(kind, address, Some(key), MESSAGE, signature).unwrap_err()
        };
        assert_eq!(
            verify(WalletType::Evm, "vitalik.eth", "", ""),
            WalletError::Address(WalletType::Evm)
        );
        assert_eq!(
            verify(FACE_SIGN, "", &format!("0x{}", key_hex()), ""),
            WalletError::Key {
                kind: FACE_SIGN,
                reason: KeyError::Text
            }
        );
        assert_eq!(
            verify(FACE_SIGN, "", &"0".repeat(64), ""),
            WalletError::Key {
                kind: FACE_SIGN,
                reason: KeyError::SmallOrder
            }
        );
        assert_eq!(
            verify(FACE_SIGN, "", &key_hex(), "no signature"),
            WalletError::SignatureText(FACE_SIGN)
        );
        assert_eq!(
            verify(FACE_SIGN, "", &key_hex(), ""),
            SignatureError::Length {
                got: 0,
                expected: 64
            }
            .into()
        );
        assert_eq!(
            verify(FACE_SIGN, "", &key_hex(), &sign(b"another")),
            SignatureError::Mismatch.into()
        );
    }

    #[test]
    fn the_longest_message_and_no_longer_one_is_verified() {
        let verify = |bytes| {
            let message = "m".repeat(bytes);
            let signature = sign(message.as_bytes());
            verify_wallet_signature(FACE_SIGN, "", Some(&key_hex()), &message, &signature)
        };
        verify(OWNERSHIP_MESSAGE_BYTES).unwrap();
        assert_eq!(
            verify(OWNERSHIP_MESSAGE_BYTES + 1),
            Err(WalletError::TooLong {
                what: "message",
                len: OWNERSHIP_MESSAGE_BYTES + 1,
                max: OWNERSHIP_MESSAGE_BYTES
            })
        );
    }
}
