//! Bodies of requests, bounded and read strictly.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::{StatusCode, header},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use idos_credential::{StatusPurpose, Suite, parse_json};
use idos_types::limits::{CREDENTIAL_BYTES, REQUEST_BODY_SECONDS};
use serde_json::{Map, Value};

use super::problem::Problem;

/// The parsed body of a request.
pub(super) struct Members(Map<String, Value>);

/// Reads the JSON object that a request brings.
pub(super) async fn read(request: Request) -> Result<Members, Problem> {
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
    let bytes = collect(request.into_body()).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Problem::bad("malformed-json", "the body is no UTF-8"))?;
    match parse_json(text) {
        Ok(Value::Object(members)) => Ok(Members(members)),
        Ok(_) => Err(Problem::bad("malformed-json", "the body is no JSON object")),
        Err(error) => Err(Problem::bad("malformed-json", error.to_string())),
    }
}

async fn collect(body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let text = format!("the body may have {CREDENTIAL_BYTES} bytes at most");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", text)
    };
    // What announces too much is refused before it is sent.
    if body.size_hint().lower() > CREDENTIAL_BYTES as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, CREDENTIAL_BYTES).collect();
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

impl Members {
    /// Takes a member that has to be there.
    pub(super) fn take(&mut self, name: &str) -> Result<Value, Problem> {
        self.0.remove(name).ok_or_else(|| {
            Problem::bad("malformed-request", format!("the request has no {name:?}"))
        })
    }

    /// Takes an object that has to be there.
    pub(super) fn take_object(&mut self, name: &str) -> Result<Map<String, Value>, Problem> {
        match self.take(name)? {
            Value::Object(object) => Ok(object),
            _ => Err(wrong(name, "an object")),
        }
    }

    /// Takes the options; none are as good as an empty object.
    pub(super) fn options(&mut self) -> Result<Self, Problem> {
        match self.0.remove("options") {
            None | Some(Value::Null) => Ok(Self(Map::new())),
            Some(Value::Object(options)) => Ok(Self(options)),
            Some(_) => Err(wrong("options", "an object")),
        }
    }

    /// A text, if it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    /// Yes or no, if it is there.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// A list of texts; none is empty.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, Problem> {
        match self.0.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(texts)) => texts
                .iter()
                .map(|text| text.as_str().ok_or_else(|| wrong(name, "a list of texts")))
                .collect(),
            Some(_) => Err(wrong(name, "a list of texts")),
        }
    }

    /// The suite that is asked for.
    pub(super) fn suite(&self) -> Result<Option<Suite>, Problem> {
        let name = self.text("cryptosuite")?;
        name.map(|name| {
            Suite::of_name(name).ok_or_else(|| wrong("cryptosuite", "a suite that this issuer has"))
        })
        .transpose()
    }

    /// The status entries that a credential is to get.
    pub(super) fn statuses(&self) -> Result<Option<Vec<StatusPurpose>>, Problem> {
        let entries = match self.0.get("credentialStatus") {
            None => return Ok(None),
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(entry) => std::slice::from_ref(entry),
        };
        let mut purposes = Vec::new();
        for entry in entries {
            let purpose = purpose(entry)?;
            if purposes.contains(&purpose) {
                return Err(wrong("credentialStatus", "one entry for each purpose"));
            }
            purposes.push(purpose);
        }
        Ok(Some(purposes))
    }
}

/// What a status entry is for.
pub(super) fn purpose(entry: &Value) -> Result<StatusPurpose, Problem> {
    let text = |name| entry.get(name).and_then(Value::as_str);
    text("statusPurpose")
        .filter(|_| text("type").is_none_or(|kind| kind == "BitstringStatusListEntry"))
        .and_then(StatusPurpose::of_name)
        .ok_or_else(|| {
            wrong(
                "credentialStatus",
                "a BitstringStatusListEntry with the statusPurpose revocation or suspension",
            )
        })
}

/// A member has another form.
pub(super) fn wrong(name: &str, expected: &str) -> Problem {
    Problem::bad(
        "malformed-request",
        format!("{name:?} has to be {expected}"),
    )
}
