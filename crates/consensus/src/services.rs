//! Carries the messages of services.

use commonware_macros::select;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Handle, IoBuf, Spawner};
use futures::FutureExt as _;
use idos_types::BlockTime;
use tracing::error;

use crate::{
    ConsensusError, MESSAGE_BYTES, Outbox, PeerKey, Recipient, Service, Topic, Wake,
    inbox::{Inbox, Next},
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
    pub(crate) fn start<E: Clock + Spawner>(self, context: E, wake: &Wake) -> Handle<()> {
        let work = wake.waiter();
        let Self {
            topic,
            service,
            sender,
            receiver,
            failure,
        } = self;
        context.spawn(move |context| async move {
            let inbox = Inbox::new(topic);
            let news = inbox.waiter();
            let filled = inbox.clone();
            // On a task of its own: it goes on while the service works. It ends with this one.
            let filling = context.child("inbox");
            let _filling = filling.spawn(move |_| filled.fill(receiver));
            let mut line = Line {
                topic,
                service,
                sender,
                inbox,
            };
            line.talk(&context, work, news).await;
            failure.report(ConsensusError::Ended("network"));
        })
    }
}

/// A service, what came for it, and where it answers.
struct Line<S> {
    topic: Topic,
    service: Box<dyn Service>,
    sender: S,
    inbox: Inbox,
}

impl<S: Sender<PublicKey = EngineKey>> Line<S> {
    /// Ends when the network ends.
    async fn talk(&mut self, clock: &impl Clock, mut work: Waiter, mut news: Waiter) {
        loop {
            let mut outbox = Outbox::default();
            let due = self.service.tick(now(clock), &mut outbox);
            self.send(outbox);
            // At least a moment, lest an answer in the past keep this task busy.
            let soon = BlockTime::from_millis(now(clock).millis() + 1);
            let due = due.max(soon);
            for _ in 0..MESSAGES {
                match self.inbox.next() {
                    Next::Message(from, bytes) => self.received(from, &bytes, now(clock)),
                    Next::Ended => return,
                    Next::Nothing => select! {
                        _ = news.work() => {},
                        _ = work.work() => { break; },
                        _ = clock.sleep_until(instant(due)) => { break; },
                    },
                }
                // Messages come first above, so a busy channel must not hide that there is work.
                if work.work().now_or_never().is_some() || now(clock) >= due {
                    break;
                }
            }
        }
    }

    fn received(&mut self, from: PeerKey, bytes: &IoBuf, now: BlockTime) {
        let mut outbox = Outbox::default();
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
