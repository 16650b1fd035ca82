//! Keys of issuers and addresses, as people name them: what is none is refused before it is signed.

/// Characters of base58, whose two alphabets are one set.
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Characters of base32.
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The key by which the network knows an issuer.
pub(super) fn issuer_key(text: &str) -> Result<String, String> {
    if is_hex_key(text) {
        return Ok(text.to_owned());
    }
    Err(
        "it has to be 64 hexadecimal digits, as the address that `idos issuer keys` prints"
            .to_owned(),
    )
}

/// A name by which the network knows whoever signs: of the forms of all kinds of wallet. Whether
/// anybody has it is not looked at.
pub(super) fn address(text: &str) -> Result<String, String> {
    if is_hex_key(text) || is_evm(text) || is_near(text) || is_xrpl(text) || is_stellar(text) {
        return Ok(text.to_owned());
    }
    Err(
        "it has to be 64 hexadecimal digits, `0x` with 40, `ed25519:` with a key of NEAR, or an address \
         of the XRP Ledger (r…) or of Stellar (G…)"
            .to_owned(),
    )
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_hex_key(text: &str) -> bool {
    is_hex(text, 64)
}

fn is_evm(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.is_some_and(|digits| is_hex(digits, 40))
}

fn is_near(text: &str) -> bool {
    let key = text.strip_prefix("ed25519:");
    key.is_some_and(|key| (32..=44).contains(&key.len()) && is_of(key, BASE58))
}

fn is_xrpl(text: &str) -> bool {
    text.starts_with('r') && (25..=35).contains(&text.len()) && is_of(text, BASE58)
}

fn is_stellar(text: &str) -> bool {
    text.starts_with('G') && text.len() == 56 && is_of(text, BASE32)
}

fn is_of(text: &str, alphabet: &str) -> bool {
    text.chars().all(|character| alphabet.contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_kind_of_wallet_are_taken() {
        let key = "D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A";
        for good in [
            key,
            "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
            "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF",
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
            "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7",
        ] {
            assert_eq!(address(good), Ok(good.to_owned()));
            assert_eq!(issuer_key(good).is_ok(), good == key, "{good}");
        }
        for bad in [
            "",
            "garbage",
            "alice.near",
            "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA9604",
            "ed25519:0",
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyT0",
            "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
            " 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
        ] {
            assert!(address(bad).is_err() && issuer_key(bad).is_err(), "{bad}");
        }
    }
}
