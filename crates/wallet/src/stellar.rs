//! Stellar: addresses (StrKey, SEP-23) and signed messages (SEP-53).

use sha2::{Digest as _, Sha256};
use stellar_strkey::ed25519::PublicKey as StrKey;

use crate::{ed25519::PublicKey, key::KeyError};

/// Length of an address in characters.
pub(crate) const ADDRESS_BYTES: usize = 56;

/// Reads a `G…` address: base32 of a version, an ed25519 key and a checksum. There is one text per
/// key: 56 characters encode exactly the 35 bytes, and lower case is no base32.
pub(crate) fn parse_address(text: &[u8]) -> Result<PublicKey, KeyError> {
    // The length comes first: the decoder has buffers of one size.
    if text.len() != ADDRESS_BYTES {
        return Err(KeyError::Length {
            got: text.len(),
            expected: ADDRESS_BYTES,
        });
    }
    let key = StrKey::from_slice(text).map_err(|_| KeyError::Text)?;
    PublicKey::parse(&key.0)
}

/// The address of a key.
pub(crate) fn address(key: &PublicKey) -> String {
    StrKey(key.bytes()).to_string().as_str().to_owned()
}

/// What a wallet signs for `message` (SEP-53): SHA-256 of the message behind a prefix that no
/// transaction can begin with.
pub(crate) fn signed_digest(message: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update("Stellar Signed Message:\n")
        .chain_update(message)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "GAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZ6Q";

    #[test]
    fn addresses_round_trip() {
        assert_eq!(
            address(&parse_address(ADDRESS.as_bytes()).unwrap()),
            ADDRESS
        );
    }

    #[test]
    fn every_changed_character_is_refused() {
        for place in 0..ADDRESS.len() {
            for bit in 0..8 {
                let mut text = ADDRESS.as_bytes().to_vec();
                text[place] ^= 1 << bit;
                assert_eq!(parse_address(&text).unwrap_err(), KeyError::Text);
            }
        }
    }

    #[test]
    fn other_lengths_kinds_and_unusable_keys_are_refused() {
        for text in [
            "",
            &ADDRESS[..55],
            &format!("{ADDRESS}A"),
            &ADDRESS.repeat(9),
        ] {
            let length = KeyError::Length {
                got: text.len(),
                expected: 56,
            };
            assert_eq!(parse_address(text.as_bytes()).unwrap_err(), length);
        }
        assert_eq!(
            parse_address(ADDRESS.to_lowercase().as_bytes()).unwrap_err(),
            KeyError::Text
        );
        // A pre-authorized transaction (`T…`) has the same length.
        let other = stellar_strkey::PreAuthTx([3; 32]).to_string();
        assert_eq!(parse_address(other.as_bytes()).unwrap_err(), KeyError::Text);
        let zero = StrKey([0; 32]).to_string();
        assert_eq!(
            parse_address(zero.as_bytes()).unwrap_err(),
            KeyError::SmallOrder
        );
    }
}
