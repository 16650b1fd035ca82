//! People, issuers and consumers, who do everything the catalogue offers, allowed or not.

use std::{collections::BTreeMap, time::Duration};

use idos_ledger::{Call, Caller};
use idos_node::simulation::{Outcome, Pending};
use idos_types::{Digest, Uuid, Value};
use idos_wire::TxCode;

use crate::{
    game::STEP,
    random::Random,
    support::{
        call::call,
        id,
        key::Key,
        network::transaction,
        signed::{Sealed, add_wallet, notes, upsert_wallet},
        validators::operator,
    },
    world::World,
};

/// How long a client waits to hear what became of its transaction, in milliseconds.
const PATIENCE_MS: u64 = 15_000;
/// How long the network may take for a transaction while nothing but adversaries disturbs it, in
/// milliseconds: a few views whose leaders are adversaries, each as long as a view can be.
const BOUND_MS: u64 = 60_000;

/// A row that a client made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Row {
    Attribute(Uuid),
    Credential(Uuid),
}

/// What a transaction does to rows, if it takes effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Nothing that is looked for.
    Other,
    /// A row is made.
    Makes {
        /// Which.
        row: Row,
        /// The person who makes it for their own profile; an issuer may have another in mind.
        by: Option<usize>,
        /// What it is a copy of.
        original: Option<Row>,
    },
    /// A person erases a row; nothing happens if it is not theirs.
    Erases(Row, usize),
    /// A person erases everything.
    ErasesAll(usize),
}

/// A transaction that a client sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) action: String,
    pub(crate) effect: Effect,
    /// What the client was told, if it was told that it is in a block.
    pub(crate) acknowledged: Option<TxCode>,
}

struct Waiting {
    pending: Pending,
    hash: Digest,
    node: usize,
    life: u32,
    until_ms: u64,
}

/// All clients of a world.
pub(crate) struct Clients {
    random: Random,
    persons: Vec<Key>,
    issuers: Vec<Key>,
    consumers: Vec<Key>,
    /// Profiles that issuers made, each for a person.
    profiles: Vec<(Uuid, usize)>,
    attributes: Vec<(Uuid, usize)>,
    credentials: Vec<(Uuid, usize)>,
    waiting: Vec<Waiting>,
    pub(crate) sent: BTreeMap<Digest, Sent>,
    pub(crate) refused: u64,
    counter: u64,
}

impl Clients {
    pub(crate) fn new(mut random: Random) -> Self {
        let people = |kind: &str, count: u64| -> Vec<Key> {
            (0..count)
                .map(|number| Key::of(&format!("{kind} {number}")))
                .collect()
        };
        Self {
            persons: people("person", 3 + random.below(4)),
            issuers: people("issuer", 2),
            consumers: people("consumer", 2),
            profiles: Vec::new(),
            attributes: Vec::new(),
            credentials: Vec::new(),
            waiting: Vec::new(),
            sent: BTreeMap::new(),
            refused: 0,
            counter: 0,
            random,
        }
    }

    pub(crate) fn person(&self, random: &mut Random) -> Key {
        random.of(&self.persons).expect("some").clone()
    }

    /// Admits issuers and makes the first profiles, before anything goes wrong.
    pub(crate) async fn settle(&mut self, world: &mut World) {
        let operators = (0..world.genesis.validators.len()).map(operator);
        let operators: Vec<_> = operators.collect();
        for (number, issuer) in self.issuers.clone().iter().enumerate() {
            let name = format!("issuer {number}");
            let calls = [
                call!("add_inserter_as_owner", id(&name), name.as_str()),
                call!("add_delegate_as_owner", issuer.text(), id(&name)),
            ];
            for call in calls {
                let calls: Vec<_> = operators.iter().map(|key| (key, call.clone())).collect();
                // What enough of them want is so; the rest come too late.
                self.through(world, &calls).await;
            }
        }
        for person in 0..self.persons.len() {
            let issuer = self.issuers[person % 2].clone();
            let (user, profile, wallet) = self.profile(person);
            self.must(world, &issuer, profile).await;
            self.must(world, &issuer, wallet).await;
            self.profiles.push((user, person));
        }
    }

