//! How many requests are worked on at once, whoever still waits for an answer.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

/// Bounds requests and work. What is begun cannot be given up: it keeps its turn until its end, also
/// when the client has left and nobody reads the answer.
pub(super) struct Capacity {
    /// How many requests wait or are worked on: each may hold a credential in memory.
    places: Arc<Semaphore>,
    /// How many of those anybody may send: the others are for whoever may issue.
    of_anybody: Arc<Semaphore>,
    /// How many are worked on: signing and canonicalization take a core each.
    work: Arc<Semaphore>,
    /// How many of those for anybody: one turn less, so that issuing and revoking never waits for them.
    work_for_anybody: Arc<Semaphore>,
}

/// A request that may wait.
pub(super) struct Permit {
    _one: OwnedSemaphorePermit,
    of_anybody: Option<OwnedSemaphorePermit>,
}

/// Who sends a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// Whoever may issue.
    Issuer,
    /// Anybody.
    Anybody,
}

impl Capacity {
    /// Places for so many requests, of which anybody gets half; turns for so much work, of which anybody
    /// gets all but one. Where there is one turn there is nobody to leave another to.
    pub(super) fn new(places: usize, work: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            of_anybody: Arc::new(Semaphore::new(places.div_ceil(2))),
            work: Arc::new(Semaphore::new(work)),
            work_for_anybody: Arc::new(Semaphore::new(work.saturating_sub(1).max(1))),
        }
    }

    /// A place for a request, if one is free.
    pub(super) fn permit(&self, sender: Sender) -> Option<Permit> {
        let take = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned().ok();
        let of_anybody = match sender {
            Sender::Issuer => None,
            Sender::Anybody => Some(take(&self.of_anybody)?),
        };
        Some(Permit {
            _one: take(&self.places)?,
            of_anybody,
        })
    }

    /// Works on a thread of its own, so that one request does not delay the others. None if the
    /// operation panicked.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        permit: Option<Permit>,
        operation: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let take = |turns: &Arc<Semaphore>| Arc::clone(turns).acquire_owned();
        // Before they wait for a turn of all: nobody of these is ahead of whoever may issue.
        let for_anybody = match &permit {
            Some(Permit {
                of_anybody: Some(_),
                ..
            }) => Some(take(&self.work_for_anybody).await.ok()?),
            _ => None,
        };
        let turn = take(&self.work).await.ok()?;
        let working = move || {
            let done = operation();
            drop((permit, for_anybody, turn));
            done
        };
        spawn_blocking(working).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    /// Begins something that goes on until it is told to end, and whose client leaves at once.
    async fn begin_and_leave(capacity: &Arc<Capacity>, sender: Sender) -> mpsc::Sender<()> {
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (end, ends) = mpsc::channel::<()>();
        let permit = capacity.permit(sender);
        let client = tokio::spawn({
            let capacity = Arc::clone(capacity);
            async move {
                let operation = move || {
                    begun.send(()).unwrap();
                    let _ = ends.recv();
                };
                capacity.work(permit, operation).await
            }
        });
        begins.await.unwrap();
        client.abort();
        assert!(client.await.unwrap_err().is_cancelled());
        end
    }

    #[tokio::test]
    async fn whoever_leaves_gives_no_turn_to_others() {
        let capacity = Arc::new(Capacity::new(4, 2));
        let first = begin_and_leave(&capacity, Sender::Issuer).await;
        let second = begin_and_leave(&capacity, Sender::Issuer).await;
        assert_eq!(capacity.work.available_permits(), 0);
        assert_eq!(capacity.places.available_permits(), 2);
        let waiting = tokio::spawn({
            let capacity = Arc::clone(&capacity);
            async move {
                capacity
                    .work(capacity.permit(Sender::Issuer), || "done")
                    .await
            }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        assert_eq!(waiting.await.unwrap(), Some("done"));
        drop(second);
        // Both turns are free again once both operations have ended.
        let both = Arc::clone(&capacity.work).acquire_many_owned(2).await;
        assert_eq!(both.unwrap().num_permits(), 2);
    }

    #[test]
    fn anybody_leaves_places_to_whoever_may_issue() {
        let capacity = Capacity::new(4, 1);
        let taken: Vec<_> = (0..4)
            .map_while(|_| capacity.permit(Sender::Anybody))
            .collect();
        assert_eq!(taken.len(), 2);
        let issuing: Vec<_> = (0..4)
            .map_while(|_| capacity.permit(Sender::Issuer))
            .collect();
        assert_eq!(issuing.len(), 2);
        drop(taken);
        // A place that anybody has not given back is not given twice.
        let taken: Vec<_> = (0..4)
            .map_while(|_| capacity.permit(Sender::Anybody))
            .collect();
        assert_eq!(taken.len(), 2);
    }

    #[tokio::test]
    async fn whoever_may_issue_never_waits_for_anybody() {
        let capacity = Arc::new(Capacity::new(8, 2));
        let endless = begin_and_leave(&capacity, Sender::Anybody).await;
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let capacity = Arc::clone(&capacity);
                let permit = capacity.permit(Sender::Anybody);
                tokio::spawn(async move { capacity.work(permit, || "verified").await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|request| !request.is_finished()));
        let issuing = capacity.work(capacity.permit(Sender::Issuer), || "issued");
        let issued = tokio::time::timeout(Duration::from_secs(20), issuing).await;
        assert_eq!(issued.expect("it waits for anybody"), Some("issued"));
        drop(endless);
        for request in waiting {
            assert_eq!(request.await.unwrap(), Some("verified"));
        }
    }

    #[tokio::test]
    async fn a_panic_gives_its_turn_back() {
        let capacity = Capacity::new(1, 1);
        let failed = capacity
            .work(capacity.permit(Sender::Issuer), || panic!("on purpose"))
            .await;
        assert_eq!(failed, None::<()>);
        assert_eq!(
            capacity.work(capacity.permit(Sender::Issuer), || 1).await,
            Some(1)
        );
        assert!(capacity.permit(Sender::Issuer).is_some());
    }
}
