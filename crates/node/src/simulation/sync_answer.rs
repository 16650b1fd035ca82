//! What nodes say to whoever fetches a state, for those who say something else.

use idos_proof::{Children, Leaf, LeafKey, LeafValue, Prefix, Root};
use idos_types::{
    Digest,
    limits::{SYNC_REGIONS, SYNC_ROWS},
};

use crate::sync_message::Message;

/// What an answer is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SyncKind {
    /// How far a node has come, and what it keeps.
    Status,
    /// The state that it hands out.
    Target,
    /// Changes of validators.
    Sets,
    /// What regions of the state consist of.
    Regions,
    /// Rows.
    Rows,
}

/// An answer to a node that fetches a state, or asks whether it has to. Whatever is changed, it still
/// can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncAnswer(Message);

impl SyncAnswer {
    /// The answer in a message, unless it is a question, or nothing that can be read.
    pub fn decode(message: &[u8]) -> Option<Self> {
        let message = Message::decode(message).ok()?;
        kind(&message).map(|_| Self(message))
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    /// What it is about.
    pub fn kind(&self) -> Option<SyncKind> {
        kind(&self.0)
    }

    /// How many things it has.
    pub fn len(&self) -> usize {
        match &self.0 {
            Message::Sets(all) => all.len(),
            Message::Regions(_, all) => all.len(),
            Message::Rows(_, all) => all.len(),
            _ => 0,
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends it early.
    pub fn truncate(&mut self, len: usize) {
        match &mut self.0 {
            Message::Sets(all) => all.truncate(len),
            Message::Regions(_, all) => all.truncate(len),
            Message::Rows(_, all) => all.truncate(len),
            _ => {}
        }
    }

    /// Makes it as long as an answer can be, by what it has.
    pub fn stretch(&mut self) {
        fn repeat<T: Clone>(all: &mut Vec<T>, most: usize) {
            let repeated = all.iter().cloned().cycle().take(most);
            *all = repeated.collect();
        }
        match &mut self.0 {
            Message::Regions(_, all) => repeat(all, SYNC_REGIONS),
            Message::Rows(_, all) => repeat(all, SYNC_ROWS),
            _ => {}
        }
    }

    /// Exchanges the first and the last of its things.
    pub fn swap(&mut self) {
        let last = self.len().saturating_sub(1);
        match &mut self.0 {
            Message::Sets(all) if last > 0 => all.swap(0, last),
            Message::Regions(_, all) if last > 0 => all.swap(0, last),
            Message::Rows(_, all) if last > 0 => all.swap(0, last),
            _ => {}
        }
    }

    /// Denies that the sender has what was asked for.
    pub fn deny(&mut self) {
        match &mut self.0 {
            Message::Regions(_, all) => all.iter_mut().for_each(|one| *one = None),
            Message::Rows(_, all) => all.iter_mut().for_each(|one| *one = None),
            _ => {}
        }
    }

    /// Puts the things of another answer of its kind in the place of its own; its number stays.
    pub fn answer_with(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Message::Regions(_, all), Message::Regions(_, others)) => all.clone_from(others),
            (Message::Rows(_, all), Message::Rows(_, others)) => all.clone_from(others),
            (own, other) if kind(own) == kind(other) => own.clone_from(other),
            _ => {}
        }
    }

    /// Says something else in its last thing: a row with another salt, a region without one of its
    /// parts, another block, another set, another height.
    pub fn spoil(&mut self) {
        match &mut self.0 {
            Message::Status(kept_from, _) => *kept_from = u64::MAX,
            Message::Target(target) => match target.floor.last_mut() {
                Some(last) => *last ^= 1,
                None => target.floor.push(0),
            },
            Message::Sets(all) => {
                if let Some(last) = all.last_mut() {
                    last.salt.0[0] ^= 1;
                }
            }
            Message::Regions(_, all) => {
                if let Some(Some(last)) = all.last_mut() {
                    *last = spoilt(last);
                }
            }
            Message::Rows(_, all) => {
                if let Some(Some(last)) = all.last_mut() {
                    last.salt.0[0] ^= 1;
                }
            }
            _ => {}
        }
    }
}

fn kind(message: &Message) -> Option<SyncKind> {
    match message {
        Message::Status(..) => Some(SyncKind::Status),
        Message::Target(_) => Some(SyncKind::Target),
        Message::Sets(_) => Some(SyncKind::Sets),
        Message::Regions(..) => Some(SyncKind::Regions),
        Message::Rows(..) => Some(SyncKind::Rows),
        _ => None,
    }
}

/// Children that are others in their last bytes, which are those of a hash.
fn spoilt(children: &Children) -> Children {
    let mut bytes = children.encode();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    Children::decode(&bytes).unwrap_or_else(|_| children.clone())
}

/// Questions of a node that only wants to give work: for what nobody has, as many at once as one
/// question may ask for.
pub fn sync_questions(number: u32, seed: [u8; 32]) -> Vec<Vec<u8>> {
    let hash = Digest(seed);
    let leaf = Leaf {
        key: LeafKey([seed; 2].concat().try_into().unwrap_or([0; 64])),
        value: LeafValue(hash),
    };
    let region = (Prefix::EMPTY, Root { hash, count: 9 });
    let questions = [
        Message::AskStatus,
        Message::AskTarget,
        Message::AskSets(0),
        Message::AskRegions(number, vec![region; SYNC_REGIONS]),
        Message::AskRows(number, vec![leaf; SYNC_ROWS]),
    ];
    questions.iter().map(Message::encode).collect()
}
