//! The channel on which blocks that were missed are asked for and sent, with a budget for each peer.
//!
//! The engine answers every request at once and puts the answer before the peer's line, however long
//! that is already. Here requests wait until it is their turn.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use commonware_actor::{Feedback, Unreliable};
use commonware_codec::{Copying, DecodeExt as _};
use commonware_consensus::marshal::resolver::handler::Key;
use commonware_cryptography::sha256;
use commonware_macros::select;
use commonware_p2p::{CheckedSender, LimitedSender, Message, Receiver, Recipients};
use commonware_runtime::{Clock, IoBuf, IoBufs};
use futures::future::pending;

use crate::{PeerKey, Wake, serving::Serving, shared::EngineKey, wake::Waiter};

/// Bytes of the number that a message of the engine begins with; what it is, is said after that.
const NUMBER: usize = 8;
/// How a request begins after its number. What it asks for follows.
const REQUEST: u8 = 0;

/// Puts the budgets between the network and the engine.
pub(crate) fn budgeted<E: Clock, S, R>(
    clock: E,
    (sender, receiver): (S, R),
) -> (Answers<E, S>, Requests<E, R>) {
    let tally = Tally {
        serving: Arc::new(Mutex::new(Serving::new())),
        changed: Wake::default(),
        clock: Arc::new(clock),
    };
    let requests = Requests {
        inner: receiver,
        changed: tally.changed.waiter(),
        tally: tally.clone(),
    };
    let answers = Answers {
        inner: sender,
        tally,
    };
    (answers, requests)
}

/// What a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Somebody misses a block.
    Request,
    /// A request that nobody could answer.
    Nonsense,
    /// An answer, or what the engine will refuse.
    Answer,
}

fn kind(bytes: &[u8]) -> Kind {
    match bytes.split_at_checked(NUMBER) {
        Some((_, [REQUEST, key @ ..])) => match Key::<sha256::Digest>::decode(Copying(key)) {
            Ok(_) => Kind::Request,
            Err(_) => Kind::Nonsense,
        },
        Some(_) | None => Kind::Answer,
    }
}

/// What was asked and what is on its way as an answer: both directions know it.
struct Tally<E> {
    serving: Arc<Mutex<Serving>>,
    /// Something was answered, or left a line.
    changed: Wake,
    clock: Arc<E>,
}

impl<E> Clone for Tally<E> {
    fn clone(&self) -> Self {
        Self {
            serving: Arc::clone(&self.serving),
            changed: self.changed.clone(),
            clock: Arc::clone(&self.clock),
        }
    }
}

impl<E: Clock> Tally<E> {
    /// An answer that counts as long as the peer's line has not taken it.
    fn answer(&self, to: &EngineKey, bytes: IoBuf) -> IoBuf {
        let now = self.clock.current();
        let line = self.serving().answer(PeerKey::from(to), bytes.len(), now);
        let counted = line.put(bytes, &self.changed);
        self.changed.work();
        counted
    }

    fn serving(&self) -> MutexGuard<'_, Serving> {
        // Its methods do not panic between two changes that belong together.
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the engine sends requests and answers; answers are charged to whom they are for.
pub(crate) struct Answers<E, S> {
    inner: S,
    tally: Tally<E>,
}

impl<E, S: Clone> Clone for Answers<E, S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            tally: self.tally.clone(),
        }
    }
}

impl<E: Clock, S: LimitedSender<PublicKey = EngineKey>> LimitedSender for Answers<E, S> {
    type PublicKey = EngineKey;
    type Checked<'a> = Checked<'a, E, S::Checked<'a>>;

    fn check(&mut self, to: Recipients<EngineKey>) -> Result<Self::Checked<'_>, SystemTime> {
        Ok(Checked {
            inner: self.inner.check(to)?,
            tally: &self.tally,
        })
    }
}

/// A message that is about to be sent.
pub(crate) struct Checked<'a, E, C> {
    inner: C,
    tally: &'a Tally<E>,
}

