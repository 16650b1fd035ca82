//! What all nodes of a network must agree on before its first block.

mod origin;
mod validators;

use std::path::Path;

use idos_proof::{ChainId, ChainIdError};
use idos_types::{
    Digest, EpochLength, Identity,
    limits::{
        self, CHAIN_ID_BYTES, FEWEST_EPOCH_BLOCKS, LAST_MILLIS, MOST_BODY_RETENTION_SECONDS,
        MOST_EPOCH_BLOCKS, VALIDATORS,
    },
};
use idos_wallet::{AuthType, Sender};
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use crate::config::{self, SettingsError};

pub use idos_ledger::GenesisValidator;
pub use origin::Origin;
pub use validators::{FirstValidators, ValidatorsError};

/// The start of a chain, as in `genesis.toml` of every node's folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The name of the chain; signed messages are valid for the chain they name.
    #[serde(deserialize_with = "chain_id")]
    pub chain_id: String,
    /// Who may do alone, while the network is small, what operators vote on later.
    #[serde(deserialize_with = "owner")]
    pub owner: Identity,
    /// The time of the chain's start in milliseconds since 1970; every block is later.
    #[serde(deserialize_with = "time_millis")]
    pub time_millis: u64,
    /// Seconds for which bodies of transactions are kept after their block, and with them what
    /// persons erased.
    #[serde(
        default = "default_retention",
        deserialize_with = "body_retention_seconds"
    )]
    pub body_retention_seconds: u64,
    /// Blocks of an epoch: validators change with an epoch.
    #[serde(default, deserialize_with = "epoch_length")]
    pub epoch_blocks: EpochLength,
    /// Who validates from the start.
    #[serde(default)]
    pub validators: FirstValidators,
    /// The state that it begins with, if the network was restarted.
    #[serde(default)]
    pub origin: Option<Origin>,
}

/// Why a value cannot be in a genesis.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenesisError {
    /// The chain id is empty, too long, or has characters that do not belong in signed texts.
    #[error(transparent)]
    ChainId(#[from] ChainIdError),
    /// The owner is no identity of a supported kind, or mistyped.
    #[error(
        "the owner is none of: an EVM address (0x…), an ed25519 key of 64 hexadecimal digits, a \
         NEAR key (ed25519:…), an XRPL address (r…), a Stellar address (G…); or it is mistyped"
    )]
    Owner,
}

impl Genesis {
    /// The name of the file in a node's folder.
    pub const FILE: &str = "genesis.toml";

    /// A genesis without validators, everything else by default.
    pub fn new(chain_id: &str, owner: &str, time_millis: u64) -> Result<Self, GenesisError> {
        Ok(Self {
            chain_id: parse_chain_id(chain_id)?,
            owner: parse_owner(owner)?,
            time_millis: time_millis.clamp(1, LAST_MILLIS),
            body_retention_seconds: limits::BODY_RETENTION_SECONDS,
            epoch_blocks: EpochLength::default(),
            validators: FirstValidators::default(),
            origin: None,
        })
    }

    /// How many blocks were before the first one of this chain, in chains whose state it goes on with.
    pub fn earlier_blocks(&self) -> u64 {
        self.origin.as_ref().map_or(0, |origin| origin.blocks)
    }

    /// What the first block follows: the facts that all nodes of a network share.
    pub fn hash(&self) -> Digest {
        let Self {
            chain_id,
            owner,
            time_millis,
            body_retention_seconds,
            epoch_blocks,
            validators,
            origin,
        } = self;
        let mut parts = vec![
            chain_id.as_bytes().to_vec(),
            owner.as_str().as_bytes().to_vec(),
            time_millis.to_be_bytes().to_vec(),
            body_retention_seconds.to_be_bytes().to_vec(),
            epoch_blocks.blocks().to_be_bytes().to_vec(),
        ];
        for validator in validators.iter() {
            parts.push(validator.key.0.to_vec());
            parts.push(validator.operator.as_str().as_bytes().to_vec());
            parts.push(validator.address.to_string().into_bytes());
        }
        // A network that began empty keeps the hash that it had before there were restarts.
        let version = match origin {
            None => "idos/genesis/v2",
            Some(origin) => {
                parts.extend(origin.parts());
                "idos/genesis/v3"
            }
        };
        let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
        Digest::of_parts(version, &parts)
    }

