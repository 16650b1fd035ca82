//! The state that a network goes on with after a restart.

use idos_types::Digest;
use serde::{Deserialize, Deserializer, de};

use super::values::{chain_id, height};

/// What the state was that a chain begins with: that of another chain as of one block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The name of the chain before.
    #[serde(deserialize_with = "chain_id")]
    pub chain_id: String,
    /// Hash of the header that it started from: no other chain of its name is meant.
    #[serde(deserialize_with = "digest")]
    pub genesis: Digest,
    /// Height of the last block of the chain before whose effects are in the state.
    #[serde(deserialize_with = "height")]
    pub height: u64,
    /// Hash of the root of the state tree after it.
    #[serde(deserialize_with = "digest")]
    pub root: Digest,
    /// How many blocks there were until then, the chains before that chain included.
    #[serde(deserialize_with = "height")]
    pub blocks: u64,
}

impl Origin {
    /// The facts, in the order in which they are hashed.
    pub(super) fn parts(&self) -> [Vec<u8>; 5] {
        let Self {
            chain_id,
            genesis,
            height,
            root,
            blocks,
        } = self;
        [
            chain_id.as_bytes().to_vec(),
            genesis.0.to_vec(),
            height.to_be_bytes().to_vec(),
            root.0.to_vec(),
            blocks.to_be_bytes().to_vec(),
        ]
    }

    /// The table of the file.
    pub(super) fn to_toml(&self) -> String {
        let Self {
            chain_id,
            genesis,
            height,
            root,
            blocks,
        } = self;
        format!(
            r#"
# The chain goes on with the state of another one: its name and the hash of its start, the height whose
# state it is, the root of that state, and how many blocks there were until then.
[origin]
chain_id = "{chain_id}"
genesis = "{genesis}"
height = {height}
root = "{root}"
blocks = {blocks}
"#
        )
    }
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(deserializer)?;
    Digest::from_hex(&text).ok_or_else(|| de::Error::custom("a hash is 64 hexadecimal digits"))
}
