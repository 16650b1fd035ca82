//! Ends of sessions on their way to the database.

use idos_consensus::{PeerKey, Room, Turns};
use idos_types::limits::{ENDED_SESSIONS, ENDED_SESSIONS_OF_PEERS, ENDED_SESSIONS_PER_PEER};

use super::{EndedSession, Revocation};

/// What waits: however much other nodes tell, clients of this node can sign out, and no node is
/// silenced by another.
pub(super) struct Ends {
    of_clients: Vec<Revocation>,
    of_peers: Turns<EndedSession>,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            of_clients: Vec::new(),
            of_peers: Turns::new(Room {
                one: ENDED_SESSIONS_PER_PEER,
                all: ENDED_SESSIONS_OF_PEERS,
            }),
        }
    }
}

impl Ends {
    /// Whether there was room for what a client asked.
    pub(super) fn add(&mut self, revocation: Revocation) -> bool {
        let has_room = self.of_clients.len() < ENDED_SESSIONS;
        if has_room {
            self.of_clients.push(revocation);
        }
        has_room
    }

    /// Whether there was room for what a node told.
    pub(super) fn add_of_peer(&mut self, from: PeerKey, ended: EndedSession) -> bool {
        self.of_peers.add(from, 1, ended)
    }

    /// All that wait.
    pub(super) fn take(&mut self) -> Vec<Revocation> {
        let mut all = std::mem::take(&mut self.of_clients);
        while let Some((_, ended)) = self.of_peers.take() {
            all.push(Revocation { ended, done: None });
        }
        all
    }
}
