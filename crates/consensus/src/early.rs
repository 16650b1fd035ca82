//! Votes of an epoch that has not begun here yet.
//!
//! Nodes do not begin an epoch at the same moment, and nobody repeats a vote. Where as many
//! validators are gone as may be, the votes of all others are needed: those that come too early are
//! kept until the epoch begins.

use std::num::NonZeroUsize;

use commonware_p2p::{Message, Receiver};
use commonware_runtime::IoBuf;
use commonware_utils::channel::mpsc;
use idos_types::limits::{EARLY_VOTES_BYTES, EARLY_VOTES_BYTES_PER_PEER};

use crate::{PeerKey, PeerLimits, PeerQueue, shared::EngineKey};

/// What a vote costs beside its bytes.
const OVERHEAD: usize = 256;
/// How much is kept.
const LIMITS: PeerLimits = PeerLimits {
    one: EARLY_VOTES_BYTES_PER_PEER,
    all: EARLY_VOTES_BYTES,
};

/// A vote, and whose.
type Vote = Message<EngineKey>;

/// Votes for which no epoch runs here.
pub(crate) struct Early {
    arriving: mpsc::Receiver<(u64, Vote)>,
    /// Of the epoch after the one that runs.
    kept: PeerQueue<Vote>,
}

impl Early {
    /// Takes them from where the votes of epochs are told apart.
    pub(crate) fn new(arriving: mpsc::Receiver<(u64, Vote)>) -> Self {
        Self {
            arriving,
            kept: PeerQueue::new(LIMITS),
        }
    }

    /// Waits for a vote, and keeps it if it is of the epoch after the one that runs. Whose it is, and
    /// of which epoch; `None` if there will be none.
    pub(crate) async fn next(&mut self, running: Option<u64>) -> Option<(u64, EngineKey)> {
        let (epoch, (from, bytes)) = self.arriving.recv().await?;
        if running.is_some_and(|running| running.checked_add(1) == Some(epoch)) {
            self.keep(from.clone(), bytes);
        }
        Some((epoch, from))
    }

    /// Puts what was kept of an epoch before what comes, once its votes arrive there and not here any
    /// more. The one before it was the one that ran, or none did.
    pub(crate) fn before<R>(&mut self, epoch: u64, later: R) -> EarlyFirst<R> {
        // Nobody has looked at the last of them.
        while let Ok((of, (from, bytes))) = self.arriving.try_recv() {
            if of == epoch {
                self.keep(from, bytes);
            }
        }
        EarlyFirst {
            early: std::mem::replace(&mut self.kept, PeerQueue::new(LIMITS)),
            later,
        }
    }

    /// A peer has a share. Its first votes are the ones that nobody repeats to who comes a moment late.
    fn keep(&mut self, from: EngineKey, bytes: IoBuf) {
        let cost = OVERHEAD + bytes.as_ref().len();
        self.kept.add(PeerKey::from(&from), cost, (from, bytes));
    }
}

/// The votes of an epoch: those that came before it began are the first.
#[derive(Debug)]
pub(crate) struct EarlyFirst<R> {
    early: PeerQueue<Vote>,
    later: R,
}

impl<R: Receiver<PublicKey = EngineKey>> Receiver for EarlyFirst<R> {
    type Error = R::Error;
    type PublicKey = EngineKey;

    async fn recv(&mut self) -> Result<Vote, R::Error> {
        match self.early.take() {
            Some((_, vote)) => Ok(vote),
            None => self.later.recv().await,
        }
    }

    fn capacity(&self) -> NonZeroUsize {
        self.later.capacity()
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::SigningKey;

    /// A network on which nothing comes.
    #[derive(Debug)]
    struct Silence;

    #[derive(Debug, thiserror::Error)]
    #[error("nothing comes")]
    struct Nothing;

    impl Receiver for Silence {
        type Error = Nothing;
        type PublicKey = EngineKey;

        async fn recv(&mut self) -> Result<Vote, Nothing> {
            Err(Nothing)
        }

        fn capacity(&self) -> NonZeroUsize {
            NonZeroUsize::MIN
        }
    }

    fn vote(epoch: u64, from: u8, len: usize) -> (u64, Vote) {
        let key = SigningKey::from_seed([from; 32])
            .peer_key()
            .engine()
            .unwrap();
        (epoch, (key, IoBuf::from(vec![from; len])))
    }

    /// The first bytes of the votes that an epoch begins with: those that were seen while another one
    /// ran, and those that nobody had looked at.
    fn begins_with(running: Option<u64>, seen: &[(u64, Vote)], unseen: &[(u64, Vote)]) -> Vec<u8> {
        let (sender, arriving) = mpsc::channel(1_000);
        let mut early = Early::new(arriving);
        for vote in seen {
            sender.try_send(vote.clone()).unwrap();
            let told = block_on(early.next(running));
            assert_eq!(told, Some((vote.0, vote.1.0.clone())));
        }
        for vote in unseen {
            sender.try_send(vote.clone()).unwrap();
        }
        let mut votes = early.before(8, Silence);
        let mut first = Vec::new();
        while let Ok((_, bytes)) = block_on(votes.recv()) {
            first.push(bytes.as_ref()[0]);
        }
        assert!(early.before(9, Silence).early.is_empty());
        first
    }

    #[test]
    fn what_comes_too_early_comes_first() {
        let seen = [vote(8, 1, 10), vote(8, 2, 10), vote(8, 1, 10)];
        assert_eq!(begins_with(Some(7), &seen, &[]), [1, 2, 1]);
        let unseen = [vote(8, 3, 10)];
        assert_eq!(begins_with(Some(7), &seen[..1], &unseen), [1, 3]);
        assert_eq!(begins_with(None, &seen, &unseen), [3]);
    }

    #[test]
    fn votes_of_other_epochs_are_not_kept() {
        let seen = [vote(6, 1, 10), vote(9, 1, 10), vote(u64::MAX, 2, 10)];
        let none: [u8; 0] = [];
        assert_eq!(begins_with(Some(7), &seen, &seen), none);
        assert_eq!(begins_with(Some(u64::MAX), &seen, &[]), none);
    }

    #[test]
    fn who_sends_masses_of_votes_keeps_out_nobody() {
        let mut seen = vec![vote(8, 1, 1_000); 200];
        seen.push(vote(8, 2, 100));
        seen.push(vote(8, 3, EARLY_VOTES_BYTES_PER_PEER));
        let first = begins_with(Some(7), &seen, &[]);
        let of = |from| first.iter().filter(|first| **first == from).count();
        assert_eq!(of(1), EARLY_VOTES_BYTES_PER_PEER / (OVERHEAD + 1_000));
        assert_eq!((of(2), of(3)), (1, 0));
    }
}
