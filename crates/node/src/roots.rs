//! Certifies states beside the chain: every validator signs what it computed, and the signatures of
//! more than two thirds are the certificate of a height. Ordering never waits for it.
//!
//! Whoever has no certificate for a height that it executed says so by repeating its signature;
//! whoever has one answers with it. So nothing that is lost on the way is missing for long.

mod voices;

use std::{collections::BTreeMap, sync::Arc};

use idos_consensus::{Outbox, PeerKey, Recipient, Service};
use idos_ledger::State;
use idos_proof::{ChainId, RootCertificate, RootStatement, ValidatorSet};
use idos_store::Readers;
use idos_types::{BlockTime, EpochLength, ValidatorKey};
use tracing::{debug, error, info};

use crate::{
    clock::IDLE_MS,
    node_key::{NodeKey, is_signed},
    other_version::OtherVersions,
    roots_message::{Message, VERSION},
    shared::Shared,
    unproved::Unproved,
    with_causes::WithCauses,
};
use voices::{HEIGHTS_PER_VALIDATOR, Voices};

/// How often what is missing is asked for again.
const RETRY_MS: u64 = 250;
/// Most own statements that are repeated at once: those repeated longest ago, and the newest.
const REPEATED: usize = 48;
/// Most own statements that wait for a certificate. A node that catches up executes faster than it
/// can ask; of what is beyond, only the ends of epochs stay, which light clients walk along.
pub(crate) const OWN: usize = 4_096;
/// Most certificates that one peer gets within [`RETRY_MS`]: each may be a read of the database.
const ANSWERS_PER_PEER: u32 = 64;
/// By how many heights a vote may be late without asking for a certificate.
const LATE: u64 = 2;
/// How many sets of validators are remembered.
const SETS: usize = 8;
/// How long clients wait for validators that were heard of lately, so that a read on any of their
/// nodes shows what the client was told.
const STRAGGLERS_MS: u64 = 50;

/// The service.
pub(crate) struct Roots {
    shared: Arc<Shared>,
    readers: Readers,
    key: NodeKey,
    chain_id: ChainId,
    epochs: EpochLength,
    sets: BTreeMap<u64, Arc<ValidatorSet>>,
    /// What this node computed at heights whose certificate it does not have.
    own: BTreeMap<u64, Own>,
    voices: Voices,
    /// Certificates that may not be in the database yet.
    recent: BTreeMap<u64, Arc<Vec<u8>>>,
    /// The newest height at which this node computed what is certified: so it did before.
    agreed: u64,
    /// Certified heights that clients do not know of, each with the time until when they wait for
    /// nodes that are slower.
    untold: BTreeMap<u64, u64>,
    /// How many certificates each peer got since a time.
    answers: BTreeMap<PeerKey, u32>,
    answers_from_ms: u64,
    retry_ms: u64,
    others: OtherVersions,
    /// What this node does not know to be true: until others bear it out, it signs nothing.
    unproved: Option<Unproved>,
}

/// What this node computed.
struct Own {
    statement: RootStatement,
    /// When it is said again, and how often it was.
    again_ms: u64,
    repeated: u64,
}

impl Roots {
    pub(crate) fn new(
        shared: Arc<Shared>,
        readers: Readers,
        key: NodeKey,
        chain_id: ChainId,
        epochs: EpochLength,
        unproved: Option<Unproved>,
    ) -> Self {
        Self {
            shared,
            readers,
            key,
            chain_id,
            epochs,
            sets: BTreeMap::new(),
            own: BTreeMap::new(),
            voices: Voices::default(),
            recent: BTreeMap::new(),
            agreed: 0,
            untold: BTreeMap::new(),
            answers: BTreeMap::new(),
            answers_from_ms: 0,
            retry_ms: 0,
            others: OtherVersions::default(),
            unproved,
        }
    }

