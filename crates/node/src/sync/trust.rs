//! Whose word counts: the validators that this node knew, and those that follow from them.

use std::time::Duration;

use idos_proof::{
    ChainId, Freshness, LightClient, LightClientError, RootCertificate, RootStatement, SetChange,
    ValidatorSet,
};
use idos_types::BlockTime;

/// Trust in the validators of an epoch, which moves on with the chain.
pub(super) struct Trust {
    client: LightClient,
    /// The same one epoch before: nodes do not enter epochs at the same moment.
    before: Option<LightClient>,
    /// The changes that led to where it is.
    walked: Vec<SetChange>,
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
            before: None,
            walked: Vec::new(),
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

    /// The validators of an epoch, if it is the first one that is known or the one before.
    pub(super) fn validators(&self, epoch: u64) -> Option<&ValidatorSet> {
        let clients = [Some(&self.client), self.before.as_ref()];
        let mut clients = clients.into_iter().flatten();
        let client = clients.find(|client| client.epoch() == epoch)?;
        let [validators, _] = client.sets();
        Some(validators)
    }

    /// The changes followed so far.
    pub(super) fn walked(&self) -> &[SetChange] {
        &self.walked
    }

    /// Follows changes, those that it followed before left out. Those that hold stay followed even
    /// if one after them does not.
    pub(super) fn walk(&mut self, changes: Vec<SetChange>) -> Result<(), LightClientError> {
        for change in changes {
            if change.epoch() >= self.unknown() {
                let before = self.client.clone();
                self.client.advance(&change)?;
                self.before = Some(before);
                self.walked.push(change);
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
        let (Some(last), Some(before)) = (self.walked.last_mut(), &self.before) else {
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
        match (self.client.certified(certificate, &freshness), &self.before) {
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
        match (self.client.vouched(certificate, &freshness), &self.before) {
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
