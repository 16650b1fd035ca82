//! What a value of the start of a chain may be.

use idos_ledger::Place;
use idos_proof::ChainId;
use idos_types::{
    EpochLength, Identity,
    limits::{FEWEST_EPOCH_BLOCKS, LAST_MILLIS, MOST_BODY_RETENTION_SECONDS, MOST_EPOCH_BLOCKS},
};
use idos_wallet::{AuthType, Sender};
use serde::{Deserialize, Deserializer, de};

use super::GenesisError;

pub(super) fn parse_chain_id(text: &str) -> Result<String, GenesisError> {
    Ok(ChainId::new(text)?.as_str().to_owned())
}

/// Reads an owner as far as its kind allows: checksums, lengths and points of curves. A mistyped
/// owner would be a network that nobody can govern.
pub(super) fn parse_owner(text: &str) -> Result<Identity, GenesisError> {
    let is_identity = match text.as_bytes() {
        [b'0', b'x', digits @ ..] => is_evm(text, digits),
        [b'r', ..] => is_xrpl(text),
        [b'G', ..] => Sender::parse(AuthType::Sep53, text.as_bytes()).is_ok(),
        _ if text.starts_with("ed25519:") => is_near(text),
        digits => {
            decoded::<32>(digits).is_some_and(|key| Sender::parse(AuthType::Ed25519, &key).is_ok())
        }
    };
    is_identity
        .then(|| Identity::of(text))
        .ok_or(GenesisError::Owner)
}

/// Reads the operator of a validator: like an owner, or folded to lower case, as a state has it with which a network
/// begins anew. Of folded base58 neither checksum nor key can be told any more.
fn parse_operator(text: &str) -> Result<Identity, GenesisError> {
    parse_owner(text).or_else(|error| match is_folded(text) {
        true => Ok(Identity::of(text)),
        false => Err(error),
    })
}

fn is_folded(text: &str) -> bool {
    let (rest, lengths) = match text.strip_prefix("ed25519:") {
        Some(key) => (key, 32..=44),
        None if text.starts_with('g') => (text, 56..=56),
        None if text.starts_with('r') => (text, 25..=35),
        None => return false,
    };
    lengths.contains(&rest.len())
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Mixed case is a checksum (EIP-55), one case is none.
fn is_evm(text: &str, digits: &[u8]) -> bool {
    let address = decoded::<20>(digits)
        .and_then(|address| Sender::parse(AuthType::Secp256k1Ep, &address).ok());
    let is_mixed =
        digits.iter().any(u8::is_ascii_lowercase) && digits.iter().any(u8::is_ascii_uppercase);
    address.is_some_and(|address| !is_mixed || address.caller() == text)
}

/// An address is a digest; whether a key for it exists cannot be seen.
fn is_xrpl(text: &str) -> bool {
    let mut bytes = [0; 1 + 20 + 4];
    let len = bs58::decode(text)
        .with_alphabet(bs58::Alphabet::RIPPLE)
        .with_check(Some(0))
        .onto(&mut bytes);
    len == Ok(21)
}

fn is_near(text: &str) -> bool {
    let mut key = [0; 32];
    let encoded = text.strip_prefix("ed25519:").unwrap_or_default();
    bs58::decode(encoded).onto(&mut key) == Ok(key.len())
        && Sender::parse(AuthType::Nep413, &key).is_ok()
}

fn decoded<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}

pub(super) fn chain_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_chain_id(&text).map_err(de::Error::custom)
}

pub(super) fn owner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_owner(&text).map_err(de::Error::custom)
}

pub(super) fn operator<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_operator(&text).map_err(de::Error::custom)
}

pub(super) fn time_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, LAST_MILLIS)
}

/// A height, or a count of blocks: at most as many as rows can be placed by.
pub(super) fn height<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let height = u64::deserialize(deserializer)?;
    if height <= Place::MOST_HEIGHT {
        return Ok(height);
    }
    Err(de::Error::custom(format!("{height} is no height")))
}

pub(super) fn body_retention_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<u64, D::Error> {
    between(deserializer, MOST_BODY_RETENTION_SECONDS)
}

pub(super) fn epoch_length<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<EpochLength, D::Error> {
    let blocks = u64::deserialize(deserializer)?;
    EpochLength::new(blocks).ok_or_else(|| {
        de::Error::custom(format!(
            "{blocks} is not from {FEWEST_EPOCH_BLOCKS} to {MOST_EPOCH_BLOCKS}"
        ))
    })
}

pub(super) fn between<'de, D: Deserializer<'de>>(
    deserializer: D,
    most: u64,
) -> Result<u64, D::Error> {
    let value = u64::deserialize(deserializer)?;
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    Err(de::Error::custom(format!(
        "{value} is not from 1 to {most}"
    )))
}