    /// Reads the file of a node's folder.
    pub fn load(home: &Path) -> Result<Self, SettingsError> {
        config::read(&home.join(Self::FILE))
    }

    /// Reads the text of a file; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        config::parse(text, path)
    }

    /// The file that holds this genesis, with a word on each key. Neither text needs escaping:
    /// both consist of letters, digits and a few signs.
    pub fn to_file(&self) -> String {
        let Self {
            chain_id,
            owner,
            time_millis,
            body_retention_seconds,
            epoch_blocks,
            validators,
            origin,
        } = self;
        let origin = origin.as_ref().map(Origin::to_toml).unwrap_or_default();
        let epoch_blocks = epoch_blocks.blocks();
        let validators = validators.to_toml();
        format!(
            r#"# The start of the chain. It must be the same on every node of the network, and cannot be changed
# once there are blocks.

# The name of the chain: 1 to {CHAIN_ID_BYTES} characters of A-Z, a-z, 0-9, ".", "_" and "-". Signed
# messages are valid for the chain they name, so no two networks should share it.
chain_id = "{chain_id}"

# Who may do alone, while the network is small, what operators vote on later: an EVM address (0x...),
# an ed25519 key (64 hexadecimal digits), a NEAR key (ed25519:...), an XRPL address (r...) or a
# Stellar address (G...).
owner = "{owner}"

# The time of the chain's start in milliseconds since 1970.
time_millis = {time_millis}

# Seconds for which bodies of transactions are kept after their block, and with them what persons
# erased: 1 to {MOST_BODY_RETENTION_SECONDS}. Counts until it is set by vote.
body_retention_seconds = {body_retention_seconds}

# Blocks of an epoch: {FEWEST_EPOCH_BLOCKS} to {MOST_EPOCH_BLOCKS}. Validators change with an epoch.
epoch_blocks = {epoch_blocks}

# Who validates from the start, at most {VALIDATORS}: the key by which the node votes (ed25519, 64
# hexadecimal digits), who operates it (an identity like the owner), and the IP address and port at
# which other nodes reach it. No two have the same key or address.
{validators}{origin}"#
        )
    }
}

fn default_retention() -> u64 {
    limits::BODY_RETENTION_SECONDS
}

fn parse_chain_id(text: &str) -> Result<String, GenesisError> {
    Ok(ChainId::new(text)?.as_str().to_owned())
}

/// Reads an owner as far as its kind allows: checksums, lengths and points of curves. A mistyped
/// owner would be a network that nobody can govern.
fn parse_owner(text: &str) -> Result<Identity, GenesisError> {
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

fn chain_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_chain_id(&text).map_err(de::Error::custom)
}

fn owner<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Identity, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_owner(&text).map_err(de::Error::custom)
}

fn time_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, LAST_MILLIS)
}

/// A height, or a count of blocks: at most as many as rows can be placed by.
fn height<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let height = u64::deserialize(deserializer)?;
    if height <= idos_ledger::Place::MOST_HEIGHT {
        return Ok(height);
    }
    Err(de::Error::custom(format!("{height} is no height")))
}

fn body_retention_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, MOST_BODY_RETENTION_SECONDS)
}

fn epoch_length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EpochLength, D::Error> {
    let blocks = u64::deserialize(deserializer)?;
    EpochLength::new(blocks).ok_or_else(|| {
        de::Error::custom(format!(
            "{blocks} is not from {FEWEST_EPOCH_BLOCKS} to {MOST_EPOCH_BLOCKS}"
        ))
    })
}

