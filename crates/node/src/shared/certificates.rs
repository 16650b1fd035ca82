//! Which state is certified, and the certificates on their way to the database.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use idos_consensus::Wake;
use idos_proof::{RootCertificate, RootStatement};
use idos_types::limits::CERTIFICATES;
use tokio::sync::watch;

use crate::roots::OWN;

/// What this node computed and is to sign, and what the validators signed together.
pub(crate) struct Certificates {
    held: Mutex<Held>,
    /// The newest height whose state more than two thirds of the validators vouch for.
    certified: AtomicU64,
    /// The height of the certificate that came last.
    pub(crate) newest: watch::Sender<u64>,
    wake: Wake,
}

#[derive(Default)]
struct Held {
    /// What this node computed of the newest heights, and did not sign yet.
    statements: VecDeque<RootStatement>,
    /// The same of older heights that ended epochs.
    ends: Vec<RootStatement>,
    /// Certificates that are not in the database yet, by height.
    unwritten: Vec<(u64, Arc<Vec<u8>>)>,
    /// The newest certificates, wherever they are.
    recent: BTreeMap<u64, Arc<Vec<u8>>>,
    /// What vouches for a newer state.
    vouched: Option<Arc<RootCertificate>>,
}

impl Certificates {
    /// There are certificates up to a height.
    pub(super) fn new(certified: u64, wake: Wake) -> Self {
        Self {
            held: Mutex::default(),
            certified: AtomicU64::new(certified),
            newest: watch::Sender::new(certified),
            wake,
        }
    }

    /// The newest certified height.
    pub(crate) fn certified(&self) -> u64 {
        self.certified.load(Ordering::Acquire)
    }

    /// Says that this height is certified, and with it every one before it.
    pub(crate) fn certify(&self, height: u64) {
        if self.certified.fetch_max(height, Ordering::AcqRel) < height {
            // A leader may have waited for it.
            self.wake.work();
        }
    }

    /// Hands on what this node computed, to be signed. A node may execute far more blocks before anybody looks: of
    /// what is beyond [`OWN`], only the ends of epochs stay.
    pub(crate) fn state(&self, statement: RootStatement) {
        let mut held = self.held();
        held.statements.push_back(statement);
        if held.statements.len() > OWN {
            let first = held.statements.pop_front();
            held.ends.extend(first.filter(|first| first.ends_epoch));
        }
        drop(held);
        self.wake.work();
    }

    /// What was computed since the last time.
    pub(crate) fn take_statements(&self) -> Vec<RootStatement> {
        let mut held = self.held();
        let mut statements = std::mem::take(&mut held.ends);
        statements.extend(std::mem::take(&mut held.statements));
        statements
    }

    /// Hands on a certificate, to be kept.
    pub(crate) fn keep(&self, height: u64, certificate: Arc<Vec<u8>>) {
        let mut held = self.held();
        held.recent.insert(height, Arc::clone(&certificate));
        while held.recent.len() > CERTIFICATES {
            held.recent.pop_first();
        }
        held.unwritten.push((height, certificate));
        drop(held);
        self.newest.send_replace(height);
        self.wake.work();
    }

    /// Certificates that came since the last time.
    pub(crate) fn take_unwritten(&self) -> Vec<(u64, Arc<Vec<u8>>)> {
        std::mem::take(&mut self.held().unwritten)
    }

    /// The certificates of this height and of later ones, of those that came lately.
    pub(crate) fn from(&self, height: u64) -> Vec<(u64, Arc<Vec<u8>>)> {
        let held = self.held();
        let from = held.recent.range(height..);
        from.map(|(height, certificate)| (*height, Arc::clone(certificate)))
            .collect()
    }

    /// Says who vouches for a state of which there is no certificate.
    pub(crate) fn vouch(&self, vouched: RootCertificate) {
        self.held().vouched = Some(Arc::new(vouched));
    }

    /// What more than a third vouch for, unless something newer or the same is certified.
    pub(crate) fn vouched(&self) -> Option<Arc<RootCertificate>> {
        let vouched = self.held().vouched.clone()?;
        (vouched.statement().height > self.certified()).then_some(vouched)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Its methods do not panic between two changes that belong together.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use idos_types::limits::FEWEST_EPOCH_BLOCKS;

    use super::*;
    use crate::testing::statement;

    /// A node may execute thousands of blocks before it looks at what it computed.
    #[test]
    fn of_what_was_computed_long_ago_the_ends_of_epochs_are_left() {
        let certificates = Certificates::new(0, Wake::default());
        let own = u64::try_from(OWN).unwrap();
        let newest = own + 3 * FEWEST_EPOCH_BLOCKS;
        (1..=newest).for_each(|height| certificates.state(statement(height)));
        let statements = certificates.take_statements();
        let heights: Vec<_> = statements.iter().map(|one| one.height).collect();
        let first = newest - own + 1;
        let ends = (1..first).filter(|height| statement(*height).ends_epoch);
        let expected: Vec<_> = ends.chain(first..=newest).collect();
        assert_eq!(heights, expected);
        assert!(certificates.take_statements().is_empty());
    }

    #[test]
    fn what_is_certified_never_goes_back() {
        let certificates = Certificates::new(4, Wake::default());
        certificates.certify(5);
        certificates.certify(3);
        assert_eq!(certificates.certified(), 5);
    }
}
