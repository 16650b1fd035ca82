//! Whose key is it? Verification methods of `did:key`, `did:jwk` and `did:web`; accounts named by
//! `did:pkh`.

mod document;
mod jwk;
mod pkh;
mod web;

use std::fmt;

pub use document::{DocumentError, DocumentSource, NoDocuments};
pub use pkh::Account;
pub use web::{FetchPolicy, PolicyError, is_public_address};

use idos_types::limits::ORIGIN_BYTES;
use thiserror::Error;

use crate::key::{KeyError, PublicKey};

/// What a key may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To make credentials.
    AssertionMethod,
    /// To show that one is the holder.
    Authentication,
}

impl Purpose {
    /// As a proof names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a verification method gives no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MethodError {
    /// Not a DID URL with a fragment.
    #[error(
        "{0:?} names no key: the signer must give a DID URL with a fragment, or the id of a trusted key"
    )]
    Form(String),
    /// A DID method that is not supported.
    #[error(
        "the DID method of {0:?} is not supported: the signer must use did:key, did:jwk or did:web"
    )]
    Unsupported(String),
    /// A `did:pkh` is an account; whoever signs by a Data Integrity suite needs a key.
    #[error(
        "{0:?} names an account, not a key: the signer must sign with a key of a did:key, did:jwk or did:web"
    )]
    Account(String),
    /// The fragment is not of that DID.
    #[error("the DID {did:?} has no key {method:?}")]
    NoSuchKey {
        /// The DID.
        did: String,
        /// The verification method.
        method: String,
    },
    /// The key is not meant for this.
    #[error("the key {method:?} is not meant for {purpose}: its owner must list it there")]
    NotFor {
        /// The verification method.
        method: String,
        /// What it was used for.
        purpose: Purpose,
    },
    /// The key is not usable.
    #[error("the key {method:?} is not usable: {reason}")]
    Key {
        /// The verification method.
        method: String,
        /// What is wrong.
        reason: KeyError,
    },
    /// The document of a `did:web` cannot be had.
    #[error("the document of {did:?} cannot be had: {reason}")]
    Document {
        /// The DID.
        did: String,
        /// Why not.
        reason: DocumentError,
    },
}

/// A key with whom it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Method {
    /// The DID or address of its owner.
    pub(crate) controller: String,
    pub(crate) key: PublicKey,
}

/// Finds the key of a DID URL and checks that it is meant for `purpose`.
pub(crate) fn resolve(
    method: &str,
    purpose: Purpose,
    documents: &dyn DocumentSource,
) -> Result<Method, MethodError> {
    let form = || MethodError::Form(short(method));
    let (did, fragment) = method.split_once('#').ok_or_else(form)?;
    if fragment.is_empty() || method.len() > 8 * ORIGIN_BYTES {
        return Err(form());
    }
    let no_such_key = || MethodError::NoSuchKey {
        did: short(did),
        method: short(method),
    };
    let unusable = |reason| MethodError::Key {
        method: short(method),
        reason,
    };
    if only_method(did).is_some_and(|only| only != method) {
        return Err(no_such_key());
    }
    if let Some(text) = did.strip_prefix("did:key:") {
        let key = PublicKey::from_multikey(text).map_err(unusable)?;
        return Ok(Method {
            controller: did.to_owned(),
            key,
        });
    }
    if let Some(text) = did.strip_prefix("did:jwk:") {
        let key = jwk::of_did(text).map_err(unusable)?;
        if !key.purposes.contains(&purpose) {
            return Err(MethodError::NotFor {
                method: short(method),
                purpose,
            });
        }
        return Ok(Method {
            controller: did.to_owned(),
            key: key.key,
        });
    }
    if did.starts_with("did:web:") {
        return document::resolve(did, method, purpose, documents);
    }
    if did.starts_with("did:pkh:") {
        return Err(MethodError::Account(short(did)));
    }
    if did.starts_with("did:") {
        return Err(MethodError::Unsupported(short(did)));
    }
    Err(form())
}

/// Whether one of these keys may make credentials as this DID.
pub(crate) fn lists(
    did: &str,
    keys: &[PublicKey],
    documents: &dyn DocumentSource,
) -> Result<bool, MethodError> {
    if did.starts_with("did:web:") {
        return document::lists(did, keys, documents);
    }
    let Some(only) = only_method(did) else {
        return Ok(false);
    };
    let method = resolve(&only, Purpose::AssertionMethod, documents)?;
    Ok(keys.contains(&method.key))
}

/// The DID URL of the one key of a DID that has no other: `did:key` or `did:jwk`.
pub(crate) fn only_method(did: &str) -> Option<String> {
    if let Some(key) = did.strip_prefix("did:key:") {
        return Some(format!("{did}#{key}"));
    }
    did.starts_with("did:jwk:").then(|| format!("{did}#0"))
}

/// The beginning of a text from outside, for a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    const KEY: &str = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    fn assertion(method: &str) -> Result<Method, MethodError> {
        resolve(method, Purpose::AssertionMethod, &NoDocuments)
    }

    #[test]
    fn the_key_of_a_did_key_is_in_its_name() {
        let method = assertion(&format!("did:key:{KEY}#{KEY}")).unwrap();
        assert_eq!(method.controller, format!("did:key:{KEY}"));
        assert_eq!(method.key.to_multikey(), KEY);
        assert!(matches!(
            assertion(&format!("did:key:{KEY}#z6Mkother")),
            Err(MethodError::NoSuchKey { .. })
        ));
        assert!(matches!(
            assertion("did:key:z6Mk#z6Mk"),
            Err(MethodError::Key { .. })
        ));
    }

    #[test]
    fn a_did_jwk_that_encrypts_signs_nothing() {
        let of = |usage: &str| {
            let jwk = format!(
                r#"{{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"{usage}}}"#
            );
            let did = format!("did:jwk:{}", URL_SAFE_NO_PAD.encode(jwk));
            assertion(&format!("{did}#0"))
        };
        assert!(of("").is_ok());
        assert!(of(r#","use":"sig""#).is_ok());
        assert!(matches!(
            of(r#","use":"enc""#),
            Err(MethodError::NotFor { .. })
        ));
    }

    #[test]
    fn a_method_is_bounded_and_names_a_key() {
        let longest = |bytes| {
            let did = format!("did:example:{}", "a".repeat(bytes));
            format!("{did}#1")
        };
        let fits = 8 * ORIGIN_BYTES - longest(0).len();
        assert!(matches!(
            assertion(&longest(fits)),
            Err(MethodError::Unsupported(_))
        ));
        for none in [longest(fits + 1), "did:web:example.com#".to_owned()] {
            assert!(matches!(assertion(&none), Err(MethodError::Form(_))));
        }
    }

    #[test]
    fn other_methods_are_named() {
        assert!(matches!(
            assertion("did:key:z6Mk"),
            Err(MethodError::Form(_))
        ));
        assert!(matches!(
            assertion("https://example.com/keys/1"),
            Err(MethodError::Form(_))
        ));
        assert!(matches!(
            assertion("did:example:1#2"),
            Err(MethodError::Unsupported(_))
        ));
        assert!(matches!(
            assertion("did:pkh:eip155:1:0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb#c"),
            Err(MethodError::Account(_))
        ));
        assert!(matches!(
            assertion("did:web:example.com#1"),
            Err(MethodError::Document { .. })
        ));
    }
}
