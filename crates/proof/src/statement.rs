//! What validators sign after executing a height.

use idos_types::{BlockTime, Digest, ReadError, Reader, limits::EPOCHS_AHEAD};
use thiserror::Error;

use crate::{
    chain_id::{ChainId, ChainIdError},
    root::Root,
};

const VERSION: u8 = 1;
/// Before a statement is signed its domain is put before it, behind the domain's length in one
/// byte: no message that begins with another domain in this way is ever the same.
const DOMAIN: &str = "idos/root-statement/v1";

/// What a validator computed by executing a height.
///
/// Encoding, numbers most significant byte first: the version, 1 (one byte); the chain id behind
/// its length (one byte); epoch (8); height (8); whether it is the last height of its epoch (one
/// byte, 0 or 1); header (32); hash of the root (32); number of leaves (8); block time (8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootStatement {
    /// Which chain.
    pub chain_id: ChainId,
    /// The epoch of the height; its validators sign.
    pub epoch: u64,
    /// The height.
    pub height: u64,
    /// Whether it is the last height of its epoch. Then the state holds the validators of the
    /// epoch after the next one.
    pub ends_epoch: bool,
    /// The digest of the block's header.
    pub header: Digest,
    /// The root of the state after the height.
    pub root: Root,
    /// The time of the block.
    pub time: BlockTime,
}

/// Why bytes are not a statement. Whoever sent them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatementError {
    /// They end early, or go on.
    #[error("the statement cannot be read: {0}")]
    Read(#[from] ReadError),
    /// Another version, or no statement at all.
    #[error("the statement is of version {0}, only 1 is known")]
    Version(u8),
    /// It names no chain.
    #[error(transparent)]
    ChainId(#[from] ChainIdError),
    /// Whether the epoch ends is neither 0 nor 1.
    #[error("{0} stands where 0 or 1 must tell whether the epoch ends")]
    Flag(u8),
    /// No block is that late.
    #[error("the time {0} is after the year 9999")]
    Time(u64),
}

impl RootStatement {
    /// The newest epoch whose validators are in the state.
    pub fn newest_set(&self) -> u64 {
        let ahead = if self.ends_epoch {
            EPOCHS_AHEAD
        } else {
            EPOCHS_AHEAD - 1
        };
        self.epoch.saturating_add(ahead)
    }

    /// Its one encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.chain_id.encode(&mut bytes);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.height.to_be_bytes());
        bytes.push(self.ends_epoch.into());
        bytes.extend_from_slice(&self.header.0);
        bytes.extend_from_slice(&self.root.hash.0);
        bytes.extend_from_slice(&self.root.count.to_be_bytes());
        bytes.extend_from_slice(&self.time.millis().to_be_bytes());
        bytes
    }

    /// The bytes that validators sign: one byte 22, `idos/root-statement/v1`, the encoding.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(DOMAIN.len()).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(DOMAIN.as_bytes());
        bytes.extend(self.encode());
        bytes
    }

    /// Reads one statement and nothing behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        let mut reader = Reader::new(bytes);
        let statement = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(statement)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, StatementError> {
        let version = reader.u8()?;
        if version != VERSION {
            return Err(StatementError::Version(version));
        }
        let statement = Self {
            chain_id: ChainId::read(reader)?,
            epoch: reader.u64_be()?,
            height: reader.u64_be()?,
            ends_epoch: match reader.u8()? {
                0 => false,
                1 => true,
                other => return Err(StatementError::Flag(other)),
            },
            header: Digest(reader.array()?),
            root: Root {
                hash: Digest(reader.array()?),
                count: reader.u64_be()?,
            },
            time: read_time(reader)?,
        };
        Ok(statement)
    }
}

fn read_time(reader: &mut Reader<'_>) -> Result<BlockTime, StatementError> {
    let millis = reader.u64_be()?;
    let time = BlockTime::from_millis(millis);
    if time.millis() != millis {
        return Err(StatementError::Time(millis));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> RootStatement {
        RootStatement {
            chain_id: ChainId::new("c").unwrap(),
            epoch: 1,
            height: 2,
            ends_epoch: true,
            header: Digest([3; 32]),
            root: Root::empty(),
            time: BlockTime::from_millis(4),
        }
    }

    #[test]
    fn a_statement_has_one_encoding() {
        let bytes = statement().encode();
        assert_eq!(RootStatement::decode(&bytes), Ok(statement()));
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = RootStatement::decode(&changed) {
                assert_ne!(read, statement());
                assert_eq!(read.encode(), changed);
            }
        }
        for len in 0..bytes.len() {
            assert!(RootStatement::decode(&bytes[..len]).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        let trailing = ReadError::Trailing(1).into();
        assert_eq!(RootStatement::decode(&longer), Err(trailing));
    }

    #[test]
    fn what_no_statement_says_is_refused() {
        let edited = |from_end: usize, byte| {
            let mut bytes = statement().encode();
            let place = bytes.len() - from_end;
            bytes[place] = byte;
            RootStatement::decode(&bytes).unwrap_err()
        };
        assert_eq!(edited(8, 0xff), StatementError::Time(0xff00_0000_0000_0004));
        assert_eq!(edited(8 + 8 + 32 + 32 + 1, 2), StatementError::Flag(2));
        let len = statement().encode().len();
        assert_eq!(edited(len, 2), StatementError::Version(2));
        assert_eq!(edited(len - 2, b' '), ChainIdError::Text.into());
    }

    #[test]
    fn what_is_signed_begins_with_its_domain() {
        let bytes = statement().signed_bytes();
        let rest = bytes.strip_prefix(b"\x16idos/root-statement/v1").unwrap();
        assert_eq!(rest, statement().encode());
    }
}
