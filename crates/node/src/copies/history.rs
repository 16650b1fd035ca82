//! What a copy says of the past beside the state, which no root commits: headers follow each other,
//! bodies are those of their receipts and blocks, certificates are signed by the validators of the
//! state. Receipts themselves nothing proves: a false one can make a node take a transaction for
//! known, and no more.

use std::{path::Path, time::Duration};

use idos_consensus::Header;
use idos_ledger::{State as _, epoch_fixed_by};
use idos_proof::{ChainId, LightClient, RootCertificate, RootStatement, SetChange, ValidatorSet};
use idos_store::{Database, Head, History, Options, Readers, Snapshot};
use idos_types::{Digest, EpochLength, limits::EPOCHS_AHEAD};

use super::CopyError;
use crate::{
    executor::genesis_header,
    genesis::Genesis,
    sync::mark::Mark,
    unproved::{UNPROVED, Unproved},
};

/// Heights, or epochs, that are looked at in one read.
const AT_ONCE: u64 = 64;

/// How long one read may take, on a slow disk and with a long history: nobody waits for it but the operator.
const READ: Duration = Duration::from_hours(24);

/// Checks the database in a folder that nobody uses, and forgets what can be false and would matter. A newest block
/// without a certificate is noted: the node signs nothing that follows from it until others bear it out.
pub(super) fn check(folder: &Path, genesis: &Genesis) -> Result<(), CopyError> {
    let (mut writer, readers) = Database::open(folder, &Options::default())?;
    let readers = readers.with_limit(READ);
    let Some(head) = writer.head()? else {
        return Ok(());
    };
    // A node may have heard of heights that it had not executed when it was copied, or has never executed.
    writer.forget_certificates_of_no_block()?;
    let chain_id = ChainId::new(&genesis.chain_id).map_err(|_| CopyError::OtherNetwork)?;
    let first = Mark::first(&genesis.validators).map_err(|_| CopyError::OtherNetwork)?;
    let [Ok(set), Ok(next)] = first.sets.map(ValidatorSet::of) else {
        return Err(CopyError::OtherNetwork);
    };
    let mut past = Past {
        trusted: LightClient::genesis(chain_id.clone(), set, next),
        genesis: genesis_header(genesis),
        chain_id,
        epochs: genesis.epoch_blocks,
        head: head.height,
        seen: History::default(),
        before: None,
    };
    readers.read(|snapshot| past.first_sets(snapshot))??;
    past.walk(&readers, head.height, |past, snapshot, height| {
        past.block(snapshot, height)
    })?;
    let last = epoch_fixed_by(past.epochs.epoch_of(head.height));
    past.walk(&readers, last, |past, snapshot, epoch| {
        past.set_change(snapshot, epoch)
    })?;
    let is_proved = readers.read(|snapshot| past.end(snapshot))??;
    writer.forget_unproved_roots()?;
    let unproved = Unproved {
        height: head.height,
        last_epoch: past.last_proved(),
    };
    let note = match is_proved {
        true => String::new(),
        false => unproved.note(&past.genesis.hash().to_string()),
    };
    Ok(writer.set_meta(UNPROVED, &note)?)
}

/// What was seen of it.
struct Past {
    /// Who validates, as far as the copy proves it to somebody who knows the genesis.
    trusted: LightClient,
    genesis: Header,
    chain_id: ChainId,
    epochs: EpochLength,
    /// The newest block's height.
    head: u64,
    seen: History,
    /// The block before, if it is there.
    before: Option<Header>,
}

