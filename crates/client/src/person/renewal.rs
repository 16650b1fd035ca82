//! Newer versions of what is shared, and what is about to expire.
//!
//! A credential replaces another if it was edited in its place, or if its public notes have a
//! member `replaces` with the `id` of the other's notes and both were signed by one key.

use std::cmp::Reverse;

use idos_credential::Seconds;
use idos_ledger::AccessGrant;
use idos_types::{CredentialId, Digest};
use serde_json::Value;

use super::{CredentialEntry, Keys, Person, ShareTerms, Shared, is_prepared};
use crate::{
    flow_error::{FlowError, NotOpened},
    party::Recipient,
    proved::now_seconds,
};

/// An offer: what a grantee has is not the newest version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renewal {
    /// What was shared.
    pub old: CredentialId,
    /// What replaces it: the same id if it was edited in its place.
    pub new: CredentialId,
    /// The grant on the older version, which is still live.
    pub grant: AccessGrant,
    /// What the grantee has of the newer version already: then the older one has only to end.
    pub newer: Option<Shared>,
}

/// What is left of an offer after another one was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Left {
    /// All of it: the other one has nothing to do with it.
    All,
    /// Its older grant has only to end: its grantee has the newer version by the other one.
    ToEnd,
    /// Nothing: its grantee has the newer version, but a lock holds the older grant, or it lasts longer.
    Nothing,
}

impl Renewal {
    /// What is left of this offer after another one of the same list was renewed: as
    /// [`Person::renewals`] would answer it now. One grantee may have several older grants, and needs
    /// the newer version once.
    pub fn left_after(&self, other: &Self) -> Left {
        let (grant, made) = (&self.grant, &other.grant);
        if self.new != other.new || !made.grantee.eq_ignore_ascii_case(&grant.grantee) {
            Left::All
        } else if lasts(made, grant) && !grant.is_locked(now_seconds()) {
            // What is renewed ends when its older grant would have.
            Left::ToEnd
        } else {
            Left::Nothing
        }
    }
}

/// A credential that expires soon, or has expired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expiring {
    /// Which.
    pub id: CredentialId,
    /// When.
    pub at: Seconds,
}

impl Person {
    /// The grants whose grantees have an older version than the person, as it is now: what renewing one
    /// leaves of the others, [`Renewal::left_after`] says. Of a version that does not open nobody can
    /// tell whether they have it. Those that last longest come first, so that one newer grant serves its
    /// grantee for all of them.
    pub async fn renewals(
        &self,
        keys: &Keys,
    ) -> Result<Vec<Result<Renewal, NotOpened>>, FlowError> {
        let entries = self.credentials().await?;
        let grants = self.grants().await?;
        let mut renewals = Vec::new();
        // By the grant of a prepared copy nobody reads: what was signed for its recipient is a grant of its own.
        for grant in grants.iter().filter(|it| !is_prepared(it)) {
            let copy = entries.iter().find(|it| it.header.id == grant.data_id);
            let Some(old) = copy.and_then(|copy| copy.original) else {
                continue;
            };
            let new = successor(&entries, old).unwrap_or(old);
            let hash = match self.try_credential(keys, new).await? {
                Ok(opened) => opened.content_hash,
                Err(fault) => {
                    renewals.push(Err(fault));
                    continue;
                }
            };
            if is_of(grant, hash) {
                continue;
            }
            // The grantee may have the newer version already, by a renewal that was interrupted.
            let has = |other: &&AccessGrant| {
                other.grantee.eq_ignore_ascii_case(&grant.grantee) && is_of(other, hash)
            };
            let known: Vec<_> = grants.iter().filter(has).collect();
            let lasting = known.iter().find(|newer| lasts(newer, grant));
            let newer = lasting.map(|newer| Shared {
                copy: newer.data_id,
                grant: newer.id,
            });
            let ends_older = newer.is_some() && !grant.is_locked(now_seconds());
            if known.is_empty() || ends_older {
                renewals.push(Ok(Renewal {
                    old,
                    new,
                    grant: grant.clone(),
                    newer,
                }));
            }
        }
        // What lasts as long stays in the order of the grants.
        let ends = |it: &Result<Renewal, NotOpened>| {
            it.as_ref().map_or(i64::MAX, |it| it.grant.lasts_until())
        };
        renewals.sort_by_key(|it| Reverse(ends(it)));
        Ok(renewals)
    }