    /// Sends whatever comes to mind, and hears what became of earlier ideas.
    pub(crate) fn act(&mut self, world: &mut World) {
        self.hear(world);
        while self.waiting.len() < 24 && self.random.one_in(2) {
            self.try_something(world);
        }
    }

    /// Something that must work for whoever comes now: the network is whole.
    pub(crate) async fn probe(&mut self, world: &mut World) {
        let issuer = self.issuers[0].clone();
        let user = id(&self.fresh());
        let call = call!("add_user_as_inserter", user, "encryption key", "user");
        self.must(world, &issuer, call).await;
    }

    /// Sends something new to one node, and returns how long it took until the client was told that
    /// it is in a certified block, to within `step`.
    pub(crate) async fn timed(
        &mut self,
        world: &mut World,
        number: usize,
        step: Duration,
    ) -> Duration {
        let issuer = self.issuers[0].clone();
        let call = call!(
            "add_user_as_inserter",
            id(&self.fresh()),
            "encryption key",
            "user"
        );
        let node = world.peers[number].node.clone().expect("it runs");
        let last = node.last_nonce(&issuer.sender()).expect("it reads");
        let bytes = transaction(&issuer, call, last + 1, self.fresh())
            .bytes
            .to_vec();
        let start = world.now().millis();
        let mut pending = node.submit(bytes, world.now()).expect("it is allowed");
        loop {
            match pending.outcome() {
                Outcome::Committed(code, log) => {
                    assert_eq!(code, TxCode::Ok, "{log}");
                    return Duration::from_millis(world.now().millis() - start);
                }
                Outcome::Waiting => world.pass(step).await,
                other => panic!("not committed: {other:?}"),
            }
        }
    }

    async fn must(&mut self, world: &mut World, key: &Key, call: Call) {
        let action = call.action.clone();
        let code = self.through(world, &[(key, call)]).await;
        assert_eq!(code, [TxCode::Ok], "{action} failed");
    }

    /// Sends transactions of several senders, each again and again until it is in a block.
    async fn through(&mut self, world: &mut World, calls: &[(&Key, Call)]) -> Vec<TxCode> {
        let end = world.now().millis() + BOUND_MS;
        let mut hashes: Vec<Option<Digest>> = vec![None; calls.len()];
        let mut codes: Vec<Option<TxCode>> = vec![None; calls.len()];
        while codes.iter().any(Option::is_none) {
            for (place, (key, call)) in calls.iter().enumerate() {
                let waits = |hash: &Digest| self.is_waiting(hash);
                if codes[place].is_some() || hashes[place].as_ref().is_some_and(waits) {
                    continue;
                }
                codes[place] = hashes[place].and_then(|hash| self.sent[&hash].acknowledged);
                if codes[place].is_none() {
                    hashes[place] = self.send(world, key, call.clone(), Effect::Other);
                }
            }
            world.pass(STEP).await;
            self.hear(world);
            let now = world.now().millis();
            assert!(
                now < end,
                "liveness: nothing gets through{}",
                world.stands()
            );
        }
        codes.into_iter().flatten().collect()
    }

    /// Whether somebody waits to hear what became of a transaction.
    pub(crate) fn is_waiting(&self, hash: &Digest) -> bool {
        self.waiting.iter().any(|one| one.hash == *hash)
    }

    /// Sends a transaction to a node; its hash if the node takes it.
    pub(crate) fn send(
        &mut self,
        world: &mut World,
        key: &Key,
        call: Call,
        effect: Effect,
    ) -> Option<Digest> {
        let (number, node) = world.any_serving()?;
        let nonce = node
            .last_nonce(&key.sender())
            .expect("an honest node reads")
            + 1;
        let action = call.action.clone();
        let item = transaction(key, call, nonce, self.fresh());
        self.submit(
            world,
            number,
            item.bytes.to_vec(),
            Sent {
                action,
                effect,
                acknowledged: None,
            },
        )
    }

