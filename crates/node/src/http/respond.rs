//! The headers that every answer carries.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONNECTION,
            CONTENT_TYPE, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::Response,
};
use idos_types::limits::ORIGIN_BYTES;
use serde_json::json;

use super::refusal::Refusal;

pub(super) const JSON: &str = "application/json; charset=utf-8";

/// On every answer, also to requests without an origin: a cache may not give them to others.
const ALWAYS: [(HeaderName, &str); 6] = [
    (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
    (
        ACCESS_CONTROL_ALLOW_HEADERS,
        "Accept, Content-Type, Content-Length, Accept-Encoding, Authorization, ResponseType, Range",
    ),
    (VARY, "Origin"),
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

/// An answer to a path that is not JSON-RPC, with a text that says what is wrong.
pub(super) fn error(status: StatusCode, text: &str) -> Response {
    json(status, json!({ "error": text }).to_string())
}

/// The answer to a JSON-RPC request that the server itself refuses.
pub(super) fn refuse(refusal: Refusal) -> Response {
    let mut response = json(refusal.status(), refusal.body());
    if refusal.ends_connection() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The origin to echo: exactly one, and not longer than one may be.
pub(super) fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(ORIGIN).iter();
    let origin = values.next().filter(|value| value.len() <= ORIGIN_BYTES)?;
    values.next().is_none().then(|| origin.clone())
}

/// Adds what every answer carries. `*` would be no substitute for the origin: browsers refuse it
/// together with cookies. That any origin may call is safe because a session is valid for the
/// origin it was made for only.
pub(super) fn complete(response: &mut Response, origin: Option<HeaderValue>) {
    let headers = response.headers_mut();
    // What is the same for every origin says so itself.
    let is_public = headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
    for (name, value) in ALWAYS {
        let is_of_origin = name == ACCESS_CONTROL_ALLOW_CREDENTIALS || name == VARY;
        if !(is_public && is_of_origin || name == CACHE_CONTROL && headers.contains_key(&name)) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if let Some(origin) = origin.filter(|_| !is_public) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}
