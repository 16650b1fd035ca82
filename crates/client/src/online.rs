//! Verification that may ask: documents of `did:web` and status lists are fetched over HTTPS.
//!
//! A verifier itself fetches nothing. It is asked first; what it lacked is fetched, and it is asked
//! again: so only what a verification needs is fetched, and of a status list only after the proof of
//! the credential has been found right.

mod fetcher;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idos_credential::{
    DocumentError, DocumentSource, FetchPolicy, FetchedList, Report, Seconds, StatusSource,
    TrustList,
};

pub use fetcher::{FetchError, Fetcher};

use crate::proved::now_seconds;

/// How often a verifier is asked again: its document, its list, the document of the list, and as
/// much for what a presentation holds.
const ROUNDS: usize = 8;
/// Most addresses of one verification: a presentation could name any number.
const ADDRESSES: usize = 32;

/// Fetches what verifications lack. What was fetched, or could not be, is kept: make a new one for
/// the next occasion, or lists grow old.
pub struct Online {
    fetcher: Fetcher,
    fetched: Fetched,
}

/// What was fetched, as a verifier looks at it. Clones share it.
#[derive(Clone, Default)]
pub struct Fetched(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    documents: BTreeMap<String, Result<String, DocumentError>>,
    lists: BTreeMap<String, Result<FetchedList, String>>,
    wanted: BTreeSet<Wanted>,
}

/// Something that a verifier lacked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Document(String),
    List(String),
}

impl Online {
    /// Asks the hosts of the trusted issuers for their documents, and any host of the public internet
    /// for status lists.
    pub fn new(trust: &TrustList) -> Result<Self, FetchError> {
        Ok(Self::by(Fetcher::new(FetchPolicy::of_issuers(trust))?))
    }

    /// Asks by this fetcher.
    pub fn by(fetcher: Fetcher) -> Self {
        Self {
            fetcher,
            fetched: Fetched::default(),
        }
    }

    /// What a verifier is given as both its sources.
    pub fn fetched(&self) -> Fetched {
        self.fetched.clone()
    }

    /// Verifies, fetches what that lacked, and verifies again, until nothing more is lacking that
    /// could be had. The verifier has [`Online::fetched`] as its sources.
    pub async fn report(&self, verify: impl Fn() -> Report) -> Report {
        let mut left = ADDRESSES;
        for _ in 0..ROUNDS {
            let report = verify();
            let wanted = std::mem::take(&mut self.fetched.known().wanted);
            if wanted.is_empty() || left == 0 {
                return report;
            }
            for wanted in wanted.into_iter().take(left) {
                left -= 1;
                self.fetch(wanted).await;
            }
        }
        verify()
    }

    async fn fetch(&self, wanted: Wanted) {
        match wanted {
            Wanted::Document(did) => {
                let document = self.fetcher.did_document(&did).await;
                self.fetched.known().documents.insert(did, document);
            }
            Wanted::List(url) => {
                let list = self.fetcher.status_list(&url).await;
                let list = list.map(|credential| FetchedList {
                    credential,
                    fetched_at: Seconds(now_seconds()),
                });
                let list = list.map_err(|error| error.to_string());
                self.fetched.known().lists.insert(url, list);
            }
        }
    }
}

impl Fetched {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing is left half done by a thread that ended.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DocumentSource for Fetched {
    fn did_document(&self, did: &str) -> Result<String, DocumentError> {
        let mut known = self.known();
        if let Some(document) = known.documents.get(did) {
            return document.clone();
        }
        known.wanted.insert(Wanted::Document(did.to_owned()));
        Err(DocumentError::Unavailable(
            "it was not asked for".to_owned(),
        ))
    }
}

impl StatusSource for Fetched {
    fn status_list(&self, url: &str) -> Result<FetchedList, String> {
        let mut known = self.known();
        if let Some(list) = known.lists.get(url) {
            return list.clone();
        }
        known.wanted.insert(Wanted::List(url.to_owned()));
        Err("it was not asked for".to_owned())
    }
}

impl std::fmt::Debug for Online {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Online(…)")
    }
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetched(…)")
    }
}

#[cfg(test)]
mod tests;
