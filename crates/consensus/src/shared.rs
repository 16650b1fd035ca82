//! What the tasks of a running node share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use commonware_consensus::{
    marshal::{core, standard::Standard},
    simplex,
};
use commonware_cryptography::{ed25519, sha256};
use commonware_runtime::Clock;
use futures::{StreamExt as _, channel::mpsc};
use idos_types::BlockTime;

use crate::{ConsensusError, Tip, Wake, codec::Body, wake::Waiter};

/// A key in the type of the engine.
pub(crate) type EngineKey = ed25519::PublicKey;
/// How votes are signed.
pub(crate) type Scheme = simplex::scheme::ed25519::Scheme;
/// Whose turn it is, in the type of the engine.
pub(crate) type Context = simplex::types::Context<sha256::Digest, EngineKey>;
/// The store of finalized blocks and certificates.
pub(crate) type Marshal = core::Mailbox<Scheme, Standard<Body>>;

/// What a clock says.
pub(crate) fn now(clock: &impl Clock) -> BlockTime {
    let since_1970 = clock
        .current()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    BlockTime::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

/// A time in the type of the runtime.
pub(crate) fn instant(time: BlockTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(time.millis())
}

/// Ends the node: the first error is what `run` returns.
#[derive(Clone)]
pub(crate) struct Failure(mpsc::UnboundedSender<ConsensusError>);

/// Where failures arrive.
pub(crate) struct Failures(mpsc::UnboundedReceiver<ConsensusError>);

/// A pair of them.
pub(crate) fn failures() -> (Failure, Failures) {
    let (sender, receiver) = mpsc::unbounded();
    (Failure(sender), Failures(receiver))
}

impl Failure {
    pub(crate) fn report(&self, error: ConsensusError) {
        // Nobody listens any more only if the node ends already.
        let _ = self.0.unbounded_send(error);
    }
}

impl Failures {
    /// The first failure.
    pub(crate) async fn first(&mut self) -> ConsensusError {
        self.0
            .next()
            .await
            .unwrap_or(ConsensusError::Ended("all tasks"))
    }
}

/// Which version of the protocol the blocks of the newest epoch follow. Its engine begins after that is
/// known, and every block of an older one is final by then.
#[derive(Clone, Default)]
pub(crate) struct Followed(Arc<Mutex<Option<(u64, u16)>>>);

impl Followed {
    /// Says it of an epoch that begins. One that began before the newest is over: its last block was delivered again.
    pub(crate) fn begin(&self, epoch: u64, protocol: u16) {
        let mut newest = self.newest();
        if newest.is_none_or(|(newest, _)| newest <= epoch) {
            *newest = Some((epoch, protocol));
        }
    }

    /// The version that blocks of an epoch follow; `None` if it is not the newest.
    pub(crate) fn of(&self, epoch: u64) -> Option<u16> {
        let newest = *self.newest();
        let (_, protocol) = newest.filter(|(newest, _)| *newest == epoch)?;
        Some(protocol)
    }

    fn newest(&self) -> MutexGuard<'_, Option<(u64, u16)>> {
        // No code that can panic runs while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the network and this node are, and when that changes.
#[derive(Clone)]
pub(crate) struct Progress {
    at: Arc<Mutex<(Tip, u64)>>,
    changed: Wake,
}

impl Progress {
    pub(crate) fn new(executed: Tip) -> Self {
        Self {
            at: Arc::new(Mutex::new((executed, executed.height))),
            changed: Wake::default(),
        }
    }

    /// The newest block executed here.
    pub(crate) fn executed(&self) -> Tip {
        self.at().0
    }

    /// The height of the newest block that is known here to be final.
    pub(crate) fn finalized(&self) -> u64 {
        let (executed, finalized) = *self.at();
        finalized.max(executed.height)
    }

    pub(crate) fn execute(&self, tip: Tip) {
        self.at().0 = tip;
        self.changed.work();
    }

    pub(crate) fn finalize(&self, height: u64) {
        self.at().1 = height;
        self.changed.work();
    }

    /// Waits for changes from now on.
    pub(crate) fn waiter(&self) -> Waiter {
        self.changed.waiter()
    }

    fn at(&self) -> MutexGuard<'_, (Tip, u64)> {
        // No code that can panic runs while the lock is held.
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state that is newer than the engine's folder has the ends of epochs delivered again.
    #[test]
    fn the_newest_epoch_is_followed_whatever_is_delivered_again() {
        let followed = Followed::default();
        assert_eq!(followed.of(5), None);
        for (epoch, protocol) in [(5, 2), (3, 1), (4, 1)] {
            followed.begin(epoch, protocol);
            assert_eq!(followed.of(5), Some(2), "{epoch}");
        }
        followed.begin(6, 2);
        assert_eq!((followed.of(5), followed.of(6)), (None, Some(2)));
    }
}
