//! Blocks and their headers.

use std::sync::Arc;

use idos_types::{BlockTime, Digest, ReadError, Reader};
use thiserror::Error;

use crate::PeerKey;

/// Versions of the protocol that somebody knows.
pub type Protocols = &'static [u16];

/// The versions of the protocol that this release follows; they also say how a header is encoded. Which
/// one counts in an epoch, the state says, see [`crate::Execution::protocol`]: a release that follows the
/// next one too can be installed before it counts. That of the genesis stays among them for ever, as the
/// first: the state keeps headers of it, that of the genesis above all, and archives keep blocks.
pub const PROTOCOLS: Protocols = &[GENESIS_PROTOCOL];

/// The version of the header that a network starts from, whatever it follows later: its hash is the
/// network's name.
const GENESIS_PROTOCOL: u16 = 1;

const _: () = assert!(
    matches!(PROTOCOLS, [GENESIS_PROTOCOL, ..]),
    "stored headers of the genesis version could not be read any more"
);

/// Length of an encoded header in bytes.
pub(crate) const HEADER_BYTES: usize = 2 + 8 + 32 + 8 + 8 + 8 + 32 + 8 + 32;

/// One thing that a block orders.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// SHA-256 of the bytes.
    pub hash: Digest,
    /// What the application makes of it.
    pub bytes: Arc<Vec<u8>>,
}

impl Item {
    /// An item of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            hash: Digest::of(&bytes),
            bytes: Arc::new(bytes),
        }
    }
}

// Items are people's data.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Item({}, {} bytes)", self.hash, self.bytes.len())
    }
}

/// Whose turn it was to propose, and after what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Turn {
    /// The epoch, within which the validators stay the same.
    pub epoch: u64,
    /// The view within the epoch. A view without a block is skipped, so that views have gaps.
    pub view: u64,
    /// Who proposed.
    pub leader: PeerKey,
    /// The view of the parent; 0 if the parent is the last block of the epoch before.
    pub parent_view: u64,
}

/// What remains of a block for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Version of the protocol that the block follows.
    pub protocol: u16,
    /// One more than its parent's.
    pub height: u64,
    /// Digest of the parent's header; for the first block, of the genesis.
    pub parent: Digest,
    /// Later than the parent's.
    pub time: BlockTime,
    /// Whose turn it was.
    pub turn: Turn,
    /// Digest of the hashes of its items, in order.
    pub items: Digest,
}

/// Bytes are not a header.
#[derive(Debug, Error)]
pub enum HeaderError {
    /// They end early or late.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another version of the format.
    #[error("unknown version {0} of a block header")]
    Version(u16),
    /// A time after the year 9999.
    #[error("time {0} of a block header is out of range")]
    Time(u64),
}

impl Header {
    /// The header that a network starts from, at height 0. `contents` commits to what the network
    /// is born with, so that two networks never share a header.
    pub fn genesis(time: BlockTime, contents: Digest) -> Self {
        Self {
            protocol: GENESIS_PROTOCOL,
            height: 0,
            parent: Digest::default(),
            time,
            turn: Turn::default(),
            items: contents,
        }
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&self.protocol.to_le_bytes());
        bytes.extend_from_slice(&self.height.to_le_bytes());
        bytes.extend_from_slice(&self.parent.0);
        bytes.extend_from_slice(&self.time.millis().to_le_bytes());
        bytes.extend_from_slice(&self.turn.epoch.to_le_bytes());
        bytes.extend_from_slice(&self.turn.view.to_le_bytes());
        bytes.extend_from_slice(&self.turn.leader.0);
        bytes.extend_from_slice(&self.turn.parent_view.to_le_bytes());
        bytes.extend_from_slice(&self.items.0);
        bytes
    }

    /// Reads the canonical bytes of a version that this release follows.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        Self::decode_of(bytes, PROTOCOLS)
    }

    /// Reads the canonical bytes of one of these versions.
    pub(crate) fn decode_of(bytes: &[u8], protocols: Protocols) -> Result<Self, HeaderError> {
        let mut reader = Reader::new(bytes);
        let protocol = reader.u16_le()?;
        if !protocols.contains(&protocol) {
            return Err(HeaderError::Version(protocol));
        }
        let u64_le = |reader: &mut Reader<'_>| reader.array().map(u64::from_le_bytes);
        let height = u64_le(&mut reader)?;
        let parent = Digest(reader.array()?);
        let millis = u64_le(&mut reader)?;
        let time = BlockTime::from_millis(millis);
        if time.millis() != millis {
            return Err(HeaderError::Time(millis));
        }
        let turn = Turn {
            epoch: u64_le(&mut reader)?,
            view: u64_le(&mut reader)?,
            leader: PeerKey(reader.array()?),
            parent_view: u64_le(&mut reader)?,
        };
        let items = Digest(reader.array()?);
        reader.finish()?;
        Ok(Self {
            protocol,
            height,
            parent,
            time,
            turn,
            items,
        })
    }

    /// What identifies the block.
    pub fn hash(&self) -> Digest {
        Digest::of(&self.encode())
    }
}

