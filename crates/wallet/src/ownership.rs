//! Proofs that a person owns a wallet, with which it is linked to a profile.

use idos_types::{Uuid, WalletType, limits::SHORT_TEXT_BYTES};

use crate::{
    grant_text::OPERATION,
    near,
    wallet_signature::{SignedBy, WalletError, verify_wallet_signature},
};

/// First line of our ownership text; no other text begins with it.
const FIRST_LINE: &str = "Sign to add this wallet to your idOS profile";

/// Our own ownership text. It names chain and profile, so that nobody can use the signature to add
/// the wallet to another profile. `nonce` is any text of one line; it makes two proofs of one
/// wallet differ.
pub fn ownership_message(chain_id: &str, user: Uuid, nonce: &str) -> String {
    format!("{}{nonce}", bound_text(chain_id, user))
}

/// The ownership text up to the nonce.
fn bound_text(chain_id: &str, user: Uuid) -> String {
    format!("{FIRST_LINE}\nchain id: {chain_id}\nprofile: {user}\nnonce: ")
}

/// Checks that the owner of a wallet signed `message` in order to link the wallet to the profile
/// `user` of the chain `chain_id`.
///
/// That is [`verify_wallet_signature`], and that key and address fit as far as can be known
/// without the wallet's chain: a FaceSign address is the key, and so is the name of an implicit
/// NEAR account. Which keys a named NEAR account has only NEAR knows; its name is checked for form, and is none that stands
/// for an address of another kind.
///
/// A message in the form of [`ownership_message`] has to be the one for this chain and profile.
/// Applications of today have people sign other texts, which name neither. Those pass, but
/// whoever has seen such a signature can send it, so each [`SignedBy::proof`] should be accepted
/// only once, and again only where the wallet agreed to be. A text by which the protocol signs something else is refused: it travels through
/// other hands, and must not give them the wallet.
pub fn verify_ownership(
    kind: WalletType,
    address: &str,
    public_key: Option<&str>,
    message: &str,
    signature: &str,
    chain_id: &str,
    user: Uuid,
) -> Result<SignedBy, WalletError> {
    let signed = verify_wallet_signature(kind, address, public_key, message, signature)?;
    check_purpose(message, chain_id, user)?;
    let key = signed.identity.as_str();
    let fits = match kind {
        WalletType::Near
            if !near::is_account(address) || near::is_address_of_another_kind(address) =>
        {
            return Err(WalletError::Address(kind));
        }
        WalletType::Near => near::implicit_key(address).is_none_or(|implicit| implicit == key),
        WalletType::FaceSign => address.eq_ignore_ascii_case(key),
        WalletType::Evm | WalletType::Xrpl | WalletType::Stellar => true,
    };
    if fits {
        Ok(signed)
    } else {
        Err(WalletError::KeyOfAnother(kind))
    }
}

