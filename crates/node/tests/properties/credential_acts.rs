//! How each step that makes, changes or shares credentials is done, and what it means if it
//! succeeds.

use idos_types::{Uuid, Value};

use crate::{
    play::{Message, Play},
    steps::{NewId, Pick, Step, When},
    support::{
        call::call,
        key::Key,
        signed::{Sealed, WriteGrant, access_grant, notes},
    },
};

impl Play {
    /// Steps that concern the contents of credentials and who gets them.
    pub(crate) fn play_with_credential(&mut self, step: &Step) -> Option<()> {
        match *step {
            Step::Add { person, issuer, id } => {
                let key = self.anybody(person);
                let (id, sealed) = self.sealed(&issuer.of(&self.issuers)?, id);
                if self.send(&key, sealed.add(id)) {
                    let user = self.model.user_of(key.text()).expect("a person");
                    assert!(
                        !self.model.credentials.contains_key(&id),
                        "replaced by adding"
                    );
                    self.model.put(id, user, &sealed.content, None);
                }
            }
            Step::AddTwo {
                person,
                issuer,
                ids,
            } => {
                let (key, issuer) = (self.anybody(person), issuer.of(&self.issuers)?);
                let (first, one) = self.sealed(&issuer, ids.0);
                let (second, two) = self.sealed(&issuer, ids.1);
                let is_new = |id: Uuid| !self.model.credentials.contains_key(&id);
                let user = self.model.user_of(key.text());
                let may = user.is_some() && first != second && is_new(first) && is_new(second);
                let ok = self.send_all(&key, vec![one.add(first), two.add(second)]);
                assert_eq!(ok, may, "both are added, or none is");
                if ok {
                    let user = user.expect("a person");
                    self.model.put(first, user, &one.content, None);
                    self.model.put(second, user, &two.content, None);
                }
            }
            Step::Upsert {
                issuer,
                profile,
                id,
            } => {
                let issuer = issuer.of(&self.issuers)?;
                let user = profile.of(&self.profile_ids)?;
                let (id, sealed) = self.sealed(&issuer, id);
                if self.send(&issuer, sealed.upsert(id, user)) {
                    assert!(self.model.is_creators(issuer.text(), user));
                    if let Some(old) = self.model.credentials.get(&id) {
                        assert_eq!(old.owner, user, "taken from another profile");
                        assert_eq!(old.upserted_by.as_deref(), Some(issuer.text()));
                        assert!(!self.model.has_grants(id), "replaced what is shared");
                    }
                    self.model
                        .put(id, user, &sealed.content, Some(issuer.text()));
                }
            }
            Step::Edit { person, credential } => {
                let id = self.credential(credential)?;
                let key = self.person(person, self.owner_of(id));
                let content = self.fresh();
                let sealed = Sealed::new(&key, &notes(&id.to_string()), &content);
                if self.send(&key, sealed.edit(id)) && self.model.owns(key.text(), id) {
                    assert!(!self.model.has_grants(id), "the owner edited shared data");
                    assert!(
                        !self.model.has_locked_copy(id),
                        "the owner edited locked notes"
                    );
                    let credential = self.model.credentials.get_mut(&id)?;
                    assert_eq!(credential.copy_of, None, "the owner edited a copy");
                    credential.content = sealed.content;
                    credential.upserted_by = None;
                }
            }
            Step::EditNotes { issuer, credential } => {
                let (issuer, id) = (issuer.of(&self.issuers)?, self.credential(credential)?);
                let notes = call!("edit_public_notes_as_issuer", id.to_string(), "revoked");
                self.send(&issuer, notes);
            }
            Step::Remove { person, credential } => {
                let id = self.credential(credential)?;
                let key = self.person(person, self.owner_of(id));
                if self.send(&key, call!("remove_credential", id)) {
                    self.model.remove(self.model.user_of(key.text()), id);
                }
            }
            Step::Share {
                person,
                credential,
                id,
                grantee,
                lock,
            } => {
                let original = self.credential(credential)?;
                let key = self.person(person, self.owner_of(original));
                let (copy, lock) = (self.credential_id(id), self.at(lock));
                let to = grantee.of(&self.grantees)?;
                let sealed = Sealed::copy(&key, &self.fresh());
                let spelled = Self::spelled(grantee, &to);
                if self.send(&key, sealed.share(copy, original, &spelled, lock)) {
                    assert!(
                        self.model.owns(key.text(), original),
                        "shared by a stranger"
                    );
                    assert_eq!(self.model.credentials[&original].copy_of, None);
                    assert!(
                        !self.model.credentials.contains_key(&copy),
                        "replaced by sharing"
                    );
                    self.model.put_copy(copy, original, &sealed.content);
                    self.granted(copy, &to, lock, &sealed.content);
                }
            }
            Step::UseWriteGrant {
                person,
                sender,
                issuer,
                ids,
                grantee,
                lock,
                usable,
            } => {
                let owner = self.anybody(person);
                let issuer = issuer.of(&self.issuers)?;
                let times = (lock, usable);
                self.use_write_grant(&owner, &issuer, sender, ids, grantee, times)?;
            }
            Step::UseAccessGrant {
                person,
                sender,
                credential,
                grantee,
                lock,
            } => {
                let data = self.credential(credential)?;
                let owner = self.person(person, self.owner_of(data));
                let (to, lock) = (grantee.of(&self.grantees)?, self.at(lock));
                let spelled = Self::spelled(grantee, &to);
                let call = access_grant(&self.network, (&owner, &owner), &spelled, data, lock);
                let (_, Value::Text(hash)) = call.arguments[4].clone() else {
                    panic!("an access grant without a hash");
                };
                if self.send(&sender.of(&self.grantees)?, call.clone()) {
                    assert!(self.model.owns(owner.text(), data), "granted by a stranger");
                    // Who signed it has acted, whoever submits it.
                    self.model.acted(owner.text());
                    self.messages.push(Message::Grant(call));
                    self.granted(data, &to, lock, &hash);
                }
            }
            _ => unreachable!("the other steps are played before"),
        }
        Some(())
    }

