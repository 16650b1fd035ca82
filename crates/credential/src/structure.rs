//! The form of credentials of the W3C VC Data Model 1.1 and 2.0.
//!
//! Stricter than the data model where JSON-LD would let two documents say the same and look
//! different to a program: contexts are known ones and named by address, every member is a defined
//! term (no IRI, no keyword, no alias), nothing is null or empty. An RDF suite would not notice such
//! changes, and a program that reads members would be misled.

mod members;
mod nodes;
mod related;

use std::{collections::BTreeSet, fmt};

use idos_linked_data::{CREDENTIALS_V1, CREDENTIALS_V2};
use idos_types::limits::CONTEXTS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

pub(crate) use members::is_url;
pub(crate) use nodes::{in_two_places, is_each_in_one_place};

use crate::{
    dates::{DateError, Seconds},
    did::short,
    json::{self, JsonError},
    terms::{Defined, is_spelt_out, stands_for_itself, urls},
};
use members::{URL, wrong};

/// Version of the data model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Version {
    /// VC Data Model 1.1.
    #[serde(rename = "1.1")]
    V1_1,
    /// VC Data Model 2.0.
    #[serde(rename = "2.0")]
    V2_0,
}

impl Version {
    /// The address of its context.
    pub fn context(self) -> &'static str {
        match self {
            Self::V1_1 => CREDENTIALS_V1,
            Self::V2_0 => CREDENTIALS_V2,
        }
    }
}

/// What is wrong with the form of a credential or presentation. Whoever made it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StructureError {
    /// It cannot be read as JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is no object.
    #[error("it is no JSON object")]
    NotAnObject,
    /// A member is missing.
    #[error("it has no {0:?}, which is required")]
    Missing(&'static str),
    /// A member has a form that is not allowed.
    #[error("{member:?} is not as it has to be: {expected}")]
    Member {
        /// Which one.
        member: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// The first context is not that of a known version.
    #[error("its first context is not that of VC Data Model 1.1 or 2.0")]
    Version,
    /// A context is not known here.
    #[error("the context {0:?} is not known here: the issuer must use a bundled one")]
    UnknownContext(String),
    /// A context is given in place, where anybody may change it.
    #[error("a context is given in place: the issuer must name contexts by their address")]
    InlineContext,
    /// More contexts than anybody needs.
    #[error("one @context names {0} contexts: the issuer must name {CONTEXTS} at most")]
    Contexts(usize),
    /// A context is named again.
    #[error("the context {0:?} is named twice: the issuer must name it once")]
    ContextTwice(String),
    /// A member's name is defined by none of the contexts.
    #[error("the term {0:?} is defined by no context: the issuer must leave it out or define it")]
    UndefinedTerm(String),
    /// A member's name is a keyword or an IRI.
    #[error("the member {0:?} is a keyword or an IRI: the issuer must use a defined term")]
    NotATerm(String),
    /// Something is null or empty, which says nothing and is not signed.
    #[error("{0:?} is null or empty: the issuer must leave it out")]
    Empty(String),
    /// An id begins like a blank node.
    #[error("{0:?} is the label of a blank node: the issuer must use an IRI or none")]
    BlankNode(String),
    /// A resource that is part of this program is another than the credential was issued with.
    #[error("the digest of {0:?} is another's: the issuer must correct it")]
    Digest(String),
    /// A date is no date.
    #[error("{member:?}: {reason}")]
    Date {
        /// Which member.
        member: &'static str,
        /// What is wrong.
        reason: DateError,
    },
    /// It ends before it begins.
    #[error("it ends before it begins: the issuer must correct its dates")]
    EndsBeforeItBegins,
}

/// A credential whose form is right. Nothing is said about its proof.
#[derive(Clone, PartialEq)]
pub struct Credential {
    document: Map<String, Value>,
    version: Version,
    issuer: String,
    valid_from: Option<Seconds>,
    valid_until: Option<Seconds>,
}

impl Credential {
    /// Reads a credential, with or without proof.
    pub fn parse(text: &str) -> Result<Self, StructureError> {
        Self::of_json(json::parse(text)?)
    }

    /// Checks the form of a credential. The JSON has to come from [`json`](crate::json).
    pub(crate) fn of_json(document: Value) -> Result<Self, StructureError> {
        let Value::Object(document) = document else {
            return Err(StructureError::NotAnObject);
        };
        let version = members::whole(&document, "VerifiableCredential")?;
        members::absent(&document, &["verifiableCredential", "holder"])?;
        let issuer = members::issuer(&document)?;
        members::subjects(&document)?;
        for member in [
            "credentialStatus",
            "credentialSchema",
            "evidence",
            "termsOfUse",
            "refreshService",
        ] {
            members::typed(&document, member, version)?;
        }
        related::check(&document)?;
        let (from, until) = match version {
            Version::V1_1 => {
                members::absent(&document, &["validFrom", "validUntil"])?;
                if !document.contains_key("issuanceDate") {
                    return Err(StructureError::Missing("issuanceDate"));
                }
                ("issuanceDate", "expirationDate")
            }
            Version::V2_0 => {
                members::absent(&document, &["issuanceDate", "expirationDate"])?;
                ("validFrom", "validUntil")
            }
        };
        let valid_from = members::date(&document, from)?;
        let valid_until = members::date(&document, until)?;
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && until < from
        {
            return Err(StructureError::EndsBeforeItBegins);
        }
        Ok(Self {
            document,
            version,
            issuer,
            valid_from,
            valid_until,
        })
    }

    /// Version of the data model.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its id.
    pub fn id(&self) -> Option<&str> {
        self.document.get("id").and_then(Value::as_str)
    }

    /// Id of the issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its types, `VerifiableCredential` included.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        each(self.document.get("type")).filter_map(Value::as_str)
    }

    /// What it says, about one or several subjects.
    pub fn subjects(&self) -> impl Iterator<Item = &Map<String, Value>> {
        each(self.document.get("credentialSubject")).filter_map(Value::as_object)
    }

    /// From when it is valid: `validFrom`, or `issuanceDate` of version 1.1.
    pub fn valid_from(&self) -> Option<Seconds> {
        self.valid_from
    }

    /// Until when it is valid: `validUntil`, or `expirationDate` of version 1.1.
    pub fn valid_until(&self) -> Option<Seconds> {
        self.valid_until
    }

    /// The whole document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// The entries of a member that holds one object or several.
    pub(crate) fn entries(&self, member: &str) -> impl Iterator<Item = &Map<String, Value>> {
        each(self.document.get(member)).filter_map(Value::as_object)
    }

    /// The whole document, to be changed and checked anew.
    pub(crate) fn into_document(self) -> Map<String, Value> {
        self.document
    }
}

