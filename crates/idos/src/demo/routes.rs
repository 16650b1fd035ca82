//! What the bank's page asks its server.

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    Json, Router,
    extract::{Extension, Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use idos_client::consumer::Consumer;
use idos_connections::{Peer, client_address};
use idos_types::PartyId;
use serde_json::json;

use super::{
    Bank,
    application::{ASKS, Decision, decide},
};
use crate::{
    command::clock::now,
    web::{hosts::Hosts, json_body, problem::Problem, rate::Rate},
};

/// For how long people leave a copy with the bank, in days.
const LOCK_DAYS: u32 = 30;
/// Most bytes of an application.
const APPLICATION_BYTES: usize = 4 * 1024;
/// How many applications one address may send in a minute: each asks the network.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();

struct App {
    consumer: Consumer,
    party: PartyId,
    name: String,
    hosts: Hosts,
    rate: Rate,
    trust_forwarded_for: bool,
}

/// All routes; whatever is none of them is for the page.
pub(super) fn router(bank: Bank) -> Router {
    let app = App {
        consumer: bank.consumer,
        party: bank.party,
        name: bank.name,
        hosts: bank.hosts,
        rate: Rate::per_minute(PER_MINUTE),
        trust_forwarded_for: bank.trust_forwarded_for,
    };
    Router::new()
        .route("/api/terms", get(terms))
        .route("/api/applications", post(applications))
        .with_state(Arc::new(app))
        .merge(bank.page.router())
}

async fn terms(State(app): State<Arc<App>>, request: Request) -> Response {
    let answer = app.hosts.check(request.headers()).map(|()| {
        json!({
            "name": app.name,
            "partyId": app.party.to_string(),
            "lockDays": LOCK_DAYS,
            "asks": ASKS,
        })
    });
    respond(answer.map(Json))
}

async fn applications(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    respond(app.decide(peer, request).await.map(Json))
}

impl App {
    async fn decide(&self, peer: std::net::IpAddr, request: Request) -> Result<Decision, Problem> {
        self.hosts.check(request.headers())?;
        let client = client_address(request.headers(), peer, self.trust_forwarded_for);
        self.rate.check(client)?;
        let application = json_body::read_as(request, APPLICATION_BYTES).await?;
        let decision = decide(&self.consumer, &application, now()).await;
        decision.map_err(|error| {
            // It names nodes, never persons.
            tracing::warn!(%error, "an application could not be decided");
            Problem::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "network-away",
                "the network does not answer at the moment: try again in a while",
            )
        })
    }
}

fn respond(answer: Result<impl axum::response::IntoResponse, Problem>) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

#[cfg(test)]
mod tests {
    use idos_types::limits::LOCK_SECONDS;

    use super::LOCK_DAYS;

    /// What the page of the bank repeats, which is built without these limits.
    const PAGE: &str = include_str!("../../../../web/demo/src/bank.ts");

    #[test]
    fn the_page_takes_the_locks_that_the_network_takes() {
        let most = LOCK_SECONDS / (24 * 3600);
        assert!(PAGE.contains(&format!("const MOST_LOCK_DAYS = {most};")));
        assert!(i64::from(LOCK_DAYS) <= most);
    }
}
