//! The explorer's answers as HTTP: pages under a strict content policy, JSON for any origin, events.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::State,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
            LOCATION, REFERRER_POLICY, RETRY_AFTER,
        },
    },
    response::Response,
};
use hyper::body::Frame;
use std::sync::Arc;
use tokio::sync::mpsc;

use super::{backend::Backend, refusal::Refusal, respond, room::Room, routes::App};
use crate::explorer::{Content, Document};

/// Where events are.
pub(super) const EVENTS: &str = "/api/v1/events";
/// Where the first page is.
const FIRST_PAGE: &str = "/explorer/";

/// Nothing but this node's own script, style and answers; no frame, no form to elsewhere.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";
/// Another style sheet or script has another path.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// A document as a response, within the room that there is for it.
pub(super) fn respond(document: Document, room: Room) -> Result<Response, Refusal> {
    let status = StatusCode::from_u16(document.status).map_err(|_| Refusal::Internal)?;
    let (bytes, headers): (Bytes, Vec<(HeaderName, HeaderValue)>) = match document.content {
        Content::Json(bytes) => (
            room.fill(bytes)?,
            fixed(&[
                (CONTENT_TYPE, respond::JSON),
                (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ]),
        ),
        Content::Page(page) => (
            room.fill(page.into_bytes())?,
            fixed(&[
                (CONTENT_TYPE, HTML),
                (CONTENT_SECURITY_POLICY, PAGE_POLICY),
                (REFERRER_POLICY, "no-referrer"),
                (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
            ]),
        ),
        Content::Stylesheet => (
            Bytes::from_static(idos_explorer::assets::stylesheet()),
            fixed(&[(CONTENT_TYPE, CSS), (CACHE_CONTROL, FOR_EVER)]),
        ),
        Content::Script => (
            Bytes::from_static(idos_explorer::assets::script()),
            fixed(&[(CONTENT_TYPE, JAVASCRIPT), (CACHE_CONTROL, FOR_EVER)]),
        ),
        Content::Redirect(path) => {
            let path = HeaderValue::try_from(path).map_err(|_| Refusal::Internal)?;
            (Bytes::new(), vec![(LOCATION, path)])
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    if let Some(seconds) = document.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn fixed(headers: &[(HeaderName, &'static str)]) -> Vec<(HeaderName, HeaderValue)> {
    let of = |(name, value): &(HeaderName, &'static str)| {
        (name.clone(), HeaderValue::from_static(value))
    };
    headers.iter().map(of).collect()
}

/// Whoever comes to the node with a browser is shown the explorer, if there is one.
pub(super) async fn first_page<B: Backend>(State(app): State<Arc<App<B>>>) -> Response {
    if !app.has_explorer() {
        return super::routes::not_found().await;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_static(FIRST_PAGE));
    response
}

/// Events, until their sender is gone.
pub(super) fn stream(events: mpsc::Receiver<Bytes>) -> Response {
    let mut response = Response::new(Body::new(Events(events)));
    response.headers_mut().extend(fixed(&[
        (CONTENT_TYPE, EVENT_STREAM),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ]));
    response
}

struct Events(mpsc::Receiver<Bytes>);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = self.0.poll_recv(cx);
        event.map(|event| event.map(|bytes| Ok(Frame::data(bytes))))
    }
}
