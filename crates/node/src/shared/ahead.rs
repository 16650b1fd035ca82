//! What is on its way: a client that was told of a change by another node may come here before it.

use std::sync::atomic::Ordering;

use tokio::time::{Instant, timeout_at};

use super::Shared;

impl Shared {
    /// Says that there is a proposal of a block of this height.
    pub(crate) fn saw_proposal(&self, height: u64) {
        self.proposed.fetch_max(height, Ordering::AcqRel);
    }

    /// Waits until what is proposed or certified is executed, until `deadline` at most. Returns whether the
    /// newest executed block is a later one than that of `height`; at once if nothing is on its way.
    pub(crate) async fn moves_on(&self, height: u64, deadline: Instant) -> bool {
        let ahead = self.proposed.load(Ordering::Acquire).max(self.certified());
        let mut progress = self.progress.subscribe();
        let has_come = progress.wait_for(|progress| progress.tip.height >= ahead);
        // A proposal may come to nothing.
        let _ = timeout_at(deadline, has_come).await;
        self.progress.borrow().tip.height > height
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use crate::{metrics::Metrics, testing};

    use super::*;

    fn shared() -> Arc<Shared> {
        Arc::new(Shared::new(testing::progress(4), 4, Metrics::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_block_on_its_way_is_waited_for() {
        let shared = shared();
        shared.saw_proposal(5);
        let waiting = Arc::clone(&shared);
        let deadline = Instant::now() + Duration::from_secs(1);
        let waiting = tokio::spawn(async move { waiting.moves_on(4, deadline).await });
        tokio::task::yield_now().await;
        shared.progress.send_replace(testing::progress(5));
        assert!(waiting.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_if_nothing_comes_and_not_for_ever() {
        let shared = shared();
        let start = Instant::now();
        let deadline = start + Duration::from_secs(1);
        assert!(!shared.moves_on(4, deadline).await);
        assert_eq!(Instant::now(), start);
        shared.saw_proposal(5);
        assert!(!shared.moves_on(4, deadline).await);
        assert_eq!(Instant::now(), deadline);
    }
}