impl<E: Clock, C: CheckedSender<PublicKey = EngineKey>> CheckedSender for Checked<'_, E, C> {
    type PublicKey = EngineKey;

    fn recipients(&self) -> Vec<EngineKey> {
        self.inner.recipients()
    }

    fn send(self, message: impl Into<IoBufs> + Send, priority: bool) -> Unreliable<Feedback> {
        let mut bytes = message.into().coalesce();
        if kind(bytes.as_ref()) == Kind::Answer {
            // An answer is for one.
            for to in self.inner.recipients() {
                bytes = self.tally.answer(&to, bytes);
            }
        }
        self.inner.send(bytes, priority)
    }
}

/// Where the engine gets requests and answers; requests come when it is their turn.
pub(crate) struct Requests<E, R> {
    inner: R,
    tally: Tally<E>,
    changed: Waiter,
}

impl<E, R> fmt::Debug for Requests<E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Requests")
    }
}

impl<E: Clock, R: Receiver<PublicKey = EngineKey>> Receiver for Requests<E, R> {
    type Error = R::Error;
    type PublicKey = EngineKey;

    async fn recv(&mut self) -> Result<Message<EngineKey>, R::Error> {
        loop {
            let next = self.tally.serving().next(self.tally.clock.current());
            let again = match next {
                Ok(request) => return Ok((request.from, request.bytes)),
                Err(again) => again,
            };
            let due = async {
                match again {
                    Some(again) => self.tally.clock.sleep_until(again).await,
                    None => pending().await,
                }
            };
            select! {
                message = self.inner.recv() => {
                    let (from, bytes) = message?;
                    match kind(bytes.as_ref()) {
                        Kind::Request => {
                            let now = self.tally.clock.current();
                            self.tally.serving().ask(from, bytes, now);
                        }
                        Kind::Nonsense => {}
                        Kind::Answer => return Ok((from, bytes)),
                    }
                },
                _ = self.changed.work() => {},
                _ = due => {},
            }
        }
    }

    fn capacity(&self) -> NonZeroUsize {
        self.inner.capacity()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use commonware_codec::Encode as _;
    use commonware_consensus::types::Height;
    use commonware_runtime::{Runner as _, Supervisor as _, deterministic};

    use super::*;
    use crate::SigningKey;

    /// A message of the engine that begins with a number, and is this.
    fn message(what: u8, rest: &[u8]) -> Vec<u8> {
        [&[7; NUMBER], [what].as_slice(), rest].concat()
    }

    fn request() -> Vec<u8> {
        let height = Height::new(3);
        message(
            REQUEST,
            &Key::<sha256::Digest>::Finalized { height }.encode(),
        )
    }

    #[test]
    fn requests_are_told_from_answers() {
        assert_eq!(kind(&request()), Kind::Request);
        let mut longer = request();
        longer.push(0);
        for nonsense in [message(REQUEST, &[]), message(REQUEST, &[9]), longer] {
            assert_eq!(kind(&nonsense), Kind::Nonsense);
        }
        for answer in [message(1, &[1; 500]), message(2, &[]), vec![0; NUMBER]] {
            assert_eq!(kind(&answer), Kind::Answer);
        }
    }

    #[test]
    fn an_answer_counts_until_the_line_lets_go_of_it() {
        deterministic::Runner::default().start(|context| async move {
            let tally = Tally {
                serving: Arc::new(Mutex::new(Serving::new())),
                changed: Wake::default(),
                clock: Arc::new(context.child("clock")),
            };
            let key = SigningKey::from_seed([1; 32]).peer_key().engine().unwrap();
            let mut changed = tally.changed.waiter();
            let held = tally.answer(&key, IoBuf::from(vec![5; 2_000_000]));
            changed.work().await;
            assert_eq!(held.as_ref(), vec![5; 2_000_000]);
            // It is paid for long since, but still there.
            context.sleep(Duration::from_secs(3)).await;
            let now = context.current();
            tally.serving().ask(key, request().into(), now);
            assert!(tally.serving().next(now).is_err());
            drop(held);
            changed.work().await;
            assert!(tally.serving().next(now).is_ok());
        });
    }
}
