//! A block as the engine carries and keeps it.

use std::sync::Arc;

use commonware_codec::{
    Buf, EncodeSize, Error as CodecError, FixedSize as _, Read, ReadExt as _, Write, util::at_least,
};
use commonware_consensus::{BoundedBlock, Heightable, types::Height};
use commonware_cryptography::{Digestible, sha256};
use commonware_runtime::BufMut;
use idos_types::{
    Digest,
    limits::{BLOCK_BYTES, BLOCK_ITEMS, TRANSACTION_BYTES},
};

use crate::{Block, Header, Item, Protocols, block::HEADER_BYTES};

/// Most bytes of an encoded block.
const MAX_BYTES: usize = HEADER_BYTES + u32::SIZE * (1 + BLOCK_ITEMS) + BLOCK_BYTES;

/// A block within the limits, whose header commits to its items. What identifies it is the hash of
/// its header; its items can be erased without a certificate losing its meaning.
///
/// Encoded as the header, the number of items, and each item with its length before it, numbers
/// being four bytes, most significant first. There is one encoding of a block and no other is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Body(Arc<Block>);

/// Items are more than a block may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooLarge;

impl Body {
    /// A block made here.
    pub(crate) fn new(block: Block) -> Result<Self, TooLarge> {
        within_limits(block.items.iter().map(|item| item.bytes.len()))?;
        Ok(Self(Arc::new(block)))
    }

    /// What the network starts from: it has no items, and its header commits to something else.
    pub(crate) fn genesis(header: Header) -> Self {
        Self(Arc::new(Block {
            header,
            items: Vec::new(),
        }))
    }

    /// The block.
    pub(crate) fn block(&self) -> &Arc<Block> {
        &self.0
    }

    /// Its header.
    pub(crate) fn header(&self) -> &Header {
        &self.0.header
    }
}

fn within_limits(lengths: impl Iterator<Item = usize>) -> Result<(), TooLarge> {
    let (mut items, mut bytes) = (0_usize, 0_usize);
    for length in lengths {
        items += 1;
        bytes = bytes.saturating_add(length);
        if items > BLOCK_ITEMS || length > TRANSACTION_BYTES || bytes > BLOCK_BYTES {
            return Err(TooLarge);
        }
    }
    Ok(())
}

/// A digest in the type of the engine.
pub(crate) fn engine_digest(digest: Digest) -> sha256::Digest {
    sha256::Digest(digest.0)
}

impl Write for Body {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0.header.encode());
        buf.put_u32(length(self.0.items.len()));
        for item in &self.0.items {
            buf.put_u32(length(item.bytes.len()));
            buf.put_slice(&item.bytes);
        }
    }
}

/// A length within the limits, all of which are far below what four bytes hold.
fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl EncodeSize for Body {
    fn encode_size(&self) -> usize {
        let items = self.0.items.iter();
        HEADER_BYTES
            + u32::SIZE
            + items
                .map(|item| u32::SIZE + item.bytes.len())
                .sum::<usize>()
    }
}

impl Read for Body {
    /// The versions that can be read.
    type Cfg = Protocols;

    fn read_cfg(buf: &mut impl Buf, protocols: &Protocols) -> Result<Self, CodecError> {
        let header = <[u8; HEADER_BYTES]>::read(buf)?;
        let header = Header::decode_of(&header, protocols)
            .map_err(|error| CodecError::Wrapped("block header", Box::new(error)))?;
        let count = u32::read(buf)? as usize;
        if count > BLOCK_ITEMS {
            return Err(CodecError::InvalidLength(count));
        }
        let mut items = Vec::new();
        let mut bytes = 0;
        for _ in 0..count {
            let length = u32::read(buf)? as usize;
            bytes += length;
            if length > TRANSACTION_BYTES || bytes > BLOCK_BYTES {
                return Err(CodecError::InvalidLength(length));
            }
            // Nothing is set aside for bytes that have not arrived.
            at_least(buf, length)?;
            let mut item = vec![0; length];
            buf.copy_to_slice(&mut item);
            items.push(Item::new(item));
        }
        let committed = if header.height == 0 {
            // The genesis commits to what the network is born with, which is not in a block.
            items.is_empty()
        } else {
            header.items == Block::digest_of(&items)
        };
        if !committed {
            return Err(CodecError::Invalid(
                "block",
                "the header commits to other items",
            ));
        }
        Ok(Self(Arc::new(Block { header, items })))
    }
}

