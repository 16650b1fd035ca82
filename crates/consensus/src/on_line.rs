//! How many bytes wait before the lines of peers. The network bounds messages there and not bytes, so
//! whoever sends large ones counts them here.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use commonware_runtime::IoBuf;

use crate::{PeerKey, Wake};

/// What waits before the line of one peer; clones count the same.
#[derive(Clone, Default)]
pub(crate) struct OnLine(Arc<AtomicUsize>);

impl OnLine {
    /// How many bytes wait.
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    /// The same bytes, which count as long as the line has neither taken nor dropped them. Whoever
    /// waits is woken then.
    pub(crate) fn put(&self, bytes: IoBuf, changed: &Wake) -> IoBuf {
        self.0.fetch_add(bytes.len(), Ordering::AcqRel);
        IoBuf::from(Bytes::from_owner(Counted {
            bytes,
            line: self.clone(),
            changed: changed.clone(),
        }))
    }
}

/// Bytes before a peer's line.
struct Counted {
    bytes: IoBuf,
    line: OnLine,
    changed: Wake,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.line.0.fetch_sub(self.bytes.len(), Ordering::AcqRel);
        self.changed.work();
    }
}

/// The lines of all peers.
#[derive(Default)]
pub(crate) struct Lines(BTreeMap<PeerKey, OnLine>);

impl Lines {
    /// The line of a peer.
    pub(crate) fn of(&mut self, peer: PeerKey) -> &OnLine {
        if !self.0.contains_key(&peer) {
            // Peers come and go: of those for whom nothing waits there is nothing to remember.
            self.0.retain(|_, line| line.bytes() > 0);
        }
        self.0.entry(peer).or_default()
    }
}