    /// Signs what this node computed since the last time, if it is a validator.
    fn sign_own(&mut self, now: BlockTime, outbox: &mut Outbox) {
        for statement in self.shared.certificates.take_statements() {
            let height = statement.height;
            // Although the others were faster, they want to know that this node has come as far.
            if !self.is_late(height) && self.may_sign(height) {
                let signature = self.key.sign_root(&statement);
                outbox.send(Recipient::All, Message::vote(&statement, &signature));
                let key = self.key.public();
                self.voices.hear(key, statement.clone(), signature, now);
            }
            match self.certificate(height) {
                Some(certificate) => {
                    self.compare(&statement, &certificate);
                    // It may be one from before a restart, of which nobody here was told.
                    self.untold.entry(height).or_insert(now.millis());
                }
                None => {
                    self.wait_for_certificate(statement, now);
                    self.certify(height, now);
                }
            }
        }
    }

    fn wait_for_certificate(&mut self, statement: RootStatement, now: BlockTime) {
        let again_ms = match self.is_late(statement.height) {
            true => now.millis(),
            false => now.millis().saturating_add(RETRY_MS),
        };
        let own = Own {
            again_ms,
            repeated: 0,
            statement,
        };
        self.own.insert(own.statement.height, own);
        if self.own.len() > OWN {
            let mut heights = self.own.values().map(|own| &own.statement);
            let oldest = heights.find(|statement| !statement.ends_epoch);
            if let Some(height) = oldest.map(|statement| statement.height) {
                self.own.remove(&height);
            }
        }
    }

    /// Whether the network is so far ahead of a height that its certificate has to be asked for.
    fn is_late(&self, height: u64) -> bool {
        height.saturating_add(LATE) < self.shared.certified()
    }

    fn may_sign(&mut self, height: u64) -> bool {
        let key = self.key.public();
        self.vouches()
            && self
                .set(height)
                .is_some_and(|set| set.position(&key.0).is_some())
    }

    /// Whether this node stands for what it computes: not after it computed something else than the network, and not
    /// while nothing shows that what it computes from is true.
    fn vouches(&self) -> bool {
        self.unproved.is_none() && !self.shared.has_diverged()
    }

    /// What this node says of a statement: that it computed it, or only that it lacks the certificate.
    fn said_of(&self, statement: &RootStatement) -> Vec<u8> {
        match self.vouches() {
            true => Message::vote(statement, &self.key.sign_root(statement)),
            false => Message::ask(statement),
        }
    }

    /// While nothing shows that the state is true, one honest validator that says the same is enough.
    fn look_for_proof(&mut self, now: BlockTime, outbox: &mut Outbox) {
        let Some(unproved) = self.unproved else {
            return;
        };
        let computed = self.own.range(unproved.height..);
        let computed: Vec<_> = computed.map(|(_, own)| own.statement.clone()).collect();
        let is_said = |statement: &RootStatement| {
            let set = self.set(statement.height);
            set.is_some_and(|set| self.voices.vouched(statement, &set).is_some())
        };
        if computed.iter().any(is_said) {
            self.is_borne_out();
            // The newest at once, as many as may be said at a time; the others are said again as they are due.
            for statement in computed.into_iter().rev().take(REPEATED) {
                let height = statement.height;
                if self.may_sign(height) {
                    let signature = self.key.sign_root(&statement);
                    outbox.send(Recipient::All, Message::vote(&statement, &signature));
                    self.voices
                        .hear(self.key.public(), statement, signature, now);
                    self.certify(height, now);
                }
            }
        }
    }

    fn is_borne_out(&mut self) {
        if let Some(Unproved { height, .. }) = self.unproved.take() {
            info!(
                height,
                "the others have the state that this node was restored with: it signs again"
            );
        }
    }

