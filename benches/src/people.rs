//! People with wallets, and the rows that say so. Everything follows from a number.

use idos_ledger::{
    AccessGrant, Credential, CredentialHeader, GrantOrigin, PasswordStore, Row, User, Wallet,
};
use idos_types::{CredentialId, Digest, GrantId, UserId, Uuid, WalletId, WalletType};
use idos_wallet::{AuthType, Sender};
use secp256k1::{Message, PublicKey, SecretKey, ecdsa::RecoverableSignature};
use sha3::{Digest as _, Keccak256};

/// How long the encrypted content of a stored credential is, in bytes.
const CONTENT_BYTES: usize = 700;

/// A person with an EVM wallet, who has a profile and has acted before.
pub struct Person {
    number: u64,
    secret: SecretKey,
    /// By whom the person's transactions are sent.
    pub sender: Sender,
}

impl Person {
    /// The person of this number.
    pub fn new(number: u64) -> Self {
        let Digest(seed) = Digest::of_parts("bench person", &[&number.to_le_bytes()]);
        let secret = SecretKey::from_secret_bytes(seed).expect("a digest is a key");
        let [_format, point @ ..] = PublicKey::from_secret_key(&secret).serialize_uncompressed();
        let hash: [u8; 32] = Keccak256::digest(point).into();
        let (_, address) = hash.split_at(12);
        let sender = Sender::parse(AuthType::Secp256k1Ep, address).expect("an address");
        Self {
            number,
            secret,
            sender,
        }
    }

    /// The person's profile.
    pub fn user_id(&self) -> UserId {
        UserId(id("user", &[self.number]))
    }

    /// One of the person's credentials.
    pub fn credential_id(&self, which: u64) -> CredentialId {
        CredentialId(id("credential", &[self.number, which]))
    }

    /// The signature of the person's wallet over a text, by EIP-191.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        let message = Message::from_digest(eip191(text.as_bytes()));
        let signature = RecoverableSignature::sign_ecdsa_recoverable(message, &self.secret);
        let (recovery_id, compact) = signature.serialize_compact();
        [compact.as_slice(), &[recovery_id.to_u8() + 27]].concat()
    }

    /// Profile and wallet.
    pub fn profile(&self) -> [Row; 2] {
        let user = User {
            id: self.user_id(),
            recipient_encryption_public_key: "Y+kNWSnoYhlBrsDQ/01FTfoHQ5CeXyjDEHbQmNDGOjw=".into(),
            encryption_password_store: PasswordStore::User,
            inserter: "bench".into(),
            gas_allowance: 0,
            claimed: true,
            erased: false,
        };
        let wallet = Wallet {
            id: WalletId(id("wallet", &[self.number])),
            user_id: user.id,
            address: self.sender.caller(),
            public_key: None,
            wallet_type: WalletType::Evm,
            message: "Sign this message to prove you own this wallet".into(),
            signature: "0".repeat(132),
            inserter: None,
        };
        [Row::User(user), Row::Wallet(wallet)]
    }

    /// A credential of about a kilobyte.
    pub fn credential(&self, which: u64) -> Row {
        let id = self.credential_id(which);
        Row::Credential(Credential {
            header: CredentialHeader {
                id,
                user_id: self.user_id(),
                verifiable_credential_id: Some(format!("https://issuer.test/credentials/{id}")),
                public_notes: format!(
                    r#"{{"id":"https://issuer.test/credentials/{id}","type":"kyc","level":"basic+liveness","status":"approved"}}"#
                ),
                encryptor_public_key: "zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk=".into(),
                issuer_auth_public_key:
                    "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c".into(),
                inserter: Some("bench".into()),
            },
            content: "A".repeat(CONTENT_BYTES).into(),
        })
    }

    /// A grant on one of the person's credentials.
    pub fn grant(&self, which: u64, grantee: &str, height: u64) -> Row {
        Row::AccessGrant(AccessGrant {
            id: GrantId(id("grant", &[self.number, which])),
            owner: self.user_id(),
            grantee: grantee.to_owned(),
            data_id: self.credential_id(which),
            locked_until: 0,
            expires_at: 0,
            content_hash: Some(Digest::of(&which.to_le_bytes()).to_string()),
            height,
            origin: GrantOrigin::User,
            origin_id: self.sender.caller(),
        })
    }
}

/// An id that is as scattered as those that clients choose.
pub fn id(kind: &str, numbers: &[u64]) -> Uuid {
    let numbers: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let Digest(digest) = Digest::of_parts(kind, &[&numbers]);
    let (bytes, _) = digest.split_first_chunk().expect("a digest is longer");
    Uuid::from_bytes(*bytes)
}

/// What an EVM wallet signs for a message.
pub fn eip191(message: &[u8]) -> [u8; 32] {
    Keccak256::new()
        .chain_update("\x19Ethereum Signed Message:\n")
        .chain_update(message.len().to_string())
        .chain_update(message)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_signs_verifies() {
        let person = Person::new(1);
        assert_eq!(person.sender.verify(b"text", &person.sign("text")), Ok(()));
        assert_ne!(person.sender, Person::new(2).sender);
    }
}
