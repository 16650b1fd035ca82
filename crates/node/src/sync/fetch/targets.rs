//! Which certified state is fetched, and from whom.

use idos_consensus::{Outbox, PeerKey, Recipient};
use idos_proof::{CertificateError, LightClientError, RootStatement, SetChange};
use idos_store::Head;
use idos_types::{BlockTime, limits::SYNC_SETS};
use tracing::{debug, info, warn};

use super::{Fetch, Offer, Outcome};
use crate::sync_message::{Message, Target};

/// For how long there must have been no certified state for one that is only vouched for to be
/// taken: a network that goes on certifies within a second.
const UNCERTIFIED_MS: u64 = 20_000;
/// For how long targets are collected once there is one: the newest is taken.
const COLLECT_MS: u64 = 500;
/// For how long a target is fetched, in the time that this node looks, while others hand out theirs:
/// an honest node holds on to one for half of that. Whoever answers late, but in time, gets no longer.
const TARGET_MS: u64 = 20_000;

/// What speaks for a state.
enum Fit {
    /// A certificate.
    Certified,
    /// So many validators that one of them is honest.
    Vouched,
}

/// Why a state is not taken.
enum Unfit {
    /// It may be true and is of no use: whoever is behind does not lie, and this node may look at a
    /// message late.
    Stale(LightClientError),
    /// It may be true, and nothing shows that its epoch follows from what this node trusts: the height before
    /// the epoch has no certificate. The next epoch will do.
    Unproved,
    /// Nobody honest sends it.
    Lie(&'static str),
}

impl Unfit {
    fn of(error: LightClientError) -> Self {
        match error {
            LightClientError::EpochPassed { .. }
            | LightClientError::TooLow { .. }
            // Of two clocks nobody knows which is wrong.
            | LightClientError::Ahead { .. } => Self::Stale(error),
            _ => Self::Lie("a state that is not certified"),
        }
    }
}

impl Fetch {
    /// Takes a state that a peer hands out.
    pub(super) fn received_target(
        &mut self,
        from: PeerKey,
        target: Target,
        now: BlockTime,
        outbox: &mut Outbox,
    ) {
        let statement = target.certificate.statement();
        // The header before the epoch is proved by what proves the validators.
        if statement.epoch > self.trust.epoch() {
            let ask = Message::AskSets(self.trust.unknown());
            outbox.send(Recipient::One(from), ask.encode());
            return;
        }
        let epoch = statement.epoch;
        match self.check(target, now) {
            Ok((Fit::Certified, offer)) => {
                self.flights.provides(from);
                self.vouched.clear();
                if self.wants_target() {
                    if self.candidates.is_empty() {
                        self.candidates_ms = now.millis();
                    }
                    self.candidates.insert(from, offer);
                }
            }
            Ok((Fit::Vouched, offer)) => {
                self.flights.provides(from);
                let is_better = self.target.is_some() && self.is_certified;
                if self.wants_target() && self.candidates.is_empty() && !is_better {
                    if self.vouched.is_empty() {
                        self.vouched_ms = self.flights.attended_ms();
                    }
                    self.vouched.insert(from, offer);
                }
            }
            Err(Unfit::Stale(reason)) => {
                debug!(peer = %from, %reason, "a peer hands out a state that is of no use here");
            }
            Err(Unfit::Unproved) => {
                let ask = Message::AskSets(epoch.saturating_add(1));
                outbox.send(Recipient::One(from), ask.encode());
                debug!(peer = %from, "a peer hands out a state of an epoch before which nothing is certified");
            }
            Err(Unfit::Lie(lie)) => self.avoid(from, lie, now),
        }
    }

