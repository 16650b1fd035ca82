//! What others learn about a running engine.

use std::time::Duration;

use commonware_codec::Encode as _;
use commonware_consensus::types::Height;
use commonware_p2p::{CheckedSender as _, Recipients, Sender};
use commonware_runtime::{Clock, Handle, Metrics, Spawner};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{
    Chain, PeerKey,
    chain::Engine,
    shared::{EngineKey, Marshal},
};

/// How often connections are counted.
pub(crate) const COUNT_PEERS: Duration = Duration::from_millis(500);

/// Looks who is connected, from time to time.
pub(crate) fn count_peers<E, S>(context: E, mut channel: S, chain: Chain) -> Handle<()>
where
    E: Clock + Spawner,
    S: Sender<PublicKey = EngineKey>,
{
    context.spawn(move |context| async move {
        loop {
            // Asking whom a message to all would reach is how the network tells who is connected.
            // None is sent; it costs one message of a quota of hundreds.
            let peers = channel.check(Recipients::All);
            let peers = peers.map_or_else(|_| Vec::new(), |reached| reached.recipients());
            chain.connected(peers.iter().map(PeerKey::from).collect());
            context.sleep(COUNT_PEERS).await;
        }
    })
}

/// A running engine as others see it.
pub(crate) struct Running<E> {
    pub(crate) context: E,
    pub(crate) marshal: Marshal,
}

impl<E: Metrics> Engine for Running<E> {
    fn finalization(&self, height: u64) -> BoxFuture<'static, Option<Vec<u8>>> {
        let marshal = self.marshal.clone();
        async move {
            let certificate = marshal.get_finalization(Height::new(height)).await?;
            Some(certificate.encode().to_vec())
        }
        .boxed()
    }

    fn metrics(&self) -> String {
        self.context.encode()
    }
}
