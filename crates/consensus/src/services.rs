//! Carries the messages of services.

use commonware_macros::select;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Handle, IoBuf, Spawner};
use futures::FutureExt as _;
use idos_types::BlockTime;
use tracing::error;

use crate::{
    ConsensusError, MESSAGE_BYTES, Outbox, PeerKey, Recipient, Service, Topic, Wake,
    shared::{EngineKey, Failure, instant, now},
    wake::Waiter,
};

/// How many messages are taken before a service is asked whether it has something to do.
const MESSAGES: usize = 16;

/// A service with its channel.
pub(crate) struct Conversation<S, R> {
    pub(crate) topic: Topic,
    pub(crate) service: Box<dyn Service>,
    pub(crate) sender: S,
    pub(crate) receiver: R,
    pub(crate) failure: Failure,
}

impl<S, R> Conversation<S, R>
where
    S: Sender<PublicKey = EngineKey>,
    R: Receiver<PublicKey = EngineKey>,
{
    /// Talks until the node ends.
    pub(crate) fn start<E: Clock + Spawner>(mut self, context: E, wake: &Wake) -> Handle<()> {
        let work = wake.waiter();
        context.spawn(move |context| async move {
            self.run(&context, work).await;
            self.failure.report(ConsensusError::Ended("network"));
        })
    }

    /// Ends when the network ends.
    async fn run(&mut self, clock: &impl Clock, mut work: Waiter) {
        loop {
            let mut outbox = Outbox::default();
            let due = self.service.tick(now(clock), &mut outbox);
            self.send(outbox);
            // At least a moment, lest an answer in the past keep this task busy.
            let soon = BlockTime::from_millis(now(clock).millis() + 1);
            let due = due.max(soon);
            for _ in 0..MESSAGES {
                select! {
                    message = self.receiver.recv() => {
                        let Ok((from, bytes)) = message else { return };
                        self.received(&from, &bytes, now(clock));
                    },
                    _ = work.work() => { break; },
                    _ = clock.sleep_until(instant(due)) => { break; },
                }
                // Messages come first above, so a busy channel must not hide that there is work.
                if work.work().now_or_never().is_some() || now(clock) >= due {
                    break;
                }
            }
        }
    }

    fn received(&mut self, from: &EngineKey, bytes: &IoBuf, now: BlockTime) {
        let mut outbox = Outbox::default();
        let from = PeerKey::from(from);
        self.service
            .received(from, bytes.as_ref(), now, &mut outbox);
        self.send(outbox);
    }

    fn send(&mut self, outbox: Outbox) {
        for (to, bytes) in outbox.into_messages() {
            if bytes.len() > MESSAGE_BYTES {
                error!(topic = ?self.topic, bytes = bytes.len(), "message too large, not sent");
                continue;
            }
            let to = match to {
                Recipient::All => Recipients::All,
                Recipient::One(key) => match key.engine() {
                    Some(key) => Recipients::One(key),
                    None => continue,
                },
            };
            self.sender.send(to, IoBuf::from(bytes), false);
        }
    }
}
