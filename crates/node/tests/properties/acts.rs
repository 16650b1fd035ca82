//! How each step is done, and what it means if it succeeds.

use idos_types::Uuid;

use crate::{
    model::{GrantKey, Profile},
    play::{Message, Play},
    steps::Step,
    support::{
        call::call,
        id,
        key::Key,
        signed::{add_wallet, upsert_wallet},
    },
};

impl Play {
    /// Plays a step; one whose people or rows do not exist is left out.
    pub(crate) fn play(&mut self, step: &Step) {
        // The picks always find somebody among people, issuers and grantees.
        let _ = self.try_play(step);
        self.settle();
    }

    fn try_play(&mut self, step: &Step) -> Option<()> {
        match *step {
            Step::Wait(when) => {
                let seconds = self.at(when);
                self.wait_until(seconds);
            }
            Step::MakeProfile { issuer, person, id } => {
                let issuer = issuer.of(&self.issuers)?;
                let user = self.id_for(id, |play| &mut play.profile_ids);
                self.make_profile(&issuer, user);
                let wallet = self.free_wallet(person);
                self.link_as_issuer(&issuer, user, &wallet);
            }
            Step::LinkAsIssuer {
                issuer,
                profile,
                wallet,
            } => {
                let issuer = issuer.of(&self.issuers)?;
                let wallet = self.free_wallet(wallet);
                let user = profile.of(&self.profile_ids)?;
                self.link_as_issuer(&issuer, user, &wallet);
            }
            Step::Link { person, wallet } => {
                let key = self.anybody(person);
                let wallet = self.free_wallet(wallet);
                let nonce = self.fresh();
                if self.send(&key, add_wallet(id(&nonce), &wallet, &nonce)) {
                    let user = self.model.user_of(key.text()).expect("a person");
                    self.linked(id(&nonce), user, &wallet, nonce);
                }
            }
            Step::Unlink { person, wallet } => {
                let wallets: Vec<_> = self.model.wallets.keys().copied().collect();
                let wallet = wallet.of(&wallets)?;
                let owner = self.model.wallets[&wallet].0;
                let key = self.person(person, Some(owner));
                if self.send(&key, call!("remove_wallet", wallet))
                    && self.model.user_of(key.text()) == Some(owner)
                {
                    let (_, removed) = self.model.wallets.remove(&wallet)?;
                    assert_ne!(removed, key.text(), "a wallet removed itself");
                    self.model.taken_off.insert((removed, owner));
                }
            }
            Step::Detach { person } => {
                let key = self.anybody(person);
                if self.send(&key, call!("detach_wallet")) {
                    self.model.detach(key.text());
                }
            }
            Step::ChangeKey { person } => {
                let key = self.anybody(person);
                let (user, new) = (self.model.user_of(key.text()), self.fresh());
                let ok = self.send(&key, call!("update_encryption_key", new.as_str(), "mpc"));
                assert_eq!(ok, user.is_some(), "people replace their own keys");
                self.model.profiles.get_mut(&user?)?.encryption_key = new;
            }
            Step::Erase { person } => {
                let key = self.anybody(person);
                let user = self.model.user_of(key.text());
                let ok = self.send(&key, call!("erase_profile"));
                assert_eq!(ok, user.is_some(), "people can always erase their profiles");
                self.model.erase(user?);
            }
            Step::Revoke { person, grant } => {
                let (grant, id) = self.grant(grant)?;
                let owner = self.model.grants[&grant].owner;
                let key = self.person(person, Some(owner));
                let user = self.model.user_of(key.text());
                let may = user == Some(owner) && grant.2 < self.model.now;
                let ok = self.send(&key, call!("revoke_access_grant", id));
                assert_eq!(
                    ok, may,
                    "owners can revoke what is not locked, and nobody else"
                );
                if ok {
                    self.model.revoke(user, &grant);
                }
            }
            Step::RevokeTwo { person, grants } => {
                let ((first, one), (second, two)) = (self.grant(grants.0)?, self.grant(grants.1)?);
                let owner = self.model.grants[&first].owner;
                let key = self.person(person, Some(owner));
                let user = self.model.user_of(key.text());
                let may = |grant: &GrantKey| {
                    user == Some(self.model.grants[grant].owner) && grant.2 < self.model.now
                };
                let may = first != second && may(&first) && may(&second);
                let revoke = |id: Uuid| call!("revoke_access_grant", id);
                let ok = self.send_all(&key, vec![revoke(one), revoke(two)]);
                assert_eq!(ok, may, "both can be revoked, or none is");
                if ok {
                    self.model.revoke(user, &first);
                    self.model.revoke(user, &second);
                }
            }
            Step::Expire { person, grant, at } => {
                let (grant, id) = self.grant(grant)?;
                let owner = self.model.grants[&grant].owner;
                let (key, at) = (self.person(person, Some(owner)), self.at(at));
                if self.send(&key, call!("set_access_grant_expiry", id, at)) {
                    assert_eq!(self.model.user_of(key.text()), Some(owner));
                    assert!(
                        at == 0 || at > grant.2.max(self.model.now),
                        "ends before its lock"
                    );
                    self.model.grants.get_mut(&grant)?.expires_at = at;
                }
            }
            Step::Rescind {
                grantee,
                credential,
            } => {
                let shared: Vec<_> = self.model.grants.keys().cloned().collect();
                let (data, of, _) = credential.of(&shared)?;
                let own = self.grantees.iter().find(|key| key.text() == of);
                let somebody = grantee.of(&self.grantees)?;
                let key = own
                    .filter(|_| !grantee.is_one_in(4))
                    .cloned()
                    .unwrap_or(somebody);
                let may = self.model.is_granted(key.text(), data);
                let ok = self.send(&key, call!("rescind_shared_credential", data));
                assert_eq!(
                    ok, may,
                    "grantees can give up what they have, and nobody else"
                );
                if ok {
                    self.given_up(data, key.text());
                }
            }
            ref step => self.play_otherwise(step)?,
        }
        Some(())
    }

