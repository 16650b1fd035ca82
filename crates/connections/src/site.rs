//! What is served on a listener.

use std::{net::IpAddr, pin::Pin, sync::Arc};

use axum::{Router, extract::Request, response::Response};
use tower::ServiceExt as _;

/// The address at the other end of the connection, among the extensions of every request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer(pub IpAddr);

/// An answer that is being made.
pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What newcomers are told for whom there is no room, with status 503.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Busy {
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its body if there is no room for anybody.
    pub body: String,
    /// Its body if there is no room for more of their household.
    pub household_body: String,
}

/// Whoever answers the requests of a listener.
#[derive(Clone)]
pub struct Site {
    pub(crate) answer: Arc<dyn Fn(Request) -> Answering + Send + Sync>,
    pub(crate) busy: Arc<Busy>,
}

impl Site {
    /// Answers by a function.
    pub fn new(busy: Busy, answer: impl Fn(Request) -> Answering + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            busy: Arc::new(busy),
        }
    }

    /// Answers by the routes of a router.
    pub fn of_router(busy: Busy, router: Router) -> Self {
        Self::new(busy, move |request| {
            let answering = router.clone().oneshot(request);
            Box::pin(async move {
                let Ok(response) = answering.await;
                response
            })
        })
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Site(…)")
    }
}
