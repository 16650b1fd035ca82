//! What came for a service and waits to be looked at.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use commonware_p2p::Receiver;
use commonware_runtime::IoBuf;
use idos_types::limits::{WAITING_BYTES, WAITING_BYTES_PER_PEER};
use tracing::debug;

use crate::{
    MESSAGE_BYTES, PeerKey, PeerLimits, PeerQueue, Topic, Wake, shared::EngineKey, wake::Waiter,
};

/// What a message costs beside its bytes: memory, and the work to look at it.
const OVERHEAD: usize = 1_024;
/// How much may wait.
const LIMITS: PeerLimits = PeerLimits {
    one: WAITING_BYTES_PER_PEER,
    all: WAITING_BYTES,
};
const _: () = assert!(MESSAGE_BYTES + OVERHEAD <= WAITING_BYTES_PER_PEER);

/// Where messages wait; clones are the same. The network has one queue for all peers: it is emptied
/// into this, however long the service takes.
#[derive(Clone)]
pub(crate) struct Inbox {
    topic: Topic,
    waiting: Arc<Mutex<PeerQueue<IoBuf>>>,
    ended: Arc<AtomicBool>,
    changed: Wake,
}

/// What the inbox has.
pub(crate) enum Next {
    /// A message.
    Message(PeerKey, IoBuf),
    /// Nothing now.
    Nothing,
    /// Nothing any more: the network ended.
    Ended,
}

impl Inbox {
    pub(crate) fn new(topic: Topic) -> Self {
        Self {
            topic,
            waiting: Arc::new(Mutex::new(PeerQueue::new(LIMITS))),
            ended: Arc::default(),
            changed: Wake::default(),
        }
    }

    /// Who waits for messages from now on.
    pub(crate) fn waiter(&self) -> Waiter {
        self.changed.waiter()
    }

    /// Takes what comes until the network ends.
    pub(crate) async fn fill(self, mut receiver: impl Receiver<PublicKey = EngineKey>) {
        while let Ok((from, bytes)) = receiver.recv().await {
            let from = PeerKey::from(&from);
            let cost = OVERHEAD + bytes.as_ref().len();
            if self.waiting().add(from, cost, bytes) {
                self.changed.work();
            } else {
                debug!(peer = %from, topic = ?self.topic, "a peer sends more than can be looked at");
            }
        }
        self.ended.store(true, Ordering::Release);
        self.changed.work();
    }

    /// The oldest message of the peer whose turn it is.
    pub(crate) fn next(&self) -> Next {
        // Whatever came before the end is seen.
        let ended = self.ended.load(Ordering::Acquire);
        match self.waiting().take() {
            Some((from, bytes)) => Next::Message(from, bytes),
            None if ended => Next::Ended,
            None => Next::Nothing,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, PeerQueue<IoBuf>> {
        // Its methods do not panic between two changes that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, num::NonZeroUsize};

    use futures::{FutureExt as _, executor::block_on};

    use super::*;
    use crate::SigningKey;

    /// A network on which these messages come, and then nothing any more.
    #[derive(Debug)]
    struct Network(VecDeque<(EngineKey, IoBuf)>);

    #[derive(Debug, thiserror::Error)]
    #[error("the network ended")]
    struct Closed;

    impl Receiver for Network {
        type Error = Closed;
        type PublicKey = EngineKey;

        async fn recv(&mut self) -> Result<(EngineKey, IoBuf), Closed> {
            self.0.pop_front().ok_or(Closed)
        }

        fn capacity(&self) -> NonZeroUsize {
            NonZeroUsize::MIN
        }
    }

    fn key(number: u8) -> PeerKey {
        SigningKey::from_seed([number; 32]).peer_key()
    }

    fn message(from: u8, len: usize) -> (EngineKey, IoBuf) {
        let key = key(from).engine().unwrap();
        (key, IoBuf::from(vec![from; len]))
    }

    fn seen(messages: impl IntoIterator<Item = (EngineKey, IoBuf)>) -> Vec<PeerKey> {
        let inbox = Inbox::new(Topic::Roots);
        let mut waiter = inbox.waiter();
        assert!(waiter.work().now_or_never().is_none());
        block_on(inbox.clone().fill(Network(messages.into_iter().collect())));
        assert!(waiter.work().now_or_never().is_some());
        let mut seen = Vec::new();
        loop {
            match inbox.next() {
                Next::Message(from, _) => seen.push(from),
                Next::Nothing => panic!("the network ended"),
                Next::Ended => return seen,
            }
        }
    }

    #[test]
    fn a_flood_of_one_peer_holds_up_nobody_and_is_cut() {
        let flood = (0..100_000).map(|_| message(1, 100));
        let seen = seen(flood.chain([message(2, 100), message(3, MESSAGE_BYTES)]));
        let place = |number| seen.iter().position(|from| *from == key(number));
        assert!(place(2) < Some(3) && place(3) < Some(3));
        let count = seen.iter().filter(|from| **from == key(1)).count();
        assert_eq!(count, WAITING_BYTES_PER_PEER / (OVERHEAD + 100));
    }

    #[test]
    fn many_who_send_all_they_may_leave_room_for_one_who_sends_little() {
        let size = MESSAGE_BYTES / 4;
        let (_, large) = message(1, size);
        let all = (1..=100).map(|from| (key(from).engine().unwrap(), large.clone()));
        let flood = std::iter::repeat_n(all, 10).flatten();
        let seen = seen(flood.chain([message(200, 100)]));
        assert!(seen.contains(&key(200)));
        assert!(seen.len() <= WAITING_BYTES / size + 1);
    }
}
