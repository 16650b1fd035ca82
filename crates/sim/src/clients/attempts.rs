//! What people, issuers and consumers try: everything the catalogue offers, allowed or not.

use idos_ledger::Caller;
use idos_types::{Uuid, Value};

use super::{Attribute, Clients, Effect, Made, Row, Sent, Share, Shared};
use crate::{
    support::{
        call::call,
        id,
        key::Key,
        network::transaction,
        signed::{Sealed, add_wallet, notes},
    },
    world::World,
};

impl Clients {
    /// Does something that comes to mind.
    pub(super) fn try_something(&mut self, world: &mut World) {
        let person = self.random.at(self.persons.len());
        // Now and then somebody tries what only another may.
        let stranger = self.random.one_in(8);
        let key = match stranger {
            true => self.random.of(&self.consumers).expect("some").clone(),
            false => self.persons[person].clone(),
        };
        let issuer = self.random.of(&self.issuers).expect("some").clone();
        match self.random.below(20) {
            0..4 => {
                let row = self.attribute(person, false);
                let call = call!("add_attribute", row, "key", "value");
                let effect = Effect::own(Row::Attribute(row), person, None).unless(stranger);
                self.send(world, &key, call, effect);
            }
            4 => {
                let Some((user, owner)) = self.random.of(&self.profiles).copied() else {
                    return;
                };
                let row = self.attribute(owner, false);
                let call = call!("add_attribute_as_inserter", row, user, "key", "value");
                self.send(world, &issuer, call, Effect::issued(Row::Attribute(row)));
            }
            5 => {
                let Some(original) = self.random.of(&self.attributes).copied() else {
                    return;
                };
                let Attribute { id, owner, is_copy } = original;
                let copy = self.attribute(owner, true);
                let call = call!("share_attribute", copy, id, "key", "sealed");
                let key = self.owner(owner, key, stranger);
                let rows = (Row::Attribute(copy), Row::Attribute(id));
                let effect = Effect::own(rows.0, owner, Some(rows.1));
                self.send(world, &key, call, effect.unless(stranger || is_copy));
            }
            6 => {
                let Some(Attribute { id, owner, .. }) = self.random.of(&self.attributes).copied()
                else {
                    return;
                };
                let key = self.owner(owner, key, stranger);
                let effect = erases(Row::Attribute(id), owner, stranger);
                self.send(world, &key, call!("remove_attribute", id), effect);
            }
            7..10 => {
                let row = id(&self.fresh());
                let content = self.fresh();
                self.credentials.push((row, person));
                let sealed = Sealed::new(&issuer, &notes(&content), &content);
                let effect = Effect::own(Row::Credential(row), person, None).unless(stranger);
                self.send(world, &key, sealed.add(row), effect);
            }
            10 => {
                let Some((user, owner)) = self.random.of(&self.profiles).copied() else {
                    return;
                };
                let row = id(&self.fresh());
                let content = self.fresh();
                self.credentials.push((row, owner));
                let sealed = Sealed::new(&issuer, &notes(&content), &content);
                let effect = Effect::issued(Row::Credential(row));
                self.send(world, &issuer, sealed.upsert(row, user), effect);
            }
            11..13 => {
                let Some((original, owner)) = self.random.of(&self.credentials).copied() else {
                    return;
                };
                let key = self.owner(owner, key, stranger);
                let copy = id(&self.fresh());
                let content = self.fresh();
                self.credentials.push((copy, owner));
                let consumer = self.random.of(&self.consumers).expect("some").clone();
                let sealed = Sealed::copy(&key, &content);
                let call = sealed.share(copy, original, consumer.text(), 0);
                let rows = (Row::Credential(copy), Row::Credential(original));
                let effect = Effect::own(rows.0, owner, Some(rows.1));
                self.send(world, &key, call, effect.unless(stranger));
            }
            13 => {
                let Some((row, owner)) = self.random.of(&self.credentials).copied() else {
                    return;
                };
                let key = self.owner(owner, key, stranger);
                let effect = erases(Row::Credential(row), owner, stranger);
                self.send(world, &key, call!("remove_credential", row), effect);
            }
            14 => {
                let grants = self.grants(world, &key);
                let Some(grant) = self.random.of(&grants).copied() else {
                    return;
                };
                self.send(
                    world,
                    &key,
                    call!("revoke_access_grant", grant),
                    Effect::Other,
                );
            }
            15 => {
                let nonce = self.fresh();
                let wallet = Key::of(&format!("wallet {nonce}"));
                let call = add_wallet(id(&nonce), &wallet, &nonce);
                self.send(world, &key, call, Effect::Other);
            }
            16 if self.random.one_in(4) => {
                let effect = Effect::ErasesAll(person);
                let key = self.persons[person].clone();
                self.send(world, &key, call!("erase_profile"), effect);
            }
            16 => {
                let (user, make, wallet) = self.profile(person);
                self.profiles.push((user, person));
                self.send(world, &issuer, make, Effect::Other);
                self.send(world, &issuer, wallet, Effect::Other);
            }
            17 => self.cheat(world, &key),
            _ => self.share_attribute_with(world, key, stranger),
        }
    }

