//! Who is not asked for a while, for what that peer did: never for what this node did not look at in
//! time.

use idos_consensus::PeerKey;
use idos_types::BlockTime;
use tracing::{info, warn};

use super::Fetch;
use crate::sync::flights::Asked;

/// For how long a peer is not asked that did not answer, and one that sent what is not true.
const SILENT_MS: u64 = 10_000;
const LIAR_MS: u64 = 60_000;

impl Fetch {
    /// Asks others for what was not answered in time.
    pub(super) fn recall(&mut self, now: BlockTime) {
        for peer in self.flights.late() {
            info!(peer = %peer, "a peer does not answer");
            self.flights
                .avoid(peer, now.millis().saturating_add(SILENT_MS));
            self.leave(peer);
        }
        for asked in self.flights.lost() {
            self.want_again(asked);
        }
    }

    /// Does not ask a peer for a while that sent what is not true.
    pub(super) fn avoid(&mut self, peer: PeerKey, lie: &'static str, now: BlockTime) {
        warn!(peer = %peer, "a peer sent {lie}; the others are asked");
        self.flights
            .avoid(peer, now.millis().saturating_add(LIAR_MS));
        self.leave(peer);
    }

    /// Does not ask a peer whose state is not handed out any more, until it hands out another one.
    pub(super) fn leave(&mut self, key: PeerKey) {
        self.candidates.remove(&key);
        self.vouched.remove(&key);
        for asked in self.flights.leave(key) {
            self.want_again(asked);
        }
        if self.is_target(key) {
            self.drop_target();
        }
    }

    /// Waits for no answer any more.
    pub(super) fn want_all_again(&mut self) {
        for asked in self.flights.forget() {
            self.want_again(asked);
        }
    }

    pub(super) fn want_again(&mut self, asked: Asked) {
        match asked {
            Asked::Regions(regions) => self.regions.extend(regions),
            Asked::Rows(leaves) => self.leaves.extend(leaves),
        }
    }
}
