//! Proofs: what has to be known of the rest of the tree to compute its root from a part.
//!
//! Encoding, numbers most significant byte first:
//!
//! * one byte: the version, 2;
//! * the witness: `0` for none; `1`, key (64 bytes) and value (32) of a leaf; `2` and a branch:
//!   length of its prefix in bits (2), prefix (as many bytes as its bits need, unused bits zero),
//!   then the root of the left side and that of the right; or `3`, list (32) and entry (32) of a leaf;
//! * twice, first to the left and then to the right: how many siblings there are (2), then each
//!   sibling: its bit (2) and its root. Bits increase.
//!
//! A root is its number of leaves (8 bytes, not zero) and its hash (32).

use idos_types::{Digest, ReadError, Reader, limits::PROOF_BYTES};
use thiserror::Error;

use crate::{
    key::{LeafKey, ListId},
    leaf::{Leaf, LeafValue},
    prefix::Prefix,
    root::Root,
};

const VERSION: u8 = 2;

/// A subtree beside the way from the root to what a proof is about: at a branch, the side that the
/// way does not take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sibling {
    /// The bit in which its keys differ from those on the way.
    pub bit: u16,
    /// Its root.
    pub root: Root,
}

/// The node at the end of the way, when the claim does not already say what lies there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Witness {
    /// A leaf of the list that the claim is about.
    Leaf(Leaf),
    /// A leaf of another list, which is all that is shown of its key: what it is is nobody's business
    /// who asks for something else.
    OtherList {
        /// Its list.
        list: ListId,
        /// Its [`Leaf::entry`].
        entry: Digest,
    },
    /// A branch, by what its hash commits.
    Branch {
        /// What all its keys begin with.
        prefix: Prefix,
        /// The side with a zero behind the prefix.
        left: Root,
        /// The side with a one behind the prefix.
        right: Root,
    },
}

impl Witness {
    pub(crate) fn prefix(&self) -> Prefix {
        match self {
            Self::Leaf(leaf) => leaf.key.into(),
            Self::OtherList { list, .. } => list.prefix(),
            Self::Branch { prefix, .. } => *prefix,
        }
    }

    pub(crate) fn root(&self) -> Root {
        match self {
            Self::Leaf(leaf) => Root::leaf(leaf),
            Self::OtherList { list, entry } => Root::entry(list, entry),
            Self::Branch {
                prefix,
                left,
                right,
            } => Root::branch(prefix, left, right),
        }
    }
}

/// A proof that a [`Claim`](crate::Claim) is true of the tree with a certain root. For each claim
/// and each tree there is exactly one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    pub(crate) witness: Option<Witness>,
    pub(crate) left: Vec<Sibling>,
    pub(crate) right: Vec<Sibling>,
}

/// Why bytes are not a proof. The node that sent them is at fault, or the way from it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// They end early, or go on.
    #[error("the proof cannot be read: {0}")]
    Read(#[from] ReadError),
    /// No proof is as long.
    #[error("the proof is {0} bytes long, at most {PROOF_BYTES} are allowed")]
    TooLong(usize),
    /// Another version, or no proof at all.
    #[error("the proof is of version {0}, only {VERSION} is known")]
    Version(u8),
    /// There is no such kind of witness.
    #[error("the witness is of kind {0}, only 0 to 3 are known")]
    Witness(u8),
    /// A branch's prefix is as long as a key, or not encoded in its one way.
    #[error("the witness has a prefix that no branch has")]
    Prefix,
    /// Bits of siblings do not increase, or are beyond those of a key.
    #[error("the sibling at bit {0} is out of order")]
    Order(u16),
    /// A subtree without leaves is not a subtree.
    #[error("a subtree of no leaves is named")]
    Empty,
}

impl Proof {
    /// The one encoding of this proof.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let put_root = |bytes: &mut Vec<u8>, root: &Root| {
            bytes.extend_from_slice(&root.count.to_be_bytes());
            bytes.extend_from_slice(&root.hash.0);
        };
        match &self.witness {
            None => bytes.push(0),
            Some(Witness::Leaf(leaf)) => {
                bytes.push(1);
                bytes.extend_from_slice(&leaf.key.0);
                bytes.extend_from_slice(&leaf.value.0.0);
            }
            Some(Witness::Branch {
                prefix,
                left,
                right,
            }) => {
                bytes.push(2);
                bytes.extend_from_slice(&prefix.bits().to_be_bytes());
                bytes.extend_from_slice(prefix.bytes());
                put_root(&mut bytes, left);
                put_root(&mut bytes, right);
            }
            Some(Witness::OtherList { list, entry }) => {
                bytes.push(3);
                bytes.extend_from_slice(&list.0.0);
                bytes.extend_from_slice(&entry.0);
            }
        }
        for siblings in [&self.left, &self.right] {
            // Bits increase, so there are at most 512.
            let len = u16::try_from(siblings.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&len.to_be_bytes());
            for sibling in siblings {
                bytes.extend_from_slice(&sibling.bit.to_be_bytes());
                put_root(&mut bytes, &sibling.root);
            }
        }
        bytes
    }

    /// Reads a proof. What it reads encodes to the same bytes again.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > PROOF_BYTES {
            return Err(DecodeError::TooLong(bytes.len()));
        }
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let proof = Self {
            witness: read_witness(&mut reader)?,
            left: read_siblings(&mut reader)?,
            right: read_siblings(&mut reader)?,
        };
        reader.finish()?;
        Ok(proof)
    }
}