impl Past {
    fn walk(
        &mut self,
        readers: &Readers,
        last: u64,
        look: impl Fn(&mut Self, &Snapshot<'_>, u64) -> Result<(), CopyError>,
    ) -> Result<(), CopyError> {
        let mut next = 0;
        while next <= last {
            let end = last.min(next.saturating_add(AT_ONCE - 1));
            readers.read(|snapshot| {
                (next..=end).try_for_each(|number| look(self, snapshot, number))
            })??;
            next = end.saturating_add(1);
        }
        Ok(())
    }

    fn block(&mut self, snapshot: &Snapshot<'_>, height: u64) -> Result<(), CopyError> {
        let wrong = |what| Err(CopyError::Untrue { height, what });
        let block = snapshot.block(height)?;
        let header = match &block {
            Some(block) => {
                self.seen.blocks += 1;
                match Header::decode(&block.header) {
                    Ok(header) if is_of(&header, block) => Some(header),
                    _ => return wrong("the header is another one's"),
                }
            }
            // A node that was synced lacks what came before.
            None => None,
        };
        if let (Some(header), Some(before)) = (&header, &self.before)
            && header.parent != before.hash()
        {
            return wrong("it does not follow the one before it");
        }
        if height == 0 && header.is_some_and(|header| header != self.genesis) {
            return wrong("it is not the first of this network");
        }
        self.receipts(snapshot, height, header.as_ref())?;
        if let Some(bytes) = snapshot.certificate(height)? {
            self.seen.certificates += 1;
            if !self.is_certified(snapshot, &bytes, height, block.as_ref()) {
                return wrong("the certificate is another one's");
            }
        }
        self.before = header;
        Ok(())
    }

    fn receipts(
        &mut self,
        snapshot: &Snapshot<'_>,
        height: u64,
        header: Option<&Header>,
    ) -> Result<(), CopyError> {
        let wrong = |what| Err(CopyError::Untrue { height, what });
        let receipts = snapshot.receipts(height)?;
        if header.is_none() && !receipts.is_empty() {
            return wrong("there are receipts, and the block is missing");
        }
        for receipt in receipts {
            self.seen.receipts += 1;
            let Some(body) = snapshot.body(&receipt.hash)? else {
                continue;
            };
            self.seen.bodies += 1;
            let is_its = Digest::of(&body.bytes) == receipt.hash
                && body.height == height
                // Else it is never pruned, or too early.
                && header.is_some_and(|header| body.time == header.time);
            if !is_its {
                return wrong("a transaction is not that of its receipt");
            }
        }
        Ok(())
    }

    /// Whether bytes are a certificate that says what the block does. Where a synced node has no
    /// block, it has certificates that prove sets.
    fn is_certified(
        &self,
        snapshot: &Snapshot<'_>,
        bytes: &[u8],
        height: u64,
        block: Option<&Head>,
    ) -> bool {
        RootCertificate::decode(bytes).is_ok_and(|certificate| {
            let statement = certificate.statement();
            statement.chain_id == self.chain_id
                && statement.height == height
                && statement.epoch == self.epochs.epoch_of(height)
                && match block {
                    Some(block) => {
                        (statement.header, statement.time) == (block.hash, block.time)
                            // Of a node that was restored itself, it may not be known.
                            && (block.is_root_unknown() || statement.root == block.root)
                    }
                    None => self.proves_a_set(snapshot, statement),
                }
        })
    }

    fn set_change(&mut self, snapshot: &Snapshot<'_>, epoch: u64) -> Result<(), CopyError> {
        let ended = epoch.checked_sub(EPOCHS_AHEAD);
        if let Some(height) = snapshot.set_fixed_at(epoch)? {
            self.seen.set_changes += 1;
            let is_reached = self.head >= height;
            if !is_reached || ended.map(|ended| self.epochs.last_height(ended)) != Some(height) {
                return Err(CopyError::UntrueSet(epoch));
            }
        }
        let Some(bytes) = snapshot.set_change(epoch)? else {
            // No height that proves it has a certificate yet.
            return Ok(());
        };
        let ended = ended.ok_or(CopyError::UntrueSet(epoch))?;
        let Ok(change) = SetChange::decode(&bytes) else {
            return Err(CopyError::UntrueSet(epoch));
        };
        let sets = [ended, ended.saturating_add(1)].map(|epoch| set(snapshot, epoch));
        let [Some(set), Some(next)] = sets else {
            return Err(CopyError::UntrueSet(epoch));
        };
        let mut client = LightClient::checkpoint(self.chain_id.clone(), ended, set, next);
        let is_proved = change.epoch() == epoch && client.advance(&change).is_ok();
        // A copy can say that others validated the epochs before: what leads there from the genesis counts.
        let is_walked =
            epoch != self.trusted.unknown_epoch() || self.trusted.advance(&change).is_ok();
        (is_proved && is_walked)
            .then_some(())
            .ok_or(CopyError::UntrueSet(epoch))
    }

    /// The last epoch whose validators are proved from the genesis on.
    fn last_proved(&self) -> u64 {
        self.trusted.unknown_epoch().saturating_sub(1)
    }

    /// Nothing else proves the sets of the genesis.
    fn first_sets(&self, snapshot: &Snapshot<'_>) -> Result<(), CopyError> {
        let mut known = (0..).zip(self.trusted.sets());
        match known.find(|(epoch, known)| set(snapshot, *epoch).as_ref() != Some(known)) {
            Some((epoch, _)) => Err(CopyError::UntrueSet(epoch)),
            None => Ok(()),
        }
    }

    /// Whether a certificate is kept for the set that it proves, and not for a block.
    fn proves_a_set(&self, snapshot: &Snapshot<'_>, statement: &RootStatement) -> bool {
        let proved = snapshot.is_set_proved_at(statement.newest_set(), statement.height);
        proved.unwrap_or_default()
    }

    /// The newest certificate counts for this node: up to it, it does not sign any more. By the validators of the
    /// newest block's epoch and of the one after it the node knows whom to believe. Tells whether the newest block has
    /// a certificate.
    fn end(&self, snapshot: &Snapshot<'_>) -> Result<bool, CopyError> {
        let (proved, needed) = (
            self.last_proved(),
            self.epochs.epoch_of(self.head).saturating_add(1),
        );
        if proved < needed {
            return Err(CopyError::UntrueSet(proved.saturating_add(1)));
        }
        let newest = snapshot.newest_certificate()?;
        if let Some(height) = newest {
            let bytes = snapshot.certificate(height)?.unwrap_or_default();
            let is_signed = RootCertificate::decode(&bytes).is_ok_and(|certificate| {
                let statement = certificate.statement();
                let set = set(snapshot, statement.epoch);
                statement.height == height
                    && set.is_some_and(|set| certificate.verify(&set).is_ok())
            });
            if !is_signed {
                let what = "the certificate is not signed by the validators";
                return Err(CopyError::Untrue { height, what });
            }
        }
        if snapshot.history()? == self.seen {
            Ok(newest == Some(self.head))
        } else {
            Err(CopyError::Beyond)
        }
    }
}

fn is_of(header: &Header, block: &Head) -> bool {
    (header.height, header.hash(), header.time) == (block.height, block.hash, block.time)
}

/// The validators of an epoch, as the state says.
fn set(snapshot: &Snapshot<'_>, epoch: u64) -> Option<ValidatorSet> {
    let set = snapshot.validator_set(epoch).ok()??;
    ValidatorSet::of(set).ok()
}
