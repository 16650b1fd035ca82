//! Who is worked on, and who waits: whoever waits for a block leaves the turn to others, who may only
//! want to read.

use std::{net::IpAddr, sync::Arc};

use idos_connections::{Place, Places};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::limits::Limits;

/// Turns to be worked on, of which each household has a share, and places to wait for a block.
pub(crate) struct Turns {
    working: Places,
    waiting: Arc<Semaphore>,
}

/// A request's turn to be worked on. It ends when this is dropped, or when the request begins to wait.
pub(crate) struct Turn {
    working: Option<Place>,
    waiting: Arc<Semaphore>,
}

/// All places to wait are taken. Nothing was begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "too many requests wait for a block on this node, send this one to another node or again in a moment"
)]
pub(crate) struct ManyWait;

impl Turns {
    /// As many as these limits say.
    pub(super) fn within(limits: &Limits) -> Self {
        let waiting = limits.requests_waiting.min(Semaphore::MAX_PERMITS);
        Self {
            working: Places::new(
                limits.requests_in_flight,
                limits.requests_in_flight_per_household,
            ),
            waiting: Arc::new(Semaphore::new(waiting)),
        }
    }

    /// The next turn for a request of this client, once there is one; `None` if there will be none.
    pub(super) async fn next_of(&self, peer: IpAddr) -> Option<Turn> {
        Some(Turn {
            working: Some(self.working.next(peer).await?),
            waiting: Arc::clone(&self.waiting),
        })
    }
}

#[cfg(test)]
impl Turns {
    /// Turns for so many requests at the same time, whosever they are, and places for so many others.
    pub(crate) fn new(working: usize, waiting: usize) -> Self {
        Self::within(&Limits {
            requests_in_flight: working,
            requests_in_flight_per_household: working,
            requests_waiting: waiting,
            ..Limits::default()
        })
    }

    /// The next turn for somebody.
    pub(crate) async fn next(&self) -> Option<Turn> {
        self.next_of([192, 0, 2, 1].into()).await
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
