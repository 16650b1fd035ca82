//! See [`Withholder`].

use std::sync::{Arc, atomic::Ordering};

use idos_consensus::{
    Channel, Topic,
    simulation::{Control, Fate},
};
use idos_node::simulation::{SyncAnswer, SyncKind};

use super::{Adversary, Traitor};
use crate::random::Random;

/// Proposes and votes, and keeps payloads to itself: its blocks reach few or nobody, it answers no
/// question for blocks or certificates, and what clients give it goes into its own blocks only. To
/// nodes that fetch a state it offers its own, and hands out nothing of it.
pub struct Withholder {
    /// How many others get its blocks all the same.
    favourites: u64,
}

impl Withholder {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            favourites: random.below(4),
        }
    }
}

impl Adversary for Withholder {
    fn meddle(&self, traitor: &mut Traitor, control: &Control) {
        let favourites = usize::try_from(self.favourites).expect("a few");
        let favoured = traitor.others[..favourites.min(traitor.others.len())].to_vec();
        let me = traitor.peer;
        let told = Arc::clone(&traitor.sync_lies);
        control.meddle(move |message| {
            if message.from != me {
                return Fate::Arrives;
            }
            let is_withheld = match message.channel {
                Channel::Blocks => !favoured.contains(&message.to),
                Channel::Backfill | Channel::Resolver => true,
                Channel::Service(Topic::Sync) => is_of_state(message.bytes),
                Channel::Service(topic) => topic == Topic::Transactions,
                Channel::Votes | Channel::Certificates => false,
            };
            if is_withheld && message.channel == Channel::Service(Topic::Sync) {
                told.fetch_add(1, Ordering::Relaxed);
            }
            match is_withheld {
                true => Fate::Lost,
                false => Fate::Arrives,
            }
        });
    }
}

/// Whether a message has something of the state in it.
fn is_of_state(message: &[u8]) -> bool {
    let kind = SyncAnswer::decode(message).and_then(|answer| answer.kind());
    matches!(kind, Some(SyncKind::Regions | SyncKind::Rows))
}
