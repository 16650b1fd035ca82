//! Whether this node cannot come back by blocks any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use idos_consensus::{Outbox, PeerKey, Recipient};
use idos_ledger::{State, StateError, membership};
use idos_proof::{ChainId, RootCertificate, SetChange, ValidatorSet};
use idos_store::Readers;
use idos_types::{BlockTime, EpochLength, Member, NodeAddress, ValidatorKey, limits::SYNC_SETS};
use tracing::{debug, warn};

use crate::{shared::Shared, sync_message::Message, with_causes::WithCauses};

use super::{ALONE, HINT_SECONDS, trust::Trust};

/// After how long without a new block the others are asked, and how often. Blocks that they still
/// have would have come by then.
const STALLED_MS: u64 = 8_000;
/// How long what a peer said counts.
const SAID_MS: u64 = 3 * STALLED_MS;
/// After how long without a new block the log says what this node waits for, and how often.
const HINT_MS: u64 = HINT_SECONDS * 1_000;

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
    /// What each peer said of itself, and proved: that it is ahead and does not keep the next block.
    said: BTreeMap<PeerKey, Said>,
    /// Whom this node can be connected to while it takes part, and where. Nodes that joined or moved later cannot
    /// connect.
    known: BTreeSet<(ValidatorKey, NodeAddress)>,
    /// Whether anybody answered since the log last said what this node waits for.
    is_answered: bool,
    hinted_ms: u64,
}

/// What a peer said of itself.
struct Said {
    at_ms: u64,
    /// Whether its state has a certificate. Else one honest validator at least vouches for it.
    is_certified: bool,
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
            known: BTreeSet::new(),
            is_answered: false,
            hinted_ms: 0,
        }
    }

    /// Asks the others from time to time while no block comes.
    pub(super) fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        let tip = self.shared.progress.borrow().tip.height;
        if tip != self.tip || self.since_ms.is_none() {
            self.tip = tip;
            self.since_ms = Some(now.millis());
            self.hinted_ms = now.millis();
            self.trust = None;
            self.said.clear();
            self.is_answered = false;
        }
        let since_ms = self.since_ms.unwrap_or_default();
        self.hint(now);
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
        self.is_answered = true;
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
        let is_certified = trust.certified(certificate, tip, now).is_ok();
        if !is_certified && let Err(error) = trust.vouched(certificate, tip, now) {
            debug!(peer = %from, %error, "a peer claims a state that is not certified");
            return;
        }
        let said = Said {
            at_ms: now.millis(),
            is_certified,
        };
        self.said.insert(from, said);
        self.decide(now);
    }

    /// Takes changes of validators.
    pub(super) fn sets(&mut self, from: PeerKey, changes: Vec<SetChange>, outbox: &mut Outbox) {
        let Some(trust) = &mut self.trust else { return };
        let (has_more, known) = (changes.len() >= SYNC_SETS, trust.unknown());
        // Who fetches the state asks for them once more, and keeps them.
        if let Err(error) = trust.walk(changes, &mut Vec::new()) {
            debug!(%error, "a peer sent validators that are not proved");
        }
        if trust.unknown() == known {
            return;
        }
        if has_more {
            let ask = Message::AskSets(trust.unknown());
            outbox.send(Recipient::One(from), ask.encode());
        } else {
            self.is_wiser = true;
            self.shared.wake().work();
        }
    }

    /// So many that one of them is honest say the same. Where so many validators joined or moved that
    /// those who can connect to this node are never so many, a certificate is enough, whoever shows it. Who
    /// lies about what it keeps makes this node leave the blocks for a state that has to be certified.
    fn decide(&mut self, now: BlockTime) {
        self.forget(now);
        let own = self.own;
        let Some(trust) = &self.trust else { return };
        let is_enough = |set: &ValidatorSet| {
            let others = set.keys().filter(|key| *key != own.0);
            let said = others
                .filter(|key| self.said.contains_key(&PeerKey(*key)))
                .count();
            said > set.tolerated_faults()
        };
        let is_strange = |set: &ValidatorSet| {
            let members = set.members().iter();
            let others = members.filter(|member| member.key != own);
            let known = others.filter(|member| self.known.contains(&place(member)));
            known.count() <= set.tolerated_faults()
        };
        let sets = trust.sets();
        let is_cut_off =
            || self.said.values().any(|said| said.is_certified) && sets.into_iter().any(is_strange);
        if sets.into_iter().any(is_enough) || is_cut_off() {
            warn!(
                height = self.tip,
                "the next block is not kept by the others any more: the state is fetched"
            );
            self.shared.need_sync();
        }
    }

    /// What was said long ago does not count.
    fn forget(&mut self, now: BlockTime) {
        self.said
            .retain(|_, said| now.millis() < said.at_ms.saturating_add(SAID_MS));
    }

    /// Says from time to time what this node waits for, and what its operator can do.
    fn hint(&mut self, now: BlockTime) {
        if now.millis() < self.hinted_ms.saturating_add(HINT_MS) {
            return;
        }
        self.hinted_ms = now.millis();
        self.forget(now);
        if !std::mem::take(&mut self.is_answered) {
            warn!(
                height = self.tip,
                "no block comes and no other node answers: {ALONE}"
            );
        } else if !self.said.is_empty() {
            warn!(
                height = self.tip,
                peers = self.said.len(),
                "the next block is not kept by these peers any more: the state is fetched once more validators say so"
            );
        }
    }

    fn trust(&mut self) -> Option<&mut Trust> {
        if self.trust.is_none() {
            let epoch = self.epochs.epoch_of(self.tip);
            let set = self.set(epoch)?;
            let next = self.set(epoch.saturating_add(1))?;
            self.known = self.known_in(epoch)?;
            // Who moves is named where it was until a set says where it is.
            let members = set.members().iter().chain(next.members());
            self.known.extend(members.map(place));
            self.trust = Some(Trust::new(self.chain_id.clone(), epoch, set, next));
        }
        self.trust.as_mut()
    }

    fn set(&self, epoch: u64) -> Option<ValidatorSet> {
        let set = self.read(|state| state.validator_set(epoch))?;
        ValidatorSet::of(set).ok()
    }

    /// Whom the state names in an epoch, and where.
    fn known_in(&self, epoch: u64) -> Option<BTreeSet<(ValidatorKey, NodeAddress)>> {
        let members = self.read(|state| membership(state, epoch))?;
        let validators = members.validators.members().iter();
        let all = validators.chain(&members.observers);
        Some(all.map(place).collect())
    }

    fn read<T>(&self, of: impl FnOnce(&dyn State) -> Result<Option<T>, StateError>) -> Option<T> {
        match self.readers.read(|snapshot| of(snapshot)) {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                warn!(error = %WithCauses(&error), "the validators cannot be read");
                None
            }
            Err(error) => {
                warn!(error = %WithCauses(&error), "the validators cannot be read");
                None
            }
        }
    }
}

/// Who somebody is, and where.
fn place(member: &Member) -> (ValidatorKey, NodeAddress) {
    (member.key, member.address)
}