    /// Shares the newer version with the grantee of the older, under the same lock and expiry as far
    /// as they lie ahead. The key is the one that the recipient publishes now, so `recipient` comes
    /// from [`Client::recipient_at`](crate::Client::recipient_at). The older grant ends if no lock
    /// holds it; if that fails, [`FlowError::OlderStays`] names what was shared. Who has the newer
    /// version already needs no renewal: [`Person::revoke`] ends the older grant.
    pub async fn renew(
        &self,
        keys: &Keys,
        renewal: &Renewal,
        recipient: &Recipient,
    ) -> Result<Shared, FlowError> {
        let old = &renewal.grant;
        if !recipient.grantee().eq_ignore_ascii_case(&old.grantee) {
            return Err(FlowError::OtherGrant("recipient"));
        }
        let now = now_seconds();
        let terms = ShareTerms {
            locked_until: Seconds(if old.is_locked(now) {
                old.locked_until
            } else {
                0
            }),
            expires_at: Seconds(old.expires_at),
        };
        let shared = self.share(keys, renewal.new, recipient, terms).await?;
        if !old.is_locked(now) {
            self.revoke(old.id)
                .await
                .map_err(|source| FlowError::OlderStays {
                    copy: shared.copy,
                    older: old.id,
                    source: Box::new(source),
                })?;
        }
        Ok(shared)
    }

    /// The originals that expire within so many seconds, or have expired; contents that are no
    /// verifiable credential never do, and of what does not open nobody can tell.
    pub async fn expiring(
        &self,
        keys: &Keys,
        within: i64,
    ) -> Result<Vec<Result<Expiring, NotOpened>>, FlowError> {
        let mut expiring = Vec::new();
        for entry in self.originals().await? {
            let id = entry.header.id;
            let content = match self.try_credential(keys, id).await? {
                Ok(opened) => opened.content,
                Err(fault) => {
                    expiring.push(Err(fault));
                    continue;
                }
            };
            if let Some(at) = expiry(&content)
                && expires_within(at, Seconds(now_seconds()), within)
            {
                expiring.push(Ok(Expiring { id, at }));
            }
        }
        Ok(expiring)
    }
}

/// When a verifiable credential expires, by the member of either version of the data model.
pub fn expiry(credential: &[u8]) -> Option<Seconds> {
    let credential: Value = serde_json::from_slice(credential).ok()?;
    let until = ["validUntil", "expirationDate"].iter();
    let mut until = until.filter_map(|name| credential.get(*name)?.as_str());
    Seconds::parse(until.next()?).ok()
}

/// Whether something expires within so many seconds from now, or has.
pub fn expires_within(at: Seconds, now: Seconds, within: i64) -> bool {
    at.0 <= now.0.saturating_add(within)
}

/// Whether a grant lasts at least as long as another: only then the other is not missed.
fn lasts(grant: &AccessGrant, other: &AccessGrant) -> bool {
    grant.lasts_until() >= other.lasts_until()
}

fn is_of(grant: &AccessGrant, hash: Digest) -> bool {
    let text = hash.to_string();
    grant
        .content_hash
        .as_ref()
        .is_some_and(|of| of.eq_ignore_ascii_case(&text))
}

/// The last of the versions that replace an original, one after the other.
fn successor(entries: &[CredentialEntry], old: CredentialId) -> Option<CredentialId> {
    let originals = || entries.iter().filter(|entry| !entry.is_copy);
    let mut at = originals().find(|entry| entry.header.id == old)?;
    let mut last = None;
    // No further than there are credentials: notes could name each other in a circle.
    for _ in entries {
        let Some(id) = at.header.verifiable_credential_id.as_deref() else {
            break;
        };
        let is_next = |entry: &&CredentialEntry| {
            entry.header.id != at.header.id
                && entry.header.issuer_auth_public_key == at.header.issuer_auth_public_key
                && replaces(&entry.header.public_notes).as_deref() == Some(id)
        };
        let Some(next) = originals().find(is_next) else {
            break;
        };
        at = next;
        last = Some(next.header.id);
    }
    last.filter(|last| *last != old)
}

