//! Pages: how the tree is stored. A page is the part of the tree that four bits of the keys span:
//! up to sixteen children, each a leaf or a further page.
//!
//! Encoding of a page's body, numbers most significant byte first:
//!
//! * one byte: the version, 1;
//! * for each child, in order of its slot (the four bits of its keys behind the page's prefix):
//!   * a leaf: `slot` in one byte, the rest of its key, its value (32 bytes);
//!   * a page: `16 + slot` in one byte, the length of its prefix in units of four bits (one byte),
//!     the rest of its prefix, its number of leaves (8 bytes), its hash (32 bytes).
//!
//! "The rest" are the bytes from the one that holds the first bit behind the page's own prefix.
//! Every page has at least two children, except the top one (of the empty prefix), which always
//! exists unless the tree is empty and may have one. So equal leaves give equal pages.

use idos_types::{Digest, ReadError, Reader};
use thiserror::Error;

use crate::{
    key::LeafKey,
    leaf::{Leaf, LeafValue},
    prefix::Prefix,
    root::Root,
};

const VERSION: u8 = 1;
/// How many bits of a key one page spans.
pub(crate) const SLOT_BITS: u16 = 4;
/// How many children a page can have.
pub(crate) const SLOTS: usize = 16;
/// What distinguishes the byte before a page from the one before a leaf.
const IS_PAGE: u8 = 16;

/// Which page: what the keys of all its leaves begin with. Its length is a multiple of four bits,
/// at most 508.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageId(Prefix);

impl PageId {
    /// The page that is there whenever the tree is not empty.
    pub const TOP: Self = Self(Prefix::EMPTY);
    /// Longest [`PageId::to_bytes`].
    pub const MAX_BYTES: usize = 65;

    /// The page of a prefix, if its length is one that pages have.
    pub fn new(prefix: Prefix) -> Option<Self> {
        let fits = prefix.bits().is_multiple_of(SLOT_BITS) && prefix.bits() < LeafKey::BITS;
        fits.then_some(Self(prefix))
    }

    /// The page that spans bit `bit` of `key`.
    pub(crate) fn spanning(key: &LeafKey, bit: u16) -> Self {
        let bit = bit.min(LeafKey::BITS - 1);
        Self(key.prefix(bit - bit % SLOT_BITS))
    }

    /// What the keys of all its leaves begin with.
    pub fn prefix(&self) -> &Prefix {
        &self.0
    }

    /// Its key in a store: the bytes of the prefix, then one byte with the prefix's length in
    /// units of four bits. Neighbours in the tree are neighbours in this order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.0.bytes().to_vec();
        bytes.push(self.length());
        bytes
    }

    /// Reads [`PageId::to_bytes`]; `None` for all other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, prefix) = bytes.split_last()?;
        Self::new(Prefix::from_bytes(prefix, u16::from(*length) * SLOT_BITS)?)
    }

    /// Length of the prefix in units of four bits, at most 127.
    fn length(&self) -> u8 {
        u8::try_from(self.0.bits() / SLOT_BITS).unwrap_or(u8::MAX)
    }

    /// In which slot of the page a key lies that begins with the page's prefix.
    pub(crate) fn slot(&self, key: &LeafKey) -> usize {
        let byte = key.0.get(self.shared_bytes()).copied().unwrap_or_default();
        let is_first_half = self.0.bits().is_multiple_of(8);
        usize::from(if is_first_half {
            byte >> SLOT_BITS
        } else {
            byte % IS_PAGE
        })
    }

    /// How many bytes of a key lie wholly before the page's first own bit.
    fn shared_bytes(&self) -> usize {
        usize::from(self.0.bits() / 8)
    }
}

/// What lies in one slot of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Child {
    Leaf(Leaf),
    Page { id: PageId, root: Root },
}

impl Child {
    pub(crate) fn root(&self) -> Root {
        match self {
            Self::Leaf(leaf) => Root::leaf(leaf),
            Self::Page { root, .. } => *root,
        }
    }

    /// How many leaves it holds.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Leaf(_) => 1,
            Self::Page { root, .. } => root.count,
        }
    }

    /// How many bytes it takes in a page that holds the first `shared` bytes of its key.
    fn encoded_bytes(&self, shared: usize) -> usize {
        let (key, rest) = match self {
            Self::Leaf(_) => (LeafKey::BYTES, 1 + 32),
            Self::Page { id, .. } => (id.0.bytes().len(), 2 + 8 + 32),
        };
        key.saturating_sub(shared) + rest
    }

    /// A key that begins like all keys in it.
    pub(crate) fn key(&self) -> LeafKey {
        match self {
            Self::Leaf(leaf) => leaf.key,
            Self::Page { id, .. } => id.0.first_key(),
        }
    }
}

/// Why bytes are not a page. Whoever kept or sent them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageError {
    /// They end early.
    #[error("the page cannot be read: {0}")]
    Read(#[from] ReadError),
    /// Another version, or no page at all.
    #[error("the page is of version {0}, only 1 is known")]
    Version(u8),
    /// A child lies in no slot, in none behind the one before, or not in the one named.
    #[error("the child in slot {0} is out of order or out of place")]
    Slot(u8),
    /// A child page is not longer than its parent, or holds fewer than two leaves.
    #[error("the page in slot {0} cannot exist there")]
    Child(u8),
    /// Pages exist for two children or more, the top one for one or more.
    #[error("the page has {0} children, too few to exist")]
    TooFew(usize),
}

/// One page of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    id: PageId,
    children: [Option<Child>; SLOTS],
}

