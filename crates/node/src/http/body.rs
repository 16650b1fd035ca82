//! Bodies of requests within bounds: how long each may be and take.

use std::net::IpAddr;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{
    limits::Limits,
    refusal::Refusal,
    room::{Budget, Held},
};

/// Reads a whole body that `peer` sends. Memory is taken for bytes that came, never for those announced.
pub(super) async fn read(
    body: Body,
    peer: IpAddr,
    limits: &Limits,
    budget: &Budget,
) -> Result<(Bytes, Held), Refusal> {
    let max = limits.body_bytes;
    // The announced length; a body of that length or none at all follows, so this refuses early
    // what would be refused later, before the client has sent it.
    if body.size_hint().lower() > max as u64 {
        return Err(Refusal::BodyTooLong { max });
    }
    match timeout(limits.body, collect(body, peer, limits, budget)).await {
        Ok(result) => result,
        Err(_) => Err(Refusal::BodyTooSlow {
            seconds: limits.body.as_secs(),
        }),
    }
}

async fn collect(
    mut body: Body,
    peer: IpAddr,
    limits: &Limits,
    budget: &Budget,
) -> Result<(Bytes, Held), Refusal> {
    let max = limits.body_bytes;
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
        budget.hold(&mut held, peer, len.saturating_sub(limits.free_bytes))?;
        read.extend_from_slice(&data);
    }
    Ok((read.into(), held))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn limits() -> Limits {
        Limits {
            body_bytes: 100,
            free_bytes: 10,
            ..Limits::default()
        }
    }

    async fn read_of(
        peer: IpAddr,
        bytes: usize,
        budget: &Budget,
    ) -> Result<(Bytes, Held), Refusal> {
        read(Body::from(vec![7; bytes]), peer, &limits(), budget).await
    }

    #[tokio::test]
    async fn the_bytes_beyond_the_free_ones_count_until_they_are_dropped() {
        let budget = Budget::new(95, 95);
        let (bytes, held) = read_of(PEER, 100, &budget).await.unwrap();
        assert_eq!(bytes.len(), 100);
        assert_eq!(held.as_ref().map(|held| held.places()), Some(90));
        let refused = read_of(OTHER, 16, &budget).await;
        assert_eq!(refused.err(), Some(Refusal::Busy));
        let (_, none) = read_of(OTHER, 10, &budget).await.unwrap();
        assert!(none.is_none(), "small bodies always pass");
        drop(held);
        assert!(read_of(OTHER, 100, &budget).await.is_ok());
    }

    #[tokio::test]
    async fn one_household_has_a_share() {
        let budget = Budget::new(1_000, 95);
        let (_, held) = read_of(PEER, 100, &budget).await.unwrap();
        let refused = read_of(PEER, 16, &budget).await;
        assert_eq!(refused.err(), Some(Refusal::ManyBytes));
        assert!(read_of(OTHER, 100, &budget).await.is_ok());
        drop(held);
        assert!(read_of(PEER, 100, &budget).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_ends_at_its_limit() {
        let budget = Budget::new(1_000, 1_000);
        let refused = read_of(PEER, 101, &budget).await;
        assert_eq!(refused.err(), Some(Refusal::BodyTooLong { max: 100 }));
    }
}