    fn use_write_grant(
        &mut self,
        owner: &Key,
        issuer: &Key,
        sender: Pick,
        ids: (NewId, NewId),
        grantee: Pick,
        (lock, (not_before, not_after)): (When, (When, When)),
    ) -> Option<()> {
        let (original, copy) = (self.credential_id(ids.0), self.credential_id(ids.1));
        let (before, after, lock) = (self.at(not_before), self.at(not_after), self.at(lock));
        if before >= after {
            return None;
        }
        // Sometimes the id of another write grant, perhaps of one that is forgotten.
        let again = if sender.is_one_in(5) {
            NewId::Again(sender)
        } else {
            NewId::Fresh
        };
        let grant_id = self.id_for(again, |play| &mut play.write_grant_ids);
        let (first, second) = (self.fresh(), self.fresh());
        let to = grantee.of(&self.grantees)?;
        let call = WriteGrant {
            owner,
            signer: owner,
            grantee: &Self::spelled(grantee, &to),
            issuer,
            id: grant_id,
            locked_until: lock,
            usable: (before, after),
            original: (original, &notes(&original.to_string()), &first),
            copy: (copy, &second),
        }
        .call(&self.network);
        let user = self.model.user_of(owner.text());
        if self.send(&sender.of(&self.grantees)?, call.clone()) {
            assert!(
                before - 65 <= self.model.now && self.model.now <= after,
                "used out of time"
            );
            assert!(
                self.model.delegates.contains_key(issuer.text()),
                "issued by nobody who may"
            );
            assert!(
                !self.model.write_grants.contains_key(&grant_id),
                "used twice"
            );
            let [content, copied] = [first, second].map(|text| Sealed::copy(issuer, &text).content);
            self.model
                .put(original, user.expect("an owner"), &content, None);
            self.model.put_copy(copy, original, &copied);
            self.model.write_grants.insert(grant_id, after + 1);
            self.model.acted(owner.text());
            self.messages.push(Message::Grant(call));
            self.granted(copy, &to, lock, &copied);
        }
        Some(())
    }

    fn credential_id(&mut self, new: NewId) -> Uuid {
        self.id_for(new, |play| &mut play.credential_ids)
    }

    /// A new credential of an issuer, whose notes have its id.
    fn sealed(&mut self, issuer: &Key, new: NewId) -> (Uuid, Sealed) {
        let id = self.credential_id(new);
        let sealed = Sealed::new(issuer, &notes(&id.to_string()), &self.fresh());
        (id, sealed)
    }
}