    /// Steps of other files.
    fn play_otherwise(&mut self, step: &Step) -> Option<()> {
        match step {
            Step::AddAttribute { .. }
            | Step::AddAttributeAsIssuer { .. }
            | Step::EditAttribute { .. }
            | Step::ShareAttribute { .. }
            | Step::ShareAttributeWith { .. }
            | Step::RemoveAttribute { .. } => self.play_with_attribute(step),
            Step::ChangeKeyAsIssuer { .. }
            | Step::AdmitInserter { .. }
            | Step::DismissInserter { .. }
            | Step::AddDelegate { .. }
            | Step::DeleteDelegate { .. } => self.play_with_inserter(step),
            _ => self.play_with_credential(step),
        }
    }

    fn make_profile(&mut self, issuer: &Key, user: Uuid) {
        let action = "add_user_as_inserter";
        if self.send(issuer, call!(action, user, "encryption key", "user")) {
            let creator = self.model.delegates.get(issuer.text());
            let creator = creator.expect("made by a delegate").clone();
            let profile = Profile {
                creator: creator.clone(),
                encryption_key: "encryption key".to_owned(),
                claimed: false,
                erased: false,
            };
            let known = self.model.profiles.entry(user).or_insert(profile);
            assert_eq!(known.creator, creator, "a profile was replaced");
        }
    }

    fn link_as_issuer(&mut self, issuer: &Key, user: Uuid, wallet: &Key) {
        let nonce = self.fresh();
        if self.send(issuer, upsert_wallet(id(&nonce), user, wallet, &nonce)) {
            assert!(self.model.is_creators(issuer.text(), user));
            let has_wallet = self.model.wallets.values().any(|(owner, _)| *owner == user);
            assert!(!has_wallet, "an issuer linked a second wallet");
            self.linked(id(&nonce), user, wallet, nonce);
        }
    }

    fn linked(&mut self, id: Uuid, user: Uuid, wallet: &Key, nonce: String) {
        assert_eq!(
            self.model.user_of(wallet.text()),
            None,
            "one wallet, two profiles"
        );
        self.model
            .wallets
            .insert(id, (user, wallet.text().to_owned()));
        self.messages
            .push(Message::Ownership(Box::new(wallet.clone()), nonce));
    }
}
