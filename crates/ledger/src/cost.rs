//! What changes cost every node, and how much of that is too much.

use std::ops::AddAssign;

use idos_types::limits::{EFFECT_BYTES, EFFECT_ROWS};

use crate::row::Change;

/// What changes cost: every node makes them all, and keeps what they do to the state tree in memory until
/// the block ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// Rows that change.
    pub rows: usize,
    /// About how many bytes the database writes.
    pub bytes: usize,
}

impl Cost {
    /// What these changes cost, whether or not the rows are there that they remove.
    pub fn of(changes: &[Change]) -> Self {
        Self {
            rows: changes.len(),
            bytes: changes.iter().map(Change::weight).sum(),
        }
    }

    /// Whether it is more than one transaction may cost. No action that is called once in a transaction does.
    pub fn is_too_much(self) -> bool {
        self.rows > EFFECT_ROWS || self.bytes > EFFECT_BYTES
    }

    /// Whether a block that cost so much runs no further transactions. What would come next is not looked at:
    /// to find out what it costs costs something too, and the first of a block runs whatever it costs.
    pub fn fills_block(self) -> bool {
        self.rows >= EFFECT_ROWS || self.bytes >= EFFECT_BYTES
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_block_is_as_much_as_one_transaction_may_cost() {
        for (rows, bytes) in [(EFFECT_ROWS, 0), (0, EFFECT_BYTES)] {
            let most = Cost { rows, bytes };
            assert!(!most.is_too_much() && most.fills_block());
            let less = Cost {
                rows: rows.saturating_sub(1),
                bytes: bytes.saturating_sub(1),
            };
            assert!(!less.fills_block());
            let mut more = most;
            more += Cost { rows: 1, bytes: 1 };
            assert!(more.is_too_much());
        }
    }
}