fn read_witness(reader: &mut Reader<'_>) -> Result<Option<Witness>, DecodeError> {
    Ok(Some(match reader.u8()? {
        0 => return Ok(None),
        1 => Witness::Leaf(Leaf {
            key: LeafKey(reader.array()?),
            value: LeafValue(Digest(reader.array()?)),
        }),
        2 => {
            let bits = reader.u16_be()?;
            let bytes = reader.take(usize::from(bits.div_ceil(8)))?;
            let prefix = Prefix::from_bytes(bytes, bits).filter(|it| it.bits() < LeafKey::BITS);
            Witness::Branch {
                prefix: prefix.ok_or(DecodeError::Prefix)?,
                left: read_root(reader)?,
                right: read_root(reader)?,
            }
        }
        3 => Witness::OtherList {
            list: ListId(Digest(reader.array()?)),
            entry: Digest(reader.array()?),
        },
        kind => return Err(DecodeError::Witness(kind)),
    }))
}

fn read_root(reader: &mut Reader<'_>) -> Result<Root, DecodeError> {
    let root = Root {
        count: reader.u64_be()?,
        hash: Digest(reader.array()?),
    };
    if root.count == 0 {
        return Err(DecodeError::Empty);
    }
    Ok(root)
}

fn read_siblings(reader: &mut Reader<'_>) -> Result<Vec<Sibling>, DecodeError> {
    let len = reader.u16_be()?;
    let mut siblings = Vec::new();
    let mut free = 0;
    for _ in 0..len {
        let bit = reader.u16_be()?;
        if bit < free || bit >= LeafKey::BITS {
            return Err(DecodeError::Order(bit));
        }
        free = bit + 1;
        let root = read_root(reader)?;
        siblings.push(Sibling { bit, root });
    }
    Ok(siblings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sibling(bit: u16) -> Sibling {
        let (count, hash) = (3, Digest([7; 32]));
        Sibling {
            bit,
            root: Root { count, hash },
        }
    }

    fn proof(witness: Option<Witness>) -> Proof {
        Proof {
            witness,
            left: vec![sibling(3)],
            right: vec![sibling(0), sibling(511)],
        }
    }

    fn branch(prefix: Prefix) -> Witness {
        Witness::Branch {
            prefix,
            left: sibling(0).root,
            right: sibling(0).root,
        }
    }

    #[test]
    fn every_kind_of_proof_is_read_as_written() {
        let leaf = Leaf {
            key: LeafKey([9; 64]),
            value: LeafValue(Digest([5; 32])),
        };
        for witness in [
            None,
            Some(Witness::OtherList {
                list: leaf.key.list(),
                entry: leaf.entry(),
            }),
            Some(Witness::Leaf(leaf)),
            Some(branch(Prefix::EMPTY)),
            Some(branch(leaf.key.prefix(511))),
        ] {
            let proof = proof(witness);
            assert_eq!(Proof::decode(&proof.encode()), Ok(proof));
        }
    }

    #[test]
    fn the_longest_proof_is_allowed() {
        let all: Vec<_> = (0..512).map(sibling).collect();
        let longest = Proof {
            witness: Some(branch(LeafKey([9; 64]).prefix(511))),
            left: all.clone(),
            right: all,
        };
        let mut bytes = longest.encode();
        assert_eq!(Proof::decode(&bytes), Ok(longest));
        bytes.resize(PROOF_BYTES, 0);
        assert!(matches!(Proof::decode(&bytes), Err(DecodeError::Read(_))));
        bytes.push(0);
        assert_eq!(
            Proof::decode(&bytes),
            Err(DecodeError::TooLong(bytes.len()))
        );
    }

    #[test]
    fn everything_else_is_refused() {
        let edited = |place: usize, with: &[u8]| {
            let mut bytes = proof(None).encode();
            bytes[place..place + with.len()].copy_from_slice(with);
            Proof::decode(&bytes)
        };
        assert_eq!(edited(0, &[1]), Err(DecodeError::Version(1)));
        assert_eq!(edited(1, &[4]), Err(DecodeError::Witness(4)));
        assert_eq!(
            edited(4, &512_u16.to_be_bytes()),
            Err(DecodeError::Order(512))
        );
        assert_eq!(edited(6, &[0; 8]), Err(DecodeError::Empty));
        // The second sibling to the right.
        assert_eq!(edited(4 + 42 + 2 + 42, &[0, 0]), Err(DecodeError::Order(0)));
        assert_eq!(edited(2, &[0xff]), Err(DecodeError::Order(2)));
        let whole = [&[2, 2, 2, 0][..], &[9; 64]].concat();
        assert_eq!(Proof::decode(&whole), Err(DecodeError::Prefix));
        let untidy = [2, 2, 0, 1, 0xc0];
        assert_eq!(Proof::decode(&untidy), Err(DecodeError::Prefix));
        let bytes = proof(None).encode();
        for len in 0..bytes.len() {
            assert!(matches!(
                Proof::decode(&bytes[..len]),
                Err(DecodeError::Read(_))
            ));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Proof::decode(&longer), Err(ReadError::Trailing(1).into()));
    }
}