    /// Whether a target is one: certified or vouched for, newer than what this node has, and complete.
    fn check(&self, target: Target, now: BlockTime) -> Result<(Fit, Offer), Unfit> {
        let certificate = &target.certificate;
        let (fit, statement) = match self.trust.certified(certificate, self.height, now) {
            Ok(statement) => (Fit::Certified, statement),
            Err(LightClientError::Certificate {
                source: CertificateError::TooFew { .. },
                ..
            }) => {
                let vouched = self.trust.vouched(certificate, self.height, now);
                (Fit::Vouched, vouched.map_err(Unfit::of)?)
            }
            Err(error) => return Err(Unfit::of(error)),
        };
        if self.lacks_certificate_before(statement.epoch) {
            return Err(Unfit::Unproved);
        }
        self.check_block(&target, statement).map_err(Unfit::Lie)?;
        let before = self.before(&target, statement.epoch);
        Ok((fit, Offer { target, before }))
    }

    /// The epoch of the newest block that was executed here.
    fn own_epoch(&self) -> u64 {
        self.epochs.epoch_of(self.height)
    }

    /// The change that is certified at the height which ended the epoch before `epoch`.
    fn ended_before(&self, epoch: u64) -> Option<&SetChange> {
        let before = epoch.checked_sub(1)?;
        self.trust.newest().find(|change| change.ends(before))
    }

    /// Whether nothing certified shows from which block `epoch` goes on: the validators of the epoch after it are
    /// known by a certificate from within it, so that there is none of the last height before it; or it is of no use
    /// any more since others followed.
    fn lacks_certificate_before(&self, epoch: u64) -> bool {
        epoch != self.own_epoch() && self.ended_before(epoch).is_none()
    }

    /// See [`super::Fetched::before`].
    fn before(&self, target: &Target, epoch: u64) -> Option<Head> {
        let header = target.before.as_ref()?;
        let end = self.ended_before(epoch)?.certificate.statement();
        Some(Head {
            height: header.height,
            hash: end.header,
            time: end.time,
            header: header.encode(),
            root: end.root,
        })
    }

    /// Whether the block of a target is final, and the one of what is certified.
    fn check_block(&self, target: &Target, statement: &RootStatement) -> Result<(), &'static str> {
        let header = &target.header;
        if header.hash() != statement.header || header.height != statement.height {
            return Err("a header that is not certified");
        }
        if statement.epoch != self.epochs.epoch_of(statement.height) {
            return Err("a state of another epoch");
        }
        if !self.is_before(target, statement.epoch) {
            return Err("a header that does not end the epoch before");
        }
        let Some(validators) = self.trust.validators(statement.epoch) else {
            return Err("a state of an epoch that is long over");
        };
        if !(self.is_final)(statement.epoch, validators, header, &target.floor) {
            return Err("a block that is not final");
        }
        Ok(())
    }

    /// Whether the last header of the epoch before is the one that is certified. Of the epoch that
    /// this node was in, it has it.
    fn is_before(&self, target: &Target, epoch: u64) -> bool {
        let Some(before) = epoch.checked_sub(1) else {
            return target.before.is_none();
        };
        let last = self.epochs.last_height(before);
        if target
            .before
            .as_ref()
            .is_some_and(|header| header.height != last)
        {
            return false;
        }
        match (self.ended_before(epoch), &target.before) {
            (Some(change), Some(header)) => {
                let statement = change.certificate.statement();
                header.hash() == statement.header && header.height == statement.height
            }
            (Some(_), None) => false,
            (None, _) => epoch == self.own_epoch(),
        }
    }

