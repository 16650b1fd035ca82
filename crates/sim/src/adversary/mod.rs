//! Nodes that betray the others, each in a way of its own: one type and one file for each.
//!
//! An adversary runs the code of an honest node and changes what that says, or how. It may do what
//! anybody with its key could, and nothing else: messages bear its name, and other keys are not its.

mod clock_skewer;
mod equivocator;
mod flooder;
mod forger;
mod laggard;
mod liar;
mod lying_sync;
mod withholder;

pub use clock_skewer::ClockSkewer;
pub use equivocator::Equivocator;
pub use flooder::Flooder;
pub use forger::Forger;
pub use laggard::Laggard;
pub use liar::Liar;
pub use withholder::Withholder;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use idos_consensus::{
    Parts, PeerKey,
    simulation::{Control, Line, Skew},
};
use idos_ledger::ProvedAnswer;
use idos_node::NodeKey;
use idos_proof::SetChange;

use crate::random::Random;

/// Who betrays, and whom.
#[derive(Clone)]
pub(crate) struct Traitor {
    pub(crate) key: NodeKey,
    pub(crate) peer: PeerKey,
    pub(crate) others: Vec<PeerKey>,
    pub(crate) random: Random,
    /// How often it lied to nodes that fetch a state.
    pub(crate) sync_lies: Arc<AtomicU64>,
}

impl Traitor {
    /// How often it lied to nodes that fetch a state.
    pub(crate) fn told(&self) -> u64 {
        self.sync_lies.load(Ordering::Relaxed)
    }
}

/// A way to betray. Whatever it does not say is as on an honest node.
pub(crate) trait Adversary {
    /// Changes what the node runs.
    fn corrupt(&self, _traitor: &mut Traitor, parts: Parts) -> Parts {
        parts
    }

    /// Meddles with the messages that it sends. Asked once.
    fn meddle(&self, _traitor: &mut Traitor, _control: &Control) {}

    /// How its messages travel.
    fn line(&self) -> Option<Line> {
        None
    }

    /// How wrong its clock is.
    fn skew(&self) -> Skew {
        Skew::Right
    }

    /// To whom each of its halves speaks, if it has two.
    fn halves(&self, _traitor: &mut Traitor) -> Option<[Vec<PeerKey>; 2]> {
        None
    }

    /// What it answers to a client, given what it should: several lies. `earlier` is an answer to
    /// the same question that was true once.
    fn lies(
        &self,
        _traitor: &mut Traitor,
        _honest: &ProvedAnswer,
        _earlier: Option<&ProvedAnswer>,
    ) -> Vec<(&'static str, ProvedAnswer)> {
        Vec::new()
    }

    /// What it says of who validates, given what is so: several lies.
    fn false_sets(
        &self,
        _traitor: &mut Traitor,
        _honest: &SetChange,
    ) -> Vec<(&'static str, SetChange)> {
        Vec::new()
    }
}

/// The ways there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// [`Equivocator`].
    Equivocator,
    /// [`Withholder`].
    Withholder,
    /// [`Liar`].
    Liar,
    /// [`Laggard`].
    Laggard,
    /// [`Flooder`].
    Flooder,
    /// [`ClockSkewer`].
    ClockSkewer,
    /// [`Forger`].
    Forger,
}

impl Kind {
    /// Every way.
    pub const ALL: [Self; 7] = [
        Self::Equivocator,
        Self::Withholder,
        Self::Liar,
        Self::Laggard,
        Self::Flooder,
        Self::ClockSkewer,
        Self::Forger,
    ];

    /// An adversary of this kind.
    pub(crate) fn make(self, random: &mut Random) -> Box<dyn Adversary> {
        match self {
            Self::Equivocator => Box::new(Equivocator),
            Self::Withholder => Box::new(Withholder::new(random)),
            Self::Liar => Box::new(Liar),
            Self::Laggard => Box::new(Laggard::new(random)),
            Self::Flooder => Box::new(Flooder::new(random)),
            Self::ClockSkewer => Box::new(ClockSkewer::new(random)),
            Self::Forger => Box::new(Forger),
        }
    }
}
