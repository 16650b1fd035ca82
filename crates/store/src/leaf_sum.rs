//! Whether two lists of leaves, each in an order of its own, are of the same leaves.

use idos_proof::Leaf;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::{error::Result, sql};

/// The sum of the digests of leaves under a key that nobody knows: whoever chose the leaves could not
/// choose others with the same sum. Equal sums mean that each leaf was added as often to both.
#[derive(Clone)]
pub(crate) struct LeafSum {
    /// What a digest begins with.
    key: Sha256,
    /// Modulo 2^256, the lowest part first.
    sum: [u64; 4],
    count: u64,
}

impl LeafSum {
    /// Nothing yet, under a key of its own; clones have the same one.
    pub(crate) fn new(conn: &Connection) -> Result<Self> {
        // SQLite's generator takes its seed from the operating system. One block of the hash.
        let sql = "SELECT randomblob(64)";
        let key = sql::one(conn, "tree", sql, [], |row| row.get::<_, Vec<u8>>(0))?;
        Ok(Self {
            key: Sha256::new().chain_update(key.unwrap_or_default()),
            sum: [0; 4],
            count: 0,
        })
    }

    pub(crate) fn add(&mut self, leaf: &Leaf) {
        let digest = self.key.clone();
        let digest = digest.chain_update(leaf.key.0).chain_update(leaf.value.0.0);
        let digest: [u8; 32] = digest.finalize().into();
        let (parts, _) = digest.as_chunks();
        let mut carry = false;
        for (sum, part) in self.sum.iter_mut().zip(parts) {
            let (added, is_over) = sum.overflowing_add(u64::from_le_bytes(*part));
            let (carried, is_over_too) = added.overflowing_add(carry.into());
            *sum = carried;
            carry = is_over || is_over_too;
        }
        self.count = self.count.saturating_add(1);
    }

    /// How many were added.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether the same were added to a clone.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        (self.sum, self.count) == (other.sum, other.count)
    }
}

#[cfg(test)]
mod tests {
    use idos_proof::{LeafKey, LeafValue};
    use idos_types::Digest;

    use super::*;

    fn leaf(key: u8, value: u8) -> Leaf {
        Leaf {
            key: LeafKey([key; 64]),
            value: LeafValue(Digest([value; 32])),
        }
    }

    fn sum_of(none: &LeafSum, leaves: &[Leaf]) -> LeafSum {
        let mut sum = none.clone();
        leaves.iter().for_each(|leaf| sum.add(leaf));
        sum
    }

    #[test]
    fn the_same_leaves_in_any_order_have_the_same_sum_and_no_others() {
        let conn = Connection::open_in_memory().unwrap();
        let none = LeafSum::new(&conn).unwrap();
        let all: Vec<_> = (0..100).map(|number| leaf(number, 1)).collect();
        let sum = sum_of(&none, &all);
        let reversed: Vec<_> = all.iter().rev().copied().collect();
        assert!(sum.is_of_same(&sum_of(&none, &reversed)));
        let mut others = [all.clone(), all.clone(), all.clone(), all.clone()];
        others[0][3] = leaf(3, 2);
        others[1][3] = leaf(4, 1);
        others[2].truncate(99);
        others[3].push(leaf(3, 1));
        for other in others {
            assert!(!sum.is_of_same(&sum_of(&none, &other)));
        }
        assert!(sum.sum.iter().all(|part| *part != 0), "all of it is used");
        let another = LeafSum::new(&conn).unwrap();
        assert!(!sum.is_of_same(&sum_of(&another, &all)), "keys are fresh");
    }
}
