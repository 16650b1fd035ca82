//! Whether this node cannot come back by blocks any more.

use std::{collections::BTreeMap, sync::Arc};

use idos_consensus::{Outbox, PeerKey, Recipient};
use idos_ledger::State;
use idos_proof::{ChainId, RootCertificate, SetChange, ValidatorSet};
use idos_store::Readers;
use idos_types::{BlockTime, EpochLength, ValidatorKey};
use tracing::{debug, warn};

use crate::{shared::Shared, sync_message::Message};

use super::trust::Trust;

/// After how long without a new block the others are asked, and how often. Blocks that they still
/// have would have come by then.
const STALLED_MS: u64 = 8_000;
/// How long what a peer said counts.
const SAID_MS: u64 = 3 * STALLED_MS;

/// Looks whether it can.
pub(super) struct Need {
    shared: Arc<Shared>,
    readers: Readers,
    own: ValidatorKey,
    chain_id: ChainId,
    epochs: EpochLength,
    /// The newest executed height, and since when there was no other.
    tip: u64,
    since_ms: Option<u64>,
    asked_ms: u64,
    /// Whether those who could not be believed yet can be now.
    is_wiser: bool,
    trust: Option<Trust>,
    /// When each peer said, and proved, that it is ahead and does not keep the next block.
    said: BTreeMap<PeerKey, u64>,
}

impl Need {
    pub(super) fn new(
        shared: Arc<Shared>,
        readers: Readers,
        own: ValidatorKey,
        chain_id: ChainId,
        epochs: EpochLength,
    ) -> Self {
        Self {
            shared,
            readers,
            own,
            chain_id,
            epochs,
            tip: 0,
            since_ms: None,
            asked_ms: 0,
            is_wiser: false,
            trust: None,
            said: BTreeMap::new(),
        }
    }

    /// Asks the others from time to time while no block comes.
    pub(super) fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let tip = self.shared.progress.borrow().tip.height;
        if tip != self.tip || self.since_ms.is_none() {
            self.tip = tip;
            self.since_ms = Some(now.millis());
            self.trust = None;
            self.said.clear();
        }
        let since_ms = self.since_ms.unwrap_or_default();
        let due_ms = since_ms.max(self.asked_ms).saturating_add(STALLED_MS);
        if now.millis() >= due_ms || self.is_wiser {
            self.is_wiser = false;
            self.asked_ms = now.millis();
            outbox.send(Recipient::All, Message::AskStatus.encode());
            return BlockTime::from_millis(now.millis().saturating_add(STALLED_MS));
        }
        BlockTime::from_millis(due_ms)
    }

    /// Takes what a peer said about itself.
    pub(super) fn status(
        &mut self,
        from: PeerKey,
        kept_from: u64,
        certificate: Option<&RootCertificate>,
        now: BlockTime,
        outbox: &mut Outbox,
    ) {
        self.said.remove(&from);
        // Nobody asked, or blocks come again.
        let is_asked = self.asked_ms > 0 && now.millis() < self.asked_ms.saturating_add(SAID_MS);
        if !is_asked || self.shared.progress.borrow().tip.height != self.tip {
            return;
        }
        let Some(certificate) = certificate else {
            return;
        };
        let statement = certificate.statement();
        let next = self.tip.saturating_add(1);
        if kept_from <= next || statement.height < next {
            return;
        }
        let tip = self.tip;
        let Some(trust) = self.trust() else {
            return;
        };
        if statement.epoch >= trust.unknown() {
            // The peer is heard again once its validators are known.
            let ask = Message::AskSets(trust.unknown());
            outbox.send(Recipient::One(from), ask.encode());
            return;
        }
        let certified = trust.certified(certificate, tip, now);
        if let Err(error) = certified.or_else(|_| trust.vouched(certificate, tip, now)) {
            debug!(peer = %from, %error, "a peer claims a state that is not certified");
            return;
        }
        self.said.insert(from, now.millis());
        self.decide(now);
    }

    /// Takes changes of validators.
    pub(super) fn sets(&mut self, changes: Vec<SetChange>) {
        let Some(trust) = &mut self.trust else { return };
        let known = trust.unknown();
        if let Err(error) = trust.walk(changes) {
            debug!(%error, "a peer sent validators that are not proved");
        }
        if trust.unknown() > known {
            self.is_wiser = true;
            self.shared.wake().work();
        }
    }

    /// So many that one of them is honest say the same.
    fn decide(&mut self, now: BlockTime) {
        self.said
            .retain(|_, said_ms| now.millis() < said_ms.saturating_add(SAID_MS));
        let own = self.own;
        let Some(trust) = &self.trust else { return };
        let is_enough = |set: &ValidatorSet| {
            let others = set.keys().filter(|key| *key != own.0);
            let said = others
                .filter(|key| self.said.contains_key(&PeerKey(*key)))
                .count();
            said > set.len().saturating_sub(1) / 3
        };
        if trust.sets().into_iter().any(is_enough) {
            warn!(
                height = self.tip,
                "the next block is not kept by the others any more: the state is fetched"
            );
            self.shared.need_sync();
        }
    }

    fn trust(&mut self) -> Option<&mut Trust> {
        if self.trust.is_none() {
            let epoch = self.epochs.epoch_of(self.tip);
            let set = self.set(epoch)?;
            let next = self.set(epoch.saturating_add(1))?;
            self.trust = Some(Trust::new(self.chain_id.clone(), epoch, set, next));
        }
        self.trust.as_mut()
    }

    fn set(&self, epoch: u64) -> Option<ValidatorSet> {
        let read = self.readers.read(|snapshot| snapshot.validator_set(epoch));
        match read {
            Ok(Ok(set)) => ValidatorSet::of(set?).ok(),
            Ok(Err(error)) => {
                warn!(%error, "the validators cannot be read");
                None
            }
            Err(error) => {
                warn!(%error, "the validators cannot be read");
                None
            }
        }
    }
}
