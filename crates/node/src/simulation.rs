//! A node of a simulated network: the parts that the network drives, and the desk at which clients
//! are served, without threads, server or clock of its own.
//!
//! Clients come in where requests have been parsed: what HTTP and JSON-RPC add, and sessions, are
//! not part of a simulation. What time it is, is told by whoever asks.

mod fetching;
mod sync_answer;

pub use fetching::Fetching;
pub use sync_answer::{SyncAnswer, SyncKind, sync_questions};

use std::{net::IpAddr, path::Path, sync::Arc};

use idos_consensus::{ConsensusError, Header, Item, Parts, SigningKey, Wake};
use idos_ledger::{
    self as ledger, Call, Caller, CallerWallet, Context, Network, Proofs, ProvedAnswer, Question,
    Rows,
};
use idos_proof::{RootCertificate, RootStatement};
use idos_store::{AccountDigest, Database, EvidenceError, Options, Snapshot, StoreError};
use idos_types::{BlockTime, limits::TRANSACTION_BYTES};
use idos_wallet::Sender;
use idos_wire::TxCode;
use thiserror::Error;
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use crate::{
    NodeKey,
    admission::AdmissionError,
    entry::{Entry, Transaction},
    executor::{ExecutionError, Executor, Progress, genesis_header},
    genesis::Genesis,
    gossip_message,
    life::{keep_newer_floor, lacks_blocks, lacks_state},
    metrics::Metrics,
    parts::{Assembly, AssemblyError, Desk, Plan},
    roots_message,
    shared::Answer,
    start::StartError,
};

/// Memory of the database of a node: there are many of them in one process.
const CACHE_MIB: u32 = 2;
/// Nobody reads at the same time.
const READERS: u32 = 1;

/// Why a node cannot be had, or cannot answer.
#[derive(Debug, Error)]
pub enum SimulationError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in it does not fit.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The parts do not fit.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// An answer cannot be proved.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A state cannot be fetched, or not be made the node's.
    #[error(transparent)]
    Life(#[from] StartError),
    /// The rules refuse; their text.
    #[error("{0}")]
    Refused(String),
}

/// A node of a simulated network; clones are the same node. Dropped together with its parts, as a
/// crash does, it leaves what is in its folder.
#[derive(Clone)]
pub struct Node {
    desk: Arc<Desk>,
    floor: Option<Vec<u8>>,
}

/// What a node does with what is in its folder.
pub enum Opened {
    /// It takes part.
    Part(Node, Parts),
    /// It fetches the state of others.
    Fetch(Box<Fetching>),
}

/// Waits to hear what became of a transaction.
pub struct Pending(Receiver<Answer>);

/// What a client heard of its transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// It is in a certified block.
    Committed(TxCode, String),
    /// It is in no block, or the node does not say.
    Refused(TxCode, String),
    /// The node is gone.
    Gone,
}

impl Node {
    /// Opens the database in this folder, or makes it, and puts the node together. `lacks_blocks` says
    /// that its last part in the network ended as [`Node::lacks_blocks`] says.
    pub fn open(
        folder: &Path,
        genesis: &Genesis,
        key: &NodeKey,
        lacks_blocks: bool,
    ) -> Result<Opened, SimulationError> {
        let options = Options {
            cache_mib: CACHE_MIB,
            readers: READERS,
        };
        let (writer, readers) = Database::open(folder, &options)?;
        if lacks_blocks || lacks_state(&writer, genesis)? {
            let fetching = Fetching::new(writer, genesis)?;
            return Ok(Opened::Fetch(Box::new(fetching)));
        }
        let executor = Executor::new(writer, genesis)?;
        let floor = executor.floor()?;
        let plan = Plan {
            executor,
            readers,
            node_key: key.clone(),
            // What an address may do is a matter of the server.
            stranger_writes_per_minute: u32::MAX,
            most_block_bytes: u64::MAX,
            is_threaded: false,
            metrics: Metrics::default(),
        };
        let Assembly { desk, parts, .. } = plan.assemble()?;
        let node = Self {
            desk: Arc::new(desk),
            floor,
        };
        Ok(Opened::Part(node, parts))
    }