    fn submit(
        &mut self,
        world: &World,
        number: usize,
        bytes: Vec<u8>,
        sent: Sent,
    ) -> Option<Digest> {
        let peer = &world.peers[number];
        let node = peer.node.as_ref()?;
        let hash = Digest::of(&bytes);
        match node.submit(bytes, world.now()) {
            Ok(pending) => {
                self.waiting.push(Waiting {
                    pending,
                    hash,
                    node: number,
                    life: peer.life,
                    until_ms: world.now().millis() + PATIENCE_MS,
                });
                self.sent.insert(hash, sent);
                Some(hash)
            }
            Err(_) => {
                self.refused += 1;
                None
            }
        }
    }

    /// Hears what became of transactions.
    pub(crate) fn hear(&mut self, world: &World) {
        let now = world.now().millis();
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain_mut(|one| {
            if world.peers[one.node].life != one.life {
                return false;
            }
            match one.pending.outcome() {
                Outcome::Waiting => now < one.until_ms,
                Outcome::Refused(..) => {
                    self.refused += 1;
                    false
                }
                Outcome::Gone => false,
                Outcome::Committed(code, _) => {
                    let sent = self.sent.get_mut(&one.hash).expect("it was sent");
                    sent.acknowledged = Some(code);
                    false
                }
            }
        });
        self.waiting = waiting;
    }

    fn fresh(&mut self) -> String {
        self.counter += 1;
        format!("number {}", self.counter)
    }

    fn profile(&mut self, person: usize) -> (Uuid, Call, Call) {
        let (name, nonce) = (self.fresh(), self.fresh());
        let user = id(&name);
        let make = call!("add_user_as_inserter", user, "encryption key", "user");
        let wallet = upsert_wallet(id(&nonce), user, &self.persons[person], &nonce);
        (user, make, wallet)
    }

    fn try_something(&mut self, world: &mut World) {
        let person = self.random.at(self.persons.len());
        // Now and then somebody tries what only another may.
        let stranger = self.random.one_in(8);
        let key = match stranger {
            true => self.random.of(&self.consumers).expect("some").clone(),
            false => self.persons[person].clone(),
        };
        let issuer = self.random.of(&self.issuers).expect("some").clone();
        match self.random.below(18) {
            0..4 => {
                let row = id(&self.fresh());
                self.attributes.push((row, person));
                let call = call!("add_attribute", row, "key", "value");
                self.send(
                    world,
                    &key,
                    call,
                    makes(Row::Attribute(row), Some(person), None),
                );
            }
            4 => {
                let Some((user, owner)) = self.random.of(&self.profiles).copied() else {
                    return;
                };
                let row = id(&self.fresh());
                self.attributes.push((row, owner));
                let call = call!("add_attribute_as_inserter", row, user, "key", "value");
                self.send(world, &issuer, call, makes(Row::Attribute(row), None, None));
            }
            5 => {
                let Some((original, owner)) = self.random.of(&self.attributes).copied() else {
                    return;
                };
                let copy = id(&self.fresh());
                self.attributes.push((copy, owner));
                let call = call!("share_attribute", copy, original, "key", "sealed");
                let key = self.owner(owner, key, stranger);
                let rows = (Row::Attribute(copy), Row::Attribute(original));
                self.send(world, &key, call, makes(rows.0, Some(owner), Some(rows.1)));
            }
            6 => {
                let Some((row, owner)) = self.random.of(&self.attributes).copied() else {
                    return;
                };
                let key = self.owner(owner, key, stranger);
                let effect = erases(Row::Attribute(row), owner, stranger);
                self.send(world, &key, call!("remove_attribute", row), effect);
            }
            7..10 => {
                let row = id(&self.fresh());
                let content = self.fresh();
                self.credentials.push((row, person));
                let sealed = Sealed::new(&issuer, &notes(&content), &content);
                let effect = makes(Row::Credential(row), Some(person), None);
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
                let effect = makes(Row::Credential(row), None, None);
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
                self.send(world, &key, call, makes(rows.0, Some(owner), Some(rows.1)));
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
            _ => self.cheat(world, &key),
        }
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

fn makes(row: Row, by: Option<usize>, original: Option<Row>) -> Effect {
    Effect::Makes { row, by, original }
}

fn erases(row: Row, owner: usize, stranger: bool) -> Effect {
    match stranger {
        true => Effect::Other,
        false => Effect::Erases(row, owner),
    }
}
