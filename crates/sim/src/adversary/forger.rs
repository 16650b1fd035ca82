//! See [`Forger`].

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use idos_consensus::{ApplicationError, Ballot, Block, Item, Parts, Position, Proposal};
use idos_types::BlockTime;

use super::{Adversary, Traitor};

/// Proposes what nobody may vote for: transactions whose signatures it spoilt, and transactions
/// that an earlier block has. Every other turn it proposes as it should, so as not to be skipped.
pub struct Forger;

impl Adversary for Forger {
    fn corrupt(&self, _: &mut Traitor, parts: Parts) -> Parts {
        Parts {
            ballot: Arc::new(Forging {
                inner: Arc::clone(&parts.ballot),
                turns: AtomicU64::default(),
                seen: Mutex::default(),
            }),
            ..parts
        }
    }
}

struct Forging {
    inner: Arc<dyn Ballot>,
    turns: AtomicU64,
    /// What others proposed.
    seen: Mutex<Vec<Item>>,
}

/// How many proposals of others are at hand to be repeated.
const SEEN: usize = 64;

impl Forging {
    fn forged(&self, turn: u64, honest: &[Item]) -> Option<Item> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if turn % 4 == 1 {
            // The first is the oldest, and long in a block.
            return seen.first().cloned();
        }
        let item = honest.first().or(seen.last())?;
        let mut bytes = item.bytes.to_vec();
        // Right after the first lengths of a transaction is its signature.
        let middle = bytes.get_mut(20)?;
        *middle ^= 1;
        Some(Item::new(bytes))
    }
}

impl Ballot for Forging {
    fn propose(
        &self,
        position: Position<'_>,
        time: BlockTime,
    ) -> Result<Proposal, ApplicationError> {
        let proposal = self.inner.propose(position, time)?;
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let Proposal::Items(mut items) = proposal else {
            return Ok(proposal);
        };
        if turn.is_multiple_of(2) {
            return Ok(Proposal::Items(items));
        }
        items.extend(self.forged(turn, &items));
        Ok(Proposal::Items(items))
    }

    fn verify(
        &self,
        position: Position<'_>,
        block: &Block,
    ) -> Result<Option<bool>, ApplicationError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let room = SEEN.saturating_sub(seen.len());
        seen.extend(block.items.iter().take(room).cloned());
        drop(seen);
        self.inner.verify(position, block)
    }
}