    /// Whether a part in the network that ended like this lacks blocks that nobody keeps, so that the
    /// state has to be fetched.
    pub fn lacks_blocks(&self, ended: &Result<(), ConsensusError>) -> bool {
        lacks_blocks(ended, &self.desk.shared)
    }

    /// From where the network can go on if the engine has lost what it had.
    pub fn floor(&self) -> Option<Vec<u8>> {
        self.floor.clone()
    }

    /// Remembers from where the network could go on, as a node does from time to time. `kept` is
    /// the height that was remembered last.
    pub async fn keep_floor(&self, kept: &mut u64) {
        keep_newer_floor(&self.desk.shared, &self.desk.chain, kept).await;
    }

    /// Gets the engine's certificate of the height that is handed out to nodes that fetch a state, as
    /// a node does as soon as one asks. `handed` is the height of the last one.
    pub async fn hand_out_floor(&self, handed: &mut u64) {
        let shared = &self.desk.shared;
        let wanted = *shared.floors.wanted.borrow();
        if wanted > *handed
            && let Some(certificate) = self.desk.chain.finalization(wanted).await
        {
            shared.floors.hand_out(wanted, certificate);
            *handed = wanted;
        }
    }

    /// Wakes and stops the network.
    pub fn wake(&self) -> Wake {
        self.desk.shared.wake().clone()
    }

    /// How far the node has come.
    pub fn progress(&self) -> Progress {
        *self.desk.shared.progress.borrow()
    }

    /// The newest certified height that it knows of.
    pub fn certified(&self) -> u64 {
        self.desk.shared.certified()
    }

    /// The first height whose block it says that it keeps.
    pub fn kept_from(&self) -> u64 {
        self.desk.shared.kept_from()
    }

    /// Whether it found out that it computed another state than the network.
    pub fn has_diverged(&self) -> bool {
        self.desk.shared.has_diverged()
    }

    /// What the network does, and how the engine sees it.
    pub fn chain(&self) -> &idos_consensus::Chain {
        &self.desk.chain
    }

    /// The facts of the network that rules ask for.
    pub fn network(&self) -> &Network {
        &self.desk.network
    }

