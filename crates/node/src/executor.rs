//! Executes blocks: what is due, then each entry, in one database transaction.

use std::{collections::HashMap, sync::Arc};

use idos_consensus::{Block, Item, Tip};
use idos_ledger::{self as ledger, Network, ParameterName, State, StateError};
use idos_store::{Checkpoint, Head, StoreError, Writer};
use idos_types::{BlockTime, Digest, ValidatorSetError};
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
    /// The validators of the genesis can not be a set.
    #[error("the validators in genesis.toml can not start a network")]
    Genesis(#[from] ValidatorSetError),
}

/// How far a node has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The newest executed block.
    pub tip: Tip,
    /// Digest of all results up to it: nodes that differ can see from where on.
    pub execution: Digest,
}

/// What became of a block.
#[derive(Debug)]
pub struct Executed {
    /// What became of its entries, those left out that were in the chain before.
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
}

impl Executor {
    /// Goes on where the database stopped; a new one starts at the genesis.
    pub fn new(mut writer: Writer, genesis: &Genesis) -> Result<Self, ExecutionError> {
        let first = genesis.hash();
        match writer.meta(GENESIS)? {
            Some(known) if known == first.to_string() => {}
            Some(_) => return Err(ExecutionError::OtherNetwork),
            None => {
                let validators = ledger::genesis(&genesis.validators)?;
                writer.start(&validators, GENESIS, &first.to_string())?;
            }
        }
        let progress = match writer.head()? {
            Some(head) => Progress {
                tip: Tip {
                    height: head.height,
                    hash: head.hash,
                    time: head.time,
                },
                execution: head.execution,
            },
            None => Progress {
                tip: Tip {
                    height: 0,
                    hash: first,
                    time: BlockTime::from_millis(genesis.time_millis),
                },
                execution: Digest::default(),
            },
        };
        Ok(Self {
            writer,
            network: Network {
                chain_id: genesis.chain_id.clone(),
                owner: genesis.owner.clone(),
                epoch: genesis.epoch_blocks,
                body_retention_seconds: genesis.body_retention_seconds,
            },
            progress,
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

    /// The newest state, between blocks.
    pub fn state(&self) -> &dyn State {
        &self.writer
    }

    /// When the earliest deadline is due, in seconds since 1970.
    pub fn next_due(&self) -> Result<Option<i64>, ExecutionError> {
        Ok(self.writer.next_due()?)
    }

    /// Whether blocks have to be made even if nothing waits, so that a change of the validators
    /// comes through.
    pub fn is_set_change_pending(&self) -> Result<bool, ExecutionError> {
        let next = self.progress.tip.height.saturating_add(1);
        let epoch = self.network.epoch.epoch_of(next);
        Ok(ledger::is_set_change_pending(&self.writer, epoch)?)
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
            write: self.writer.begin_block()?,
            touched: HashMap::new(),
        };
        run.work_off_due()?;
        let mut outcomes = Vec::with_capacity(block.items.len());
        for (position, item) in block.items.iter().enumerate() {
            let entry = known.get(&item.hash).or_else(|| others.0.get(&item.hash));
            // What is not valid is not from this node: whoever proposed it erred, and nobody is
            // to answer.
            let Some(entry) = entry else { continue };
            let outcome = run.enter(position, entry)?;
            outcomes.extend(outcome);
        }
        if let Some(epoch) = self.network.epoch.ended_by(header.height) {
            run.end_epoch(epoch)?;
        }
        let older_than = prunable(&run.write, &self.network, header.height, header.time)?;
        run.write.prune_bodies(older_than, PRUNED_AT_ONCE)?;

        let hash = header.hash();
        let execution = execution_digest(self.progress.execution, hash, &outcomes);
        let head = Head {
            height: header.height,
            hash,
            time: header.time,
            header: header.encode(),
            execution,
        };
        let touched = run.touched.into_iter().collect();
        run.write.commit(&head)?;
        let tip = Tip {
            height: header.height,
            hash,
            time: header.time,
        };
        self.progress = Progress { tip, execution };
        Ok(Executed { outcomes, touched })
    }

    /// Removes bodies that are old enough while no block is made. Returns whether there were any.
    pub fn prune(&mut self, now: BlockTime) -> Result<bool, ExecutionError> {
        let height = self.progress.tip.height;
        let older_than = prunable(&self.writer, &self.network, height, now)?;
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

/// Bodies of blocks before this time, in milliseconds since 1970, are old enough to go.
fn prunable(
    state: &dyn State,
    network: &Network,
    height: u64,
    now: BlockTime,
) -> Result<u64, StateError> {
    let name = ParameterName::BodyRetentionSeconds;
    let seconds = ledger::parameter(state, network, name, height)?;
    Ok(now.millis().saturating_sub(seconds.saturating_mul(1000)))
}

/// Chains what every block did, so that nodes that differ can see from where on.
fn execution_digest(previous: Digest, block: Digest, outcomes: &[EntryOutcome]) -> Digest {
    let mut parts: Vec<Vec<u8>> = vec![previous.0.to_vec(), block.0.to_vec()];
    for outcome in outcomes {
        parts.push(outcome.hash.0.to_vec());
        parts.push(outcome.code.code().to_le_bytes().to_vec());
        parts.push(outcome.log.as_bytes().to_vec());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of_parts("idos/execution/v1", &parts)
}