/// What these notes say they replace.
fn replaces(notes: &str) -> Option<String> {
    let notes: Value = serde_json::from_str(notes).ok()?;
    Some(notes.get("replaces")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use idos_ledger::{CredentialHeader, GrantOrigin};
    use idos_types::{GrantId, UserId, Uuid};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn id(number: u8) -> CredentialId {
        CredentialId(Uuid::from_u128(number.into()))
    }

    fn entry(number: u8, replaces: Option<u8>, issuer: &str) -> CredentialEntry {
        let mut notes = json!({ "id": number.to_string() });
        if let Some(replaces) = replaces {
            notes["replaces"] = replaces.to_string().into();
        }
        CredentialEntry {
            header: CredentialHeader {
                id: id(number),
                user_id: UserId(Uuid::nil()),
                verifiable_credential_id: Some(number.to_string()),
                public_notes: notes.to_string(),
                encryptor_public_key: String::new(),
                issuer_auth_public_key: issuer.to_owned(),
                inserter: None,
            },
            is_copy: false,
            original: None,
        }
    }

    #[test]
    fn the_newest_version_of_the_same_issuer_is_found() {
        let entries = [
            entry(1, None, "a"),
            entry(2, Some(1), "a"),
            entry(3, Some(2), "a"),
            entry(4, Some(3), "b"),
        ];
        assert_eq!(successor(&entries, id(1)), Some(id(3)));
        assert_eq!(successor(&entries, id(2)), Some(id(3)));
        assert_eq!(successor(&entries, id(3)), None);
        assert_eq!(successor(&entries, id(9)), None);
    }

    fn until(expires_at: i64) -> AccessGrant {
        AccessGrant {
            id: GrantId(Uuid::nil()),
            owner: UserId(Uuid::nil()),
            grantee: "ab".to_owned(),
            data_id: id(1),
            locked_until: 0,
            expires_at,
            content_hash: None,
            height: 0,
            origin: GrantOrigin::User,
            origin_id: String::new(),
        }
    }

    #[test]
    fn a_grantee_gets_the_newer_version_once() {
        let offer = |grant: AccessGrant| Renewal {
            old: id(1),
            new: id(2),
            grant,
            newer: None,
        };
        let made = offer(until(5));
        let left = |other: &Renewal| other.left_after(&made);
        assert_eq!(left(&offer(until(5))), Left::ToEnd);
        assert_eq!(left(&offer(until(4))), Left::ToEnd);
        assert_eq!(left(&offer(until(0))), Left::Nothing, "it lasts longer");
        let spelled = AccessGrant {
            grantee: "AB".to_owned(),
            ..until(5)
        };
        assert_eq!(left(&offer(spelled)), Left::ToEnd);
        let older_still = Renewal {
            old: id(3),
            ..offer(until(5))
        };
        assert_eq!(left(&older_still), Left::ToEnd);
        let locked = AccessGrant {
            locked_until: i64::MAX,
            ..until(5)
        };
        assert_eq!(left(&offer(locked)), Left::Nothing);
        let of_another = AccessGrant {
            grantee: "cd".to_owned(),
            ..until(5)
        };
        assert_eq!(left(&offer(of_another)), Left::All);
        let other_version = Renewal {
            new: id(4),
            ..offer(until(5))
        };
        assert_eq!(left(&other_version), Left::All);
    }

    #[test]
    fn a_newer_grant_that_ends_first_does_not_replace_the_older_one() {
        for (newer, older, is_lasting) in [
            (0, 0, true),
            (0, 5, true),
            (5, 5, true),
            (6, 5, true),
            (4, 5, false),
            (5, 0, false),
        ] {
            assert_eq!(
                lasts(&until(newer), &until(older)),
                is_lasting,
                "{newer} {older}"
            );
        }
    }

    proptest! {
        /// Whatever notes say, the search ends, and names another credential of the same issuer.
        #[test]
        fn any_notes_have_an_end(
            replaces in prop::collection::vec(prop::option::of(0u8..8), 1..8),
        ) {
            let entries: Vec<_> = (0..).zip(&replaces).map(|(at, it)| entry(at, *it, "a")).collect();
            for entry in &entries {
                let old = entry.header.id;
                prop_assert_ne!(successor(&entries, old), Some(old));
            }
        }
    }

    #[test]
    fn the_end_of_both_versions_of_the_data_model_is_read() {
        let at = Seconds::parse("2030-01-01T00:00:00Z").unwrap();
        for name in ["validUntil", "expirationDate"] {
            let text = json!({ name: "2030-01-01T00:00:00Z" }).to_string();
            assert_eq!(expiry(text.as_bytes()), Some(at));
        }
        assert_eq!(expiry(b"{}"), None);
        assert_eq!(expiry(b"no json"), None);
        assert!(expires_within(at, at, 0));
        assert!(!expires_within(at, Seconds(at.0 - 11), 10));
        assert!(expires_within(at, Seconds(at.0 - 10), 10));
    }
}
