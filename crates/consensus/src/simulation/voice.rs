//! Somebody who has the key of a node and says on a channel whatever it likes.

use commonware_p2p::{Receiver as _, Recipients, Sender as _};
use commonware_runtime::IoBuf;
use futures::FutureExt as _;

use super::{
    control::{Hearing, Speaking},
    filter::Filtered,
};
use crate::PeerKey;

/// A voice on one channel. It ends when the node is started.
pub struct Voice {
    pub(super) sender: Speaking,
    pub(super) receiver: Filtered<Hearing>,
}

impl Voice {
    /// Sends bytes to a peer. Returns whether the quota of the channel had room.
    pub fn say(&mut self, to: PeerKey, bytes: &[u8]) -> bool {
        let Some(to) = to.engine() else {
            return false;
        };
        let bytes = IoBuf::copy_from_slice(bytes);
        !self
            .sender
            .send(Recipients::One(to), bytes, false)
            .is_empty()
    }

    /// What has arrived since the last time.
    pub fn hear(&mut self) -> Vec<(PeerKey, Vec<u8>)> {
        let next = || {
            let (from, bytes) = self.receiver.recv().now_or_never()?.ok()?;
            Some((PeerKey::from(&from), bytes.as_ref().to_vec()))
        };
        std::iter::from_fn(next).collect()
    }
}
