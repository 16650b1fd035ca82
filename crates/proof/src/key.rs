//! Keys of leaves: a list, and an element of it.

use std::fmt;

use idos_types::Digest;

use crate::prefix::Prefix;

const LIST: &str = "idos/tree-list/v1";
const ELEMENT: &str = "idos/tree-element/v1";

/// Length of either half of a key in bytes.
const HALF: usize = 32;

/// A list: the grants of one grantee, the credentials of one person. All its leaves lie under one
/// subtree, so that a proof can tell that they are all, none, or how many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListId(pub Digest);

impl ListId {
    /// The list `name` of `owner`. Both are hashed, so that nobody can choose where a list lies.
    pub fn new(name: &str, owner: &[u8]) -> Self {
        Self(Digest::of_parts(LIST, &[name.as_bytes(), owner]))
    }

    /// What the keys of all elements begin with.
    pub fn prefix(&self) -> Prefix {
        LeafKey::new(self, &Element(Digest([0; HALF]))).prefix(Prefix::LIST_BITS)
    }
}

/// An element of a list. Elements are ordered by these bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Element(pub Digest);

impl Element {
    /// The element of the row with this key, in the row's canonical key encoding. It is hashed, so
    /// that nobody can cheaply make rows whose elements lie deep in the tree.
    pub fn new(row_key: &[u8]) -> Self {
        Self(Digest::of_parts(ELEMENT, &[row_key]))
    }
}

/// The key of a leaf: 32 bytes of the list, then 32 bytes of the element. Bit 0 is the highest bit
/// of the first byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafKey(pub [u8; Self::BYTES]);

impl LeafKey {
    /// Length in bytes.
    pub const BYTES: usize = 2 * HALF;
    /// Length in bits.
    pub const BITS: u16 = 512;

    /// The key of an element of a list.
    pub fn new(list: &ListId, element: &Element) -> Self {
        let mut bytes = [0; Self::BYTES];
        let (first, second) = bytes.split_at_mut(HALF);
        first.copy_from_slice(&list.0.0);
        second.copy_from_slice(&element.0.0);
        Self(bytes)
    }

    /// The list that the leaf is in.
    pub fn list(&self) -> ListId {
        let mut list = [0; HALF];
        list.copy_from_slice(self.0.split_at(HALF).0);
        ListId(Digest(list))
    }

    /// Which element of the list it is.
    pub fn element(&self) -> Element {
        let mut element = [0; HALF];
        element.copy_from_slice(self.0.split_at(HALF).1);
        Element(Digest(element))
    }

    /// Its first `bits` bits, all of them if there are no more.
    pub fn prefix(&self, bits: u16) -> Prefix {
        Prefix::new(self.0, bits)
    }

    /// The bit at `index`, from the left; false beyond the end.
    pub fn bit(&self, index: u16) -> bool {
        let byte = self.0.get(usize::from(index / 8)).copied();
        byte.unwrap_or_default() >> (7 - index % 8) & 1 == 1
    }

    /// How many bits both have in common from the left: 512 if they are equal.
    pub fn common_bits(&self, other: &Self) -> u16 {
        let mut common = 0;
        let (ones, others) = (self.0.as_chunks::<8>().0, other.0.as_chunks::<8>().0);
        for (one, other) in ones.iter().zip(others) {
            let differ = u64::from_be_bytes(*one) ^ u64::from_be_bytes(*other);
            common += differ.leading_zeros();
            if differ != 0 {
                break;
            }
        }
        u16::try_from(common).unwrap_or(Self::BITS)
    }
}

impl From<LeafKey> for Prefix {
    fn from(key: LeafKey) -> Self {
        key.prefix(LeafKey::BITS)
    }
}

impl fmt::Debug for LeafKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeafKey({}/{})", self.list().0, self.element().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8, last: u8) -> LeafKey {
        let mut bytes = [0; 64];
        bytes[0] = first;
        bytes[63] = last;
        LeafKey(bytes)
    }

    #[test]
    fn a_key_is_its_list_and_its_element() {
        let (list, element) = (ListId::new("grants", b"x"), Element::new(b"row"));
        let key = LeafKey::new(&list, &element);
        assert_eq!((key.list(), key.element()), (list, element));
        assert!(list.prefix().contains(&key));
    }

    #[test]
    fn lists_differ_by_name_and_owner() {
        let list = ListId::new("grants", b"x");
        assert_ne!(list, ListId::new("grants", b"y"));
        assert_ne!(list, ListId::new("grant", b"sx"));
        assert_ne!(list.0, Element::new(b"x").0);
    }

    #[test]
    fn bits_count_from_the_left() {
        assert!(key(0x80, 0).bit(0));
        assert!(!key(0x80, 0).bit(1));
        assert!(key(0, 1).bit(511));
        assert!(!key(0xff, 0xff).bit(512));
    }

    #[test]
    fn common_bits_end_at_the_first_difference() {
        assert_eq!(key(0, 0).common_bits(&key(0x10, 0)), 3);
        assert_eq!(key(7, 2).common_bits(&key(7, 3)), 511);
        assert_eq!(key(7, 3).common_bits(&key(7, 3)), 512);
        for bit in 0..LeafKey::BITS {
            let mut other = [0xa5; LeafKey::BYTES];
            other[usize::from(bit / 8)] ^= 0x80 >> (bit % 8);
            // What follows the first difference does not count.
            other[usize::from(bit / 8) + 1..].fill(0);
            assert_eq!(LeafKey([0xa5; 64]).common_bits(&LeafKey(other)), bit);
        }
    }
}