    /// The validators of the epoch of a height, as far as the state says.
    fn set(&mut self, height: u64) -> Option<Arc<ValidatorSet>> {
        let epoch = self.epochs.epoch_of(height);
        if self.unproved.is_some_and(|it| epoch > it.last_epoch) {
            return None;
        }
        if let Some(set) = self.sets.get(&epoch) {
            return Some(Arc::clone(set));
        }
        // The state says it for no later epoch: peers must not make this node look.
        let tip = self.shared.progress.borrow().tip.height;
        if epoch
            > self
                .epochs
                .epoch_of(tip.saturating_add(1))
                .saturating_add(1)
        {
            return None;
        }
        let set = Arc::new(self.read_set(epoch)?);
        self.sets.insert(epoch, Arc::clone(&set));
        while self.sets.len() > SETS {
            self.sets.pop_first();
        }
        Some(set)
    }

    fn read_set(&self, epoch: u64) -> Option<ValidatorSet> {
        let read = self.readers.read(|snapshot| snapshot.validator_set(epoch));
        match read {
            Ok(Ok(set)) => ValidatorSet::of(set?)
                .inspect_err(|error| error!(%error, epoch, "validators cannot be verified"))
                .ok(),
            Ok(Err(failure)) => {
                error!(error = %WithCauses(&failure), "the validators cannot be read");
                None
            }
            Err(failure) => {
                error!(error = %WithCauses(&failure), "the validators cannot be read");
                None
            }
        }
    }

    /// Makes the certificate of a height once enough validators say the same.
    fn certify(&mut self, height: u64, now: BlockTime) {
        if self.recent.contains_key(&height) {
            return;
        }
        let Some(set) = self.set(height) else {
            return;
        };
        if let Some(certificate) = self.voices.certificate(height, &set) {
            self.accept(&certificate, now);
        }
    }

    /// Takes a valid certificate.
    fn accept(&mut self, certificate: &RootCertificate, now: BlockTime) {
        let height = certificate.statement().height;
        if let Some(own) = self.own.remove(&height) {
            self.compare(&own.statement, certificate);
        }
        let bytes = Arc::new(certificate.encode());
        self.shared.certificates.keep(height, Arc::clone(&bytes));
        self.recent.insert(height, bytes);
        while self.recent.len() > HEIGHTS_PER_VALIDATOR {
            self.recent.pop_first();
        }
        self.shared.certificates.certify(height);
        let until_ms = now.millis().saturating_add(STRAGGLERS_MS);
        self.untold.insert(height, until_ms);
        // Whoever hears of a height hears of those before it.
        while self.untold.len() > HEIGHTS_PER_VALIDATOR {
            self.untold.pop_first();
        }
    }

    /// A node that computed something else than the others must not go on as if nothing were.
    fn compare(&mut self, own: &RootStatement, certificate: &RootCertificate) {
        if own == certificate.statement() {
            self.agreed = self.agreed.max(own.height);
            if self.unproved.is_some_and(|it| own.height >= it.height) {
                self.is_borne_out();
            }
            return;
        }
        error!(
            height = own.height,
            own = %own.root.hash,
            certified = %certificate.statement().root.hash,
            "this node computed another state than the network; it stops to serve, restore it or sync it anew"
        );
        self.shared.diverge();
    }

    /// The certificate of a height, if this node has it. No height after the newest certified one
    /// makes it look.
    fn certificate_bytes(&self, height: u64) -> Option<Arc<Vec<u8>>> {
        if let Some(bytes) = self.recent.get(&height) {
            return Some(Arc::clone(bytes));
        }
        if height > self.shared.certified() {
            return None;
        }
        match self.readers.read(|snapshot| snapshot.certificate(height)) {
            Ok(Ok(bytes)) => bytes.map(Arc::new),
            Ok(Err(failure)) | Err(failure) => {
                error!(error = %WithCauses(&failure), "a certificate cannot be read");
                None
            }
        }
    }

    fn certificate(&self, height: u64) -> Option<RootCertificate> {
        RootCertificate::decode(&self.certificate_bytes(height)?).ok()
    }

