//! Leaves: a key, and what is committed under it.

use idos_types::Digest;

use crate::key::{LeafKey, ListId};

const ROW: &str = "idos/tree-row/v2";
const INDEX: &str = "idos/tree-index/v2";
const ENTRY: &str = "idos/tree-entry/v1";

/// The first bit of a value: of rows 0, of index entries 1.
const INDEX_BIT: u8 = 0x80;

/// What a leaf commits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LeafValue(pub Digest);

impl LeafValue {
    /// The value of a row: its table, the version of the table's schema, its canonical encoding
    /// and its salt. The salt hides the row: who does not know it cannot test guesses at the row
    /// against the hashes in a neighbour's proof.
    pub fn row(table: &str, schema_version: u32, row: &[u8], salt: &Digest) -> Self {
        let version = schema_version.to_be_bytes();
        let parts = [table.as_bytes(), &version, row, &salt.0];
        let mut value = Digest::of_parts(ROW, &parts);
        value.0[0] &= !INDEX_BIT;
        Self(value)
    }

    /// The value of a row's leaf in a second list, of the row's value and its salt. It commits the row
    /// as well, and differs from list to list: who does not know the salt cannot see by it of which row
    /// the entry is, even if the row's value is known.
    pub fn index(list: &ListId, row: &Self, salt: &Digest) -> Self {
        let mut value = Digest::of_parts(INDEX, &[&list.0.0, &row.0.0, &salt.0]);
        value.0[0] |= INDEX_BIT;
        Self(value)
    }

    /// Whether it is that of an index entry. Such a leaf comes and goes with that of its row.
    pub fn is_index(&self) -> bool {
        self.0.0[0] & INDEX_BIT != 0
    }
}

/// One leaf of the tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Leaf {
    /// Where it is.
    pub key: LeafKey,
    /// What it commits.
    pub value: LeafValue,
}

impl Leaf {
    /// What its hash commits beside its list. Who knows no more than this learns neither which element
    /// it is nor whether it is one that is known from elsewhere: values come of salts.
    pub fn entry(&self) -> Digest {
        let element = self.key.element();
        Digest::of_parts(ENTRY, &[&element.0.0, &self.value.0.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_row_counts() {
        let salt = Digest([1; 32]);
        let value = LeafValue::row("users", 1, b"row", &salt);
        for other in [
            LeafValue::row("user", 1, b"srow", &salt),
            LeafValue::row("users", 2, b"row", &salt),
            LeafValue::row("users", 1, b"rows", &salt),
            LeafValue::row("users", 1, b"row", &Digest([2; 32])),
        ] {
            assert_ne!(value, other);
        }
    }

    #[test]
    fn an_index_entry_commits_its_list_and_its_row() {
        let (list, other) = (ListId::new("one", &[]), ListId::new("other", &[]));
        let row = |salt| LeafValue::row("users", 1, b"row", &Digest([salt; 32]));
        let index = |list, of, salt| LeafValue::index(list, &row(of), &Digest([salt; 32]));
        let value = index(&list, 1, 1);
        assert_ne!(value, index(&other, 1, 1));
        assert_ne!(value, index(&list, 2, 1));
        assert_ne!(value, index(&list, 1, 2));
        for salt in 0..=255 {
            assert!(!row(salt).is_index());
            assert!(index(&list, 1, salt).is_index());
        }
    }

    #[test]
    fn an_entry_commits_element_and_value() {
        let entry = |element, value| {
            let (list, element) = (
                ListId::new("list", &[]),
                crate::Element(Digest([element; 32])),
            );
            let (key, value) = (
                LeafKey::new(&list, &element),
                LeafValue(Digest([value; 32])),
            );
            Leaf { key, value }.entry()
        };
        assert_ne!(entry(1, 1), entry(2, 1));
        assert_ne!(entry(1, 1), entry(1, 2));
        assert_ne!(entry(1, 2), entry(2, 1));
    }
}
