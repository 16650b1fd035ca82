//! Why a credential or presentation is refused.

use thiserror::Error;

use crate::{
    dates::Seconds, did::MethodError, proof::ProofError, schema::SchemaError, status::StatusError,
    structure::StructureError, suite::Suite,
};

/// Why a credential or presentation is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Its form.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// Its proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A suite that the verifier does not accept.
    #[error("the verifier does not accept {0}: the issuer must use another suite")]
    SuiteNotAllowed(Suite),
    /// A proof for another purpose.
    #[error("the proof was made for {got:?}, not for {expected:?}")]
    Purpose {
        /// What it was made for.
        got: String,
        /// What it has to be made for.
        expected: String,
    },
    /// The key cannot be found.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The key is another's.
    #[error(
        "the key belongs to {controller:?}, not to {issuer:?}: only the issuer can sign for itself"
    )]
    NotTheIssuers {
        /// Whose the credential or presentation says it is.
        issuer: String,
        /// Whose the key is.
        controller: String,
    },
    /// A presentation whose holder has no id.
    #[error("its holder has no id: the holder must name itself by a URL, or not at all")]
    NoHolder,
    /// The issuer is not believed.
    #[error("the issuer {0:?} is not on the trust list: the verifier's operator must add it")]
    Untrusted(String),
    /// The key was revoked.
    #[error("the key {method:?} is revoked since {}, before the proof was made", .since.rfc3339())]
    KeyRevoked {
        /// The verification method.
        method: String,
        /// Since when.
        since: Seconds,
    },
    /// It is not valid yet.
    #[error("it is valid from {} only", .0.rfc3339())]
    NotYetValid(Seconds),
    /// It is valid no more.
    #[error("it expired on {}: the holder must ask the issuer for a new one", .0.rfc3339())]
    Expired(Seconds),
    /// The proof is from the future.
    #[error("the proof says it was made on {}, in the future", .0.rfc3339())]
    ProofFromTheFuture(Seconds),
    /// The proof expired.
    #[error("the proof expired on {}", .0.rfc3339())]
    ProofExpired(Seconds),
    /// Its status.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// What it says.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A presentation for another occasion.
    #[error("the {0} is not the one that was asked for: the holder must present anew")]
    Challenge(&'static str),
    /// The number of credentials in a presentation.
    #[error("it holds {got} credentials; {max} at most are allowed")]
    Credentials {
        /// How many.
        got: usize,
        /// Most.
        max: usize,
    },
    /// A credential of a presentation is refused.
    #[error("credential {number}: {reason}")]
    Credential {
        /// Which one, counted from 1.
        number: usize,
        /// Why.
        reason: Box<Fault>,
    },
    /// A credential is about somebody else than who presents it.
    #[error("a credential is about {0:?}, who is not the holder")]
    NotTheSubject(String),
}

/// Where the types of problems of the VC Data Model 2.0, section 7.2, begin.
const OF_DATA_MODEL: &str = "https://www.w3.org/TR/vc-data-model#";

impl Fault {
    /// The address of the type of problem, where a specification of the W3C gives one: VC Data Model
    /// 2.0, section 7.2; VC Data Integrity 1.0, section 4.7; Bitstring Status List 1.0, section 3.5.
    pub fn problem_type(&self) -> Option<String> {
        let of_data_model = |name| format!("{OF_DATA_MODEL}{name}");
        let of_proofs = |name| format!("https://w3id.org/security#{name}");
        let of_status = |name| format!("https://www.w3.org/ns/credentials/status-list#{name}");
        Some(match self {
            Self::Structure(StructureError::Json(_)) => of_data_model("PARSING_ERROR"),
            Self::Structure(StructureError::UndefinedTerm(_)) => {
                of_proofs("DATA_LOSS_DETECTION_ERROR")
            }
            Self::Structure(_) => of_data_model("MALFORMED_VALUE_ERROR"),
            Self::Proof(ProofError::LinkedData(_)) => of_proofs("PROOF_TRANSFORMATION_ERROR"),
            Self::Proof(_) | Self::Purpose { .. } => of_proofs("PROOF_VERIFICATION_ERROR"),
            Self::Challenge("domain") => of_proofs("INVALID_DOMAIN_ERROR"),
            Self::Challenge(_) => of_proofs("INVALID_CHALLENGE_ERROR"),
            Self::Status(error) => match error {
                error if error.is_unknown() => of_status("STATUS_RETRIEVAL_ERROR"),
                StatusError::List { .. } => of_status("STATUS_VERIFICATION_ERROR"),
                StatusError::Length(_) => of_status("STATUS_LIST_LENGTH_ERROR"),
                StatusError::Range { .. } => of_data_model("RANGE_ERROR"),
                StatusError::Entry(_) | StatusError::Kind(_) => {
                    of_data_model("MALFORMED_VALUE_ERROR")
                }
                _ => return None,
            },
            Self::Credential { reason, .. } => return reason.problem_type(),
            _ => return None,
        })
    }

