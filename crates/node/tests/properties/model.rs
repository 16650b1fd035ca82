//! A second, simple account of what should be there: who owns what, who was granted what until
//! when. It is told what succeeded, and says what must not have.

use std::collections::{BTreeMap, BTreeSet};

use idos_types::Uuid;

/// A profile.
#[derive(Debug)]
pub(crate) struct Profile {
    /// The name of the inserter that made it.
    pub(crate) creator: String,
    pub(crate) encryption_key: String,
    pub(crate) claimed: bool,
    /// Only what locks hold is left of it.
    pub(crate) erased: bool,
}

/// A credential.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) owner: Uuid,
    pub(crate) content: String,
    /// The key that signed it, if an issuer brought it without a write grant.
    pub(crate) upserted_by: Option<String>,
    /// Whether it is a copy, and of what; nothing once that is gone.
    pub(crate) copy_of: Option<Option<Uuid>>,
    /// When it is looked at again whether locks still hold it: its owner deleted it.
    release_at: Option<i64>,
}

/// An attribute.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) owner: Uuid,
    pub(crate) value: String,
    /// What it is a copy of.
    pub(crate) copy_of: Option<Uuid>,
}

/// What tells grants apart: data, grantee in lower case, end of the lock.
pub(crate) type GrantKey = (Uuid, String, i64);

/// A grant.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) owner: Uuid,
    pub(crate) expires_at: i64,
    /// The hash of the plaintext, as given.
    pub(crate) content_hash: String,
}

/// Everything that should be there.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// The time of the newest block.
    pub(crate) now: i64,
    /// Names of inserters.
    pub(crate) inserters: BTreeSet<String>,
    /// For which inserter whose key acts.
    pub(crate) delegates: BTreeMap<String, String>,
    pub(crate) profiles: BTreeMap<Uuid, Profile>,
    /// Whose wallets are whose keys.
    pub(crate) wallets: BTreeMap<Uuid, (Uuid, String)>,
    pub(crate) credentials: BTreeMap<Uuid, Credential>,
    pub(crate) attributes: BTreeMap<Uuid, Attribute>,
    /// Who may read which copies of attributes, in lower case.
    pub(crate) attribute_grants: BTreeMap<Uuid, String>,
    pub(crate) grants: BTreeMap<GrantKey, Grant>,
    /// Wallets and the profiles whose others took them off: these may put them back.
    pub(crate) taken_off: BTreeSet<(String, Uuid)>,
    /// Wallets and the profiles that they left by themselves after that.
    pub(crate) left: BTreeSet<(String, Uuid)>,
    /// Profiles that were erased; others may have their ids now.
    pub(crate) erased: BTreeSet<Uuid>,
    /// Write grants that were used, and when they can be forgotten.
    pub(crate) write_grants: BTreeMap<Uuid, i64>,
}

impl Model {
    /// The profile of a key.
    pub(crate) fn user_of(&self, key: &str) -> Option<Uuid> {
        let mut wallets = self.wallets.values();
        wallets
            .find(|(_, wallet)| wallet == key)
            .map(|(user, _)| *user)
    }

    /// Whether a key owns a credential.
    pub(crate) fn owns(&self, key: &str, id: Uuid) -> bool {
        let owner = self.credentials.get(&id).map(|credential| credential.owner);
        owner.is_some() && owner == self.user_of(key)
    }

    /// Whether somebody may read a credential as its grantee.
    pub(crate) fn is_granted(&self, key: &str, id: Uuid) -> bool {
        self.grants
            .keys()
            .any(|(data, grantee, _)| *data == id && grantee == key)
    }

    /// Whether an issuer still has the power over a profile that it made.
    pub(crate) fn is_creators(&self, issuer: &str, user: Uuid) -> bool {
        let (profile, by) = (self.profiles.get(&user), self.delegates.get(issuer));
        profile.is_some_and(|it| Some(&it.creator) == by && !it.claimed && !it.erased)
    }

    /// The ends of the grants' locks on a credential, also of those that are over.
    fn locks_of(&self, id: Uuid) -> impl Iterator<Item = i64> {
        let keys = self.grants.keys().filter(move |(data, ..)| *data == id);
        keys.map(|(.., lock)| *lock)
    }

    /// The ends of the grants' locks on a credential that hold now.
    fn locks_on(&self, id: Uuid) -> Vec<i64> {
        self.locks_of(id).filter(|lock| *lock >= self.now).collect()
    }

    /// Whether a lock holds a copy of a credential.
    pub(crate) fn has_locked_copy(&self, original: Uuid) -> bool {
        let mut copies = self.credentials.iter();
        copies.any(|(copy, it)| {
            it.copy_of == Some(Some(original)) && !self.locks_on(*copy).is_empty()
        })
    }

    /// Whether anybody was granted a credential.
    pub(crate) fn has_grants(&self, id: Uuid) -> bool {
        self.grants.keys().any(|(data, ..)| *data == id)
    }

