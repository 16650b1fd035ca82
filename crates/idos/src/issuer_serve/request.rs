//! Bodies of requests of the VC-API.

use axum::extract::Request;
use idos_credential::{StatusPurpose, StructureError, Suite, parse_json};
use idos_types::limits::{CREDENTIAL_BYTES, ENVELOPE_BYTES};
use serde_json::{Map, Value};

use crate::web::{json_body, problem::Problem};

/// The parsed body of a request.
pub(super) struct Members(Map<String, Value>);

/// Reads the body of a request, which nobody has looked at yet.
pub(super) async fn body(request: Request) -> Result<Vec<u8>, Problem> {
    json_body::bytes(request, CREDENTIAL_BYTES + ENVELOPE_BYTES).await
}

impl Members {
    /// Parses the JSON object in a body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        json_body::parse_around_credential(body).map(Self)
    }

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

    /// Takes a document that has to be there and is to be signed: without what is around it, it has to be
    /// within the limits of those who verify it.
    pub(super) fn take_unsigned(&mut self, name: &str) -> Result<Map<String, Value>, Problem> {
        let document = self.take_object(name)?;
        let text = Value::Object(document).to_string();
        match parse_json(&text) {
            Ok(Value::Object(document)) => Ok(document),
            Ok(_) => Err(wrong(name, "an object")),
            Err(error) => Err(Problem::of_fault(&StructureError::from(error).into())),
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