fn check_purpose(message: &str, chain_id: &str, user: Uuid) -> Result<(), WalletError> {
    if message.starts_with(FIRST_LINE) {
        let nonce = message.strip_prefix(&bound_text(chain_id, user));
        return match nonce {
            Some(nonce) if nonce.len() <= SHORT_TEXT_BYTES && !nonce.contains(['\n', '\r']) => {
                Ok(())
            }
            _ => Err(WalletError::BoundElsewhere),
        };
    }
    let is_grant = message.starts_with(OPERATION);
    let is_call =
        message.starts_with("Kwil view call.\n") || message.starts_with("Kwil SQL statement.\n");
    let is_transaction =
        message.contains("\nPayloadDigest: ") && message.contains("\nKwil Chain ID: ");
    // Ours, and those of other applications in the form of EIP-4361.
    let is_sign_in = message.contains(" wants you to sign in with your ");
    // Issuers sign public notes as they are: a JSON object, or nothing for a copy.
    let is_notes = message.trim().is_empty() || message.trim_start().starts_with('{');
    if is_grant || is_call || is_transaction || is_sign_in || is_notes {
        return Err(WalletError::OtherPurpose);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ed25519_zebra::{SigningKey, VerificationKey};

    use super::*;
    use crate::{AccessGrantText, WriteGrantText};

    const CHAIN: &str = "idos-test";
    const USER: Uuid = Uuid::from_u128(0x9f51b3b2_4cbe_4c2b_8ea3_0b0c1b2f1a11);

    fn face_sign(address: &str, message: &str) -> Result<SignedBy, WalletError> {
        let signer = SigningKey::from([7; 32]);
        let key = hex::encode(<[u8; 32]>::from(VerificationKey::from(&signer)));
        let address = if address.is_empty() { &key } else { address };
        let signature = hex::encode(signer.sign(message.as_bytes()).to_bytes());
        let kind = WalletType::FaceSign;
        verify_ownership(kind, address, Some(&key), message, &signature, CHAIN, USER)
    }

    fn near(address: &str) -> Result<SignedBy, WalletError> {
        let signer = SigningKey::from([7; 32]);
        let key = near::key_text(VerificationKey::from(&signer).into());
        let body = [b"\x07\0\0\0message".as_slice(), &[9; 32], b"\x01\0\0\0a\0"].concat();
        let payload = [&2_147_484_061_u32.to_le_bytes(), body.as_slice()].concat();
        let (digest, _) =
            crate::nep413::open(b"message", &envelope(&payload, &[0; 64])).expect("an envelope");
        let signature = hex::encode(envelope(&payload, &signer.sign(&digest).to_bytes()));
        let kind = WalletType::Near;
        verify_ownership(
            kind,
            address,
            Some(&key),
            "message",
            &signature,
            CHAIN,
            USER,
        )
    }

    fn envelope(payload: &[u8], signature: &[u8]) -> Vec<u8> {
        let len = u16::try_from(payload.len()).unwrap().to_be_bytes();
        [&len, payload, signature].concat()
    }

    #[test]
    fn our_text_counts_for_its_chain_and_profile_only() {
        let message = ownership_message(CHAIN, USER, "17");
        assert_eq!(
            message,
            "Sign to add this wallet to your idOS profile\n\
             chain id: idos-test\n\
             profile: 9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a11\n\
             nonce: 17"
        );
        face_sign("", &message).unwrap();
        let longest = ownership_message(CHAIN, USER, &"1".repeat(SHORT_TEXT_BYTES));
        face_sign("", &longest).unwrap();
        for other in [
            ownership_message("idos-main", USER, "17"),
            ownership_message(CHAIN, Uuid::from_u128(1), "17"),
            ownership_message(CHAIN, USER, "17\nprofile: another"),
            ownership_message(CHAIN, USER, "17\rprofile: another"),
            ownership_message(CHAIN, USER, &"1".repeat(SHORT_TEXT_BYTES + 1)),
            message.replace('\n', "\r\n"),
            FIRST_LINE.to_owned(),
            format!("{FIRST_LINE}!"),
        ] {
            assert_eq!(
                face_sign("", &other),
                Err(WalletError::BoundElsewhere),
                "{other}"
            );
        }
    }

    #[test]
    fn unbound_texts_of_today_pass() {
        for message in [
            "Sign this message to prove you own this wallet",
            "Sign this message to add FaceSign to your idOS profile",
            "Please sign this message to confirm you own this wallet address. Nonce 17",
        ] {
            face_sign("", message).unwrap();
        }
    }

    #[test]
    fn what_issuers_sign_as_notes_is_no_proof() {
        for notes in ["", " ", r#"{"id":"1"}"#, " {}"] {
            assert_eq!(
                face_sign("", notes),
                Err(WalletError::OtherPurpose),
                "{notes}"
            );
        }
    }

    #[test]
    fn texts_that_sign_something_else_do_not() {
        let write_grant = WriteGrantText {
            owner: "o",
            grantee: "g",
            issuer_public_key: "k",
            id: USER,
            access_grant_timelock: "t",
            not_usable_before: "b",
            not_usable_after: "a",
        };
        let access_grant = AccessGrantText {
            owner: "o",
            grantee: "g",
            data_id: USER,
            locked_until: 0,
            content_hash: "h",
        };
        for message in [
            write_grant.message(CHAIN).unwrap(),
            access_grant.message(CHAIN).unwrap(),
            "hello\n\nPayloadType: execute\nPayloadDigest: 00\nFee: 0\nNonce: 1\n\nKwil Chain ID: c\n"
                .to_owned(),
            "Kwil view call.\n\nNamespace: main\n".to_owned(),
            "Kwil SQL statement.\n\nStatement: SELECT 1\n".to_owned(),
            "https://a.example wants you to sign in with your account:\n\n".to_owned(),
            "a.example wants you to sign in with your Ethereum account:\n0x00\n".to_owned(),
        ] {
            assert_eq!(face_sign("", &message), Err(WalletError::OtherPurpose), "{message}");
        }
    }

    #[test]
    fn a_face_sign_address_is_the_key_in_any_case() {
        let key = face_sign("", "message")
            .unwrap()
            .identity
            .as_str()
            .to_owned();
        face_sign(&key.to_ascii_uppercase(), "message").unwrap();
        assert_eq!(
            face_sign(&"ab".repeat(32), "message"),
            Err(WalletError::KeyOfAnother(WalletType::FaceSign))
        );
    }

    #[test]
    fn an_implicit_near_account_is_its_key() {
        let key = face_sign("", "message").unwrap().identity;
        near(key.as_str()).unwrap();
        near("alice.near").unwrap();
        assert_eq!(
            near(&"ab".repeat(32)),
            Err(WalletError::KeyOfAnother(WalletType::Near))
        );
        assert_eq!(
            near("Alice.near"),
            Err(WalletError::Address(WalletType::Near))
        );
        assert_eq!(near(""), Err(WalletError::Address(WalletType::Near)));
        // Somebody else's address.
        assert_eq!(
            near(&format!("0x{}", "ab".repeat(20))),
            Err(WalletError::Address(WalletType::Near))
        );
    }
}
