//! DID documents: who may fetch them is the caller's matter, what is in them ours.

use idos_types::limits::DID_DOCUMENT_BYTES;
use serde_json::Value;
use thiserror::Error;

use super::{Method, MethodError, PolicyError, Purpose, jwk, short};
use crate::{
    json,
    key::{KeyError, PublicKey},
};

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// The policy forbids to ask for it.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Nothing fetches documents here.
    #[error("this verifier fetches no documents: its operator must allow it to")]
    Offline,
    /// It could not be fetched.
    #[error("it could not be fetched: {0}")]
    Unavailable(String),
    /// It is not a DID document of that DID.
    #[error("it is no document of this DID: {0}")]
    Malformed(String),
}

impl DocumentError {
    /// Whether this only means that it could not be had: another time it may be.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Offline | Self::Unavailable(_))
    }
}

/// Gives the text of DID documents: from a cache, or from the network under a
/// [`FetchPolicy`](super::FetchPolicy). Verification itself fetches nothing.
pub trait DocumentSource {
    /// The text of the document of this DID.
    fn did_document(&self, did: &str) -> Result<String, DocumentError>;
}

/// No documents: `did:web` is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDocuments;

impl DocumentSource for NoDocuments {
    fn did_document(&self, _: &str) -> Result<String, DocumentError> {
        Err(DocumentError::Offline)
    }
}

/// The document of a DID.
struct Document<'a> {
    did: &'a str,
    members: Value,
}

impl<'a> Document<'a> {
    fn of(did: &'a str, documents: &dyn DocumentSource) -> Result<Self, MethodError> {
        let failed = |reason| MethodError::Document {
            did: short(did),
            reason,
        };
        let text = documents.did_document(did).map_err(failed)?;
        let members = json::parse_within(&text, DID_DOCUMENT_BYTES)
            .map_err(|error| malformed(did, &error.to_string()))?;
        if members.get("id").and_then(Value::as_str) != Some(did) {
            return Err(malformed(did, "its id is another"));
        }
        Ok(Self { did, members })
    }

    fn entries(&self, member: &str) -> &[Value] {
        let entries = self.members.get(member).and_then(Value::as_array);
        entries.map(Vec::as_slice).unwrap_or_default()
    }

    /// The key of this DID URL.
    fn key(&self, method: &str, purpose: Purpose) -> Result<PublicKey, MethodError> {
        let is_method = |candidate: &Value| {
            candidate
                .get("id")
                .and_then(Value::as_str)
                .is_some_and(|id| same(id, self.did, method))
        };
        let listed = self
            .entries(purpose.name())
            .iter()
            .find(|entry| match entry {
                Value::String(id) => same(id, self.did, method),
                entry => is_method(entry),
            });
        let found = match listed {
            Some(entry) if entry.is_object() => Some(entry),
            _ => self
                .entries("verificationMethod")
                .iter()
                .find(|entry| is_method(entry)),
        };
        let (Some(found), Some(_)) = (found, listed) else {
            return Err(match found {
                Some(_) => MethodError::NotFor {
                    method: short(method),
                    purpose,
                },
                None => MethodError::NoSuchKey {
                    did: short(self.did),
                    method: short(method),
                },
            });
        };
        // A key that another controls says nothing about this one.
        if found.get("controller").and_then(Value::as_str) != Some(self.did) {
            return Err(malformed(self.did, "the key's controller is another"));
        }
        let key = match (found.get("publicKeyMultibase"), found.get("publicKeyJwk")) {
            (Some(Value::String(text)), None) => PublicKey::from_multikey(text),
            (None, Some(jwk)) => jwk::public_key(jwk),
            _ => Err(KeyError::Text),
        };
        key.map_err(|reason| MethodError::Key {
            method: short(method),
            reason,
        })
    }
}

fn malformed(did: &str, what: &str) -> MethodError {
    MethodError::Document {
        did: short(did),
        reason: DocumentError::Malformed(what.to_owned()),
    }
}