    /// Tells clients of certified heights once no node that was heard of lately is behind. What
    /// this node did not execute yet, or computed otherwise, they do not hear from it.
    fn tell(&mut self, now: BlockTime) {
        let own = self.key.public();
        let is_known = |(height, until_ms): &(&u64, &u64)| {
            **until_ms <= now.millis() || !self.voices.is_anybody_behind(**height, own, now)
        };
        let newest = self.untold.range(..=self.agreed).rev().find(is_known);
        if let Some(height) = newest.map(|(height, _)| *height) {
            self.shared.waiting.tell(height);
            self.untold = self.untold.split_off(&height.saturating_add(1));
        }
    }

    /// Says again what has no certificate: the newest, whose certificate stands for all before it,
    /// and of the others those said longest ago, so that none that cannot be certified holds up
    /// the rest.
    fn repeat(&mut self, now: BlockTime, outbox: &mut Outbox) {
        if now.millis() < self.retry_ms {
            return;
        }
        self.retry_ms = now.millis().saturating_add(RETRY_MS);
        if self.shared.has_diverged() {
            self.own.clear();
            return;
        }
        self.look_for_proof(now, outbox);
        self.vouch();
        let due = self.own.values().rev();
        let mut due: Vec<(u64, u64)> = due
            .filter(|own| own.again_ms <= now.millis())
            .map(|own| (own.again_ms, own.statement.height))
            .collect();
        if let Some((_, others)) = due.split_first_mut() {
            others.sort_unstable();
        }
        due.truncate(REPEATED);
        for (_, height) in due {
            let to = self.whom_to_ask(height);
            if let Some(own) = self.own.get_mut(&height) {
                own.repeated += 1;
                own.again_ms = now.millis().saturating_add(RETRY_MS);
                let statement = own.statement.clone();
                outbox.send(to, self.said_of(&statement));
            }
        }
    }

    /// While the newest state has no certificate, nodes that need a state get what there is.
    fn vouch(&mut self) {
        let Some((height, newest)) = self.own.last_key_value() else {
            return;
        };
        let (height, statement) = (*height, newest.statement.clone());
        let set = self.set(height);
        if let Some(vouched) = set.and_then(|set| self.voices.vouched(&statement, &set)) {
            self.shared.certificates.vouch(vouched);
        }
    }

    /// What may not be certified is for all. Else one validator after the other is asked: the same
    /// answer from each would be a flood.
    fn whom_to_ask(&mut self, height: u64) -> Recipient {
        let repeated = self.own.get(&height).map_or(0, |own| own.repeated);
        if height > self.shared.certified() {
            return Recipient::All;
        }
        let own = self.key.public();
        let Some(set) = self.set(height) else {
            return Recipient::All;
        };
        let others: Vec<_> = set.keys().filter(|key| *key != own.0).collect();
        let count = u64::try_from(others.len()).unwrap_or(u64::MAX);
        let turn = height.wrapping_add(repeated).checked_rem(count);
        turn.and_then(|turn| others.get(usize::try_from(turn).ok()?))
            .map_or(Recipient::All, |key| Recipient::One(PeerKey(*key)))
    }

    fn received_ask(
        &mut self,
        from: PeerKey,
        statement: &RootStatement,
        now: BlockTime,
        outbox: &mut Outbox,
    ) {
        if self.concerns(from, statement) {
            self.answer(from, statement.height, now, outbox);
        }
    }