impl Page {
    /// Largest encoded body in bytes: sixteen leaves with whole keys.
    pub const MAX_BYTES: usize = 1 + SLOTS * (1 + 64 + 32);

    /// A page without children.
    pub(crate) fn new(id: PageId) -> Self {
        Self {
            id,
            children: [None; SLOTS],
        }
    }

    /// Which page it is.
    pub fn id(&self) -> &PageId {
        &self.id
    }

    /// The root of everything under it.
    pub fn root(&self) -> Root {
        self.part(0, SLOTS).unwrap_or_else(Root::empty)
    }

    /// The root of what lies in `width` slots from `start` on; `None` if nothing does. The width
    /// is a power of two, and the start a multiple of it.
    pub(crate) fn part(&self, start: usize, width: usize) -> Option<Root> {
        if width <= 1 {
            return self.children.get(start)?.as_ref().map(Child::root);
        }
        let half = width / 2;
        match (self.part(start, half), self.part(start + half, half)) {
            (Some(left), Some(right)) => Some(Root::branch(
                &self.branch_prefix(start, width),
                &left,
                &right,
            )),
            (one, other) => one.or(other),
        }
    }

    /// What all keys in `width` slots from `start` on begin with.
    pub(crate) fn branch_prefix(&self, start: usize, width: usize) -> Prefix {
        let slot = u8::try_from(start).unwrap_or_default();
        let bits = (SLOTS / width.max(1)).trailing_zeros();
        self.id
            .0
            .with_nibble(slot, u16::try_from(bits).unwrap_or(SLOT_BITS))
    }

    /// What lies in a slot.
    pub(crate) fn child(&self, slot: usize) -> Option<Child> {
        self.children.get(slot).copied().flatten()
    }

    /// Puts a child in its slot, or empties the slot.
    pub(crate) fn set(&mut self, slot: usize, child: Option<Child>) {
        if let Some(place) = self.children.get_mut(slot) {
            *place = child;
        }
    }

    /// Puts a child in its slot.
    pub(crate) fn put(&mut self, child: Child) {
        self.set(self.id.slot(&child.key()), Some(child));
    }

    /// All children in order.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Child> {
        self.children.iter().flatten()
    }

    /// The body of the page, without its id.
    pub fn encode(&self) -> Vec<u8> {
        let shared = self.id.shared_bytes();
        let children = self.children().map(|child| child.encoded_bytes(shared));
        let mut bytes = Vec::with_capacity(1 + children.sum::<usize>());
        bytes.push(VERSION);
        for (slot, child) in (0..).zip(&self.children) {
            match child {
                None => {}
                Some(Child::Leaf(leaf)) => {
                    bytes.push(slot);
                    bytes.extend_from_slice(leaf.key.0.get(shared..).unwrap_or_default());
                    bytes.extend_from_slice(&leaf.value.0.0);
                }
                Some(Child::Page { id, root }) => {
                    bytes.push(IS_PAGE + slot);
                    bytes.push(id.length());
                    bytes.extend_from_slice(id.0.bytes().get(shared..).unwrap_or_default());
                    bytes.extend_from_slice(&root.count.to_be_bytes());
                    bytes.extend_from_slice(&root.hash.0);
                }
            }
        }
        bytes
    }

    /// Reads the body of the page `id`. There is one encoding of each page, and a page is read
    /// only if it could exist; whether its hash is the expected one is for the caller to check.
    pub fn decode(id: PageId, bytes: &[u8]) -> Result<Self, PageError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(PageError::Version(version));
        }
        let mut page = Self::new(id);
        let mut free = 0;
        while reader.left() > 0 {
            let tag = reader.u8()?;
            let slot = tag % IS_PAGE;
            let child = match tag / IS_PAGE {
                0 => page.decode_leaf(&mut reader)?,
                1 => page.decode_page(slot, &mut reader)?,
                _ => return Err(PageError::Slot(tag)),
            };
            let key = child.key();
            let is_in_place = id.0.contains(&key) && id.slot(&key) == usize::from(slot);
            if slot < free || !is_in_place {
                return Err(PageError::Slot(slot));
            }
            free = slot + 1;
            page.set(usize::from(slot), Some(child));
        }
        let children = page.children().count();
        if children < 2 && (children == 0 || id != PageId::TOP) {
            return Err(PageError::TooFew(children));
        }
        Ok(page)
    }

    fn decode_leaf(&self, reader: &mut Reader<'_>) -> Result<Child, PageError> {
        let mut key = self.id.0.first_key().0;
        if let Some(rest) = key.get_mut(self.id.shared_bytes()..) {
            rest.copy_from_slice(reader.take(rest.len())?);
        }
        Ok(Child::Leaf(Leaf {
            key: LeafKey(key),
            value: LeafValue(Digest(reader.array()?)),
        }))
    }

    fn decode_page(&self, slot: u8, reader: &mut Reader<'_>) -> Result<Child, PageError> {
        let bits = u16::from(reader.u8()?) * SLOT_BITS;
        let rest = usize::from(bits.div_ceil(8)).saturating_sub(self.id.shared_bytes());
        let rest = reader.take(rest)?;
        let root = Root {
            count: reader.u64_be()?,
            hash: Digest(reader.array()?),
        };
        let id = self.id.0.with_rest(rest, bits).and_then(PageId::new);
        let id = id.filter(|id| id.0.bits() > self.id.0.bits() && root.count > 1);
        let id = id.ok_or(PageError::Child(slot))?;
        Ok(Child::Page { id, root })
    }
}
