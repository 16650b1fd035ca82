//! Who is worked on, and who waits: whoever waits for a block leaves the turn to others, who may only
//! want to read.

use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns to be worked on, and places to wait for a block.
pub(crate) struct Turns {
    working: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A request's turn to be worked on. It ends when this is dropped, or when the request begins to wait.
pub(crate) struct Turn {
    working: Option<OwnedSemaphorePermit>,
    waiting: Arc<Semaphore>,
}

/// All places to wait are taken. Nothing was begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "too many requests wait for a block on this node, send this one to another node or again in a moment"
)]
pub(crate) struct ManyWait;

impl Turns {
    /// Turns for so many requests at the same time, and places for so many others.
    pub(crate) fn new(working: usize, waiting: usize) -> Self {
        let places = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self {
            working: places(working),
            waiting: places(waiting),
        }
    }

    /// The next turn, once there is one; `None` if there will be none.
    pub(crate) async fn next(&self) -> Option<Turn> {
        let working = Arc::clone(&self.working).acquire_owned().await.ok()?;
        Some(Turn {
            working: Some(working),
            waiting: Arc::clone(&self.waiting),
        })
    }
}

impl Turn {
    /// Gives the turn back and does what may wait for a block, if there is a place to wait. The place is
    /// held until that is done, and no turn is taken again: an answer is short.
    pub(crate) async fn wait<T>(&mut self, event: impl Future<Output = T>) -> Result<T, ManyWait> {
        let place = Arc::clone(&self.waiting).try_acquire_owned();
        let _place = place.map_err(|_| ManyWait)?;
        self.working = None;
        Ok(event.await)
    }
}
