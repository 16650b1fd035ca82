//! What is signed: the hash of the proof's options, then the hash of the document, both canonical
//! (vc-di-eddsa and vc-di-ecdsa, sections "Hashing").

use idos_linked_data::{Edition, NodeHash, canonical_nquads_under};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384};

use super::{ProofError, unsecured};
use crate::{key::KeyKind, suite::Suite};

/// The bytes that a signature is made over, under an edition of the contexts.
pub(super) fn message(
    suite: Suite,
    document: &Map<String, Value>,
    options: &Map<String, Value>,
    kind: KeyKind,
    edition: Edition,
) -> Result<Vec<u8>, ProofError> {
    let mut options = options.clone();
    options.remove("proofValue");
    let context = document.get("@context");
    if let Some(of_proof) = options.get("@context")
        && Some(of_proof) != context
    {
        // The suites let a document add contexts behind those that were signed. We do not.
        return Err(ProofError::Contexts);
    }
    let document = Value::Object(unsecured(document));
    let (options, document) = if suite == Suite::EddsaJcs2022 {
        (
            canonical_json(&Value::Object(options))?,
            canonical_json(&document)?,
        )
    } else {
        if let Some(context) = context {
            options.insert("@context".to_owned(), context.clone());
        }
        let hash = match kind {
            KeyKind::P384 => NodeHash::Sha384,
            _ => NodeHash::Sha256,
        };
        (
            canonical_nquads_under(&Value::Object(options), edition, hash)?,
            canonical_nquads_under(&document, edition, hash)?,
        )
    };
    Ok(match kind {
        KeyKind::P384 => [
            Sha384::digest(options.as_bytes()),
            Sha384::digest(document.as_bytes()),
        ]
        .concat(),
        _ => [
            Sha256::digest(options.as_bytes()),
            Sha256::digest(document.as_bytes()),
        ]
        .concat(),
    })
}

fn canonical_json(value: &Value) -> Result<String, ProofError> {
    serde_json_canonicalizer::to_string(value)
        .map_err(|error| ProofError::Canonical(error.to_string()))
}
