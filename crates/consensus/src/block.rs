//! Blocks and their headers.

use std::sync::Arc;

use idos_types::{BlockTime, Digest, ReadError, Reader};
use thiserror::Error;

/// Version of the header's format, its first two bytes.
const VERSION: u16 = 1;

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

/// What remains of a block for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// One more than its parent's.
    pub height: u64,
    /// Digest of the parent's header; for the first block, of the genesis.
    pub parent: Digest,
    /// Later than the parent's.
    pub time: BlockTime,
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
}

impl Header {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(82);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.height.to_le_bytes());
        bytes.extend_from_slice(&self.parent.0);
        bytes.extend_from_slice(&self.time.millis().to_le_bytes());
        bytes.extend_from_slice(&self.items.0);
        bytes
    }

    /// Reads the canonical bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut reader = Reader::new(bytes);
        match reader.u16_le()? {
            VERSION => {}
            other => return Err(HeaderError::Version(other)),
        }
        let header = Self {
            height: u64::from_le_bytes(reader.array()?),
            parent: Digest(reader.array()?),
            time: BlockTime::from_millis(u64::from_le_bytes(reader.array()?)),
            items: Digest(reader.array()?),
        };
        reader.finish()?;
        Ok(header)
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
    /// The block of these items after a parent.
    pub fn new(height: u64, parent: Digest, time: BlockTime, items: Vec<Item>) -> Self {
        let hashes: Vec<&[u8]> = items.iter().map(|item| item.hash.0.as_slice()).collect();
        let header = Header {
            height,
            parent,
            time,
            items: Digest::of_parts("idos/block-items/v1", &hashes),
        };
        Self { header, items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        let items = vec![Item::new(b"a".to_vec()), Item::new(b"b".to_vec())];
        Block::new(7, Digest::of(b"parent"), BlockTime::from_millis(9), items)
    }

    #[test]
    fn headers_round_trip() {
        let header = block().header;
        assert_eq!(Header::decode(&header.encode()).unwrap(), header);
    }

    #[test]
    fn every_truncation_and_any_trailing_byte_is_refused() {
        let mut bytes = block().header.encode();
        for end in 0..bytes.len() {
            assert!(Header::decode(&bytes[..end]).is_err());
        }
        bytes.push(0);
        assert!(Header::decode(&bytes).is_err());
    }

    #[test]
    fn the_order_of_items_is_part_of_the_hash() {
        let block = block();
        let swapped = Block::new(
            7,
            Digest::of(b"parent"),
            BlockTime::from_millis(9),
            block.items.iter().rev().cloned().collect(),
        );
        assert_ne!(block.header.hash(), swapped.header.hash());
    }
}
