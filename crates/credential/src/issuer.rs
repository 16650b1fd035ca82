//! Issuing credentials, and disclosing from them.

use idos_linked_data::{DATA_INTEGRITY_V2, ED25519_2020_V1};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{
    dates::Seconds,
    did::{self, DocumentSource, MethodError, Purpose},
    key::{PublicKey, SecretKey},
    proof::{self, Proof, ProofError},
    schema::{self, SchemaError},
    status::{self, StatusError},
    structure::{Credential, StructureError, Version},
    suite::Suite,
};

/// Why nothing is issued or disclosed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IssueError {
    /// The form of the credential.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// Its fields.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The form of its status entries.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The key of the credential's issuer cannot be found.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The credential names another issuer.
    #[error("the credential names the issuer {got:?}, but {expected:?} is to sign it")]
    Issuer {
        /// Whom it names.
        got: String,
        /// Who signs.
        expected: String,
    },
    /// It has a proof already.
    #[error("the credential has a proof already: send it without")]
    Signed,
    /// A suite that needs the other version.
    #[error("bbs-2023 is for credentials of VC Data Model 2.0 only")]
    Version,
    /// The credential's key is not for disclosure.
    #[error("the credential was not issued by bbs-2023: nothing can be disclosed from it alone")]
    NotDisclosable,
}

/// How a credential is to be issued.
#[derive(Clone, Debug)]
pub struct IssueOptions {
    /// The suite.
    pub suite: Suite,
    /// When the proof is made. Proofs of `bbs-2023` do not say it: every disclosure would show the same
    /// second, by which it could be linked to the others. For the same reason their `validFrom` and
    /// `validUntil` are best the beginning of a day.
    pub created: Seconds,
    /// For `bbs-2023`: JSON pointers to what every disclosure shows, besides issuer, dates, status,
    /// schema, terms of use and level, which are always shown. With those 128 at most, each to something
    /// that is there, none to what another one points to or into the contexts.
    pub mandatory: Vec<String>,
}

impl IssueOptions {
    /// With this suite at this time.
    pub fn new(suite: Suite, created: Seconds) -> Self {
        Self {
            suite,
            created,
            mandatory: Vec::new(),
        }
    }
}

/// What a holder cannot hide: else they could hide that a credential is revoked or expired, or what its
/// issuer allows and forbids whoever it is shown to. `evidence` only adds to what verifiers believe, and
/// `refreshService` is the holder's to use: those they may keep to themselves.
const ALWAYS_SHOWN: [&str; 7] = [
    "issuer",
    "validFrom",
    "validUntil",
    "credentialStatus",
    "credentialSchema",
    "termsOfUse",
    "level",
];

/// An issuer (or a holder who signs presentations) with its key.
#[derive(Debug)]
pub struct Issuer {
    id: String,
    method: String,
    key: SecretKey,
}

impl Issuer {
    /// By the `did:key` of its key.
    pub fn did_key(key: SecretKey) -> Self {
        let id = key.public().did_key();
        let method = format!("{id}#{}", key.public().to_multikey());
        Self { id, method, key }
    }