impl Digestible for Body {
    type Digest = sha256::Digest;

    fn digest(&self) -> Self::Digest {
        engine_digest(self.0.header.hash())
    }
}

impl Heightable for Body {
    fn height(&self) -> Height {
        Height::new(self.0.header.height)
    }
}

impl commonware_consensus::Block for Body {
    fn parent(&self) -> Self::Digest {
        engine_digest(self.0.header.parent)
    }
}

impl BoundedBlock for Body {
    fn max_encode_size(_: &Protocols) -> usize {
        MAX_BYTES
    }
}

#[cfg(test)]
mod tests {
    use commonware_codec::{Decode as _, Encode as _};
    use idos_types::BlockTime;

    use super::*;
    use crate::{PROTOCOLS, Turn};

    fn body(items: &[&[u8]]) -> Body {
        let parent = Header::genesis(BlockTime::from_millis(1), Digest::of(b"network"));
        let items = items.iter().map(|item| Item::new(item.to_vec())).collect();
        let time = BlockTime::from_millis(2);
        Body::new(Block::new(&parent, time, Turn::default(), items)).unwrap()
    }

    fn decode(bytes: Vec<u8>) -> Result<Body, CodecError> {
        Body::decode_cfg(commonware_runtime::IoBuf::from(bytes), &PROTOCOLS)
    }

    #[test]
    fn blocks_round_trip() {
        for body in [body(&[]), body(&[b""]), body(&[b"one", b"two"])] {
            let bytes = body.encode().to_vec();
            assert_eq!(bytes.len(), body.encode_size());
            assert_eq!(decode(bytes).unwrap(), body);
        }
    }

    #[test]
    fn the_encoding_of_a_block_is_frozen() {
        let bytes = body(&[b"one", b""]).encode().to_vec();
        let (header, items) = bytes.split_at(HEADER_BYTES);
        assert_eq!(header, body(&[b"one", b""]).header().encode());
        assert_eq!(hex::encode(items), "00000002000000036f6e6500000000");
    }

    #[test]
    fn a_block_with_other_items_than_its_header_says_is_refused() {
        let mut bytes = body(&[b"one", b"two"]).encode().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        assert!(decode(bytes).is_err());
    }

    #[test]
    fn every_truncation_and_any_trailing_byte_is_refused() {
        let mut bytes = body(&[b"one", b"two"]).encode().to_vec();
        for end in 0..bytes.len() {
            assert!(decode(bytes[..end].to_vec()).is_err());
        }
        bytes.push(0);
        assert!(decode(bytes).is_err());
    }

    #[test]
    fn lengths_are_not_believed() {
        let mut bytes = body(&[b"one"]).encode().to_vec();
        bytes[HEADER_BYTES..HEADER_BYTES + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(decode(bytes).is_err());
        let mut bytes = body(&[b"one"]).encode().to_vec();
        bytes[HEADER_BYTES + 4..HEADER_BYTES + 8].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(decode(bytes).is_err());
    }

    #[test]
    fn the_largest_transaction_fits_and_a_larger_does_not() {
        let largest = vec![7; TRANSACTION_BYTES];
        let body = body(&[&largest, &largest]);
        assert!(body.encode_size() <= MAX_BYTES);
        assert_eq!(decode(body.encode().to_vec()).unwrap(), body);

        let parent = Header::genesis(BlockTime::default(), Digest::default());
        let make = |items| {
            let time = BlockTime::from_millis(1);
            Body::new(Block::new(&parent, time, Turn::default(), items))
        };
        let item = |bytes| Item::new(vec![7; bytes]);
        assert_eq!(make(vec![item(TRANSACTION_BYTES + 1)]), Err(TooLarge));
        assert_eq!(
            make(vec![
                item(TRANSACTION_BYTES),
                item(TRANSACTION_BYTES),
                item(1)
            ]),
            Err(TooLarge)
        );
        assert_eq!(make(vec![item(0); BLOCK_ITEMS + 1]), Err(TooLarge));
    }

    #[test]
    fn the_genesis_commits_to_what_is_not_in_it() {
        let header = Header::genesis(BlockTime::from_millis(1), Digest::of(b"network"));
        let genesis = Body::genesis(header);
        assert_eq!(decode(genesis.encode().to_vec()).unwrap(), genesis);
    }
}