    /// Whoever acts takes their profile over.
    pub(crate) fn acted(&mut self, key: &str) {
        if let Some(user) = self.user_of(key) {
            self.profiles
                .get_mut(&user)
                .expect("wallets have profiles")
                .claimed = true;
        }
    }

    /// A credential that the profile's owner, its creator or a write grant brought.
    pub(crate) fn put(&mut self, id: Uuid, owner: Uuid, content: &str, upserted_by: Option<&str>) {
        let credential = Credential {
            owner,
            content: content.to_owned(),
            upserted_by: upserted_by.map(str::to_owned),
            copy_of: None,
            release_at: None,
        };
        self.credentials.insert(id, credential);
    }

    /// A copy for a grantee.
    pub(crate) fn put_copy(&mut self, id: Uuid, original: Uuid, content: &str) {
        let owner = self.credentials.get(&original).expect("an original").owner;
        self.put(id, owner, content, None);
        let copy = self.credentials.get_mut(&id).expect("put just now");
        copy.copy_of = Some(Some(original));
    }

    /// The grants that are alive at this second, if there is no block until then.
    pub(crate) fn live_grants(&self, second: i64) -> impl Iterator<Item = (&GrantKey, &Grant)> {
        let is_live = move |grant: &Grant| grant.expires_at == 0 || second < grant.expires_at;
        let grants = self.grants.iter();
        grants.filter(move |(_, grant)| is_live(grant))
    }

    pub(crate) fn grant(&mut self, key: GrantKey, content_hash: &str) {
        let owner = self.credentials.get(&key.0).expect("data of a grant").owner;
        let before = self.grants.insert(
            key,
            Grant {
                owner,
                expires_at: 0,
                content_hash: content_hash.to_owned(),
            },
        );
        assert!(before.is_none(), "a grant was made twice");
    }

    /// The owner ends a grant.
    pub(crate) fn revoke(&mut self, user: Option<Uuid>, key: &GrantKey) {
        let grant = self
            .grants
            .get(key)
            .expect("only a grant that is there can be revoked");
        assert_eq!(Some(grant.owner), user, "a stranger revoked a grant");
        assert!(key.2 < self.now, "the owner revoked a locked grant");
        self.end(key);
    }

    /// A grantee gives up.
    pub(crate) fn rescind(&mut self, grantee: &str, data: Uuid) {
        let keys = self.grants.keys().cloned();
        let own: Vec<_> = keys
            .filter(|key| key.0 == data && key.1 == grantee)
            .collect();
        assert!(
            !own.is_empty(),
            "somebody gave up what was not shared with them"
        );
        own.iter().for_each(|key| self.end(key));
    }

    /// A grant ends, and with the last one what was there for grantees only. What its owner took
    /// back waits for the locks that are left, and if one of them has ended, for the next block.
    fn end(&mut self, key: &GrantKey) {
        self.grants.remove(key);
        let first_end = self.locks_of(key.0).min();
        let Some(credential) = self.credentials.get_mut(&key.0) else {
            return;
        };
        let is_erased = self.profiles[&credential.owner].erased;
        if is_erased || credential.copy_of == Some(None) {
            credential.release_at = first_end.map(|lock| lock + 1);
        }
        if first_end.is_none() && (is_erased || credential.copy_of.is_some()) {
            self.forget(key.0);
        }
    }

    /// A credential goes, and with the last one an erased profile.
    fn forget(&mut self, id: Uuid) {
        let Some(Credential { owner, .. }) = self.credentials.remove(&id) else {
            return;
        };
        self.grants.retain(|(data, ..), _| *data != id);
        for copy in self.credentials.values_mut() {
            if copy.copy_of == Some(Some(id)) {
                copy.copy_of = Some(None);
            }
        }
        let is_last = self
            .credentials
            .values()
            .all(|credential| credential.owner != owner);
        if is_last && self.profiles[&owner].erased {
            self.profiles.remove(&owner);
        }
    }

    /// The owner takes a credential back: it stays only while, and for whom, a lock holds it.
    fn withdraw(&mut self, id: Uuid) {
        let now = self.now;
        self.grants
            .retain(|(data, _, lock), _| *data != id || *lock >= now);
        match self.locks_on(id).into_iter().min() {
            None => self.forget(id),
            Some(first) => {
                let credential = self.credentials.get_mut(&id).expect("locked data stays");
                credential.copy_of = credential.copy_of.map(|_| None);
                let at = credential.release_at.unwrap_or(i64::MAX);
                credential.release_at = Some(if at > now {
                    at.min(first + 1)
                } else {
                    first + 1
                });
            }
        }
    }

    /// The owner deletes a credential.
    pub(crate) fn remove(&mut self, user: Option<Uuid>, id: Uuid) {
        let owner = self.credentials.get(&id).map(|credential| credential.owner);
        assert!(
            owner.is_some() && owner == user,
            "a stranger deleted a credential"
        );
        assert!(
            self.locks_on(id).is_empty(),
            "the owner deleted locked data"
        );
        let copies = self
            .credentials
            .iter()
            .filter(|(_, it)| it.copy_of == Some(Some(id)));
        let copies: Vec<_> = copies.map(|(copy, _)| *copy).collect();
        copies.into_iter().for_each(|copy| self.withdraw(copy));
        self.forget(id);
    }

