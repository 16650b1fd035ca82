//! Proofs of `bbs-2023`.
//!
//! The library that makes them reads JSON-LD by itself, and not all of it. So contexts are put in
//! place for it, and what it reads is compared with what the full reader of the other suites reads;
//! where they differ, nothing is signed, derived or accepted.

use idos_disclosure::{BbsPublicKey, BbsSecretKey};
use idos_linked_data::context;
use serde_json::{Map, Value};

use super::{Proof, ProofError, member, unsecured};

/// The value of a base proof.
pub(super) fn sign(
    document: &Map<String, Value>,
    options: &Map<String, Value>,
    key: &BbsSecretKey,
    mandatory: &[&str],
) -> Result<String, ProofError> {
    let document = read(document)?;
    let mut options = options.clone();
    if let Some(context) = document.get("@context") {
        options.insert("@context".to_owned(), context.clone());
    }
    let mut hmac_key = [0; 32];
    getrandom::fill(&mut hmac_key).map_err(|_| ProofError::Randomness)?;
    Ok(idos_disclosure::sign(
        &document,
        &Value::Object(options),
        mandatory,
        key,
        &hmac_key,
    )?)
}

/// Checks a derived proof.
pub(super) fn check(
    proof: &Proof,
    document: &Map<String, Value>,
    key: &BbsPublicKey,
) -> Result<(), ProofError> {
    if idos_disclosure::is_base_proof(&proof.value) {
        return Err(ProofError::BaseProof);
    }
    idos_disclosure::verify(&with_proof(proof, document)?, key)?;
    Ok(())
}

/// What the holder shows: everything mandatory and what the JSON pointers select. `header` binds
/// the proof to an occasion.
pub(crate) fn derive(
    document: &Map<String, Value>,
    selective: &[&str],
    header: &[u8],
    key: &BbsPublicKey,
) -> Result<Map<String, Value>, ProofError> {
    let proof = Proof::of(document)?;
    if !idos_disclosure::is_base_proof(&proof.value) {
        return Err(member("proofValue", "the issuer's base proof"));
    }
    let derived = idos_disclosure::derive(&with_proof(&proof, document)?, selective, header, key)?;
    let Value::Object(mut derived) = derived else {
        return Err(ProofError::TwoReadings);
    };
    if let Some(context) = document.get("@context") {
        derived.insert("@context".to_owned(), context.clone());
    }
    Ok(derived)
}

/// The document as the library takes it, with its proof.
fn with_proof(proof: &Proof, document: &Map<String, Value>) -> Result<Value, ProofError> {
    if proof.options.contains_key("@context") {
        return Err(ProofError::Contexts);
    }
    let mut read = read(document)?;
    let mut with_value = proof.options.clone();
    with_value.insert("proofValue".to_owned(), proof.value.clone().into());
    // What the options say has to be read alike, too.
    let mut options = proof.options.clone();
    if let Some(context) = document.get("@context") {
        options.insert("@context".to_owned(), context.clone());
    }
    compare(&options)?;
    if let Some(object) = read.as_object_mut() {
        object.insert("proof".to_owned(), Value::Object(with_value));
    }
    Ok(read)
}

/// The document without proof and with its contexts in place, if it can be read in one way only.
fn read(document: &Map<String, Value>) -> Result<Value, ProofError> {
    let document = unsecured(document);
    if document.values().any(labels_within) {
        return Err(ProofError::TwoReadings);
    }
    compare(&document)
}

fn compare(document: &Map<String, Value>) -> Result<Value, ProofError> {
    let in_place = in_place(document)?;
    let full = idos_linked_data::canonical_nquads(&Value::Object(document.clone()))?;
    if idos_disclosure::canonical_nquads(&in_place)? != full {
        return Err(ProofError::TwoReadings);
    }
    Ok(in_place)
}

fn in_place(document: &Map<String, Value>) -> Result<Value, ProofError> {
    let mut document = document.clone();
    if document
        .iter()
        .any(|(name, value)| name != "@context" && contexts_within(value))
    {
        return Err(member("@context", "only at the top for bbs-2023"));
    }
    if let Some(contexts) = document.get("@context") {
        let contexts = crate::structure::each(Some(contexts))
            .map(|entry| match entry {
                Value::String(url) => context(url)
                    .and_then(|document| document.get("@context"))
                    .cloned()
                    .ok_or_else(|| member("@context", "known contexts")),
                other => Ok(other.clone()),
            })
            .collect::<Result<Vec<_>, _>>()?;
        document.insert("@context".to_owned(), Value::Array(contexts));
    }
    Ok(Value::Object(document))
}

fn contexts_within(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            object.contains_key("@context") || object.values().any(contexts_within)
        }
        Value::Array(elements) => elements.iter().any(contexts_within),
        _ => false,
    }
}

/// Texts that look like labels of nodes: the library replaces labels by searching in text.
fn labels_within(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("_:") || text.contains("urn:bnid:"),
        Value::Array(elements) => elements.iter().any(labels_within),
        Value::Object(object) => object.values().any(labels_within),
        _ => false,
    }
}
