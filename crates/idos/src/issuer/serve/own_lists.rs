//! The status lists of this issuer as others read them: signed, and at an address.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use idos_credential::{
    FetchedList, IssueOptions, KeyKind, Seconds, StatusList, StatusPurpose, StatusSource, Suite,
};
use serde_json::Value;

use super::{
    authority::Authority,
    status_lists::{StatusLists, StatusListsError, Version},
};
use crate::{
    command::{clock::now, output::reason},
    web::{hosts::is_local, web_url::WebUrl},
};

/// Seconds for which a status list is valid: verifiers ask again after that.
const LIST_SECONDS: i64 = 3600;
/// Seconds for which a signed list is given out again while nothing changes, and for which others may
/// keep it: little of the time for which it is valid.
pub(super) const KEPT_SECONDS: i64 = 300;

/// The status lists with who signs them and where they are.
pub(super) struct OwnLists {
    authority: Arc<Authority>,
    pub(super) lists: StatusLists,
    /// Without `/` at its end.
    base: String,
    /// What was signed last, by name.
    kept: Mutex<BTreeMap<String, Kept>>,
}

/// A signed list that may be given out again.
struct Kept {
    /// The entries that it was made of.
    version: Version,
    made: Seconds,
    text: Arc<str>,
}

/// Kinds of keys that sign lists, by how the names of their lists begin, with the suite.
const LIST_KINDS: [(&str, KeyKind, Suite); 2] = [
    ("ed25519", KeyKind::Ed25519, Suite::EddsaJcs2022),
    ("p256", KeyKind::P256, Suite::EcdsaRdfc2019),
];

impl OwnLists {
    /// Those of an issuer's folder; `base` is where the server is reached. The issuer has its lists
    /// from then on, so that they can be fetched before anything is in them.
    pub(super) fn open(
        home: &Path,
        base: &WebUrl,
        authority: Arc<Authority>,
    ) -> Result<Self, StatusListsError> {
        let own = Self {
            lists: StatusLists::open(home)?.at(base.as_str()),
            base: base.as_str().to_owned(),
            authority,
            kept: Mutex::default(),
        };
        for purpose in [StatusPurpose::Revocation, StatusPurpose::Suspension] {
            for (kind, issuer) in &own.authority.by_key {
                if let Some(prefix) = prefix(*kind) {
                    let name = format!("{prefix}-{}", purpose.name());
                    own.lists.adopt(&name, purpose, issuer.id())?;
                }
            }
            for (_, _, suite) in LIST_KINDS {
                own.name(suite, purpose)?;
            }
        }
        own.warn_of_place(base)?;
        Ok(own)
    }

    /// Warns of an address at which nobody will look, or not for everything that was issued.
    fn warn_of_place(&self, base: &WebUrl) -> Result<(), StatusListsError> {
        if base.as_str().starts_with("http:") && !is_local(base) {
            tracing::warn!(
                "whoever verifies fetches status lists by https only: nobody will fetch those at {base}"
            );
        }
        let others = self.lists.other_places()?;
        if !others.is_empty() {
            let others = others.join(" and ");
            tracing::warn!(
                "credentials were issued here whose status lists are at {others}, another address than \
                 {base}: whoever verifies them asks there, so the lists have to be served there, too"
            );
        }
        Ok(())
    }

    /// Takes an entry back whose credential was not issued. If that fails the entry is lost, which only
    /// the log says: whoever asked has to hear why nothing was issued.
    pub(super) fn release(&self, list: &str, position: u32) {
        if let Err(error) = self.lists.release(list, position) {
            let error = reason(&error);
            tracing::warn!(
                list,
                position,
                error,
                "an entry stays taken, of no credential"
            );
        }
    }

    /// The name of the list for such credentials, if there can be one.
    pub(super) fn name(
        &self,
        suite: Suite,
        purpose: StatusPurpose,
    ) -> Result<Option<String>, StatusListsError> {
        let signer = self.authority.list_signer(suite);
        let found = signer.and_then(|(kind, issuer)| Some((prefix(kind)?, issuer)));
        found
            .map(|(prefix, issuer)| self.lists.list_of(issuer.id(), prefix, purpose))
            .transpose()
    }

    /// Its address.
    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/status/{name}", self.base)
    }

    /// The name of the list at an address.
    pub(super) fn name_of<'a>(&self, url: &'a str) -> Option<&'a str> {
        url.strip_prefix(self.base.as_str())?
            .strip_prefix("/status/")
    }

    /// Gives out an entry for a credential.
    pub(super) fn entry(
        &self,
        name: &str,
        purpose: StatusPurpose,
        credential: Option<&str>,
    ) -> Result<(u32, Value), StatusListsError> {
        let position = self.lists.allocate(name, credential)?;
        let entry = StatusList::entry(&self.url(name), purpose, position as usize);
        Ok((position, entry))
    }

    /// The list as a credential, signed by whoever issued what is in it; none if there is no list of
    /// that name, or it is of a `did:web` that this server does not have any more. Anybody may ask, so
    /// it is signed anew only if an entry changed, by whichever process, or after some minutes.
    pub(super) fn credential(
        &self,
        name: &str,
        now: Seconds,
    ) -> Result<Option<Arc<str>>, StatusListsError> {
        // Asked before the list is read: a change in between is seen the next time.
        let version = self.lists.version()?;
        if let Some(kept) = self.kept().get(name)
            && kept.version == version
            && (0..KEPT_SECONDS).contains(&now.0.saturating_sub(kept.made.0))
        {
            return Ok(Some(Arc::clone(&kept.text)));
        }
        let Some(signed) = self.sign(name, now)? else {
            return Ok(None);
        };
        let text = Arc::<str>::from(signed.to_string());
        let kept = Kept {
            version,
            made: now,
            text: Arc::clone(&text),
        };
        self.kept().insert(name.to_owned(), kept);
        Ok(Some(text))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        // Entries are replaced whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign(&self, name: &str, now: Seconds) -> Result<Option<Value>, StatusListsError> {
        let Some((id, purpose)) = self.lists.issuer_of(name)? else {
            return Ok(None);
        };
        let signer = LIST_KINDS.into_iter().find_map(|(prefix, kind, suite)| {
            let is_of = name.split('-').next() == Some(prefix);
            is_of.then_some((self.authority.named(kind, &id)?, suite))
        });
        let Some((issuer, suite)) = signer else {
            return Ok(None);
        };
        let until = Seconds(now.0.saturating_add(LIST_SECONDS));
        let list = self.lists.list(name)?;
        let unsigned = list.credential(&self.url(name), issuer.id(), purpose, now, until)?;
        Ok(Some(
            issuer.issue_json(unsigned, &IssueOptions::new(suite, now))?,
        ))
    }
}

