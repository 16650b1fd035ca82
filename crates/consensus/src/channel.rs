//! The channels between nodes.

use std::num::NonZeroU32;

use commonware_runtime::Quota;
use commonware_utils::NZU32;

use crate::Topic;

/// A channel between nodes, with a quota of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// Votes for blocks and against views.
    Votes,
    /// Certificates of views.
    Certificates,
    /// Requests for certificates that were missed, and answers.
    Resolver,
    /// Requests for final blocks that were missed, and answers.
    Backfill,
    /// New blocks.
    Blocks,
    /// Messages of a service.
    Service(Topic),
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 8] = [
        Self::Votes,
        Self::Certificates,
        Self::Resolver,
        Self::Backfill,
        Self::Blocks,
        Self::Service(Topic::Transactions),
        Self::Service(Topic::Roots),
        Self::Service(Topic::Sync),
    ];

    /// Its number on the wire, never to be used for another.
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Votes => 0,
            Self::Certificates => 1,
            Self::Resolver => 2,
            Self::Backfill => 3,
            Self::Blocks => 4,
            Self::Service(Topic::Transactions) => 5,
            Self::Service(Topic::Roots) => 6,
            Self::Service(Topic::Sync) => 7,
        }
    }

    /// Messages that may be exchanged with one peer, per second and at once.
    ///
    /// What is above a quota is dropped without a word, and a certificate that is dropped is not
    /// sent again: so a second has room for ten times of what the fastest network needs, which is
    /// two votes and two certificates a block, and 66 blocks. What may come at once is small, since
    /// memory is set aside for it for every peer.
    pub(crate) fn quota(self) -> Quota {
        let (second, once): (NonZeroU32, NonZeroU32) = match self {
            Self::Votes | Self::Certificates => (NZU32!(2_048), NZU32!(256)),
            Self::Blocks => (NZU32!(1_024), NZU32!(64)),
            Self::Resolver | Self::Backfill => (NZU32!(1_024), NZU32!(128)),
            Self::Service(Topic::Roots) => (NZU32!(2_048), NZU32!(256)),
            Self::Service(Topic::Transactions) => (NZU32!(2_048), NZU32!(128)),
            Self::Service(Topic::Sync) => (NZU32!(512), NZU32!(64)),
        };
        Quota::per_second(second).allow_burst(once)
    }
}

/// Something for every channel.
pub(crate) struct Channels<T> {
    pub(crate) votes: T,
    pub(crate) certificates: T,
    pub(crate) resolver: T,
    pub(crate) backfill: T,
    pub(crate) blocks: T,
    pub(crate) transactions: T,
    pub(crate) roots: T,
    pub(crate) sync: T,
}

impl<T> Channels<T> {
    /// Makes something for every channel.
    pub(crate) async fn with(mut make: impl AsyncFnMut(Channel) -> T) -> Self {
        Self {
            votes: make(Channel::Votes).await,
            certificates: make(Channel::Certificates).await,
            resolver: make(Channel::Resolver).await,
            backfill: make(Channel::Backfill).await,
            blocks: make(Channel::Blocks).await,
            transactions: make(Channel::Service(Topic::Transactions)).await,
            roots: make(Channel::Service(Topic::Roots)).await,
            sync: make(Channel::Service(Topic::Sync)).await,
        }
    }
}

#[cfg(any(test, feature = "simulation"))]
impl<T> Channels<Option<T>> {
    /// The things, if there is one for every channel.
    pub(crate) fn all(self) -> Option<Channels<T>> {
        Some(Channels {
            votes: self.votes?,
            certificates: self.certificates?,
            resolver: self.resolver?,
            backfill: self.backfill?,
            blocks: self.blocks?,
            transactions: self.transactions?,
            roots: self.roots?,
            sync: self.sync?,
        })
    }
}

impl<T> Channels<T> {
    /// Those of services.
    pub(crate) fn lines(self) -> [(Topic, T); 3] {
        [
            (Topic::Transactions, self.transactions),
            (Topic::Roots, self.roots),
            (Topic::Sync, self.sync),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_channels_have_the_same_number() {
        let numbers: BTreeSet<u64> = Channel::ALL.map(Channel::number).into();
        assert_eq!(numbers.len(), Channel::ALL.len());
    }
}