    /// By any id, with the id of its key; verifiers have to know both.
    pub fn new(id: impl Into<String>, method: impl Into<String>, key: SecretKey) -> Self {
        Self {
            id: id.into(),
            method: method.into(),
            key,
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id of its key.
    pub fn verification_method(&self) -> &str {
        &self.method
    }

    /// Its public key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Signs a credential, given as JSON without proof. A missing `issuer` is filled in, and the
    /// context of the proof added where the suite needs it.
    pub fn issue(&self, credential: &str, options: &IssueOptions) -> Result<String, IssueError> {
        let document = crate::json::parse(credential).map_err(StructureError::from)?;
        self.issue_json(document, options)
            .map(|document| document.to_string())
    }

    /// [`issue`](Self::issue) for a document that is JSON already.
    pub fn issue_json(&self, document: Value, options: &IssueOptions) -> Result<Value, IssueError> {
        let Value::Object(mut document) = document else {
            return Err(StructureError::NotAnObject.into());
        };
        if document.contains_key("proof") {
            return Err(IssueError::Signed);
        }
        document
            .entry("issuer")
            .or_insert_with(|| self.id.clone().into());
        add_context(&mut document, options.suite);
        let credential = Credential::of_json(Value::Object(document))?;
        if credential.issuer() != self.id {
            return Err(IssueError::Issuer {
                got: did::short(credential.issuer()),
                expected: self.id.clone(),
            });
        }
        schema::check(&credential)?;
        status::check(&credential)?;
        let mut mandatory: Vec<String> = Vec::new();
        if options.suite == Suite::Bbs2023 {
            if credential.version() != Version::V2_0 {
                return Err(IssueError::Version);
            }
            let shown = ALWAYS_SHOWN
                .iter()
                .filter(|name| credential.document().contains_key(**name));
            let shown: Vec<_> = shown.collect();
            mandatory.extend(shown.iter().map(|name| format!("/{name}")));
            let is_shown = |pointer: &str| {
                let path = pointer.strip_prefix('/');
                let member = path.and_then(|path| path.split('/').next());
                shown.iter().any(|name| member == Some(name))
            };
            let more = options.mandatory.iter();
            mandatory.extend(more.filter(|pointer| !is_shown(pointer)).cloned());
        }
        let mandatory: Vec<&str> = mandatory.iter().map(String::as_str).collect();
        let signed = proof::sign(
            credential.into_document(),
            options.suite,
            self.options(Purpose::AssertionMethod, options),
            &self.key,
            &mandatory,
        )?;
        let signed = Value::Object(signed);
        // What issuer and proof add may take it over the limits, and then nobody could read it.
        crate::json::parse(&signed.to_string()).map_err(StructureError::from)?;
        Ok(signed)
    }

    pub(crate) fn options(&self, purpose: Purpose, how: &IssueOptions) -> Map<String, Value> {
        let created = (how.suite != Suite::Bbs2023).then(|| ("created", how.created.rfc3339()));
        [
            ("verificationMethod", self.method.clone()),
            ("proofPurpose", purpose.name().to_owned()),
        ]
        .into_iter()
        .chain(created)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.key
    }
}

/// Adds the context that defines the proof, where the data model's own does not.
pub(crate) fn add_context(document: &mut Map<String, Value>, suite: Suite) {
    let Some(contexts) = document.get_mut("@context") else {
        return;
    };
    let first = crate::structure::each(Some(contexts))
        .next()
        .and_then(Value::as_str)
        .map(str::to_owned);
    let needed = match (first.as_deref(), suite) {
        (_, Suite::Ed25519Signature2020) => ED25519_2020_V1,
        (Some(first), _) if first == Version::V1_1.context() => DATA_INTEGRITY_V2,
        _ => return,
    };
    let mut list: Vec<Value> = crate::structure::each(Some(contexts)).cloned().collect();
    if !list.iter().any(|entry| entry.as_str() == Some(needed)) {
        list.push(needed.into());
    }
    *contexts = Value::Array(list);
}

/// What the holder of a credential issued by `bbs-2023` shows of it: what is mandatory, and what
/// the JSON `pointers` select (such as `/credentialSubject/ageOver18`): 128 at most, each to something
/// that is there, none to what another one points to or into the contexts. `header` binds the disclosure
/// to an occasion; it is visible to the verifier.
pub fn derive(
    credential: &str,
    pointers: &[&str],
    header: &[u8],
    documents: &dyn DocumentSource,
) -> Result<String, IssueError> {
    let credential = Credential::parse(credential)?;
    let proof = Proof::of(credential.document())?;
    if proof.suite != Suite::Bbs2023 {
        return Err(IssueError::NotDisclosable);
    }
    let method = did::resolve(&proof.method, Purpose::AssertionMethod, documents)?;
    derive_with_key(&credential, pointers, header, &method.key)
}

/// [`derive`] by the issuer's key.
fn derive_with_key(
    credential: &Credential,
    pointers: &[&str],
    header: &[u8],
    key: &PublicKey,
) -> Result<String, IssueError> {
    let PublicKey::Bbs(key) = key else {
        return Err(IssueError::NotDisclosable);
    };
    let derived = proof::derive(credential.document(), pointers, header, key)?;
    // Whoever selects nothing shows a credential that says nothing.
    let derived = Credential::of_json(Value::Object(derived))?;
    Ok(Value::Object(derived.into_document()).to_string())
}