/// How the names of the lists that a key of this kind signs begin, if it can.
fn prefix(kind: KeyKind) -> Option<&'static str> {
    let found = LIST_KINDS.iter().find(|(_, other, _)| *other == kind)?;
    Some(found.0)
}

/// What the verifier of the same process looks at.
pub(super) struct ListSource(pub(super) Arc<OwnLists>);

impl StatusSource for ListSource {
    fn status_list(&self, url: &str) -> Result<FetchedList, String> {
        let now = now();
        let name = self.0.name_of(url);
        let name = name.ok_or("this verifier fetches no lists of others")?;
        let list = self.0.credential(name, now);
        let list = list.map_err(|error| error.to_string())?;
        Ok(FetchedList {
            credential: list.ok_or("there is no such list")?.as_ref().to_owned(),
            fetched_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{command::new_folder, issuer::keys};

    const LIST: &str = "ed25519-revocation";

    /// Lists of a new issuer, with its folder.
    fn lists() -> (OwnLists, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("issuer");
        new_folder::make(&home, &keys::new_files().unwrap()).unwrap();
        let authority = Arc::new(Authority::load(&home, None).unwrap());
        let base = "https://issuer.example".parse().unwrap();
        (OwnLists::open(&home, &base, authority).unwrap(), folder)
    }

    fn is_set(list: &str, position: u32) -> bool {
        let list: Value = serde_json::from_str(list).unwrap();
        let bits = list["credentialSubject"]["encodedList"].as_str().unwrap();
        let bits = StatusList::decode(bits).unwrap();
        bits.get(position as usize).unwrap()
    }

    #[test]
    fn it_is_noted_where_credentials_look_for_their_lists() {
        let (lists, folder) = lists();
        let home = folder.path().join("issuer");
        let at = |base: &str| {
            let authority = Arc::new(Authority::load(&home, None).unwrap());
            OwnLists::open(&home, &base.parse().unwrap(), authority).unwrap()
        };
        let others = |base: &str| at(base).lists.other_places().unwrap();
        let (first, second) = ("https://issuer.example", "https://other.example");
        assert!(others(second).is_empty(), "nothing was issued");
        let purpose = StatusPurpose::Revocation;
        for _ in 0..2 {
            lists.entry(LIST, purpose, Some("urn:a")).unwrap();
        }
        assert_eq!(others(second), [first]);
        assert!(others(first).is_empty());
        let grant = idos_types::Uuid::from_u128(1);
        let moved = at(second).lists;
        moved.allocate_for_grant(LIST, "urn:b", grant).unwrap();
        assert_eq!(others("https://third.example"), [first, second]);
    }

    #[test]
    fn a_list_is_signed_anew_when_it_changes_or_grows_old() {
        let (lists, folder) = lists();
        let purpose = StatusPurpose::Revocation;
        let at = |seconds| lists.credential(LIST, Seconds(seconds)).unwrap().unwrap();
        let begin = 1_795_262_400;
        let (first, _) = lists.entry(LIST, purpose, Some("urn:a")).unwrap();
        let (second, _) = lists.entry(LIST, purpose, Some("urn:b")).unwrap();
        let made = at(begin);
        assert!(Arc::ptr_eq(&made, &at(begin + KEPT_SECONDS - 1)));
        // A clock that was set back does not keep it for longer.
        assert!(!Arc::ptr_eq(&made, &at(begin - 1)));
        let made = at(begin);
        let anew = at(begin + KEPT_SECONDS);
        assert_ne!(made, anew);
        // A change is seen at once: of this process, and of another.
        lists.lists.set(purpose, Some("urn:a"), None, true).unwrap();
        let changed = at(begin + KEPT_SECONDS);
        assert!(is_set(&changed, first) && !is_set(&changed, second));
        let other = StatusLists::open(&folder.path().join("issuer")).unwrap();
        other.set(purpose, Some("urn:b"), None, true).unwrap();
        assert!(is_set(&at(begin + KEPT_SECONDS), second));
        // Another list is another.
        let suspended = lists.credential("ed25519-suspension", Seconds(begin));
        assert!(!is_set(&suspended.unwrap().unwrap(), first));
        assert_eq!(lists.credential("nobody", Seconds(begin)).unwrap(), None);
    }
}