    /// Reads the newest executed state.
    pub fn read<T>(&self, read: impl FnOnce(&Snapshot<'_>) -> T) -> Result<T, StoreError> {
        self.desk.readers.read(read)
    }

    /// The nonce that a sender used last, in a block or waiting for one.
    pub fn last_nonce(&self, sender: &Sender) -> Result<u64, StoreError> {
        let account = sender.account();
        let committed = self.read(|snapshot| snapshot.nonce(&AccountDigest(account.0)))??;
        let shared = &self.desk.shared;
        Ok(shared.waiting.last_nonce(&account, committed.unwrap_or(0)))
    }

    /// Verifies and admits a transaction as a broadcast that waits (`sync: 1`) does.
    pub fn submit(&self, bytes: Vec<u8>, now: BlockTime) -> Result<Pending, SimulationError> {
        let item = Item::new(bytes);
        let transaction = idos_wire::Transaction::decode(&item.bytes)
            .map_err(|error| SimulationError::Refused(error.to_string()))?;
        let transaction = Transaction::verify(transaction, item, &self.desk.network.chain_id)
            .map_err(|rejection| SimulationError::Refused(rejection.to_string()))?;
        let peer = IpAddr::from([192, 0, 2, 1]);
        let entrance = &self.desk.entrance;
        match entrance.enter(&Arc::new(transaction), Some(peer), now) {
            Ok(waiting) => Ok(Pending(waiting)),
            Err(AdmissionError::Store(error)) => Err(error.into()),
            Err(AdmissionError::State(error)) => Err(EvidenceError::from(error).into()),
            Err(AdmissionError::Rejected(rejection) | AdmissionError::Early(rejection)) => {
                Err(SimulationError::Refused(rejection.to_string()))
            }
        }
    }

    /// Asks a view. The error is its text, or that of the failure.
    pub fn view(&self, caller: &Caller, call: Call, now: BlockTime) -> Result<Rows, String> {
        let read = self.read(|snapshot| {
            let context = Context {
                network: &self.desk.network,
                block: self.desk.entrance.block(now),
                caller,
                wallet: CallerWallet::Unread,
                state: snapshot,
                proofs: Proofs::none(),
            };
            ledger::view(&context, call).map_err(|failure| failure.to_string())
        });
        let (_, rows) = read.map_err(|failure| failure.to_string())??;
        Ok(rows)
    }

    /// Proves what a view answers; `None` while there is no certificate of the newest state.
    pub fn prove(
        &self,
        caller: &Caller,
        question: &Question,
        now: BlockTime,
    ) -> Result<Option<ProvedAnswer>, SimulationError> {
        let now = self.desk.entrance.block(now).time.seconds();
        let seen = self.read(|snapshot| {
            let Some(head) = snapshot.head()? else {
                return Ok(None);
            };
            let (_, claims) = snapshot.prove(question, caller, now)?;
            let certificate = snapshot.certificate(head.height)?;
            Ok::<_, SimulationError>(Some((head, certificate, claims)))
        })??;
        let Some((head, certificate, claims)) = seen else {
            return Ok(None);
        };
        let certificates = self.desk.shared.certificates.from(head.height);
        let of_the_state = certificates.into_iter().find(|(_, bytes)| {
            let certificate = RootCertificate::decode(bytes);
            certificate.is_ok_and(|certificate| certificate.statement().root == head.root)
        });
        let certificate = certificate.map(|certificate| (head.height, certificate));
        let later = of_the_state.map(|(height, bytes)| (height, bytes.to_vec()));
        Ok(certificate
            .or(later)
            .map(|(height, certificate)| ProvedAnswer {
                height,
                certificate,
                claims,
            }))
    }
}

impl Pending {
    /// What is known now.
    pub fn outcome(&mut self) -> Outcome {
        match self.0.try_recv() {
            Ok(Ok((code, log))) => Outcome::Committed(code, log),
            Ok(Err(rejection)) => Outcome::Refused(rejection.code, rejection.message),
            Err(TryRecvError::Empty) => Outcome::Waiting,
            Err(TryRecvError::Closed) => Outcome::Gone,
        }
    }
}

/// The header that the network of this genesis starts from.
pub fn first_header(genesis: &Genesis) -> Header {
    genesis_header(genesis)
}

/// The key of a node as the engine has it.
pub fn engine_key(key: &NodeKey) -> SigningKey {
    key.engine()
}

/// Whether a block of this chain may have this item: it is signed, and by whom it says.
pub fn is_entry(item: &Item, chain_id: &str) -> bool {
    item.bytes.len() <= TRANSACTION_BYTES && Entry::parse(item, chain_id).is_ok()
}

/// What a node sends that vouches for a state, be it true or not.
pub fn root_vote(key: &NodeKey, statement: &RootStatement) -> Vec<u8> {
    roots_message::Message::vote(statement, &key.sign_root(statement))
}

/// The state that a message of a node is about: it vouches for it, or asks for its certificate.
pub fn stated(message: &[u8]) -> Option<RootStatement> {
    use roots_message::Message;
    match Message::decode(message) {
        Ok(Message::Vote(statement, _) | Message::Ask(statement)) => Some(*statement),
        Ok(Message::Certificate(_)) | Err(_) => None,
    }
}

/// What a node sends to pass on entries, be they any or not.
pub fn entries_message(entries: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let entries: Vec<_> = entries.into_iter().map(Arc::new).collect();
    gossip_message::Message::entries(&entries)
}
