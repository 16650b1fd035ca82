//! Verifiable credentials: issuing them, disclosing parts of them, verifying them.
//!
//! VC Data Model 1.1 and 2.0 with Data Integrity proofs. [`Verifier::verify`] makes every check in
//! order and reports which failed and why; it asks nobody but the sources given to it.

mod ascii85;
mod dates;
mod did;
mod fault;
mod issuer;
mod json;
mod key;
mod level;
mod presentation;
mod proof;
mod report;
mod schema;
mod status;
mod structure;
mod subject;
mod suite;
mod terms;
mod trust;
mod verifier;

pub use dates::{DateError, Seconds};
pub use did::{
    Account, DocumentError, DocumentSource, FetchPolicy, MethodError, NoDocuments, PolicyError,
    Purpose, is_public_address,
};
pub use fault::Fault;
pub use issuer::{IssueError, IssueOptions, Issuer, derive};
pub use json::{JsonError, parse as parse_json, parse_envelope};
pub use key::{KeyError, KeyKind, PublicKey, SecretKey};
pub use level::{AddOn, BaseLevel, Level, LevelError};
pub use presentation::Occasion;
pub use proof::ProofError;
pub use report::{Check, FieldBinding, Line, Outcome, Report, SubjectIsHolder};
pub use schema::{
    ACHIEVEMENT_TYPE, KYC_TYPE, PERSONHOOD_TYPE, SOCIAL_TYPE, SchemaError, WALLETS_TYPE,
};
pub use status::{
    FetchedList, ListError, NoStatusLists, StatusError, StatusList, StatusPolicy, StatusPurpose,
    StatusSource,
};
pub use structure::{Credential, StructureError, Version};
pub use subject::{
    Achievement, Address, CredentialFields, File, Gender, IdDocument, IdDocumentType, LinkedWallet,
    Person, Personhood, SocialAccount, SubjectError, achievement_credential, is_in_eu, is_of_age,
    kyc_credential, official_face_id_credential, official_kyc_credential, personhood_credential,
    social_credential, wallets_credential,
};
pub use suite::Suite;
pub use terms::BINDING_CONTEXTS;
pub use trust::{TrustList, TrustedKey, TrustedKeyError};
pub use verifier::{MadeFor, Policy, Verifier};
