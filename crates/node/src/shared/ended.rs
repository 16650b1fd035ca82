//! Ends of sessions, on their way to the database and to the other nodes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use idos_consensus::{PeerKey, PeerLimits, PeerQueue, Wake};
use idos_types::{
    Digest,
    limits::{ENDED_SESSIONS, ENDED_SESSIONS_OF_PEERS, ENDED_SESSIONS_PER_PEER},
};
use thiserror::Error;
use tokio::sync::oneshot;

/// There is no room for one more.
#[derive(Debug, Error)]
#[error("too many ends of sessions wait to be recorded, it has to be told again")]
pub(crate) struct ManyEnded;

/// A session that its owner ended, before it ends by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EndedSession {
    pub(crate) session: Digest,
    /// When it ends by itself, in milliseconds since 1970.
    pub(crate) expires_ms: u64,
}

impl From<(Digest, u64)> for EndedSession {
    fn from((session, expires_ms): (Digest, u64)) -> Self {
        Self {
            session,
            expires_ms,
        }
    }
}

/// The end of a session, on its way to the database.
pub(crate) struct Revocation {
    pub(crate) ended: EndedSession,
    /// Told once it is durable, dropped if it does not get so; `None` if another node was asked.
    pub(crate) done: Option<oneshot::Sender<()>>,
}

/// Sessions that ended.
pub(crate) struct EndedSessions {
    held: Mutex<Held>,
    wake: Wake,
}

/// However much other nodes tell, clients of this node can sign out, and no node is silenced by
/// another.
struct Held {
    of_clients: Vec<Revocation>,
    of_peers: PeerQueue<EndedSession>,
    /// Sessions that ended here, and the other nodes do not know yet.
    announced: Vec<EndedSession>,
    /// Those that other nodes told, and that are durable since a moment.
    recorded: Vec<EndedSession>,
}

impl EndedSessions {
    pub(super) fn new(wake: Wake) -> Self {
        Self {
            held: Mutex::new(Held {
                of_clients: Vec::new(),
                of_peers: PeerQueue::new(PeerLimits {
                    one: ENDED_SESSIONS_PER_PEER,
                    all: ENDED_SESSIONS_OF_PEERS,
                }),
                announced: Vec::new(),
                recorded: Vec::new(),
            }),
            wake,
        }
    }

    /// Lets the end of a session of a client wait until it is durable.
    pub(crate) fn revoke(&self, revocation: Revocation) -> Result<(), ManyEnded> {
        let mut held = self.held();
        if held.of_clients.len() >= ENDED_SESSIONS {
            return Err(ManyEnded);
        }
        held.of_clients.push(revocation);
        drop(held);
        self.wake.work();
        Ok(())
    }

    /// Lets the end of a session that another node told wait until it is durable.
    pub(crate) fn revoke_of_peer(
        &self,
        from: PeerKey,
        ended: EndedSession,
    ) -> Result<(), ManyEnded> {
        if !self.held().of_peers.add(from, 1, ended) {
            return Err(ManyEnded);
        }
        self.wake.work();
        Ok(())
    }

    /// Ends of sessions that are not durable yet.
    pub(crate) fn take_revocations(&self) -> Vec<Revocation> {
        let mut held = self.held();
        let mut all = std::mem::take(&mut held.of_clients);
        while let Some((_, ended)) = held.of_peers.take() {
            all.push(Revocation { ended, done: None });
        }
        all
    }

    /// Lets the other nodes know that a session ended here.
    pub(crate) fn announce(&self, ended: EndedSession) {
        self.held().announced.push(ended);
        self.wake.work();
    }

    /// Says which ends that other nodes told are durable now: they need not be told again.
    pub(crate) fn recorded(&self, ended: EndedSession) {
        self.held().recorded.push(ended);
    }

    /// What became durable since the last time.
    pub(crate) fn take_recorded(&self) -> Vec<EndedSession> {
        std::mem::take(&mut self.held().recorded)
    }

    /// Sessions that ended here since the last time.
    pub(crate) fn take_announced(&self) -> Vec<EndedSession> {
        std::mem::take(&mut self.held().announced)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Its methods do not panic between two changes that belong together.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::peer;

    fn sessions() -> EndedSessions {
        EndedSessions::new(Wake::default())
    }

    fn ended(byte: u8) -> EndedSession {
        EndedSession {
            session: Digest::of(&[byte]),
            expires_ms: 1,
        }
    }

    #[test]
    fn peers_that_end_sessions_in_masses_leave_room_for_those_who_sign_out_here() {
        let sessions = &sessions();
        let told =
            |from| (0..10_000).filter(move |_| sessions.revoke_of_peer(from, ended(1)).is_ok());
        for flooding in 1..=4 {
            assert_eq!(told(peer(flooding)).count(), ENDED_SESSIONS_PER_PEER);
        }
        sessions
            .revoke_of_peer(peer(5), ended(3))
            .expect("nobody is silenced by the others");
        let mut waiting = Vec::new();
        let of_client = |waiting: &mut Vec<_>| {
            let (done, receiver) = oneshot::channel();
            waiting.push(receiver);
            Revocation {
                ended: ended(2),
                done: Some(done),
            }
        };
        let accepted = (0..10_000).filter(|_| sessions.revoke(of_client(&mut waiting)).is_ok());
        assert_eq!(accepted.count(), ENDED_SESSIONS);
        let taken = sessions.take_revocations();
        assert_eq!(taken.len(), ENDED_SESSIONS + ENDED_SESSIONS_OF_PEERS);
        assert!(taken.iter().any(|one| one.ended == ended(3)));
        assert!(sessions.take_revocations().is_empty());
    }

    #[test]
    fn ends_of_sessions_are_announced_once() {
        let sessions = sessions();
        sessions.announce(ended(1));
        assert_eq!(sessions.take_announced(), [ended(1)]);
        assert!(sessions.take_announced().is_empty());
    }
}
