//! A node as the network drives it: put together the same way for a process and for a simulation.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use idos_consensus::{Chain as Handle, Parts, Topic};
use idos_ledger::Network;
use idos_store::{Readers, StoreError};
use idos_types::limits::ENDED_SESSIONS_REPEATED;
use thiserror::Error;
use tracing::{error, warn};

use crate::{
    chain::Chain,
    entrance::Entrance,
    executor::{ExecutionError, Executor},
    gossip::Gossip,
    http::room_for_blocks,
    inspection::{InspectionError, diverged_at},
    intake::{Intake, IntakeQueue, Verification},
    kept::MostKept,
    metrics::Metrics,
    node_key::NodeKey,
    nodes::Nodes,
    roots::Roots,
    shared::{EndedSession, Shared},
    sync::{Sync, provide::Stopwatch},
    verified::Verifier,
    voter::Voter,
};

/// Readers of the database that only the network uses: certificates, what others sync, and what they pass
/// on.
const NETWORK_READERS: usize = 3;
/// Readers of votes, two at a time: on a slow disk those whose view is over take long to end, and
/// certificates must not wait for them.
const VOTE_READERS: usize = 2;

/// Why the parts cannot be put together.
#[derive(Debug, Error)]
pub enum AssemblyError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in it does not fit.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The certificate of the newest certified state is none.
    #[error(transparent)]
    Certificate(#[from] InspectionError),
    /// There is no thread for what peers send.
    #[error("the operating system gives no thread")]
    Thread(#[source] io::Error),
}

/// What requests of clients need of a node.
pub(crate) struct Desk {
    pub(crate) network: Network,
    pub(crate) readers: Readers,
    pub(crate) shared: Arc<Shared>,
    pub(crate) entrance: Arc<Entrance>,
    /// Shows what the network does, once it runs.
    pub(crate) chain: Handle,
    /// The nodes of the network.
    pub(crate) nodes: Nodes,
}

/// A node without its server and without its network.
pub(crate) struct Assembly {
    pub(crate) desk: Desk,
    /// What peers sent and nobody has looked at; to be stopped with the node.
    pub(crate) intake: Option<Arc<IntakeQueue>>,
    /// What the network drives.
    pub(crate) parts: Parts,
}

/// How a node is put together.
pub(crate) struct Plan {
    pub(crate) executor: Executor,
    pub(crate) readers: Readers,
    pub(crate) node_key: NodeKey,
    pub(crate) stranger_writes_per_minute: u32,
    /// Most bytes of blocks that are kept for other nodes.
    pub(crate) most_block_bytes: u64,
    /// Whether what peers send is verified on a thread of its own, and the clock of this machine tells
    /// how long it takes to answer them: not in a simulation, where a seed decides everything.
    pub(crate) is_threaded: bool,
    /// What the node counts.
    pub(crate) metrics: Metrics,
}

impl Plan {
    pub(crate) fn assemble(self) -> Result<Assembly, AssemblyError> {
        let Self {
            mut executor,
            readers,
            node_key,
            stranger_writes_per_minute,
            most_block_bytes,
            is_threaded,
            metrics,
        } = self;
        let network = executor.network().clone();
        let certified = readers.read(|snapshot| snapshot.newest_certificate())??;
        let diverged_at = match certified {
            Some(height) => readers.read(|snapshot| diverged_at(snapshot, height))??,
            None => None,
        };
        let certified = certified.unwrap_or(0);
        let shared = Arc::new(Shared::new(executor.progress(), certified, metrics));
        if let Some(height) = diverged_at {
            error!(
                height,
                "the state differs from the one that the network certified: this node must not answer"
            );
            shared.diverge();
        }
        let mut unproved = executor.unproved()?;
        if let Some(of_copy) = unproved {
            if readers.read(|snapshot| of_copy.is_borne_out(snapshot))?? {
                executor.forget_unproved()?;
                unproved = None;
            } else {
                let height = of_copy.height;
                warn!(
                    height,
                    "no certificate shows the state that this node was restored with: it signs no state until others bear it out"
                );
            }
        }
        for statement in executor.statements_after(certified)? {
            shared.certificates.state(statement);
        }
        // Whatever clients read, the network gets its turn: votes, and writes that come by other nodes.
        let apart = readers.apart(NETWORK_READERS);
        let [entrance, entrance_of_peers] = [&readers, &apart].map(|readers| {
            Arc::new(Entrance::new(
                network.clone(),
                readers.clone(),
                Arc::clone(&shared),
                stranger_writes_per_minute,
            ))
        });
        let verifier = Arc::new(Verifier::new(network.chain_id.clone(), Arc::clone(&shared)));
        let verification = Verification::new(Arc::clone(&verifier), entrance_of_peers);
        let (intake, queue) = if is_threaded {
            let (intake, queue) = Intake::threaded(verification).map_err(AssemblyError::Thread)?;
            (intake, Some(queue))
        } else {
            (Intake::Inline(verification), None)
        };
        let voter = Voter::new(
            Arc::clone(&shared),
            readers.apart(VOTE_READERS),
            Arc::clone(&verifier),
        );
        let stopwatch: Stopwatch = if is_threaded {
            let started = Instant::now();
            Box::new(move || started.elapsed())
        } else {
            Box::new(|| Duration::ZERO)
        };
        let sync = Sync::new(
            Arc::clone(&shared),
            apart.clone(),
            node_key.public(),
            executor.chain_id().clone(),
            network.epoch,
            stopwatch,
        );
        let roots = Roots::new(
            Arc::clone(&shared),
            apart,
            node_key,
            executor.chain_id().clone(),
            network.epoch,
            unproved,
        );
        let ended = readers.read(|snapshot| snapshot.revocations(ENDED_SESSIONS_REPEATED))??;
        let ended = ended.into_iter().map(EndedSession::from).collect();
        let gossip = Gossip::new(Arc::clone(&shared), intake, ended);
        let nodes = Nodes::default();
        let most_kept = MostKept {
            blocks: if is_threaded {
                room_for_blocks()
            } else {
                u64::MAX
            },
            bytes: most_block_bytes,
        };
        let chain = Chain::new(
            executor,
            Arc::clone(&shared),
            verifier,
            nodes.clone(),
            most_kept,
        );
        let handle = Handle::default();
        let parts = Parts {
            execution: Box::new(chain),
            ballot: Arc::new(voter),
            services: vec![
                (Topic::Transactions, Box::new(gossip)),
                (Topic::Roots, Box::new(roots)),
                (Topic::Sync, Box::new(sync)),
            ],
            chain: handle.clone(),
        };
        Ok(Assembly {
            desk: Desk {
                network,
                readers,
                shared,
                entrance,
                chain: handle,
                nodes,
            },
            intake: queue,
            parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gossip_message::Message,
        testing::{
            Bench, CHAIN, OWNER, at, certificate, node_key, peer, sent, statement, transaction,
        },
    };

    /// Else a flood of slow reads on one node would keep it from knowing what the others let in.
    #[test]
    fn what_peers_pass_on_needs_no_reader_that_clients_hold() {
        let bench = Bench::new(4);
        let clients = bench.readers.clone();
        let item = transaction(OWNER, 1, CHAIN);
        let plan = Plan {
            executor: bench.executor,
            readers: bench.readers,
            node_key: node_key(0),
            stranger_writes_per_minute: 1,
            most_block_bytes: u64::MAX,
            is_threaded: false,
            metrics: Metrics::default(),
        };
        let mut assembly = plan.assemble().unwrap();
        let [message] = Message::entries(&[Arc::clone(&item.bytes)])
            .try_into()
            .unwrap();
        let mut services = assembly.parts.services.iter_mut();
        let (_, gossip) = services
            .find(|(topic, _)| *topic == Topic::Transactions)
            .unwrap();
        // Both readers of the clients are busy meanwhile.
        let mut receive = || sent(|outbox| gossip.received(peer(1), &message, at(1), outbox));
        clients
            .read(|_| clients.read(|_| receive()))
            .unwrap()
            .unwrap();
        let waiting = &assembly.desk.shared.waiting;
        assert!(waiting.entry(&item.hash).is_some());
    }

    /// It would answer plain reads until the network certifies the next height.
    #[test]
    fn a_node_that_diverged_knows_it_after_a_restart() {
        for is_its_own in [true, false] {
            let mut bench = Bench::new(4);
            let block = bench.next(1, Vec::new());
            bench.execute(&block);
            let certified = if is_its_own {
                bench.executor.statement()
            } else {
                statement(1)
            };
            let certificate = Arc::new(certificate(&certified, &[0, 1, 2]).encode());
            bench.executor.add_certificates(vec![(1, certificate)]);
            bench.executor.write_certificates().unwrap();
            let plan = Plan {
                executor: bench.executor,
                readers: bench.readers,
                node_key: node_key(0),
                stranger_writes_per_minute: 1,
                most_block_bytes: u64::MAX,
                is_threaded: false,
                metrics: Metrics::default(),
            };
            let assembly = plan.assemble().unwrap();
            assert_eq!(assembly.desk.shared.has_diverged(), !is_its_own);
        }
    }
}
