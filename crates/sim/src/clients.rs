//! People, issuers and consumers: what they send, and what they hear of it.

mod attempts;
mod crowd;
mod effect;

use std::{collections::BTreeMap, time::Duration};

use idos_ledger::Call;
use idos_node::simulation::{Outcome, Pending};
use idos_types::{Digest, Uuid};
use idos_wire::TxCode;

pub(crate) use effect::{Effect, Made, Row, Sent, Share};

use crate::{
    game::STEP,
    random::Random,
    support::{
        call::call, id, key::Key, network::transaction, signed::upsert_wallet, validators::operator,
    },
    world::World,
};

/// How long a client waits to hear what became of its transaction, in milliseconds.
const PATIENCE_MS: u64 = 15_000;
/// How long the network may take for a transaction while nothing but adversaries disturbs it, in
/// milliseconds: a few views whose leaders are adversaries, each as long as a view can be.
const BOUND_MS: u64 = 60_000;

struct Waiting {
    pending: Pending,
    hash: Digest,
    node: usize,
    life: u32,
    until_ms: u64,
}

/// An attribute, of the person whom it is for.
#[derive(Clone, Copy)]
struct Attribute {
    id: Uuid,
    owner: usize,
    is_copy: bool,
}

/// A copy of an attribute, for a consumer.
#[derive(Clone)]
struct Shared {
    copy: Uuid,
    original: Attribute,
    share: Share,
}

/// All clients of a world.
pub(crate) struct Clients {
    random: Random,
    persons: Vec<Key>,
    issuers: Vec<Key>,
    consumers: Vec<Key>,
    /// Profiles that issuers made, each for a person.
    profiles: Vec<(Uuid, usize)>,
    attributes: Vec<Attribute>,
    /// Copies of attributes that people made for consumers, or tried to.
    shared: Vec<Shared>,
    credentials: Vec<(Uuid, usize)>,
    waiting: Vec<Waiting>,
    pub(crate) sent: BTreeMap<Digest, Sent>,
    pub(crate) refused: u64,
    counter: u64,
}

impl Clients {
    pub(crate) fn new(mut random: Random) -> Self {
        let persons = 3 + random.below(4);
        Self::of(random, persons)
    }

    fn of(random: Random, persons: u64) -> Self {
        let people = |kind: &str, count: u64| -> Vec<Key> {
            (0..count)
                .map(|number| Key::of(&format!("{kind} {number}")))
                .collect()
        };
        Self {
            persons: people("person", persons),
            issuers: people("issuer", 2),
            consumers: people("consumer", 2),
            profiles: Vec::new(),
            attributes: Vec::new(),
            shared: Vec::new(),
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

    /// The key of a person.
    pub(crate) fn key_of(&self, person: usize) -> &Key {
        &self.persons[person]
    }

    /// Consumers, in the order of their numbers.
    pub(crate) fn consumers(&self) -> &[Key] {
        &self.consumers
    }

    /// A copy of an attribute that was made for a consumer, or was meant to be.
    pub(crate) fn shared(&self, random: &mut Random) -> Option<Uuid> {
        random.of(&self.shared).map(|shared| shared.copy)
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
        let pending = node.submit(bytes, world.now()).expect("it is allowed");
        crowd::until_told(world, vec![pending], step).await
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
}
