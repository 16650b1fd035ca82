//! Data Integrity proofs: what is signed and how it is checked.

mod bbs;
mod hash;

use idos_disclosure::DisclosureError;
use idos_linked_data::{Edition, LinkedDataError};
use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use bbs::derive;

use crate::{
    dates::{DateError, Seconds},
    did::short,
    key::{KeyKind, PublicKey, SecretKey, from_base58},
    structure::{in_two_places, is_url},
    suite::Suite,
};

/// Members that a proof may have. Others could be defined by nobody and be left unsigned.
const MEMBERS: [&str; 12] = [
    "@context",
    "id",
    "type",
    "cryptosuite",
    "created",
    "expires",
    "verificationMethod",
    "proofPurpose",
    "proofValue",
    "challenge",
    "domain",
    "nonce",
];

/// Why a proof is not accepted, or none can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// There is none.
    #[error("there is no proof: the issuer must add one")]
    None,
    /// There are several.
    #[error("there are {0} proofs, exactly one is accepted: the sender must leave out the others")]
    Several(usize),
    /// A member is missing or has a wrong form.
    #[error("the proof's {member:?} is not as it has to be: {expected}")]
    Member {
        /// Which one.
        member: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A date is no date.
    #[error("the proof's {member:?}: {reason}")]
    Date {
        /// Which member.
        member: &'static str,
        /// What is wrong.
        reason: DateError,
    },
    /// A suite that is not supported.
    #[error("the suite {0:?} is not supported: the issuer must use another")]
    Suite(String),
    /// A key of another kind than the suite takes.
    #[error("the suite {suite} takes no {kind} keys: the signer must use another key or suite")]
    Key {
        /// The suite.
        suite: Suite,
        /// The kind of key.
        kind: KeyKind,
    },
    /// The contexts of the proof differ from those of the document.
    #[error(
        "the contexts of the proof are not those of the document: somebody changed one of them"
    )]
    Contexts,
    /// The document has no canonical form.
    #[error(transparent)]
    LinkedData(#[from] LinkedDataError),
    /// What is said about a thing could have been said elsewhere in the document.
    #[error(
        "members of {0:?} can be moved unnoticed, since several objects have this id: the issuer must \
         describe it in one of them only, or sign by eddsa-jcs-2022"
    )]
    InTwoPlaces(String),
    /// Two readers of JSON-LD do not agree on what the document says.
    #[error("the document can be read in two ways: the issuer must write it more plainly")]
    TwoReadings,
    /// Selective disclosure refused.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// It is the issuer's proof, which its holder keeps.
    #[error("this is the issuer's base proof: the holder must derive a proof from it to show")]
    BaseProof,
    /// The system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// The document is not canonical JSON.
    #[error("the document has no canonical JSON: {0}")]
    Canonical(String),
    /// The signature is wrong.
    #[error("the signature is wrong: the document was changed, or another key signed it")]
    Wrong,
}

/// A proof, read.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    /// Everything but the value.
    pub(crate) options: Map<String, Value>,
    pub(crate) suite: Suite,
    pub(crate) purpose: String,
    pub(crate) method: String,
    pub(crate) created: Option<Seconds>,
    pub(crate) expires: Option<Seconds>,
    pub(crate) value: String,
}

