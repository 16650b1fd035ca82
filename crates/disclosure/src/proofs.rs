//! Base proofs, derived proofs, and their verification.

use affinidi_data_integrity::bbs_2023_transform;
use affinidi_rdf_encoding::{jsonld, rdfc1};
use serde_json::Value;
use thiserror::Error;

use crate::{
    keys::{BbsPublicKey, BbsSecretKey},
    pointers::{self, PointersError},
    shape,
};

/// Why nothing is signed, derived or accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DisclosureError {
    /// Not a usable secret key.
    #[error("the BBS secret key is not usable: the issuer must make another")]
    SecretKey,
    /// Not a usable public key.
    #[error("the BBS public key is no valid point: the issuer must publish another")]
    PublicKey,
    /// The document cannot be signed.
    #[error("the document cannot be signed by bbs-2023: {0}")]
    Sign(String),
    /// What the issuer wants every disclosure to show cannot be selected.
    #[error("the issuer must name other mandatory pointers: {0}")]
    Mandatory(PointersError),
    /// What the holder wants to show cannot be selected.
    #[error("the holder must select otherwise: {0}")]
    Selective(PointersError),
    /// Nothing can be derived.
    #[error("nothing can be disclosed from the document: {0}")]
    Derive(String),
    /// The proof is not of the expected form.
    #[error("the proof is not well-formed: {0}")]
    Malformed(String),
    /// A point of the proof is the identity, for which the equations hold without a signature.
    #[error("the proof was made without a signature: a point of it is the identity")]
    Identity,
    /// The proof does not belong to what is shown, or to the key.
    #[error("the proof is wrong")]
    Wrong,
}

/// The text that begins every base proof: base64url of its CBOR tag.
const BASE_PROOF: &str = "u2V0C";

/// Whether a proof value is the issuer's base proof, which only the holder may see.
pub fn is_base_proof(proof_value: &str) -> bool {
    proof_value.starts_with(BASE_PROOF)
}

/// The value of a base proof over `document` with the options `proof` (with `@context`, without
/// `proofValue`). Statements under the `mandatory` JSON pointers are always shown. `hmac_key`
/// has to be random for each credential.
pub fn sign(
    document: &Value,
    proof: &Value,
    mandatory: &[&str],
    key: &BbsSecretKey,
    hmac_key: &[u8; 32],
) -> Result<String, DisclosureError> {
    pointers::check(document, mandatory).map_err(DisclosureError::Mandatory)?;
    bbs_2023_transform::create_base_proof_value(
        document,
        proof,
        mandatory,
        &key.0,
        &key.public().0,
        hmac_key,
    )
    .map_err(|error| DisclosureError::Sign(error.to_string()))
}

/// What the holder of `document` (with its base proof) shows: the mandatory statements and those
/// under the `selective` JSON pointers. `presentation_header` binds the proof to an occasion. Whoever
/// wrote the proof may not be the issuer: nobody has looked at its signature.
pub fn derive(
    document: &Value,
    selective: &[&str],
    presentation_header: &[u8],
    key: &BbsPublicKey,
) -> Result<Value, DisclosureError> {
    let value = shape::proof_value(document)?;
    let mandatory = shape::mandatory(&value)?;
    pointers::check(document, &mandatory).map_err(DisclosureError::Mandatory)?;
    pointers::check(document, selective).map_err(DisclosureError::Selective)?;
    bbs_2023_transform::create_derived_proof(document, selective, presentation_header, &key.0)
        .map_err(|error| DisclosureError::Derive(error.to_string()))
}

/// Checks a derived proof.
pub fn verify(document: &Value, key: &BbsPublicKey) -> Result<(), DisclosureError> {
    shape::check(document)?;
    match bbs_2023_transform::verify_derived_proof(document, &key.0) {
        Ok(true) => Ok(()),
        Ok(false) => Err(DisclosureError::Wrong),
        Err(affinidi_data_integrity::DataIntegrityError::InvalidSignature { .. }) => {
            Err(DisclosureError::Wrong)
        }
        Err(error) => Err(DisclosureError::Malformed(error.to_string())),
    }
}

/// How this crate reads a document, as canonical N-Quads.
pub fn canonical_nquads(document: &Value) -> Result<String, DisclosureError> {
    let malformed = |error: &dyn std::fmt::Display| DisclosureError::Malformed(error.to_string());
    let dataset = jsonld::expand_and_to_rdf_safe(document).map_err(|error| malformed(&error))?;
    rdfc1::canonicalize(&dataset).map_err(|error| malformed(&error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn deep_documents_fit_the_stack() {
        let mut inner = json!({"name": "x"});
        for level in 0..32 {
            inner = json!({"friend": inner, "name": level.to_string()});
        }
        inner["@context"] = json!({"@vocab": "urn:example:"});
        assert!(canonical_nquads(&inner).is_ok());
    }

    #[test]
    fn undefined_terms_are_refused() {
        let document = json!({"@context": {"name": "urn:example:name"}, "name": "x", "age": 5});
        assert!(matches!(
            canonical_nquads(&document),
            Err(DisclosureError::Malformed(_))
        ));
    }

    #[test]
    fn what_is_no_proof_is_malformed() {
        let key = BbsSecretKey::from_seed(&[7; 32]).unwrap().public();
        for value in ["", "z", "u", "u2V0D", "u2V0DhQ"] {
            let document = json!({
                "@context": {"@vocab": "urn:example:"}, "name": "x", "proof": {"proofValue": value},
            });
            assert!(
                matches!(verify(&document, &key), Err(DisclosureError::Malformed(_))),
                "{value}"
            );
        }
    }
}
