//! Whose nonce a transaction takes.

use idos_types::Digest;

/// The type of key by which clients ask for an account (`user.account`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyType {
    /// EVM addresses.
    Secp256k1,
    /// Every other sender.
    Ed25519,
}

impl KeyType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Secp256k1, Self::Ed25519];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "ed25519",
        }
    }

    /// Reads a name; letter case counts.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|key_type| key_type.name() == name)
    }
}

/// The key of a nonce: a digest of key type and identifier.
///
/// Nonces have to outlive an erased profile, or its old transactions could be replayed; the
/// identifier itself need not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountKey(pub Digest);

impl AccountKey {
    /// The account of `identifier`, the sender's bytes.
    pub fn of(key_type: KeyType, identifier: &[u8]) -> Self {
        Self(Digest::of_parts(
            "idos account",
            &[key_type.name().as_bytes(), identifier],
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_case_sensitive() {
        for key_type in KeyType::ALL {
            assert_eq!(KeyType::parse(key_type.name()), Some(key_type));
        }
        assert_eq!(KeyType::parse("ED25519"), None);
        assert_eq!(KeyType::parse(""), None);
    }

    #[test]
    fn type_and_identifier_both_count() {
        let account = AccountKey::of(KeyType::Ed25519, &[1; 20]);
        assert_ne!(account, AccountKey::of(KeyType::Secp256k1, &[1; 20]));
        assert_ne!(account, AccountKey::of(KeyType::Ed25519, &[2; 20]));
    }

    /// Stored nonces are found by this value: it can never change.
    #[test]
    fn the_digest_is_pinned() {
        let preimage = [
            b"\x0c\0\0\0\0\0\0\0idos account\x07\0\0\0\0\0\0\0ed25519\x01\0\0\0\0\0\0\0".as_slice(),
            &[7],
        ];
        assert_eq!(
            AccountKey::of(KeyType::Ed25519, &[7]).0,
            Digest::of(&preimage.concat())
        );
    }
}