    /// The id of a new attribute.
    fn attribute(&mut self, owner: usize, is_copy: bool) -> Uuid {
        let id = id(&self.fresh());
        self.attributes.push(Attribute { id, owner, is_copy });
        id
    }

    /// Shares an attribute with a consumer. Not allowed are copies of copies and a grantee that is
    /// nobody; the id of an earlier copy, only as long as there is no such copy, or for the same.
    fn share_attribute_with(&mut self, world: &mut World, key: Key, stranger: bool) {
        let Some(original) = self.random.of(&self.attributes).copied() else {
            return;
        };
        let earlier = self.random.of(&self.shared).cloned();
        let earlier = earlier.filter(|_| self.random.one_in(4));
        let consumer = self.random.at(self.consumers.len());
        let shared = match earlier {
            Some(mut earlier) => {
                earlier.share.consumer = consumer;
                earlier
            }
            None => Shared {
                copy: self.attribute(original.owner, true),
                original,
                share: Share {
                    consumer,
                    value: self.fresh(),
                },
            },
        };
        self.shared.push(shared.clone());
        let Shared {
            copy,
            original,
            share,
        } = shared;
        let is_for_nobody = self.random.one_in(8);
        let grantee = match is_for_nobody {
            true => "",
            false => self.consumers[consumer].text(),
        };
        let value = share.value.as_str();
        let call = call!(
            "share_attribute_with",
            copy,
            original.id,
            "key",
            value,
            grantee
        );
        let effect = Effect::Makes(Made {
            row: Row::Attribute(copy),
            by: Some(original.owner),
            original: Some(Row::Attribute(original.id)),
            share: Some(share),
        });
        let key = self.owner(original.owner, key, stranger);
        let is_forbidden = stranger || original.is_copy || is_for_nobody;
        self.send(world, &key, call, effect.unless(is_forbidden));
    }

    fn owner(&self, owner: usize, key: Key, stranger: bool) -> Key {
        match stranger {
            true => key,
            false => self.persons[owner].clone(),
        }
    }

    fn grants(&self, world: &mut World, key: &Key) -> Vec<Uuid> {
        let caller = Caller::new(key.text().to_owned());
        let now = world.now();
        let Some((_, node)) = world.any_serving() else {
            return Vec::new();
        };
        // Whoever has no profile is refused.
        let rows = node.view(&caller, call!("get_access_grants_owned"), now);
        let rows = rows.unwrap_or_default();
        let ids = rows.iter().filter_map(|row| match row.first() {
            Some(Value::Uuid(id)) => Some(*id),
            Some(_) | None => None,
        });
        ids.collect()
    }

    /// What no node may take: a signature of somebody else, another chain, a nonce that is used.
    fn cheat(&mut self, world: &mut World, key: &Key) {
        let Some((number, node)) = world.any_serving() else {
            return;
        };
        let last = node
            .last_nonce(&key.sender())
            .expect("an honest node reads");
        let row = id(&self.fresh());
        let call = call!("add_attribute", row, "key", "value");
        let is_old = self.random.one_in(2);
        let nonce = if is_old { last } else { last + 1 };
        let mut bytes = transaction(key, call, nonce, self.fresh()).bytes.to_vec();
        if !is_old {
            let at = self.random.at(bytes.len());
            bytes[at] ^= 1 << self.random.below(8);
        }
        let sent = Sent {
            action: "a cheat".to_owned(),
            effect: Effect::Other,
            acknowledged: None,
        };
        let taken = self.submit(world, number, bytes, sent);
        assert_eq!(
            taken, None,
            "validity: node {number} takes what nobody signed"
        );
    }
}

fn erases(row: Row, owner: usize, stranger: bool) -> Effect {
    match stranger {
        true => Effect::Other,
        false => Effect::Erases(row, owner),
    }
}