    /// A wallet takes itself off its profile.
    pub(crate) fn detach(&mut self, key: &str) {
        if let Some(owner) = self.user_of(key) {
            let link = (key.to_owned(), owner);
            if self.taken_off.contains(&link) {
                self.left.insert(link);
            }
        }
        self.wallets.retain(|_, (_, wallet)| wallet != key);
    }

    /// Whether the wallets of a profile may put a wallet back by any message of it.
    pub(crate) fn may_put_back(&self, profile: Uuid, wallet: &str) -> bool {
        let link = (wallet.to_owned(), profile);
        self.taken_off.contains(&link)
            && !self.left.contains(&link)
            && !self.erased.contains(&profile)
    }

    /// A person erases the profile.
    pub(crate) fn erase(&mut self, user: Uuid) {
        self.erased.insert(user);
        self.wallets.retain(|_, (owner, _)| *owner != user);
        self.attributes.retain(|_, it| it.owner != user);
        self.end_attribute_grants();
        let own = self.credentials.iter().filter(|(_, it)| it.owner == user);
        let own: Vec<_> = own.map(|(id, _)| *id).collect();
        own.iter().for_each(|id| self.withdraw(*id));
        if self
            .credentials
            .values()
            .any(|credential| credential.owner == user)
        {
            let profile = self.profiles.get_mut(&user).expect("an erased profile");
            // Nothing about the person is left in it.
            profile.creator.clear();
            profile.encryption_key.clear();
            profile.erased = true;
        } else {
            self.profiles.remove(&user);
        }
    }

    pub(crate) fn remove_attribute(&mut self, id: Uuid) {
        self.attributes
            .retain(|copy, it| *copy != id && it.copy_of != Some(id));
        self.end_attribute_grants();
    }

    /// A grant lasts as long as its copy.
    fn end_attribute_grants(&mut self) {
        let attributes = &self.attributes;
        self.attribute_grants
            .retain(|copy, _| attributes.contains_key(copy));
    }

    /// Time passes, and everything whose time has come happens.
    pub(crate) fn wait_until(&mut self, now: i64) {
        self.now = now;
        self.write_grants
            .retain(|_, forgotten_at| *forgotten_at > now);
        let expired = |grant: &Grant| grant.expires_at != 0 && grant.expires_at <= now;
        let ended: Vec<_> = self
            .grants
            .iter()
            .filter(|(_, grant)| expired(grant))
            .collect();
        let ended: Vec<_> = ended.into_iter().map(|(key, _)| key.clone()).collect();
        ended.iter().for_each(|key| self.end(key));
        let is_due = |it: &Credential| it.release_at.is_some_and(|at| at <= now);
        let due: Vec<_> = self
            .credentials
            .iter()
            .filter(|(_, it)| is_due(it))
            .collect();
        let due: Vec<_> = due.into_iter().map(|(id, _)| *id).collect();
        due.into_iter().for_each(|id| self.withdraw(id));
    }

    /// Every row that there should be, as text.
    pub(crate) fn lines(&self) -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        for (id, it) in &self.profiles {
            lines.insert(format!(
                "profile {id} by {} with {} claimed {} erased {}",
                it.creator, it.encryption_key, it.claimed, it.erased
            ));
        }
        for (id, (user, key)) in &self.wallets {
            lines.insert(format!("wallet {id} of {user}: {key}"));
        }
        for (id, it) in &self.credentials {
            lines.insert(format!("credential {id} of {}: {}", it.owner, it.content));
            if let Some(original) = it.copy_of {
                lines.insert(format!("{id} is a copy of {original:?}"));
            }
        }
        for (id, it) in &self.attributes {
            lines.insert(format!("attribute {id} of {}: {}", it.owner, it.value));
            if let Some(original) = it.copy_of {
                lines.insert(format!("{id} is a copy of {:?}", Some(original)));
            }
        }
        for (copy, grantee) in &self.attribute_grants {
            let owner = self.attributes[copy].owner;
            lines.insert(format!("{owner} lets {grantee} read the attribute {copy}"));
        }
        for ((data, grantee, lock), grant) in &self.grants {
            let Grant {
                owner, expires_at, ..
            } = grant;
            lines.insert(format!(
                "{owner} grants {data} to {grantee}: {lock}, {expires_at}"
            ));
        }
        for name in &self.inserters {
            lines.insert(format!("inserter {name}"));
        }
        for (key, inserter) in &self.delegates {
            lines.insert(format!("{key} acts for {}", crate::support::id(inserter)));
        }
        for id in self.write_grants.keys() {
            lines.insert(format!("write grant {id} was used"));
        }
        lines
    }
}
