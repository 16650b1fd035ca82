//! In whose name credentials are issued: the keys and their DIDs.

use std::{path::Path, sync::Arc};

use idos_credential::{
    DocumentError, DocumentSource, FetchPolicy, Issuer, KeyKind, PolicyError, SecretKey, Suite,
    TrustList,
};
use serde_json::{Value, json};

use crate::issuer::keys::{self, CREDENTIAL_KEYS, KeysError};

/// The issuer with all its keys.
pub(super) struct Authority {
    /// All under the `did:web`, if there is one.
    by_web: Vec<(KeyKind, Issuer)>,
    /// The `did:key` of each key: commands issue in these names, whatever the server is told.
    pub(super) by_key: Vec<(KeyKind, Issuer)>,
    web: Option<Web>,
}

/// One DID for all keys.
pub(super) struct Web {
    did: String,
    /// Path of its document.
    pub(super) path: String,
}

impl Web {
    /// Reads a `did:web`.
    pub(super) fn parse(did: &str) -> Result<Self, PolicyError> {
        let host = did.strip_prefix("did:web:").unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        let host = host.to_ascii_lowercase().replace("%3a", ":");
        let url = FetchPolicy::allowing([host.as_str()]).url(did)?;
        let path = url.strip_prefix("https://").unwrap_or_default();
        let path = path.strip_prefix(host.as_str()).unwrap_or_default();
        Ok(Self {
            did: did.to_owned(),
            path: path.to_owned(),
        })
    }
}

impl Authority {
    /// With the keys of an issuer's folder, each under its `did:key`, or all under one `did:web`.
    pub(super) fn load(home: &Path, web: Option<Web>) -> Result<Self, KeysError> {
        let by_key = issuers(home, Issuer::did_key)?;
        let by_web = match &web {
            None => Vec::new(),
            Some(Web { did, .. }) => issuers(home, |key| {
                let method = format!("{did}#{}", key.public().to_multikey());
                Issuer::new(did, method, key)
            })?,
        };
        Ok(Self {
            by_web,
            by_key,
            web,
        })
    }

    /// In whose names it issues.
    fn issuers(&self) -> &[(KeyKind, Issuer)] {
        if self.web.is_some() {
            &self.by_web
        } else {
            &self.by_key
        }
    }

    /// The ids under which it issues, with the kind of their key.
    pub(super) fn ids(&self) -> impl Iterator<Item = (KeyKind, &str)> {
        self.issuers()
            .iter()
            .map(|(kind, issuer)| (*kind, issuer.id()))
    }

    /// The path of its DID document, if it has one.
    pub(super) fn document_path(&self) -> Option<&str> {
        self.web.as_ref().map(|web| web.path.as_str())
    }

    /// Adds itself to those who are believed, under every id.
    pub(super) fn trusted_in(&self, list: TrustList) -> TrustList {
        let all = self.by_web.iter().chain(&self.by_key);
        all.fold(list, |list, (_, issuer)| list.with_did(issuer.id()))
    }

    /// Whose key signs: that of the suite; without suite, that of the issuer who is named.
    pub(super) fn signer(
        &self,
        suite: Option<Suite>,
        named: Option<&str>,
        default: Suite,
    ) -> Option<(Suite, &Issuer)> {
        let of = |suite: Suite| {
            let found = self.issuers().iter().find(|(kind, _)| suite.takes(*kind))?;
            Some((suite, &found.1))
        };
        if let Some(suite) = suite {
            return of(suite);
        }
        let is_named = |suite: Suite| {
            of(suite).filter(|(_, issuer)| named.is_none_or(|named| named == issuer.id()))
        };
        // If no key is the named one's, the default signs, and refuses to in another's name.
        is_named(default)
            .or_else(|| Suite::ALL.into_iter().find_map(is_named))
            .or_else(|| of(default))
    }

    /// Who signs the status lists of credentials by this suite. Nobody could check a list signed by
    /// BBS, so such credentials need an issuer with several keys.
    pub(super) fn list_signer(&self, suite: Suite) -> Option<(KeyKind, &Issuer)> {
        let found = self.issuers().iter().find(|(kind, _)| match self.web {
            Some(_) => *kind == KeyKind::Ed25519,
            None => suite.takes(*kind) && *kind != KeyKind::Bls12381G2,
        });
        found.map(|(kind, issuer)| (*kind, issuer))
    }

    /// The DID document of a `did:web`.
    pub(super) fn document(&self) -> Option<Value> {
        let Web { did, .. } = self.web.as_ref()?;
        let issuers = || self.by_web.iter().map(|(_, issuer)| issuer);
        let methods: Vec<_> = issuers()
            .map(|issuer| {
                json!({
                    "id": issuer.verification_method(),
                    "type": "Multikey",
                    "controller": did,
                    "publicKeyMultibase": issuer.public_key().to_multikey(),
                })
            })
            .collect();
        let ids: Vec<_> = issuers().map(Issuer::verification_method).collect();
        Some(json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "verificationMethod": methods,
            "assertionMethod": ids,
            "authentication": ids,
        }))
    }

    /// The issuer of this id, by a key of this kind.
    pub(super) fn named(&self, kind: KeyKind, id: &str) -> Option<&Issuer> {
        let mut all = self.by_web.iter().chain(&self.by_key);
        let found = all.find(|(other, issuer)| *other == kind && issuer.id() == id)?;
        Some(&found.1)
    }
}

/// Each key of an issuer's folder, as an issuer.
fn issuers(
    home: &Path,
    of: impl Fn(SecretKey) -> Issuer,
) -> Result<Vec<(KeyKind, Issuer)>, KeysError> {
    CREDENTIAL_KEYS
        .into_iter()
        .map(|(name, kind, _)| Ok((kind, of(keys::read(home, name, kind)?))))
        .collect()
}

/// Its own document, and no other: nothing is fetched.
pub(super) struct OwnDocument(pub(super) Arc<Authority>);

impl DocumentSource for OwnDocument {
    fn did_document(&self, did: &str) -> Result<String, DocumentError> {
        let own = self.0.web.as_ref().is_some_and(|web| web.did == did);
        let document = self.0.document().filter(|_| own);
        document
            .map(|document| document.to_string())
            .ok_or(DocumentError::Offline)
    }
}
