//! Bodies of requests, bounded and read strictly.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::{StatusCode, header},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use idos_credential::{JsonError, parse_envelope, parse_json};
use idos_types::limits::REQUEST_BODY_SECONDS;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::task::spawn_blocking;

use super::problem::Problem;

/// Reads the JSON object of at most `max` bytes that a request brings.
async fn read(request: Request, max: usize) -> Result<Map<String, Value>, Problem> {
    let bytes = bytes(request, max).await?;
    // Megabytes take their time, and are not to delay the requests of others.
    let parsed = spawn_blocking(move || parse(&bytes)).await;
    parsed.map_err(Problem::internal)?
}

/// Reads the at most `max` bytes of JSON that a request brings.
pub(crate) async fn bytes(request: Request, max: usize) -> Result<Vec<u8>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // Web pages of others may send nothing of this type without being asked first.
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-json",
            "the body has to be application/json, and to say so by its Content-Type",
        ));
    }
    collect(request.into_body(), max).await
}

/// The JSON object in them.
fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    object(bytes, parse_json)
}

/// The JSON object in a request that has a credential or presentation as a member.
pub(crate) fn parse_around_credential(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    object(bytes, parse_envelope)
}

fn object(
    bytes: &[u8],
    parse: fn(&str) -> Result<Value, JsonError>,
) -> Result<Map<String, Value>, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::bad("malformed-json", "the body is no UTF-8"))?;
    match parse(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::bad("malformed-json", "the body is no JSON object")),
        Err(error) => Err(Problem::bad("malformed-json", error.to_string())),
    }
}

/// The same as a value of its own type.
pub(crate) async fn read_as<T: DeserializeOwned>(
    request: Request,
    max: usize,
) -> Result<T, Problem> {
    let members = read(request, max).await?;
    // The text of the error names members and what they have to be; of contents it could quote
    // what a person typed, but only to that person.
    serde_json::from_value(Value::Object(members))
        .map_err(|error| Problem::bad("malformed-request", error.to_string()))
}

async fn collect(body: Body, max: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let text = format!("the body may have {max} bytes at most");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", text)
    };
    // What announces too much is refused before it is sent.
    if body.size_hint().lower() > max as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, max).collect();
    match tokio::time::timeout(Duration::from_secs(REQUEST_BODY_SECONDS), body).await {
        Ok(Ok(body)) => Ok(body.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::bad("broken-body", "the body did not arrive whole")),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            format!("the body has to arrive within {REQUEST_BODY_SECONDS} seconds"),
        )),
    }
}
