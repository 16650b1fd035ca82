//! What honest nodes vote for: in a view never for two things that exclude each other, and never
//! again where a node lost what it knew of its votes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idos_consensus::{
    PeerKey,
    simulation::{Cast, Control, Fate, Message},
};

/// How long votes may be on their way that were given before a node lost what it knew of them, in
/// milliseconds.
const ON_THE_WAY_MS: u64 = 2_000;

/// All votes that arrived; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Votes(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Whose votes are looked at.
    honest: BTreeMap<PeerKey, usize>,
    /// What each voted for in a view of an epoch.
    cast: BTreeMap<(PeerKey, u64, u64), BTreeSet<Cast>>,
    /// Who voted in which epochs.
    voters: BTreeSet<(u64, PeerKey)>,
    /// Up to which epoch a node must not vote any more.
    barred: BTreeMap<PeerKey, u64>,
    /// The same, once votes of before have arrived: from that time on, in milliseconds.
    to_be_barred: BTreeMap<PeerKey, (u64, u64)>,
    /// What must not be.
    wrong: Option<String>,
}

impl Votes {
    /// Looks at the votes of these nodes from now on.
    pub(crate) fn watch(&self, control: &Control, honest: BTreeMap<PeerKey, usize>) {
        self.seen().honest = honest;
        let votes = self.clone();
        control.meddle(move |message| {
            votes.seen().hear(message);
            Fate::Arrives
        });
    }

    /// A node lost what it knew of its votes, at this time.
    pub(crate) fn lost(&self, node: PeerKey, now_ms: u64) {
        let mut seen = self.seen();
        let voted = seen.voters.iter().filter(|(_, voter)| *voter == node);
        if let Some(newest) = voted.map(|(epoch, _)| *epoch).max() {
            let from_ms = now_ms + ON_THE_WAY_MS;
            seen.to_be_barred.insert(node, (newest, from_ms));
        }
    }

    /// Says what was wrong, if anything was.
    pub(crate) fn check(&self, now_ms: u64) {
        let mut seen = self.seen();
        let (due, later) = std::mem::take(&mut seen.to_be_barred)
            .into_iter()
            .partition(|(_, (_, from_ms))| *from_ms <= now_ms);
        seen.to_be_barred = later;
        let due: BTreeMap<_, (u64, u64)> = due;
        let due = due.into_iter().map(|(node, (epoch, _))| (node, epoch));
        seen.barred.extend(due);
        if let Some(wrong) = seen.wrong.take() {
            drop(seen);
            panic!("{wrong}");
        }
    }

    /// Which nodes voted in an epoch, by their numbers.
    pub(crate) fn voters(&self) -> Vec<(u64, PeerKey, usize)> {
        let seen = self.seen();
        let voters = seen.voters.iter();
        voters
            .map(|(epoch, voter)| (*epoch, *voter, seen.honest[voter]))
            .collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn hear(&mut self, message: &Message<'_>) {
        let (Some((epoch, view)), Some(vote)) = (message.round, message.vote) else {
            return;
        };
        let Some(number) = self.honest.get(&message.from) else {
            return;
        };
        self.voters.insert((epoch, message.from));
        if self
            .barred
            .get(&message.from)
            .is_some_and(|barred| epoch <= *barred)
        {
            self.wrong = Some(format!(
                "votes: node {number} votes in epoch {epoch}, where it lost what it knew of its votes"
            ));
        }
        let cast = self.cast.entry((message.from, epoch, view)).or_default();
        if cast.insert(vote) && !fit(cast) {
            self.wrong = Some(format!(
                "votes: node {number} votes for {cast:?} in view {view} of epoch {epoch}"
            ));
        }
    }
}

/// Whether an honest node may give all of these votes in one view: whoever left it without a block
/// makes none final, and nobody votes for two blocks.
fn fit(cast: &BTreeSet<Cast>) -> bool {
    let blocks: BTreeSet<_> = cast
        .iter()
        .filter_map(|vote| match vote {
            Cast::Block(block) | Cast::Final(block) => Some(block),
            Cast::Nothing => None,
        })
        .collect();
    let is_final = cast.iter().any(|vote| matches!(vote, Cast::Final(_)));
    blocks.len() <= 1 && !(is_final && cast.contains(&Cast::Nothing))
}

#[cfg(test)]
mod tests {
    use idos_types::Digest;

    use super::*;

    #[test]
    fn votes_of_one_view_exclude_each_other() {
        let [a, b] = [Digest([1; 32]), Digest([2; 32])];
        let fits = |votes: &[Cast]| fit(&votes.iter().copied().collect());
        assert!(fits(&[Cast::Block(a), Cast::Final(a)]));
        assert!(fits(&[Cast::Block(a), Cast::Nothing]));
        assert!(!fits(&[Cast::Block(a), Cast::Block(b)]));
        assert!(!fits(&[Cast::Block(a), Cast::Final(b)]));
        assert!(!fits(&[Cast::Final(a), Cast::Nothing]));
    }
}
