//! How whoever has something for the next block wakes whoever waits for it.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// A handle to wake or stop a network; clones are the same handle.
///
/// Everything that waits is woken: the turn to propose, the services, what is done between blocks.
/// It works on threads and in tasks of any runtime, a simulated one included.
#[derive(Clone, Default)]
pub struct Wake(Arc<Mutex<Signals>>);

#[derive(Default)]
struct Signals {
    /// How often somebody called [`Wake::work`].
    work: u64,
    stop: bool,
    /// Who waits. In the order of their numbers, so that a simulation wakes them in the same order
    /// every time.
    waiters: BTreeMap<u64, Waker>,
    next_waiter: u64,
}

impl Wake {
    /// Says that there is something to do. Never blocks for long; many calls may have the effect of
    /// one, and none gets lost: one that comes while something is done is seen afterwards.
    pub fn work(&self) {
        let waiters = {
            let mut signals = self.signals();
            signals.work = signals.work.wrapping_add(1);
            std::mem::take(&mut signals.waiters)
        };
        waiters.into_values().for_each(Waker::wake);
    }

    /// Says that the network shall end. The block being executed is finished.
    pub fn stop(&self) {
        let waiters = {
            let mut signals = self.signals();
            signals.stop = true;
            std::mem::take(&mut signals.waiters)
        };
        waiters.into_values().for_each(Waker::wake);
    }

    /// Whether the network shall end.
    pub fn is_stopped(&self) -> bool {
        self.signals().stop
    }

    /// Somebody who waits for work, from now on.
    pub(crate) fn waiter(&self) -> Waiter {
        let mut signals = self.signals();
        signals.next_waiter += 1;
        Waiter {
            number: signals.next_waiter,
            seen: signals.work,
            wake: self.clone(),
        }
    }

    /// Waits for [`Wake::stop`].
    pub(crate) async fn stopped(&self) {
        let waiter = self.waiter();
        poll_fn(|context| waiter.poll(context, |signals| signals.stop)).await;
    }

    fn signals(&self) -> MutexGuard<'_, Signals> {
        // No code that can panic runs while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Wake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wake")
    }
}

/// Somebody who waits for work. Dropping it or the future ends the wait without a trace.
pub(crate) struct Waiter {
    wake: Wake,
    number: u64,
    seen: u64,
}

impl Waiter {
    /// Waits for work that came since the last time this returned, or since the waiter was made.
    pub(crate) async fn work(&mut self) {
        poll_fn(|context| {
            let seen = self.seen;
            self.poll(context, |signals| signals.work != seen)
        })
        .await;
        self.seen = self.wake.signals().work;
    }

    fn poll(
        &self,
        context: &mut std::task::Context<'_>,
        done: impl FnOnce(&Signals) -> bool,
    ) -> Poll<()> {
        let mut signals = self.wake.signals();
        if done(&signals) {
            signals.waiters.remove(&self.number);
            return Poll::Ready(());
        }
        signals.waiters.insert(self.number, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.wake.signals().waiters.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use futures::{FutureExt as _, executor::block_on};

    use super::*;

    #[test]
    fn work_from_another_thread_wakes_every_waiter() {
        let wake = Wake::default();
        let (mut first, mut second) = (wake.waiter(), wake.waiter());
        let other = wake.clone();
        let waker = thread::spawn(move || other.work());
        block_on(async { futures::join!(first.work(), second.work()) });
        waker.join().unwrap();
    }

    #[test]
    fn many_calls_have_the_effect_of_one_and_none_is_lost() {
        let wake = Wake::default();
        let mut waiter = wake.waiter();
        assert!(waiter.work().now_or_never().is_none());
        wake.work();
        wake.work();
        assert!(waiter.work().now_or_never().is_some());
        assert!(waiter.work().now_or_never().is_none());
    }

    #[test]
    fn an_abandoned_wait_leaves_nothing_behind() {
        let wake = Wake::default();
        let mut waiter = wake.waiter();
        assert!(waiter.work().now_or_never().is_none());
        drop(waiter);
        assert!(wake.signals().waiters.is_empty());
    }

    #[test]
    fn stopping_is_seen_before_and_after() {
        let wake = Wake::default();
        assert!(wake.stopped().now_or_never().is_none());
        wake.stop();
        assert!(wake.is_stopped());
        assert!(wake.stopped().now_or_never().is_some());
    }
}
