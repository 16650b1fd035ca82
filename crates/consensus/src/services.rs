//! Carries the messages of services.

use commonware_macros::select;
use commonware_p2p::{CheckedSender as _, Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Handle, IoBuf, Spawner};
use futures::FutureExt as _;
use idos_types::BlockTime;
use tracing::{debug, error};

use crate::{
    ConsensusError, MESSAGE_BYTES, Outbox, PeerKey, Recipient, Service, Topic, Wake,
    inbox::{Inbox, Next},
    on_line::Lines,
    shared::{EngineKey, Failure, instant, now},
    wake::Waiter,
};

/// How many messages are taken before a service is asked whether it has something to do.
const MESSAGES: usize = 16;
/// Bytes of a topic that may still wait on a peer's line when it is sent more: what waits there takes
/// memory. With more on its line it loses what comes next. That is asked before a message is put there,
/// so at most this and [`MESSAGE_BYTES`] wait for each peer and topic. And so whoever fetches a state gets
/// both answers that it waits for at once, although each may have 1 MB and one row of the size of a
/// transaction: when the second comes, less than this waits.
const ON_LINE: usize = 8_000_000;
/// Up to this length messages are not counted: as many as the network lets wait take 2 MB.
const SMALL: usize = 4_096;

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
    /// Talks until the node ends. On a thread of its own: a service may have to wait for a disk, and the
    /// threads that carry votes must not.
    pub(crate) fn start<E: Clock + Spawner>(self, context: E, wake: &Wake) -> Handle<()> {
        let work = wake.waiter();
        let Self {
            topic,
            service,
            sender,
            receiver,
            failure,
        } = self;
        context.dedicated().spawn(move |context| async move {
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
                lines: Lines::default(),
                left: Wake::default(),
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
    lines: Lines,
    /// That something left a line: nobody waits for it, since what was lost is not repeated here.
    left: Wake,
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
            let bytes = IoBuf::from(bytes);
            let to = match to {
                Recipient::One(key) => key.engine().map(Recipients::One),
                Recipient::All => Some(Recipients::All),
            };
            let Some(to) = to else { continue };
            if bytes.len() <= SMALL {
                self.sender.send(to, bytes, false);
                continue;
            }
            for to in self.reached(to) {
                self.send_counted(to, bytes.clone());
            }
        }
    }

    /// Whom a large message goes to: each has its own, so that whoever does not read takes nothing
    /// away from the others.
    fn reached(&mut self, to: Recipients<EngineKey>) -> Vec<EngineKey> {
        match to {
            Recipients::One(key) => vec![key],
            // Asking costs one message more of the quota.
            to => match self.sender.check(to) {
                Ok(reached) => reached.recipients(),
                Err(_) => Vec::new(),
            },
        }
    }

    fn send_counted(&mut self, to: EngineKey, bytes: IoBuf) {
        let peer = PeerKey::from(&to);
        let line = self.lines.of(peer);
        if line.bytes() > ON_LINE {
            debug!(%peer, topic = ?self.topic, "a peer reads more slowly than it is sent");
            return;
        }
        let counted = line.put(bytes, &self.left);
        self.sender.send(Recipients::One(to), counted, false);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        num::NonZeroUsize,
        sync::{
            Arc, Mutex,
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
        time::{Duration, SystemTime},
    };

    use commonware_actor::{Feedback, Unreliable};
    use commonware_p2p::{CheckedSender, LimitedSender};
    use commonware_runtime::{IoBufs, Runner as _, Supervisor as _, tokio};
    use futures::channel::oneshot;

    use super::*;
    use crate::{SigningKey, shared::failures};

    /// Lines to these peers, which take messages only when a test does.
    #[derive(Clone)]
    struct Held {
        peers: Vec<EngineKey>,
        waiting: Arc<Mutex<Vec<(EngineKey, IoBufs)>>>,
    }

    struct HeldFor {
        to: Vec<EngineKey>,
        waiting: Arc<Mutex<Vec<(EngineKey, IoBufs)>>>,
    }

    impl LimitedSender for Held {
        type PublicKey = EngineKey;
        type Checked<'a> = HeldFor;

        fn check(&mut self, to: Recipients<EngineKey>) -> Result<HeldFor, SystemTime> {
            let to = match to {
                Recipients::All => self.peers.clone(),
                Recipients::Some(to) => to,
                Recipients::One(to) => vec![to],
            };
            let waiting = Arc::clone(&self.waiting);
            Ok(HeldFor { to, waiting })
        }
    }

    impl CheckedSender for HeldFor {
        type PublicKey = EngineKey;

        fn recipients(&self) -> Vec<EngineKey> {
            self.to.clone()
        }

        fn send(self, message: impl Into<IoBufs> + Send, _: bool) -> Unreliable<Feedback> {
            let message = message.into();
            let each = self.to.into_iter().map(|to| (to, message.clone()));
            self.waiting.lock().unwrap().extend(each);
            Unreliable::new(Feedback::Ok)
        }
    }

    /// A network on which nothing comes.
    #[derive(Debug)]
    struct Nothing;

    impl Receiver for Nothing {
        type Error = std::io::Error;
        type PublicKey = EngineKey;

        async fn recv(&mut self) -> Result<(EngineKey, IoBuf), std::io::Error> {
            std::future::pending().await
        }

        fn capacity(&self) -> NonZeroUsize {
            NonZeroUsize::MIN
        }
    }

    /// Waits for a slow disk, as soon as it is asked, until it is let go.
    struct Slow {
        begins: Option<oneshot::Sender<()>>,
        goes_on: mpsc::Receiver<()>,
        was_let_go: Arc<AtomicBool>,
    }

    impl Service for Slow {
        fn received(&mut self, _: PeerKey, _: &[u8], _: BlockTime, _: &mut Outbox) {}

        fn tick(&mut self, now: BlockTime, _: &mut Outbox) -> BlockTime {
            if let Some(begins) = self.begins.take() {
                begins.send(()).unwrap();
                let waited = self.goes_on.recv_timeout(Duration::from_secs(10));
                self.was_let_go.store(waited.is_ok(), Ordering::Relaxed);
            }
            BlockTime::from_millis(now.millis() + 1_000)
        }
    }

    #[test]
    fn a_service_that_waits_for_a_disk_does_not_hold_up_who_votes() {
        let folder = tempfile::tempdir().unwrap();
        let config = tokio::Config::new()
            .with_storage_directory(folder.path())
            .with_worker_threads(1);
        let was_let_go = Arc::new(AtomicBool::new(false));
        let (begins, began) = oneshot::channel();
        let (let_go, goes_on) = mpsc::channel();
        let (failure, _failures) = failures();
        let conversation = Conversation {
            topic: Topic::Roots,
            service: Box::new(Slow {
                begins: Some(begins),
                goes_on,
                was_let_go: Arc::clone(&was_let_go),
            }),
            sender: Held {
                peers: Vec::new(),
                waiting: Arc::default(),
            },
            receiver: Nothing,
            failure,
        };
        tokio::Runner::new(config).start(|context| async move {
            let _service = conversation.start(context.child("service"), &Wake::default());
            let votes = context.child("votes").spawn(|context| async move {
                began.await.unwrap();
                context.sleep(Duration::from_millis(10)).await;
                // It may not wait any more.
                let _ = let_go.send(());
            });
            votes.await.unwrap();
        });
        assert!(was_let_go.load(Ordering::Relaxed));
    }

    struct Silent;

    impl Service for Silent {
        fn received(&mut self, _: PeerKey, _: &[u8], _: BlockTime, _: &mut Outbox) {}

        fn tick(&mut self, now: BlockTime, _: &mut Outbox) -> BlockTime {
            now
        }
    }

    fn peer(number: u8) -> PeerKey {
        SigningKey::from_seed([number; 32]).peer_key()
    }

    impl Line<Held> {
        fn to(peers: &[u8]) -> Self {
            let peers = peers.iter().map(|number| peer(*number).engine().unwrap());
            Self {
                topic: Topic::Sync,
                service: Box::new(Silent),
                sender: Held {
                    peers: peers.collect(),
                    waiting: Arc::default(),
                },
                inbox: Inbox::new(Topic::Sync),
                lines: Lines::default(),
                left: Wake::default(),
            }
        }

        fn says(&mut self, to: Recipient, len: usize) {
            let mut outbox = Outbox::default();
            outbox.send(to, vec![7; len]);
            self.send(outbox);
        }

        /// Bytes that wait before the line of a peer.
        fn held(&self, of: PeerKey) -> usize {
            let waiting = self.sender.waiting.lock().unwrap();
            let of = waiting.iter().filter(|(to, _)| PeerKey::from(to) == of);
            of.map(|(_, message)| message.len()).sum()
        }

        fn takes(&self, of: PeerKey) {
            let mut waiting = self.sender.waiting.lock().unwrap();
            waiting.retain(|(to, _)| PeerKey::from(to) != of);
        }
    }

    #[test]
    fn before_the_line_of_whoever_does_not_read_waits_a_bounded_number_of_bytes() {
        let [slow, fast] = [1, 2].map(peer);
        let mut line = Line::to(&[1, 2]);
        let most = ON_LINE + MESSAGE_BYTES;
        for _ in 0..100 {
            line.says(Recipient::One(slow), 6_000_000);
            line.says(Recipient::All, 1_000_000);
            // The other has all of what is for all.
            assert_eq!(line.held(fast), 1_000_000);
            line.takes(fast);
        }
        assert!(line.held(slow) <= most, "{}", line.held(slow));
        line.takes(slow);
        line.says(Recipient::One(slow), MESSAGE_BYTES);
        assert_eq!(line.held(slow), MESSAGE_BYTES, "the largest goes alone");
        line.takes(slow);
        line.says(Recipient::All, 1_000_000);
        assert_eq!(line.held(slow), 1_000_000);
    }

    #[test]
    fn small_messages_reach_whoever_has_much_to_read() {
        let mut line = Line::to(&[1]);
        for len in [ON_LINE + 1, 1_000_000, SMALL] {
            line.says(Recipient::One(peer(1)), len);
        }
        line.says(Recipient::All, SMALL);
        assert_eq!(line.held(peer(1)), ON_LINE + 1 + 2 * SMALL);
    }
}