/// Contents are personal data.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// One value or the elements of a list.
pub(crate) fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
    .iter()
}

/// Checks what holds for credentials and presentations alike: contexts, terms, `type`, `id`.
pub(crate) fn check_whole(
    document: &Map<String, Value>,
    r#type: &'static str,
) -> Result<Version, StructureError> {
    members::whole(document, r#type)
}

/// Members that are a text or texts with their languages, wherever they are.
const TEXTS: [&str; 2] = ["name", "description"];

/// Walks through everything but proofs: members are terms, nothing is null or empty. `is_whole` of
/// the document itself.
fn check_terms(
    object: &Map<String, Value>,
    outer: &Defined,
    is_whole: bool,
) -> Result<(), StructureError> {
    let inner;
    let defined = match object.get("@context") {
        None => outer,
        Some(context) => {
            inner = outer.and(defined(context)?);
            &inner
        }
    };
    for (name, value) in object {
        // Proofs are read elsewhere; credentials within a presentation are checked as credentials.
        if name == "@context"
            || (is_whole && ["proof", "verifiableCredential"].contains(&name.as_str()))
        {
            continue;
        }
        if name.starts_with('@') || name.contains(':') {
            return Err(StructureError::NotATerm(short(name)));
        }
        if !defined.defines(name) {
            return Err(StructureError::UndefinedTerm(short(name)));
        }
        if name == "type" {
            for name in each(Some(value)) {
                let expected = "one name or several";
                let name = name.as_str().ok_or_else(|| wrong("type", expected))?;
                if !(defined.defines(name) && !name.contains(':') || stands_for_itself(name)) {
                    return Err(StructureError::UndefinedTerm(short(name)));
                }
            }
        }
        check_value(name, value, defined)?;
        if name == "id" {
            members::url(name, value)?;
        }
    }
    Ok(())
}

fn check_value(name: &str, value: &Value, defined: &Defined) -> Result<(), StructureError> {
    match value {
        Value::Null => Err(StructureError::Empty(short(name))),
        Value::Array(elements) if elements.is_empty() => Err(StructureError::Empty(short(name))),
        Value::Array(elements) => elements
            .iter()
            .try_for_each(|element| check_value(name, element, defined)),
        Value::Object(object) if object.is_empty() => Err(StructureError::Empty(short(name))),
        Value::Object(object) if TEXTS.contains(&name) => members::text_with_language(name, object),
        Value::Object(object) => check_terms(object, defined, false),
        Value::Bool(_) | Value::Number(_) if TEXTS.contains(&name) => {
            Err(wrong(name, "a text, or texts with their languages"))
        }
        Value::String(text) if text.starts_with("_:") => {
            Err(StructureError::BlankNode(short(text)))
        }
        // A reader of JSON-LD takes what is none for nothing, and an RDF suite does not sign it.
        Value::String(text) if defined.links(name) && !is_spelt_out(text) => {
            Err(wrong(&short(name), URL))
        }
        _ => Ok(()),
    }
}

/// What a `@context` defines. One that is named again defines nothing new, and is work for every reader.
fn defined(context: &Value) -> Result<Defined, StructureError> {
    let urls = urls(context).ok_or(StructureError::InlineContext)?;
    if urls.len() > CONTEXTS {
        return Err(StructureError::Contexts(urls.len()));
    }
    if let Some(twice) = named_twice(&urls) {
        return Err(StructureError::ContextTwice(short(twice)));
    }
    Defined::by(urls).map_err(|url| StructureError::UnknownContext(short(url)))
}

/// The first text that stands in a list again.
fn named_twice<'a>(names: &[&'a str]) -> Option<&'a str> {
    let mut said = BTreeSet::new();
    names.iter().copied().find(|name| !said.insert(*name))
}

#[cfg(test)]
mod tests;
