//! Which address does what, and which pages may ask.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Extension, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, ORIGIN, VARY,
        },
    },
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use idos_connections::{Households, Peer, Seat, client_address};
use idos_types::limits::ONBOARDING_BYTES;
use serde_json::{Value, json};

use super::Onboarding;
use crate::web::{json_body, problem::Problem};

/// All routes.
pub(in crate::issuer::serve) fn router(onboarding: Onboarding) -> Router {
    Router::new()
        .route("/onboarding/v1", get(about).options(preflight))
        .route("/onboarding/v1/profiles", post(profiles).options(preflight))
        .route(
            "/onboarding/v1/credentials",
            post(credentials).options(preflight),
        )
        .with_state(Arc::new(onboarding))
}

type App = State<Arc<Onboarding>>;
type Answer = Result<(StatusCode, Value), Problem>;

async fn about(State(app): App, request: Request) -> Response {
    let answer = app.hosts.check(request.headers()).map(|()| {
        let about = json!({
            "name": app.name,
            "partyId": app.party.to_string(),
            "grantee": app.issuer.as_recipient().grantee(),
            "issuerPublicKey": app.issuer.public_key(),
            "selfAsserted": app.self_asserted,
        });
        (StatusCode::OK, about)
    });
    app.respond(request.headers(), answer)
}

async fn profiles(State(app): App, Extension(peer): Extension<Peer>, request: Request) -> Response {
    let headers = request.headers().clone();
    let answer = async {
        let address = app.admit(&headers, peer)?;
        let asked = json_body::read_as(request, ONBOARDING_BYTES).await?;
        let _turn = turn(&app.turns, address)?;
        app.profile(asked).await
    };
    let answer = answer.await;
    app.respond(&headers, answer)
}

async fn credentials(
    State(app): App,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let answer = async {
        let address = app.admit(&headers, peer)?;
        let asked = json_body::read_as(request, ONBOARDING_BYTES).await?;
        let _turn = turn(&app.turns, address)?;
        app.credential(asked).await
    };
    let answer = answer.await;
    app.respond(&headers, answer)
}

async fn preflight(State(app): App, request: Request) -> Response {
    let answer = app.hosts.check(request.headers());
    let answer = answer.map(|()| (StatusCode::NO_CONTENT, Value::Null));
    let mut response = app.respond(request.headers(), answer);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Onboarding {
    /// Lets in who may ask, before anything is read: other pages and too many requests cost nothing. The
    /// answer is the address that asks.
    fn admit(&self, headers: &HeaderMap, Peer(peer): Peer) -> Result<IpAddr, Problem> {
        self.hosts.check(headers)?;
        if headers.contains_key(ORIGIN) && self.origin(headers).is_none() {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "other-page",
                "this page may not take people on here; the issuer names its pages by --page-origin",
            ));
        }
        let address = client_address(headers, peer, self.trust_forwarded_for);
        self.rate.check(address)?;
        Ok(address)
    }

    /// The origin of the page that asks, if it is a configured one.
    fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut values = headers.get_all(ORIGIN).iter();
        let origin = values.next().filter(|_| values.next().is_none())?;
        let known = self
            .origins
            .iter()
            .any(|known| known.as_bytes() == origin.as_bytes());
        known.then(|| origin.clone())
    }

    fn respond(&self, headers: &HeaderMap, answer: Answer) -> Response {
        let mut response = match answer {
            Ok((status, Value::Null)) => status.into_response(),
            Ok((status, body)) => (status, Json(body)).into_response(),
            Err(problem) => problem.into_response(),
        };
        let told = response.headers_mut();
        told.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        told.insert(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin(headers) {
            told.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response
    }
}

/// A turn to be taken on, for whom has sent everything: who sends slowly takes nobody's.
fn turn(turns: &Households, address: IpAddr) -> Result<Seat, Problem> {
    turns.enter(address).map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "others are being taken on at the moment: try again in a few seconds",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{TURNS, TURNS_OF_ONE},
        *,
    };

    #[test]
    fn nobody_takes_all_turns() {
        let turns = Households::new(TURNS, TURNS_OF_ONE);
        let of = |last| turn(&turns, IpAddr::from([192, 0, 2, last]));
        let taken: Vec<_> = (0..TURNS).map_while(|_| of(1).ok()).collect();
        assert_eq!(taken.len(), 4);
        assert_eq!(of(1).unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(of(2).is_ok());
        drop(taken);
        assert!(of(1).is_ok());
    }
}
