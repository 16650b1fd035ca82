//! Bodies within bounds: how long each may be and take, and how many bytes all of them hold.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{limits::Limits, refusal::Refusal};

/// A number of bytes that may be held at the same time; one permit is one byte.
#[derive(Clone)]
pub(super) struct Budget {
    left: Arc<Semaphore>,
    total: usize,
}

/// Bytes of a budget; they return to it on drop.
pub(super) type Held = Option<OwnedSemaphorePermit>;

impl Budget {
    /// A budget of `total` bytes.
    pub(super) fn new(total: usize) -> Self {
        let total = total.min(Semaphore::MAX_PERMITS);
        Self {
            left: Arc::new(Semaphore::new(total)),
            total,
        }
    }

    /// Adds `bytes` to what is `held`, at once or not at all.
    fn take(&self, held: &mut Held, bytes: usize) -> Result<(), Refusal> {
        let bytes = u32::try_from(bytes).map_err(|_| Refusal::Busy)?;
        let more = Arc::clone(&self.left)
            .try_acquire_many_owned(bytes)
            .map_err(|_| Refusal::Busy)?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }

    /// Waits until `bytes` are free. What is larger than the whole budget gets it alone.
    async fn wait(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes.min(self.total)).unwrap_or(u32::MAX);
        Arc::clone(&self.left)
            .acquire_many_owned(bytes)
            .await
            .map_err(|_| Refusal::Internal)
    }
}

/// Reads a whole body. Memory is taken for bytes that came, never for those announced.
pub(super) async fn read(
    body: Body,
    limits: &Limits,
    budget: &Budget,
) -> Result<(Bytes, Held), Refusal> {
    let max = limits.body_bytes;
    // The announced length; a body of that length or none at all follows, so this refuses early
    // what would be refused later, before the client has sent it.
    if body.size_hint().lower() > max as u64 {
        return Err(Refusal::BodyTooLong { max });
    }
    match timeout(limits.body, collect(body, max, limits.free_bytes, budget)).await {
        Ok(result) => result,
        Err(_) => Err(Refusal::BodyTooSlow {
            seconds: limits.body.as_secs(),
        }),
    }
}

async fn collect(
    mut body: Body,
    max: usize,
    free: usize,
    budget: &Budget,
) -> Result<(Bytes, Held), Refusal> {
    let mut read = Vec::new();
    let mut held = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::BodyBroken)?;
        let Ok(data) = frame.into_data() else {
            continue; // Trailers mean nothing here.
        };
        let len = read.len() + data.len();
        if len > max {
            return Err(Refusal::BodyTooLong { max });
        }
        let counted = len.saturating_sub(free.max(read.len()));
        if counted > 0 {
            budget.take(&mut held, counted)?;
        }
        read.extend_from_slice(&data);
    }
    Ok((read.into(), held))
}

/// `bytes` as the body of an answer. When the budget is used up by answers that clients do not
/// take, this waits.
pub(super) async fn reply(
    bytes: Vec<u8>,
    limits: &Limits,
    budget: &Budget,
) -> Result<Body, Refusal> {
    let counted = bytes.len().saturating_sub(limits.free_bytes);
    if counted == 0 {
        return Ok(bytes.into());
    }
    // The share goes with the bytes, not with the body: the body is over when the last bytes are
    // queued, the bytes when they were sent or their client is gone.
    Ok(Body::from(Bytes::from_owner(HeldBytes {
        _held: budget.wait(counted).await?,
        bytes,
    })))
}

/// Bytes of an answer with their share of the budget.
struct HeldBytes {
    _held: OwnedSemaphorePermit,
    bytes: Vec<u8>,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limits() -> Limits {
        Limits {
            body_bytes: 100,
            free_bytes: 10,
            ..Limits::default()
        }
    }

    #[tokio::test]
    async fn the_bytes_beyond_the_free_ones_count_until_they_are_dropped() {
        let budget = Budget::new(95);
        let (bytes, held) = read(Body::from(vec![7; 100]), &limits(), &budget)
            .await
            .unwrap();
        assert_eq!(bytes.len(), 100);
        assert_eq!(budget.left.available_permits(), 5);
        assert_eq!(
            read(Body::from(vec![7; 16]), &limits(), &budget)
                .await
                .err(),
            Some(Refusal::Busy)
        );
        let (_, none) = read(Body::from(vec![7; 10]), &limits(), &budget)
            .await
            .unwrap();
        assert!(none.is_none(), "small bodies always pass");
        drop(held);
        assert_eq!(budget.left.available_permits(), 95);
    }

    #[tokio::test]
    async fn a_body_ends_at_its_limit() {
        let budget = Budget::new(1_000);
        assert_eq!(
            read(Body::from(vec![7; 101]), &limits(), &budget)
                .await
                .err(),
            Some(Refusal::BodyTooLong { max: 100 })
        );
        assert_eq!(budget.left.available_permits(), 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_wait_for_others_to_be_taken() {
        let limits = limits();
        let budget = Budget::new(95);
        let first = reply(vec![7; 100], &limits, &budget).await.unwrap();
        let small = reply(vec![7; 10], &limits, &budget).await.unwrap();
        let second = reply(vec![7; 500], &limits, &budget);
        tokio::pin!(second);
        assert!(timeout(Duration::from_secs(60), &mut second).await.is_err());
        drop(first);
        drop(small);
        let second = second.await.unwrap();
        assert_eq!(second.collect().await.unwrap().to_bytes().len(), 500);
        assert_eq!(budget.left.available_permits(), 95);
    }
}