/// Finds a key in the document of a DID.
pub(super) fn resolve(
    did: &str,
    method: &str,
    purpose: Purpose,
    documents: &dyn DocumentSource,
) -> Result<Method, MethodError> {
    let key = Document::of(did, documents)?.key(method, purpose)?;
    Ok(Method {
        controller: did.to_owned(),
        key,
    })
}

/// Whether the document of a DID lists one of these keys for credentials. Entries that are no keys
/// here say nothing about the others.
pub(super) fn lists(
    did: &str,
    keys: &[PublicKey],
    documents: &dyn DocumentSource,
) -> Result<bool, MethodError> {
    let document = Document::of(did, documents)?;
    let purpose = Purpose::AssertionMethod;
    Ok(document.entries(purpose.name()).iter().any(|entry| {
        let id = entry.as_str().or_else(|| entry.get("id")?.as_str());
        let method = id.map(|id| match id.strip_prefix('#') {
            Some(fragment) => format!("{did}#{fragment}"),
            None => id.to_owned(),
        });
        method
            .and_then(|method| document.key(&method, purpose).ok())
            .is_some_and(|key| keys.contains(&key))
    }))
}

/// Whether an id of a document, perhaps only a fragment, is this DID URL.
fn same(id: &str, did: &str, method: &str) -> bool {
    id == method
        || (id.starts_with('#')
            && method
                .strip_prefix(did)
                .is_some_and(|fragment| fragment == id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    const DID: &str = "did:web:example.com";

    struct One(String);

    impl DocumentSource for One {
        fn did_document(&self, _: &str) -> Result<String, DocumentError> {
            Ok(self.0.clone())
        }
    }

    fn assertion(document: &Value) -> Result<Method, MethodError> {
        super::super::resolve(
            "did:web:example.com#1",
            Purpose::AssertionMethod,
            &One(document.to_string()),
        )
    }

    fn document() -> Value {
        json!({
            "id": DID,
            "verificationMethod": [{
                "id": "did:web:example.com#1", "type": "Multikey", "controller": DID,
                "publicKeyMultibase": KEY,
            }],
            "assertionMethod": ["#1"],
        })
    }

    #[test]
    fn the_key_is_found_by_its_id() {
        let method = assertion(&document()).unwrap();
        assert_eq!(
            (
                method.controller.as_str(),
                method.key.to_multikey().as_str()
            ),
            (DID, KEY)
        );
    }

    #[test]
    fn each_thing_that_may_be_wrong_is_named() {
        let mut other = document();
        other["assertionMethod"] = json!([]);
        assert!(matches!(assertion(&other), Err(MethodError::NotFor { .. })));
        // Listed is another key.
        other["assertionMethod"] = json!(["#2", "did:web:example.com#3"]);
        assert!(matches!(assertion(&other), Err(MethodError::NotFor { .. })));
        let mut other = document();
        other["verificationMethod"] = json!([]);
        assert!(matches!(
            assertion(&other),
            Err(MethodError::NoSuchKey { .. })
        ));
        let mut other = document();
        other["id"] = json!("did:web:evil.com");
        assert!(matches!(
            assertion(&other),
            Err(MethodError::Document { .. })
        ));
        let mut other = document();
        other["verificationMethod"][0]["controller"] = json!("did:web:evil.com");
        assert!(matches!(
            assertion(&other),
            Err(MethodError::Document { .. })
        ));
        let mut other = document();
        other["verificationMethod"][0]["publicKeyMultibase"] = json!("z6Mk");
        assert!(matches!(assertion(&other), Err(MethodError::Key { .. })));
        let mut other = document();
        other["pad"] = json!("x".repeat(DID_DOCUMENT_BYTES));
        assert!(matches!(
            assertion(&other),
            Err(MethodError::Document { .. })
        ));
    }
}
