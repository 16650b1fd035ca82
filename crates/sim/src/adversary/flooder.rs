//! See [`Flooder`].

use idos_consensus::{
    Channel, Outbox, Parts, PeerKey, Recipient, Service, Topic,
    simulation::{Control, Fate},
};
use idos_node::{
    NodeKey,
    simulation::{entries_message, root_vote, stated, sync_questions},
};
use idos_types::{BlockTime, Digest};

use super::{Adversary, Traitor};
use crate::{
    random::Random,
    support::{call::call, id, key::Key, network::transaction},
};

/// How often it floods, in milliseconds.
const EVERY_MS: u64 = 100;
/// Transactions of one flood.
const TRANSACTIONS: u64 = 8;
/// Votes on states of one flood.
const VOTES: u64 = 16;
/// Longest garbage in bytes.
const GARBAGE: u64 = 100_000;

/// Sends what costs it nothing and others something, as much as it can: bytes that mean nothing, on
/// channels of consensus too if it does not mind to be shut out for that; transactions of strangers
/// that are signed and useless; votes on states of heights that do not exist; questions for states that
/// nobody has.
pub struct Flooder {
    /// Whether it spoils messages of consensus too.
    is_rude: bool,
}

impl Flooder {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            is_rude: random.one_in(2),
        }
    }
}

impl Adversary for Flooder {
    fn corrupt(&self, traitor: &mut Traitor, mut parts: Parts) -> Parts {
        let services = std::mem::take(&mut parts.services);
        for (topic, inner) in services {
            let flooding = Flooding {
                topic,
                inner,
                key: traitor.key.clone(),
                random: traitor.random.fork(),
                vouched: None,
                next_ms: 0,
            };
            parts.services.push((topic, Box::new(flooding)));
        }
        parts
    }

    fn meddle(&self, traitor: &mut Traitor, control: &Control) {
        if !self.is_rude {
            return;
        }
        let (me, mut random) = (traitor.peer, traitor.random.fork());
        control.meddle(move |message| {
            let is_of_consensus = !matches!(message.channel, Channel::Service(_));
            if message.from != me || !is_of_consensus || !random.one_in(16) {
                return Fate::Arrives;
            }
            let mut bytes = message.bytes.to_vec();
            match bytes.len() {
                0 => {}
                len if random.one_in(2) => {
                    let at = random.at(len);
                    bytes[at] ^= 0x55;
                }
                len => bytes = random.bytes(len),
            }
            Fate::Instead(bytes)
        });
    }
}

struct Flooding {
    topic: Topic,
    inner: Box<dyn Service>,
    key: NodeKey,
    random: Random,
    /// What it vouched for last.
    vouched: Option<Vec<u8>>,
    next_ms: u64,
}

impl Flooding {
    fn garbage(&mut self) -> Vec<u8> {
        let len = usize::try_from(self.random.below(GARBAGE)).expect("short");
        self.random.bytes(len)
    }

    fn flood(&mut self, outbox: &mut Outbox) {
        let mut messages = vec![self.garbage()];
        match self.topic {
            Topic::Transactions => messages.extend(self.transactions()),
            Topic::Roots => messages.extend(self.votes()),
            Topic::Sync => messages.extend(self.questions()),
        }
        for message in messages {
            outbox.send(Recipient::All, message);
        }
    }

    fn transactions(&mut self) -> Vec<Vec<u8>> {
        let mut entries = vec![self.garbage()];
        for _ in 0..TRANSACTIONS {
            let name = format!("stranger {}", self.random.below(1_000));
            let call = call!("add_attribute", id(&name), "key", "value");
            let nonce = 1 + self.random.below(3);
            let item = transaction(&Key::of(&name), call, nonce, name);
            let mut bytes = item.bytes.to_vec();
            if self.random.one_in(2) {
                let at = self.random.at(bytes.len());
                bytes[at] ^= 1;
            }
            entries.push(bytes);
        }
        entries_message(entries)
    }

    fn questions(&mut self) -> Vec<Vec<u8>> {
        let seed = Digest::of(&self.random.next().to_le_bytes()).0;
        let number = u32::try_from(self.random.below(1_000)).expect("small");
        sync_questions(number, seed)
    }

    fn votes(&mut self) -> Vec<Vec<u8>> {
        let last = self.vouched.as_deref().and_then(stated);
        let Some(last) = last else {
            return Vec::new();
        };
        let mut vote = || {
            let mut statement = last.clone();
            statement.height += self.random.below(300);
            statement.epoch += self.random.below(3);
            statement.root.hash = Digest::of(&self.random.next().to_le_bytes());
            root_vote(&self.key, &statement)
        };
        (0..VOTES).map(|_| vote()).collect()
    }

    fn pass_on(&mut self, honest: Outbox, outbox: &mut Outbox) {
        for (to, bytes) in honest.into_messages() {
            if stated(&bytes).is_some() {
                self.vouched = Some(bytes.clone());
            }
            outbox.send(to, bytes);
        }
    }
}

impl Service for Flooding {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox) {
        let mut honest = Outbox::default();
        self.inner.received(from, bytes, now, &mut honest);
        self.pass_on(honest, outbox);
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let mut honest = Outbox::default();
        let due = self.inner.tick(now, &mut honest);
        self.pass_on(honest, outbox);
        if now.millis() >= self.next_ms {
            self.next_ms = now.millis() + EVERY_MS;
            self.flood(outbox);
        }
        due.min(BlockTime::from_millis(self.next_ms))
    }
}