fn between<'de, D: Deserializer<'de>>(deserializer: D, most: u64) -> Result<u64, D::Error> {
    let value = u64::deserialize(deserializer)?;
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    Err(de::Error::custom(format!(
        "{value} is not from 1 to {most}"
    )))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    const EVM: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    const HEX_KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    /// Another key without its first four digits.
    const KEY_2_REST: &str = "17c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const NEAR: &str = "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF";
    const XRPL: &str = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
    const STELLAR: &str = "GAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QZ6Q";

    fn genesis(text: &str) -> Result<Genesis, SettingsError> {
        Genesis::parse(text, Path::new("genesis.toml"))
    }

    fn with(key: &str, value: &str) -> Result<Genesis, SettingsError> {
        let mut text = String::new();
        for (name, usual) in [
            ("chain_id", "'idos-1'"),
            ("owner", &format!("'{EVM}'")),
            ("time_millis", "1739280957000"),
            ("body_retention_seconds", "3600"),
            ("epoch_blocks", "256"),
        ] {
            let value = if name == key { value } else { usual };
            text += &format!("{name} = {value}\n");
        }
        genesis(&text)
    }

    #[track_caller]
    fn assert_refused(key: &str, value: &str, cause: &str) {
        let error = with(key, value).unwrap_err();
        let SettingsError::Key { key: named, .. } = &error else {
            panic!("{key} = {value}: {error}");
        };
        assert_eq!(named, key);
        let source = error.source().unwrap().to_string();
        assert!(source.contains(cause), "{key} = {value}: {source}");
    }

    #[test]
    fn the_written_file_is_the_genesis() {
        for owner in [EVM, HEX_KEY, NEAR, XRPL, STELLAR] {
            let made = Genesis::new("idos.Test_1-x", owner, 1_739_280_957_000).unwrap();
            assert_eq!(genesis(&made.to_file()).unwrap(), made);
            assert_eq!(made.owner, Identity::of(owner));
            assert_eq!(made.body_retention_seconds, 3_600);
        }
    }

    #[test]
    fn chain_ids_are_short_and_plain() {
        assert!(with("chain_id", &format!("'{}'", "a".repeat(64))).is_ok());
        for refused in [
            "",
            " ",
            "a b",
            "a\\nb",
            "ä",
            "a/b",
            "a\\\"",
            &"a".repeat(65),
        ] {
            assert_refused("chain_id", &format!("\"{refused}\""), "a chain id has");
        }
        assert_refused("chain_id", "1", "integer");
        assert_eq!(Genesis::new("", EVM, 1), Err(ChainIdError::Text.into()));
    }

    #[test]
    fn owners_are_identities() {
        let upper = format!("0x{}", EVM[2..].to_uppercase());
        for owner in [EVM, &EVM.to_lowercase(), &upper, &HEX_KEY.to_uppercase()] {
            let owner = with("owner", &format!("'{owner}'")).unwrap().owner;
            assert_eq!(owner.as_str(), owner.as_str().to_lowercase());
        }
        for refused in [
            "",
            "alice.near",
            "0x",
            &EVM[..41],
            &format!("{EVM}0"),
            &EVM.replace("5aA", "5AA"),
            &EVM.replace("0x", "0X"),
            &HEX_KEY[..63],
            &HEX_KEY.replace('d', "g"),
            // No point of the curve, and one of small order.
            &format!("02{}", "0".repeat(62)),
            &"0".repeat(64),
            "ed25519:",
            &NEAR[..NEAR.len() - 1],
            &format!("{NEAR}1"),
            &XRPL.replace("rHb9", "rHb8"),
            "r",
            // A seed, not an address.
            "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
            &STELLAR.replace("GAB", "GAC"),
            "G",
            &"1".repeat(10_000),
        ] {
            assert_refused("owner", &format!("'{refused}'"), "the owner is none of");
        }
        assert_refused("owner", "[]", "sequence");
        assert_eq!(Genesis::new("a", "b", 1), Err(GenesisError::Owner));
    }

    #[test]
    fn numbers_have_their_ranges() {
        for (key, most) in [
            ("time_millis", "253402300799999"),
            ("body_retention_seconds", "2592000"),
            ("epoch_blocks", "65536"),
        ] {
            let least = if key == "epoch_blocks" { 128 } else { 1 };
            assert!(with(key, most).is_ok() && with(key, &least.to_string()).is_ok());
            let beyond = (most.parse::<u64>().unwrap() + 1).to_string();
            for refused in [&(least - 1).to_string(), &beyond, "9223372036854775807"] {
                assert_refused(key, refused, &format!("from {least} to {most}"));
            }
            assert_refused(key, "-1", "-1");
            assert_refused(key, "'1'", "string");
        }
    }

    #[test]
    fn keys_are_known_and_there() {
        assert_refused_whole("chain_id = 'a'\ntime_millis = 1", "`owner`");
        assert_refused_whole("owner = '0x'", "owner");
        assert_refused_whole("", "`chain_id`");
        let text = Genesis::new("a", EVM, 1).unwrap().to_file();
        let error = genesis(&format!("{text}\nextra = 1")).unwrap_err();
        assert!(matches!(error, SettingsError::Key { key, .. } if key == "extra"));
        let shorter = text.replace("body_retention_seconds = 3600", "");
        assert_eq!(genesis(&shorter).unwrap().body_retention_seconds, 3_600);
        let shorter = text.replace("epoch_blocks = 256", "");
        assert_eq!(genesis(&shorter).unwrap().epoch_blocks.blocks(), 256);
    }

    #[track_caller]
    fn assert_refused_whole(text: &str, cause: &str) {
        let error = genesis(text).unwrap_err();
        let source = error.source().unwrap().to_string();
        assert!(source.contains(cause), "{source}");
    }

    #[test]
    fn every_fact_is_in_the_hash() {
        let usual = Genesis::new("a", EVM, 1).unwrap();
        let validators = |text: &str| {
            let text = usual.to_file() + text;
            genesis(&text).unwrap()
        };
        let one = format!(
            "[[validators]]\nkey = '{HEX_KEY}'\noperator = '{EVM}'\naddress = '192.0.2.1:1'\n"
        );
        let others = [
            usual.clone(),
            Genesis::new("b", EVM, 1).unwrap(),
            Genesis::new("a", XRPL, 1).unwrap(),
            Genesis::new("a", EVM, 2).unwrap(),
            Genesis {
                body_retention_seconds: 1,
                ..usual.clone()
            },
            Genesis {
                epoch_blocks: EpochLength::new(128).unwrap(),
                ..usual.clone()
            },
            validators(&one),
            validators(
                &one.replace("d75a", "3d40")
                    .replace(&HEX_KEY[4..], KEY_2_REST),
            ),
            validators(&one.replace(EVM, XRPL)),
            validators(&one.replace(":1'", ":2'")),
            validators(&origin("b", 'a', 7, 'b', 8)),
            validators(&origin("c", 'a', 7, 'b', 8)),
            validators(&origin("b", 'c', 7, 'b', 8)),
            validators(&origin("b", 'a', 6, 'b', 8)),
            validators(&origin("b", 'a', 7, 'c', 8)),
            validators(&origin("b", 'a', 7, 'b', 9)),
        ];
        let hashes: std::collections::BTreeSet<_> = others.iter().map(Genesis::hash).collect();
        assert_eq!(hashes.len(), others.len());
    }

    fn origin(chain_id: &str, genesis: char, height: u64, root: char, blocks: u64) -> String {
        let [genesis, root] = [genesis, root].map(|digit| digit.to_string().repeat(64));
        format!(
            "[origin]\nchain_id = '{chain_id}'\ngenesis = '{genesis}'\nheight = {height}\n\
             root = '{root}'\nblocks = {blocks}\n"
        )
    }

    #[test]
    fn the_origin_is_read_as_it_was_written() {
        let text = Genesis::new("a", EVM, 1).unwrap().to_file();
        assert_eq!(genesis(&text).unwrap().earlier_blocks(), 0);
        let made = genesis(&(text.clone() + &origin("b", 'a', 7, 'b', 8))).unwrap();
        assert_eq!(made.earlier_blocks(), 8);
        assert_eq!(genesis(&made.to_file()).unwrap(), made);
        for refused in [
            origin("", 'a', 7, 'b', 8),
            origin("b", 'x', 7, 'b', 8),
            origin("b", 'a', 7, 'x', 8),
            origin("b", 'a', 1 << 39, 'b', 8),
            origin("b", 'a', 7, 'b', 1 << 39),
            origin("b", 'a', 7, 'b', 8) + "more = 1\n",
        ] {
            assert!(genesis(&(text.clone() + &refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn no_identity_is_in_debug_output() {
        let made = Genesis::new("a", EVM, 1).unwrap();
        assert!(!format!("{made:?}").to_lowercase().contains("5aaeb6"));
    }
}