    /// Takes changes of validators.
    pub(super) fn received_sets(
        &mut self,
        from: PeerKey,
        changes: Vec<SetChange>,
        now: BlockTime,
        outbox: &mut Outbox,
    ) {
        let (has_more, known) = (changes.len() >= SYNC_SETS, self.trust.unknown());
        let mut passed = Vec::new();
        if self.trust.walk(changes, &mut passed).is_err() {
            // What holds before what does not is known now all the same.
            self.avoid(from, "validators that are not proved", now);
        }
        let is_further = self.trust.unknown() != known;
        if !is_further && has_more {
            return;
        }
        // Those of the epoch that counts and of the one after it: others may be gone. The newer one last: it knows
        // where a node is now.
        let members = self.trust.newest().flat_map(|change| change.set.members());
        let members: Vec<_> = members.copied().collect();
        let is_new = !has_more && self.mark.add(&members);
        if !is_further && !is_new {
            return;
        }
        self.mark.trust(self.trust.base());
        let noted = self
            .writer
            .as_mut()
            .map_or(Ok(()), |writer| writer.keep(&passed, &self.mark.encode()));
        if let Err(failure) = noted {
            self.end(Outcome::Failed(failure));
        } else if is_new {
            self.end(Outcome::Nodes);
        } else if has_more && !self.flights.is_avoided(from, now) {
            // The others need not be asked for what this one has.
            let ask = Message::AskSets(self.trust.unknown());
            outbox.send(Recipient::One(from), ask.encode());
        } else {
            // Whoever hands out a state of these validators says it again.
            self.asked_ms = 0;
        }
    }

    /// For how long this node looks at its target already.
    fn target_ms(&self) -> u64 {
        self.flights.attended_ms().saturating_sub(self.since_ms)
    }

    /// Whether there is no target, or another one shall take its place.
    fn wants_target(&self) -> bool {
        self.target.is_none() || self.target_ms() >= TARGET_MS
    }

    /// Takes the newest of the states that are handed out, once the others had time to say theirs.
    pub(super) fn choose(&mut self, now: BlockTime) {
        if !self.wants_target() {
            return;
        }
        let is_over = now.millis() >= self.candidates_ms.saturating_add(COLLECT_MS);
        let waited_ms = self.flights.attended_ms().saturating_sub(self.vouched_ms);
        let candidates = if !self.candidates.is_empty() {
            if !is_over {
                return;
            }
            self.is_certified = true;
            std::mem::take(&mut self.candidates)
        } else if !self.vouched.is_empty() && waited_ms >= UNCERTIFIED_MS {
            warn!(
                "nobody has a certificate of the newest state: one is fetched that more than a third of the validators vouch for"
            );
            self.is_certified = false;
            std::mem::take(&mut self.vouched)
        } else {
            return;
        };
        self.end_turn();
        // Whoever had a turn comes last, or the newest would be theirs each time.
        if candidates.keys().all(|peer| self.had_a_turn.contains(peer)) {
            self.had_a_turn.clear();
        }
        let newest = candidates
            .into_iter()
            .filter(|(peer, _)| !self.had_a_turn.contains(peer))
            .max_by_key(|(_, offer)| offer.target.header.height);
        if let Some((peer, offer)) = newest {
            self.follow(peer, offer);
        }
    }

    /// Remembers whose target ends, however long it lasted: whoever always has the newest state must not
    /// have every turn.
    fn end_turn(&mut self) {
        if let Some((peer, _)) = &self.target {
            self.had_a_turn.insert(*peer);
        }
    }

    fn follow(&mut self, peer: PeerKey, offer: Offer) {
        let statement = offer.target.certificate.statement();
        info!(height = statement.height, rows = statement.root.count, peer = %peer, "fetching the state");
        self.meter.set_height(statement.height);
        if !self.walk.is_of(&statement.root) {
            self.want_all_again();
            let regions = self.regions.drain(..).map(|wanted| wanted.what.0);
            let leaves = self.leaves.drain(..).map(|wanted| wanted.what.key.into());
            self.walk.interrupt(regions.chain(leaves));
        }
        // Who said that only the target before had them may have said so of everything.
        let regions = self.regions.iter_mut().map(|wanted| &mut wanted.is_new);
        let leaves = self.leaves.iter_mut().map(|wanted| &mut wanted.is_new);
        regions.chain(leaves).for_each(|is_new| *is_new = false);
        self.since_ms = self.flights.attended_ms();
        self.target = Some((peer, offer));
        self.rounds = 0;
    }

    /// Gives up a target. What was fetched of it stays, and what was not waits for the next one.
    pub(super) fn drop_target(&mut self) {
        self.end_turn();
        self.target = None;
        self.asked_ms = 0;
        self.want_all_again();
    }
}
