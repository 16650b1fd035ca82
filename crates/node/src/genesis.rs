//! What all nodes of a network must agree on before its first block.

mod origin;
mod validators;
mod values;

use std::path::Path;

use idos_proof::ChainIdError;
use idos_types::{
    Digest, EpochLength, Identity,
    limits::{
        self, CHAIN_ID_BYTES, FEWEST_EPOCH_BLOCKS, LAST_MILLIS, MOST_BODY_RETENTION_SECONDS,
        MOST_EPOCH_BLOCKS, VALIDATORS,
    },
};
use serde::Deserialize;
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
    #[serde(deserialize_with = "values::chain_id")]
    pub chain_id: String,
    /// Who may do alone, while the network is small, what operators vote on later.
    #[serde(deserialize_with = "values::owner")]
    pub owner: Identity,
    /// The time of the chain's start in milliseconds since 1970; every block is later.
    #[serde(deserialize_with = "values::time_millis")]
    pub time_millis: u64,
    /// Seconds for which bodies of transactions are kept after their block, and with them what
    /// persons erased.
    #[serde(
        default = "default_retention",
        deserialize_with = "values::body_retention_seconds"
    )]
    pub body_retention_seconds: u64,
    /// Blocks of an epoch: validators change with an epoch.
    #[serde(default, deserialize_with = "values::epoch_length")]
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
            chain_id: values::parse_chain_id(chain_id)?,
            owner: values::parse_owner(owner)?,
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
        let path = home.join(Self::FILE);
        Self::checked(config::read(&path)?, &path)
    }

    /// Reads the text of a file; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        Self::checked(config::parse(text, path)?, path)
    }

    /// Refuses operators whose checksum is lost, but where they come from the state of an earlier chain.
    fn checked(self, path: &Path) -> Result<Self, SettingsError> {
        if self.origin.is_none() {
            self.validators.check_operators(path)?;
        }
        Ok(self)
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

#[cfg(test)]
mod tests;