    fn received_vote(
        &mut self,
        from: PeerKey,
        statement: RootStatement,
        signature: [u8; 64],
        now: BlockTime,
        outbox: &mut Outbox,
    ) {
        let height = statement.height;
        if !self.concerns(from, &statement) {
            return;
        }
        // Nobody counts votes on what was certified long ago: who sends them lacks the certificate.
        let counted = u64::try_from(HEIGHTS_PER_VALIDATOR).unwrap_or(u64::MAX);
        if height.saturating_add(counted) < self.shared.certified() {
            self.answer(from, height, now, outbox);
            return;
        }
        let key = ValidatorKey(from.0);
        let is_of_set = self
            .set(height)
            .is_some_and(|set| set.position(&key.0).is_some());
        let is_repeated = self.voices.says(key, &statement);
        // Whoever goes on saying it lacks the certificate; whoever listens only, says it for that.
        if is_repeated || self.is_late(height) || !is_of_set {
            self.answer(from, height, now, outbox);
        }
        if !is_of_set || is_repeated {
            return;
        }
        if is_signed(key, &statement.signed_bytes(), &signature) {
            self.voices.hear(key, statement, signature, now);
            self.certify(height, now);
        } else {
            debug!(peer = %from, height, "a peer sent a signature that is not valid");
        }
    }

    fn is_of_chain(&self, statement: &RootStatement) -> bool {
        statement.chain_id == self.chain_id
            && statement.epoch == self.epochs.epoch_of(statement.height)
    }

    /// Whether what a peer says is about this chain.
    fn concerns(&self, from: PeerKey, statement: &RootStatement) -> bool {
        let is_of_chain = self.is_of_chain(statement);
        if !is_of_chain {
            debug!(peer = %from, height = statement.height, "a peer talks of another chain");
        }
        is_of_chain
    }

    /// Sends a peer the certificate of a height, if this node has it, and not too many of them.
    fn answer(&mut self, to: PeerKey, height: u64, now: BlockTime, outbox: &mut Outbox) {
        if now.millis() >= self.answers_from_ms.saturating_add(RETRY_MS) {
            self.answers_from_ms = now.millis();
            self.answers.clear();
        }
        let answers = self.answers.entry(to).or_default();
        if *answers >= ANSWERS_PER_PEER {
            return;
        }
        *answers += 1;
        if let Some(certificate) = self.certificate_bytes(height) {
            outbox.send(Recipient::One(to), Message::certified(&certificate));
        }
    }

    fn received_certificate(&mut self, certificate: &RootCertificate, now: BlockTime) {
        let statement = certificate.statement();
        let height = statement.height;
        // Many signatures are not verified for what this node has, or does not need.
        let is_wanted = self.own.contains_key(&height) || height > self.shared.certified();
        if !is_wanted || self.recent.contains_key(&height) || !self.is_of_chain(statement) {
            return;
        }
        let set = self.set(height);
        if set.is_some_and(|set| certificate.verify(&set).is_ok()) {
            self.accept(certificate, now);
        }
    }
}

impl Service for Roots {
    fn received(&mut self, from: PeerKey, bytes: &[u8], now: BlockTime, outbox: &mut Outbox) {
        match Message::decode(bytes) {
            Ok(Message::Vote(statement, signature)) => {
                self.received_vote(from, *statement, signature, now, outbox);
            }
            Ok(Message::Ask(statement)) => self.received_ask(from, &statement, now, outbox),
            Ok(Message::Certificate(certificate)) => {
                self.received_certificate(&certificate, now);
            }
            Err(error) => {
                debug!(peer = %from, %error, "a message of a peer cannot be read");
                self.others.note(from, bytes, VERSION, "states");
            }
        }
        self.tell(now);
    }

    fn tick(&mut self, now: BlockTime, outbox: &mut Outbox) -> BlockTime {
        self.sign_own(now, outbox);
        self.tell(now);
        self.repeat(now, outbox);
        let retry = (!self.own.is_empty()).then_some(self.retry_ms);
        let told = self.untold.range(..=self.agreed).map(|(_, until)| *until);
        let idle_ms = now.millis().saturating_add(IDLE_MS);
        BlockTime::from_millis(told.chain(retry).fold(idle_ms, u64::min))
    }
}

#[cfg(test)]
mod tests;
