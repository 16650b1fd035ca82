//! Who validates, epoch by epoch, with proof.

use std::{net::IpAddr, sync::Arc};

use idos_types::limits::SET_CHANGES;
use idos_wire::{Reply, RpcError, SetChanges};

use crate::node::{Node, database};

impl Node {
    /// What proves the validators of an epoch and of those after it, as far as they are fixed and
    /// certified, and at most [`SET_CHANGES`]. Anybody may ask: who validates is public.
    pub(crate) async fn set_changes(
        self: &Arc<Self>,
        peer: IpAddr,
        from_epoch: u64,
    ) -> Result<Reply, RpcError> {
        self.agrees()?;
        self.read(peer, move |_, snapshot| {
            let mut changes = Vec::new();
            let mut epochs = from_epoch..=u64::MAX;
            while changes.len() < SET_CHANGES
                && let Some(epoch) = epochs.next()
                && let Some(change) = snapshot.set_change(epoch).map_err(database)?
            {
                changes.push(change);
            }
            Ok(Reply::SetChanges(SetChanges { changes }))
        })
        .await
    }
}
