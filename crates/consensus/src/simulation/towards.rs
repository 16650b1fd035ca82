//! A sender that reaches only some peers.

use std::{collections::BTreeSet, sync::Arc, time::SystemTime};

use commonware_p2p::{LimitedSender, Recipients};

use crate::shared::EngineKey;

/// A channel on which a node that says different things to different peers speaks to those whom
/// one of its halves is for.
#[derive(Clone)]
pub(super) struct Towards<S> {
    pub(super) inner: S,
    /// Whom it reaches; `None` for everybody.
    pub(super) only: Option<Arc<BTreeSet<EngineKey>>>,
}

impl<S: LimitedSender<PublicKey = EngineKey>> LimitedSender for Towards<S> {
    type PublicKey = EngineKey;
    type Checked<'a> = S::Checked<'a>;

    fn check(&mut self, to: Recipients<EngineKey>) -> Result<Self::Checked<'_>, SystemTime> {
        let to = match &self.only {
            Some(only) => Recipients::Some(match to {
                Recipients::All => only.iter().cloned().collect(),
                Recipients::Some(some) => {
                    some.into_iter().filter(|key| only.contains(key)).collect()
                }
                Recipients::One(one) => only.get(&one).cloned().into_iter().collect(),
            }),
            None => to,
        };
        self.inner.check(to)
    }
}
