//! See [`Withholder`].

use idos_consensus::{
    Channel, Topic,
    simulation::{Control, Fate},
};

use super::{Adversary, Traitor};
use crate::random::Random;

/// Proposes and votes, and keeps payloads to itself: its blocks reach few or nobody, it answers no
/// question for blocks or certificates, and what clients give it goes into its own blocks only.
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
        control.meddle(move |message| {
            let is_withheld = match message.channel {
                Channel::Blocks => !favoured.contains(&message.to),
                Channel::Backfill | Channel::Resolver => true,
                Channel::Service(topic) => topic == Topic::Transactions,
                Channel::Votes | Channel::Certificates => false,
            };
            match message.from == me && is_withheld {
                true => Fate::Lost,
                false => Fate::Arrives,
            }
        });
    }
}
