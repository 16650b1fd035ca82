//! NEAR: keys as text and account names.

use crate::{ed25519::PublicKey, key::KeyError};

const KEY_PREFIX: &str = "ed25519:";

/// Reads `ed25519:` and 32 bytes in base58. Base58 has one text per key, so equal keys are equal
/// texts. NEAR also knows secp256k1 keys; its wallets do not sign messages with them.
pub(crate) fn parse_key(text: &str) -> Result<PublicKey, KeyError> {
    let encoded = text.strip_prefix(KEY_PREFIX).ok_or(KeyError::Prefix)?;
    let mut bytes = [0; 32];
    let len = bs58::decode(encoded)
        .onto(&mut bytes)
        .map_err(|_| KeyError::Text)?;
    if len != bytes.len() {
        return Err(KeyError::Length {
            got: len,
            expected: bytes.len(),
        });
    }
    PublicKey::parse(&bytes)
}

/// The text of a key.
pub(crate) fn key_text(key: [u8; 32]) -> String {
    format!("{KEY_PREFIX}{}", bs58::encode(key).into_string())
}

/// Whether `name` can be a NEAR account: 2 to 64 characters, lower-case letters and digits with
/// single separators (`-`, `_`, `.`) between them.
pub(crate) fn is_account(name: &str) -> bool {
    (2..=64).contains(&name.len())
        && name.split(['-', '_', '.']).all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// Whether a name has the form of an address of another kind, in lower case: of EVM (`0x` and 40 digits), of XRPL
/// or of Stellar. Whoever looks for an address finds it in any case and of any kind, and nobody proves a name.
/// NEAR's accounts of the first form are those of Ethereum's keys, which sign no messages as NEAR wallets do.
pub(crate) fn is_address_of_another_kind(name: &str) -> bool {
    let is_evm = |digits: &str| {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        digits.len() == 40 && digits.bytes().all(is_digit)
    };
    // 25 to 35 characters of base58, which has no zero.
    let is_xrpl = |rest: &str| {
        let is_digit = |byte| matches!(byte, b'1'..=b'9' | b'a'..=b'z');
        (24..=34).contains(&rest.len()) && rest.bytes().all(is_digit)
    };
    // 56 characters of base32.
    let is_stellar = |rest: &str| {
        let is_digit = |byte| matches!(byte, b'2'..=b'7' | b'a'..=b'z');
        rest.len() == 55 && rest.bytes().all(is_digit)
    };
    name.strip_prefix("0x").is_some_and(is_evm)
        || name.strip_prefix('r').is_some_and(is_xrpl)
        || name.strip_prefix('g').is_some_and(is_stellar)
}

/// The text of the key of an implicit account, whose name is the key in 64 hexadecimal digits;
/// `None` for a named account, whose keys only the chain knows.
pub(crate) fn implicit_key(name: &str) -> Option<String> {
    let mut key = [0; 32];
    hex::decode_to_slice(name, &mut key).ok()?;
    Some(key_text(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip() {
        let text = "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF";
        assert_eq!(key_text(parse_key(text).unwrap().bytes()), text);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let base58 = |bytes: &[u8]| format!("ed25519:{}", bs58::encode(bytes).into_string());
        for (text, error) in [
            (String::new(), KeyError::Prefix),
            (
                "secp256k1:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF".to_owned(),
                KeyError::Prefix,
            ),
            (
                "ED25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF".to_owned(),
                KeyError::Prefix,
            ),
            (
                "ed25519:".to_owned(),
                KeyError::Length {
                    got: 0,
                    expected: 32,
                },
            ),
            ("ed25519:0OIl".to_owned(), KeyError::Text),
            (
                base58(&[3; 31]),
                KeyError::Length {
                    got: 31,
                    expected: 32,
                },
            ),
            (base58(&[3; 33]), KeyError::Text),
            (base58(&[0; 32]), KeyError::SmallOrder),
        ] {
            assert_eq!(parse_key(&text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn account_names_follow_the_rules_of_near() {
        for name in ["ok", "alice.near", "a-b_c.d", "0x00", &"a".repeat(64)] {
            assert!(is_account(name), "{name}");
        }
        for name in [
            "",
            "a",
            "Alice.near",
            "a..b",
            ".near",
            "near.",
            "a b",
            "ä.near",
            &"a".repeat(65),
        ] {
            assert!(!is_account(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_others_would_take_for_an_address_is_one() {
        for address in [
            "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
            "rrrrrrrrrrrrrrrrrrrrBZbvji",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
        ] {
            let name = address.to_ascii_lowercase();
            assert!(is_account(&name), "{name}");
            assert!(is_address_of_another_kind(&name), "{name}");
        }
        for name in [
            "alice.near",
            "0x00",
            "0xd8da6bf26964af9d7eed9e03e53415d37aa9604g",
            "robert.near",
            "rhb9cjawyb4rj91vrwn96dkukg4bwd.near",
            "game.hot.tg",
            &"ab".repeat(32),
        ] {
            assert!(is_account(name), "{name}");
            assert!(!is_address_of_another_kind(name), "{name}");
        }
    }

    #[test]
    fn only_64_digits_are_an_implicit_account() {
        assert_eq!(implicit_key(&"ab".repeat(32)), Some(key_text([0xab; 32])));
        assert_eq!(implicit_key("alice.near"), None);
        assert_eq!(implicit_key(&"ab".repeat(31)), None);
    }
}
