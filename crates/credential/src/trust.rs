//! Whose credentials are believed.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    dates::Seconds,
    did::{self, NoDocuments, short},
    key::PublicKey,
};

/// A key of a trusted issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustedKey {
    /// Its id, as proofs name it (`verificationMethod`): of an issuer that is a DID, a DID URL of it.
    pub id: String,
    /// The key. None for a key of a DID, which says itself which key it is: then the entry only
    /// tells since when it is revoked.
    pub key: Option<PublicKey>,
    /// Since when it counts no more. Proofs that say they were made before still count, so a
    /// stolen key has to be revoked from the time when it may have been stolen.
    pub revoked_since: Option<Seconds>,
}

impl TrustedKey {
    /// Whether proofs of this issuer can name it by its id.
    fn check(&self, issuer: &str) -> Result<(), TrustedKeyError> {
        if !issuer.starts_with("did:") {
            return match self.key {
                Some(_) => Ok(()),
                None => Err(TrustedKeyError::NoKey {
                    id: short(&self.id),
                    issuer: short(issuer),
                }),
            };
        }
        let wrong = |expected| TrustedKeyError::Id {
            id: short(&self.id),
            issuer: short(issuer),
            expected,
        };
        if let Some(only) = did::only_method(issuer) {
            return if self.id == only {
                Ok(())
            } else {
                Err(wrong(only))
            };
        }
        let fragment = self.id.strip_prefix(issuer);
        let fragment = fragment.and_then(|rest| rest.strip_prefix('#'));
        match fragment.filter(|fragment| !fragment.is_empty()) {
            Some(_) => Ok(()),
            None => Err(wrong(format!("{issuer}#…"))),
        }
    }
}

/// Why a key is not added to a trust list: no proof could ever mean it, so that its revocation, too,
/// would be without effect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrustedKeyError {
    /// The id is not one by which proofs of that issuer name a key.
    #[error("{id:?} is no key of {issuer:?}; write its id as proofs have it: {expected:?}")]
    Id {
        /// The id.
        id: String,
        /// The issuer.
        issuer: String,
        /// The one id that is possible, or how each begins.
        expected: String,
    },
    /// The issuer is no DID, and the key is not given.
    #[error(
        "{issuer:?} is no DID, so nothing but this list says what its key {id:?} is; write its publicKeyMultibase, too"
    )]
    NoKey {
        /// The id.
        id: String,
        /// The issuer.
        issuer: String,
    },
}

/// The issuers whose credentials are believed.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    issuers: BTreeMap<String, Entry>,
    everybody: bool,
}

/// What is known of an issuer.
#[derive(Clone, Debug, Default)]
struct Entry {
    keys: Vec<TrustedKey>,
    /// Believed whoever else says they are this issuer.
    is_named: bool,
    /// Keys whose owners say they are this issuer.
    claimed_by: Vec<PublicKey>,
}

impl TrustList {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Anybody whose proof is right: only to look at a credential. Never to rely on it.
    pub fn everybody() -> Self {
        Self {
            everybody: true,
            ..Self::default()
        }
    }

    /// Adds an issuer by its DID, which tells its keys.
    #[must_use]
    pub fn with_did(mut self, did: impl Into<String>) -> Self {
        self.issuers.entry(did.into()).or_default().is_named = true;
        self
    }

    /// Adds an issuer by a DID that the owner of `key` says is its own: the DID is believed if it lists
    /// that key for credentials. Of `did:key` and `did:jwk` that is known at once, and another's is not
    /// added; of `did:web` each verification looks into its document. Nothing else can list keys.
    #[must_use]
    pub fn with_claimed_did(mut self, did: impl Into<String>, key: PublicKey) -> Self {
        let did = did.into();
        let is_possible = did.starts_with("did:web:")
            || did::lists(&did, std::slice::from_ref(&key), &NoDocuments).unwrap_or_default();
        if is_possible {
            self.issuers.entry(did).or_default().claimed_by.push(key);
        }
        self
    }

    /// Adds an issuer with one of its keys. An issuer that is no DID has no keys but these. Refused is
    /// a key by an id that proofs of this issuer cannot have: ids are compared as they are written.
    pub fn with_key(
        mut self,
        issuer: impl Into<String>,
        key: TrustedKey,
    ) -> Result<Self, TrustedKeyError> {
        let issuer = issuer.into();
        key.check(&issuer)?;
        // That a key was stolen says nothing for whoever else claims to be this issuer.
        let is_warning = key.key.is_none() && key.revoked_since.is_some();
        let is_claimed = self.issuers.contains_key(&issuer);
        let entry = self.issuers.entry(issuer).or_default();
        entry.is_named |= !(is_warning && is_claimed);
        entry.keys.push(key);
        Ok(self)
    }

    /// Whether this issuer is believed. One that is only said to be somebody's own is, under the
    /// condition that its document bears that out.
    pub fn trusts(&self, issuer: &str) -> bool {
        self.everybody || self.issuers.contains_key(issuer)
    }

    /// The issuers that are named.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers.keys().map(String::as_str)
    }

    /// The keys of which this issuer has to list one, if nothing but their owners' word says that it is
    /// to be believed.
    pub(crate) fn claimed_by(&self, issuer: &str) -> Option<&[PublicKey]> {
        let entry = self.issuers.get(issuer)?;
        (!entry.is_named && !self.everybody).then_some(entry.claimed_by.as_slice())
    }

    /// The owner and the key of this id.
    pub(crate) fn key(&self, id: &str) -> Option<(&str, &PublicKey)> {
        self.issuers.iter().find_map(|(issuer, entry)| {
            let key = entry.keys.iter().find(|key| key.id == id)?.key.as_ref()?;
            Some((issuer.as_str(), key))
        })
    }

    /// Since when this key of this issuer is revoked.
    pub(crate) fn revoked_since(&self, issuer: &str, id: &str) -> Option<Seconds> {
        self.issuers
            .get(issuer)?
            .keys
            .iter()
            .filter(|key| key.id == id)
            .filter_map(|key| key.revoked_since)
            .min()
    }
}