impl Proof {
    /// Reads the one proof of a document.
    pub(crate) fn of(document: &Map<String, Value>) -> Result<Self, ProofError> {
        let proof = match document.get("proof").ok_or(ProofError::None)? {
            Value::Array(proofs) => match proofs.as_slice() {
                [] => return Err(ProofError::None),
                [proof] => proof,
                several => return Err(ProofError::Several(several.len())),
            },
            proof => proof,
        };
        let mut options = proof
            .as_object()
            .ok_or_else(|| member("proof", "an object"))?
            .clone();
        if let Some(name) = options
            .keys()
            .find(|name| !MEMBERS.contains(&name.as_str()))
        {
            return Err(member(name, "left out: it is not supported"));
        }
        let text = |name: &'static str| match options.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(member(name, "a text")),
        };
        let required = |name: &'static str| text(name)?.ok_or_else(|| member(name, "present"));
        let date = |name: &'static str| {
            text(name)?
                .map(|text| Seconds::parse(&text))
                .transpose()
                .map_err(|reason| ProofError::Date {
                    member: name,
                    reason,
                })
        };
        let r#type = required("type")?;
        let cryptosuite = text("cryptosuite")?;
        let suite = Suite::of_proof(&r#type, cryptosuite.as_deref())
            .ok_or_else(|| ProofError::Suite(short(cryptosuite.as_deref().unwrap_or(&r#type))))?;
        for name in ["challenge", "nonce"] {
            text(name)?;
        }
        // A reader of JSON-LD drops what is none, and an RDF suite does not sign it.
        if text("id")?.is_some_and(|id| !is_url(&id)) {
            return Err(member("id", "an absolute URL"));
        }
        let (purpose, method) = (required("proofPurpose")?, required("verificationMethod")?);
        let (created, expires) = (date("created")?, date("expires")?);
        let value = required("proofValue")?;
        options.remove("proofValue");
        Ok(Self {
            options,
            suite,
            purpose,
            method,
            created,
            expires,
            value,
        })
    }

    /// Whether a text or list of texts holds this text.
    pub(crate) fn names(&self, member: &str, text: &str) -> bool {
        crate::structure::each(self.options.get(member)).any(|value| value.as_str() == Some(text))
    }

    /// Checks the signature over the document with this key.
    pub(crate) fn check(
        &self,
        document: &Map<String, Value>,
        key: &PublicKey,
    ) -> Result<(), ProofError> {
        fits(self.suite, key.kind())?;
        in_one_place(self.suite, document)?;
        if let PublicKey::Bbs(key) = key {
            return bbs::check(self, document, key);
        }
        let signature = from_base58(&self.value)
            .map_err(|_| member("proofValue", "`z` and base58 of a signature"))?;
        // What is signed as JSON depends on no context.
        let editions = match self.suite {
            Suite::EddsaJcs2022 => &[Edition::First],
            _ => Edition::of(document),
        };
        for edition in editions {
            let message = hash::message(self.suite, document, &self.options, key.kind(), *edition)?;
            if key.verifies(&message, &signature) {
                return Ok(());
            }
        }
        Err(ProofError::Wrong)
    }
}

/// Adds a proof with these options to a document that has none. `mandatory` are JSON pointers to
/// what every disclosure by `bbs-2023` shows.
pub(crate) fn sign(
    mut document: Map<String, Value>,
    suite: Suite,
    mut options: Map<String, Value>,
    key: &SecretKey,
    mandatory: &[&str],
) -> Result<Map<String, Value>, ProofError> {
    fits(suite, key.kind())?;
    in_one_place(suite, &document)?;
    document.remove("proof");
    if suite == Suite::Ed25519Signature2020 {
        options.insert("type".to_owned(), suite.name().into());
    } else {
        options.insert("type".to_owned(), "DataIntegrityProof".into());
        options.insert("cryptosuite".to_owned(), suite.name().into());
    }
    if suite == Suite::EddsaJcs2022
        && let Some(context) = document.get("@context")
    {
        options.insert("@context".to_owned(), context.clone());
    }
    let value = match key.bbs() {
        Some(key) => bbs::sign(&document, &options, key, mandatory)?,
        None => {
            let message = hash::message(suite, &document, &options, key.kind(), Edition::First)?;
            let signature = key.sign(&message).ok_or(ProofError::Key {
                suite,
                kind: key.kind(),
            })?;
            format!("z{}", bs58::encode(signature).into_string())
        }
    };
    options.insert("proofValue".to_owned(), value.into());
    document.insert("proof".to_owned(), Value::Object(options));
    Ok(document)
}

fn fits(suite: Suite, kind: KeyKind) -> Result<(), ProofError> {
    if suite.takes(kind) {
        Ok(())
    } else {
        Err(ProofError::Key { suite, kind })
    }
}

/// Refuses, under a suite that signs statements, what verifiers act on if it can stand elsewhere, too.
fn in_one_place(suite: Suite, document: &Map<String, Value>) -> Result<(), ProofError> {
    match in_two_places(document) {
        Some(id) if suite != Suite::EddsaJcs2022 => Err(ProofError::InTwoPlaces(short(id))),
        _ => Ok(()),
    }
}

fn member(name: &str, expected: &'static str) -> ProofError {
    ProofError::Member {
        member: short(name),
        expected,
    }
}

/// The document without its proof.
fn unsecured(document: &Map<String, Value>) -> Map<String, Value> {
    document
        .iter()
        .filter(|(name, _)| *name != "proof")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