/// A block: its header and what it orders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The items in order.
    pub items: Vec<Item>,
}

impl Block {
    /// The block of these items after a parent, of the same version.
    pub fn new(parent: &Header, time: BlockTime, turn: Turn, items: Vec<Item>) -> Self {
        let header = Header {
            protocol: parent.protocol,
            height: parent.height + 1,
            parent: parent.hash(),
            time,
            turn,
            items: Self::digest_of(&items),
        };
        Self { header, items }
    }

    /// Digest of the hashes of items, in order.
    pub fn digest_of(items: &[Item]) -> Digest {
        let hashes: Vec<&[u8]> = items.iter().map(|item| item.hash.0.as_slice()).collect();
        Digest::of_parts("idos/block-items/v1", &hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(items: Vec<Item>) -> Block {
        let parent = Header::genesis(BlockTime::from_millis(8), Digest::of(b"genesis"));
        let turn = Turn {
            epoch: 1,
            view: 3,
            leader: PeerKey([7; 32]),
            parent_view: 2,
        };
        Block::new(&parent, BlockTime::from_millis(9), turn, items)
    }

    fn items() -> Vec<Item> {
        vec![Item::new(b"a".to_vec()), Item::new(b"b".to_vec())]
    }

    #[test]
    fn headers_round_trip() {
        let header = block(items()).header;
        assert_eq!(header.encode().len(), HEADER_BYTES);
        assert_eq!(Header::decode(&header.encode()).unwrap(), header);
    }

    /// Headers are kept and proved for ever: a change of this encoding is a new protocol version.
    #[test]
    fn the_encoding_of_a_header_is_frozen() {
        let expected = concat!(
            "0100",
            "0100000000000000",
            "537e74d15cd4ed0520d18d4664068a128c09ce16d4cdc85f19ef1ade72f13f61",
            "0900000000000000",
            "0100000000000000",
            "0300000000000000",
            "0707070707070707070707070707070707070707070707070707070707070707",
            "0200000000000000",
            "6569d4f2c11c8d7c58cc09a122c5219da37f91790d61a12cf921a17616123a14",
        );
        let header = block(items()).header;
        assert_eq!(hex::encode(header.encode()), expected);
        assert_eq!(
            header.hash().to_string(),
            "5ac38c8595b3d17371f3d2d29b20462439dc58f5b8d253a2bcda63ac742933f2"
        );
    }

    #[test]
    fn every_truncation_and_any_trailing_byte_is_refused() {
        let mut bytes = block(items()).header.encode();
        for end in 0..bytes.len() {
            assert!(Header::decode(&bytes[..end]).is_err());
        }
        bytes.push(0);
        assert!(Header::decode(&bytes).is_err());
    }

    #[test]
    fn times_that_would_be_read_as_others_are_refused() {
        let mut bytes = block(items()).header.encode();
        bytes[42..50].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(matches!(Header::decode(&bytes), Err(HeaderError::Time(_))));
    }

    #[test]
    fn the_order_of_items_is_part_of_the_hash() {
        let swapped = block(items().into_iter().rev().collect());
        assert_ne!(block(items()).header.hash(), swapped.header.hash());
    }
}
