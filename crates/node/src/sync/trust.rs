//! Whose word counts: the validators that this node knew, and those that follow from them.

use std::{collections::VecDeque, time::Duration};

use idos_proof::{
    ChainId, Freshness, LightClient, LightClientError, RootCertificate, RootStatement, SetChange,
    ValidatorSet,
};
use idos_types::BlockTime;

/// How many changes are remembered: what this node takes for a state is of the first epoch that is known or of
/// the one before, and its epoch follows from one of these.
const REMEMBERED: usize = 2;

/// Trust in the validators of an epoch, which moves on with the chain.
pub(super) struct Trust {
    client: LightClient,
    /// The newest of the changes that led to where it is.
    newest: VecDeque<Step>,
}

/// A change of validators that was followed.
struct Step {
    /// Whom it trusted before: nodes do not enter epochs at the same moment.
    before: LightClient,
    change: SetChange,
}

impl Trust {
    pub(super) fn new(
        chain_id: ChainId,
        epoch: u64,
        set: ValidatorSet,
        next: ValidatorSet,
    ) -> Self {
        Self {
            client: LightClient::checkpoint(chain_id, epoch, set, next),
            newest: VecDeque::new(),
        }
    }

    /// The first epoch whose validators are known; they are known of the one after it too.
    pub(super) fn epoch(&self) -> u64 {
        self.client.epoch()
    }

    /// The first epoch whose validators are not known.
    pub(super) fn unknown(&self) -> u64 {
        self.client.unknown_epoch()
    }

    /// The validators of [`Trust::epoch`] and of the one after it.
    pub(super) fn sets(&self) -> [&ValidatorSet; 2] {
        self.client.sets()
    }

    /// An epoch, its validators and those of the one after it, from which all that is remembered follows.
    pub(super) fn base(&self) -> (u64, [&ValidatorSet; 2]) {
        let client = self
            .newest
            .front()
            .map_or(&self.client, |step| &step.before);
        (client.epoch(), client.sets())
    }

    /// Whom it trusted one epoch before.
    fn before(&self) -> Option<&LightClient> {
        self.newest.back().map(|step| &step.before)
    }

    /// The validators of an epoch, if it is the first one that is known or the one before.
    pub(super) fn validators(&self, epoch: u64) -> Option<&ValidatorSet> {
        let clients = [Some(&self.client), self.before()];
        let mut clients = clients.into_iter().flatten();
        let client = clients.find(|client| client.epoch() == epoch)?;
        let [validators, _] = client.sets();
        Some(validators)
    }

    /// The newest of the changes followed so far, those before them first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &SetChange> {
        self.newest.iter().map(|step| &step.change)
    }

    /// Follows changes, those that it followed before left out. Those that hold stay followed even
    /// if one after them does not. What it does not remember any more is added to `passed`.
    pub(super) fn walk(
        &mut self,
        changes: Vec<SetChange>,
        passed: &mut Vec<SetChange>,
    ) -> Result<(), LightClientError> {
        for change in changes {
            if change.epoch() >= self.unknown() {
                let before = self.client.clone();
                self.client.advance(&change)?;
                self.newest.push_back(Step { before, change });
                if self.newest.len() > REMEMBERED {
                    passed.extend(self.newest.pop_front().map(|step| step.change));
                }
            } else {
                self.walk_by_the_end(change)?;
            }
        }
        Ok(())
    }

    /// Takes the certificate of the height that ended an epoch for that of a later one, by which the newest set
    /// is known: it also shows from which block the next epoch goes on. Whoever sends the later one first, to keep
    /// this node from that, achieves nothing.
    fn walk_by_the_end(&mut self, change: SetChange) -> Result<(), LightClientError> {
        let Some(Step {
            before,
            change: last,
        }) = self.newest.back_mut()
        else {
            return Ok(());
        };
        let is_ended = |change: &SetChange| change.certificate.statement().ends_epoch;
        if change.epoch() == last.epoch() && is_ended(&change) && !is_ended(last) {
            before.clone().advance(&change)?;
            *last = change;
        }
        Ok(())
    }

    /// What a certificate says, if it holds and is of a height above `height`.
    pub(super) fn certified<'c>(
        &self,
        certificate: &'c RootCertificate,
        height: u64,
        now: BlockTime,
    ) -> Result<&'c RootStatement, LightClientError> {
        let freshness = newer(height, now);
        match (
            self.client.certified(certificate, &freshness),
            self.before(),
        ) {
            (Err(LightClientError::EpochPassed { .. }), Some(before)) => {
                before.certified(certificate, &freshness)
            }
            (certified, _) => certified,
        }
    }

    /// The same of a state that so many vouch for that one of them is honest.
    pub(super) fn vouched<'c>(
        &self,
        certificate: &'c RootCertificate,
        height: u64,
        now: BlockTime,
    ) -> Result<&'c RootStatement, LightClientError> {
        let freshness = newer(height, now);
        match (self.client.vouched(certificate, &freshness), self.before()) {
            (Err(LightClientError::EpochPassed { .. }), Some(before)) => {
                before.vouched(certificate, &freshness)
            }
            (vouched, _) => vouched,
        }
    }
}

fn newer(height: u64, now: BlockTime) -> Freshness {
    Freshness {
        min_height: height.saturating_add(1),
        // However old it is, it is newer than what this node has.
        max_age: Duration::MAX,
        now,
    }
}
