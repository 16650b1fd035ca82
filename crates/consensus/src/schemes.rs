//! Who may sign in which epoch.

use std::{collections::BTreeMap, sync::Arc};

use commonware_consensus::types::Epoch;
use commonware_cryptography::{
    certificate::{Provider, Scoped},
    ed25519,
};
use commonware_utils::{ordered::Set, sync::Mutex};

use crate::{
    Member, Membership, PeerKey,
    shared::{EngineKey, Scheme},
};

/// The validators of the epochs that certificates come from.
#[derive(Clone)]
pub(crate) struct Schemes {
    namespace: Arc<[u8]>,
    epochs: Arc<Mutex<BTreeMap<Epoch, Arc<Scheme>>>>,
}

impl Schemes {
    pub(crate) fn new(namespace: Vec<u8>) -> Self {
        Self {
            namespace: namespace.into(),
            epochs: Arc::default(),
        }
    }

    /// Accepts certificates of an epoch from now on.
    pub(crate) fn register(&self, epoch: u64, members: &Membership) {
        let scheme = Scheme::verifier(&self.namespace, keys(members.validators()));
        self.epochs
            .lock()
            .insert(Epoch::new(epoch), Arc::new(scheme));
    }

    /// Forgets the epochs before one.
    pub(crate) fn forget_before(&self, epoch: u64) {
        let mut epochs = self.epochs.lock();
        *epochs = epochs.split_off(&Epoch::new(epoch));
    }

    /// The validators of an epoch.
    pub(crate) fn of(&self, epoch: Epoch) -> Option<Arc<Scheme>> {
        self.epochs.lock().get(&epoch).cloned()
    }

    /// How a node takes part in an epoch: with its key if it votes; otherwise it listens.
    pub(crate) fn local(
        &self,
        members: &Membership,
        key: &ed25519::PrivateKey,
        me: PeerKey,
        votes: bool,
    ) -> Scheme {
        let validators = keys(members.validators());
        let scheme = match (votes, me.engine()) {
            (true, _) => Scheme::signer(&self.namespace, validators.clone(), key.clone()),
            (false, Some(me)) => Scheme::member(&self.namespace, validators.clone(), &me),
            (false, None) => None,
        };
        scheme.unwrap_or_else(|| Scheme::verifier(&self.namespace, validators))
    }
}

impl Provider for Schemes {
    type Scope = Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: Epoch) -> Option<Scoped<Scheme>> {
        self.of(epoch).map(Scoped::scheme)
    }
}

/// Keys of members, all of which a [`Membership`] has checked.
fn keys(members: &[Member]) -> Set<EngineKey> {
    Set::from_iter_dedup(members.iter().filter_map(|member| member.key.engine()))
}
