//! Executes blocks: what is due, then each entry, in one database transaction.

use std::{collections::HashMap, sync::Arc};

use idos_consensus::{Block, Item, Tip};
use idos_ledger::{self as ledger, Network, StateError};
use idos_proof::Root;
use idos_store::{Checkpoint, NewBlock, StoreError, Writer};
use idos_types::{BlockTime, Digest};
use idos_wallet::AccountKey;
use idos_wire::TxCode;
use rayon::prelude::*;
use thiserror::Error;

use crate::{entry::Entry, genesis::Genesis, run::Run};

/// Name under which the database remembers which network it belongs to.
const GENESIS: &str = "genesis";
/// Bodies removed in one go.
const PRUNED_AT_ONCE: usize = 512;

/// Blocks can not be executed. The node has to stop.
#[derive(Debug, Error)]
pub enum ExecutionError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The database is of another network.
    #[error(
        "the database belongs to another network than genesis.toml: restore the file, or use another folder"
    )]
    OtherNetwork,
}

/// How far a node has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The newest executed block.
    pub tip: Tip,
    /// Root of the state tree after it: nodes with the same root have the same rows.
    pub root: Root,
}

/// What became of a block.
#[derive(Debug)]
pub struct Executed {
    /// What became of its entries.
    pub outcomes: Vec<EntryOutcome>,
    /// Accounts that sent something, with the nonce they used last.
    pub touched: Vec<(AccountKey, u64)>,
}

/// What became of one entry.
#[derive(Debug)]
pub struct EntryOutcome {
    /// Hash of the entry.
    pub hash: Digest,
    /// Result code.
    pub code: TxCode,
    /// Notices, and the error if there is one.
    pub log: String,
}

/// Entries of a block that were verified before it is executed.
#[derive(Default)]
pub struct Verified(HashMap<Digest, Arc<Entry>>);

impl Verified {
    /// Verifies entries of blocks of this chain, on all cores. Those that are not valid are left
    /// out: they are in no valid block.
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>, chain_id: &str) -> Self {
        let items: Vec<_> = items.into_iter().collect();
        let entries = items.into_par_iter().filter_map(|item| {
            let entry = Entry::parse(item, chain_id).ok()?;
            Some((item.hash, Arc::new(entry)))
        });
        Self(entries.collect())
    }
}

/// Executes blocks on a database, with everything that execution needs and nothing that a network
/// does.
pub struct Executor {
    writer: Writer,
    network: Network,
    progress: Progress,
    body_retention_ms: u64,
}

impl Executor {
    /// Goes on where the database stopped; a new one starts at the genesis. Refuses a state that is
    /// damaged.
    pub fn new(mut writer: Writer, genesis: &Genesis) -> Result<Self, ExecutionError> {
        writer.check_tree()?;
        let first = genesis_hash(genesis);
        match writer.meta(GENESIS)? {
            Some(known) if known == first.to_string() => {}
            Some(_) => return Err(ExecutionError::OtherNetwork),
            None => writer.set_meta(GENESIS, &first.to_string())?,
        }
        let progress = match writer.head()? {
            Some(head) => Progress {
                tip: Tip {
                    height: head.height,
                    hash: head.hash,
                    time: head.time,
                },
                root: head.root,
            },
            None => Progress {
                tip: Tip {
                    height: 0,
                    hash: first,
                    time: BlockTime::from_millis(genesis.time_millis),
                },
                root: Root::empty(),
            },
        };
        Ok(Self {
            writer,
            network: Network {
                chain_id: genesis.chain_id.clone(),
                owner: genesis.owner.clone(),
            },
            progress,
            body_retention_ms: genesis.body_retention_seconds.saturating_mul(1000),
        })
    }

    /// The network that the database belongs to.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Checks that the state tree is the one of the rows, and returns its root. Reads every row.
    pub fn check_rows(&self) -> Result<Root, ExecutionError> {
        Ok(self.writer.check_rows()?)
    }

    /// When the earliest deadline is due, in seconds since 1970.
    pub fn next_due(&self) -> Result<Option<i64>, ExecutionError> {
        Ok(self.writer.next_due()?)
    }

    /// Executes the next block for good, verifying its entries. When it returns, the block survives
    /// a crash; if it fails, nothing of the block is left.
    pub fn execute(&mut self, block: &Block) -> Result<Executed, ExecutionError> {
        self.execute_verified(block, &Verified::default())
    }

    /// The same; entries in `verified` are not verified again.
    pub fn execute_verified(
        &mut self,
        block: &Block,
        verified: &Verified,
    ) -> Result<Executed, ExecutionError> {
        self.execute_known(block, &verified.0)
    }

    /// The same, for entries that this node has verified one by one.
    pub(crate) fn execute_known(
        &mut self,
        block: &Block,
        known: &HashMap<Digest, Arc<Entry>>,
    ) -> Result<Executed, ExecutionError> {
        let unknown = block
            .items
            .iter()
            .filter(|item| !known.contains_key(&item.hash));
        let others = Verified::of(unknown, &self.network.chain_id);
        let header = block.header;
        let mut run = Run {
            network: &self.network,
            block: ledger::Block {
                height: header.height,
                time: header.time,
            },
            write: self.writer.begin_block(header.height)?,
            touched: HashMap::new(),
        };
        run.work_off_due()?;
        let mut outcomes = Vec::with_capacity(block.items.len());
        for (position, item) in block.items.iter().enumerate() {
            let entry = known.get(&item.hash).or_else(|| others.0.get(&item.hash));
            // What is not valid is not from this node: whoever proposed it erred, and nobody is
            // to answer.
            let Some(entry) = entry else { continue };
            outcomes.push(run.enter(position, entry)?);
        }
        let older_than = header.time.millis().saturating_sub(self.body_retention_ms);
        run.write.prune_bodies(older_than, PRUNED_AT_ONCE)?;

        let hash = header.hash();
        let touched = run.touched.into_iter().collect();
        let root = run.write.commit(NewBlock {
            hash,
            time: header.time,
            header: header.encode(),
        })?;
        let tip = Tip {
            height: header.height,
            hash,
            time: header.time,
        };
        self.progress = Progress { tip, root };
        Ok(Executed { outcomes, touched })
    }

    /// Removes bodies that are old enough while no block is made. Returns whether there were any.
    pub fn prune(&mut self, now: BlockTime) -> Result<bool, ExecutionError> {
        let older_than = now.millis().saturating_sub(self.body_retention_ms);
        Ok(self.writer.prune_bodies(older_than, PRUNED_AT_ONCE)? > 0)
    }

    /// Clears removed bytes from the write-ahead log, as far as no open read holds them.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, ExecutionError> {
        Ok(self.writer.checkpoint()?)
    }

    /// Ends a session before it ends by itself. Times are milliseconds since 1970.
    pub(crate) fn revoke_session(
        &mut self,
        session: &Digest,
        expires_ms: u64,
        now: BlockTime,
    ) -> Result<(), StoreError> {
        self.writer
            .revoke_session(session, expires_ms, now.millis())
    }
}

/// What the first block follows: the facts that all nodes of a network share.
fn genesis_hash(genesis: &Genesis) -> Digest {
    Digest::of_parts(
        "idos/genesis/v1",
        &[
            genesis.chain_id.as_bytes(),
            genesis.owner.as_str().as_bytes(),
            &genesis.time_millis.to_be_bytes(),
            &genesis.body_retention_seconds.to_be_bytes(),
        ],
    )
}
