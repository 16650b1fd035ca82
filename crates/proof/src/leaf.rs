//! Leaves: a key, and what is committed under it.

use idos_types::Digest;

use crate::key::LeafKey;

const ROW: &str = "idos/tree-row/v1";
const INDEX: &str = "idos/tree-index/v1";

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
        Self(Digest::of_parts(ROW, &parts))
    }

    /// The value of every leaf of a second list over rows that have leaves of their own. It is
    /// constant, so that a change of a row leaves such lists alone.
    pub fn index() -> Self {
        Self(Digest::of_parts(INDEX, &[]))
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
            LeafValue::index(),
        ] {
            assert_ne!(value, other);
        }
    }
}