    /// Whether it says nothing about the credential or presentation: something that a check needs could
    /// not be had, and with it the verdict may be another.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Status(error) => error.is_unknown(),
            Self::Method(MethodError::Document { reason, .. }) => reason.is_unknown(),
            Self::Credential { reason, .. } => reason.is_unknown(),
            _ => false,
        }
    }

    /// A short name, which does not change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Structure(StructureError::Json(crate::json::JsonError::TooLarge { .. })) => {
                "too-large"
            }
            Self::Structure(StructureError::Json(_)) => "malformed-json",
            Self::Structure(StructureError::UnknownContext(_)) => "unknown-context",
            Self::Structure(StructureError::InlineContext) => "inline-context",
            Self::Structure(StructureError::UndefinedTerm(_)) => "undefined-term",
            Self::Structure(StructureError::NotATerm(_)) => "not-a-term",
            Self::Structure(_) => "malformed",
            Self::Proof(ProofError::None) => "no-proof",
            Self::Proof(ProofError::Several(_)) => "several-proofs",
            Self::Proof(ProofError::Suite(_)) => "unknown-suite",
            Self::Proof(ProofError::BaseProof) => "base-proof",
            Self::Proof(ProofError::Member { .. } | ProofError::Date { .. }) => "malformed-proof",
            Self::Proof(_) => "wrong-proof",
            Self::SuiteNotAllowed(_) => "suite-not-allowed",
            Self::Purpose { .. } => "wrong-purpose",
            Self::Method(_) => "unknown-key",
            Self::NotTheIssuers { .. } => "not-the-issuers-key",
            Self::NoHolder => "no-holder",
            Self::Untrusted(_) => "untrusted-issuer",
            Self::KeyRevoked { .. } => "revoked-key",
            Self::NotYetValid(_) => "not-yet-valid",
            Self::Expired(_) => "expired",
            Self::ProofFromTheFuture(_) => "proof-from-the-future",
            Self::ProofExpired(_) => "proof-expired",
            Self::Status(error) => error.code(),
            Self::Schema(_) => "wrong-fields",
            Self::Challenge(_) => "wrong-challenge",
            Self::Credentials { .. } => "number-of-credentials",
            Self::Credential { reason, .. } => reason.code(),
            Self::NotTheSubject(_) => "not-the-subject",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::DocumentError;

    #[test]
    fn what_another_list_or_document_can_mend_is_unknown_and_nothing_else() {
        let url = || "https://issuer.example/status/1".to_owned();
        let of_document = |reason| MethodError::Document {
            did: "did:web:issuer.example".to_owned(),
            reason,
        };
        let unknown: [Fault; 5] = [
            StatusError::Unavailable {
                url: url(),
                reason: String::new(),
            }
            .into(),
            StatusError::Stale {
                url: url(),
                fetched_at: Seconds(0),
            }
            .into(),
            StatusError::Ended {
                url: url(),
                until: Seconds(0),
            }
            .into(),
            of_document(DocumentError::Offline).into(),
            of_document(DocumentError::Unavailable(String::new())).into(),
        ];
        for fault in unknown {
            let of_presentation = Fault::Credential {
                number: 1,
                reason: Box::new(fault.clone()),
            };
            assert!(of_presentation.is_unknown(), "{fault}");
            assert!(fault.is_unknown(), "{fault}");
        }
        for fault in [
            StatusError::Revoked.into(),
            StatusError::Length(url()).into(),
            of_document(DocumentError::Malformed(String::new())).into(),
            Fault::NoHolder,
        ] {
            assert!(!fault.is_unknown(), "{fault}");
        }
    }
}
