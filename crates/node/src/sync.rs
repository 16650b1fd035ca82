//! State sync: a node that was away for longer than blocks are kept fetches what its state lacks.
//!
//! Every node hands out its state ([`provide`]) and looks whether it can still come back by blocks
//! ([`need`]). One that cannot leaves the network, fetches rows until its root is a certified one
//! ([`fetch`]), and takes part again. Nothing that others say is believed without a certificate of
//! validators that follow from those that this node knew.

pub(crate) mod fetch;
mod flights;
pub(crate) mod mark;
pub(crate) mod meter;
mod need;
pub(crate) mod provide;
#[cfg(test)]
mod tests;
mod trust;

use std::sync::Arc;

use idos_consensus::{Outbox, PeerKey, Service};
use idos_proof::ChainId;
use idos_store::Readers;
use idos_types::{BlockTime, EpochLength, ValidatorKey, limits::HEARTBEAT_SECONDS};
use tracing::debug;

use crate::{
    other_version::OtherVersions,
    shared::Shared,
    sync_message::{Message, VERSION},
};
use need::Need;
use provide::{Provider, Stopwatch};

/// After how long without what it waits for a node says so in its log: an idle network has made two
/// blocks by then.
const HINT_SECONDS: u64 = 2 * HEARTBEAT_SECONDS;
/// What the operator of a node can do whom no other node answers.
const ALONE: &str = "this node looks for those that its state names; if none of them runs any more at its address, restore a newer backup, of whichever node";

/// The service of a node that takes part.
pub(crate) struct Sync {
    provider: Provider,
    need: Need,
    others: OtherVersions,
}

impl Sync {
    pub(crate) fn new(
        shared: Arc<Shared>,
        readers: Readers,
        own: ValidatorKey,
        chain_id: ChainId,
        epochs: EpochLength,
        stopwatch: Stopwatch,
    ) -> Self {
        Self {
            provider: Provider::new(Arc::clone(&shared), readers.clone(), epochs, stopwatch),
            need: Need::new(shared, readers, own, chain_id, epochs),
            others: OtherVersions::default(),
        }
    }
}

impl Service for Sync {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox) {
        match Message::decode(bytes) {
            Ok(Message::Status(kept_from, certificate)) => {
                self.need
                    .status(from, kept_from, certificate.as_deref(), now, outbox);
            }
            Ok(Message::Sets(changes)) => self.need.sets(from, changes, outbox),
            Ok(ask) => self.provider.asked(from, ask),
            Err(error) => {
                debug!(peer = %from, %error, "a message of a peer cannot be read");
                self.others.note(from, bytes, VERSION, "sync");
            }
        }
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let needed = self.need.tick(now, outbox);
        self.provider.tick(now, outbox).min(needed)
    }
}
