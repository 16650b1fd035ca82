//! Executes blocks: what is due, then each entry, in one database transaction.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use idos_consensus::{Block, Header, HeaderError, Item, Tip};
use idos_ledger::{self as ledger, Cost, Network, Pace, ParameterName, State, StateError};
use idos_proof::{ChainId, ChainIdError, Root, RootStatement};
use idos_store::{Checkpoint, NewBlock, StoreError, Writer};
use idos_types::{
    BlockTime, Digest, ValidatorSetError,
    limits::{BLOCK_ITEMS, UNCERTIFIED_BLOCKS},
};
use idos_wallet::AccountKey;
use idos_wire::TxCode;
use thiserror::Error;
use tracing::warn;

use crate::{
    entry::Entry,
    genesis::Genesis,
    run::{Run, Savepoints},
    shared::EndedSession,
    unproved::{UNPROVED, Unproved},
};

/// Name under which the database remembers which network it belongs to.
pub(crate) const GENESIS: &str = "genesis";
/// Name under which it remembers from where the network can go on.
pub(crate) const FLOOR: &str = "floor";
/// Bodies removed in one go: as many as a block may add, so that full blocks leave none behind.
const PRUNED_AT_ONCE: usize = BLOCK_ITEMS;

/// Blocks cannot be executed. The node has to stop.
#[derive(Debug, Error)]
pub enum ExecutionError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The database holds a header that this version cannot read.
    #[error("the header of the newest block cannot be read; start the version that wrote it")]
    Header(#[from] HeaderError),
    /// The database is of another network.
    #[error(
        "the database belongs to another network than genesis.toml: restore the file, or use another folder"
    )]
    OtherNetwork,
    /// The database is on its way from one state to another.
    #[error(
        "the state in the database is being fetched from other nodes: start the node, it goes on by itself"
    )]
    Syncing,
    /// The network began with the state of another chain, which is not here.
    #[error(
        "the network goes on with the state of another chain, which this node does not have: start the \
         node to fetch it from others, or give it the state by `idos node restart-network`"
    )]
    NoState,
    /// The name in the genesis is none of a chain.
    #[error(transparent)]
    ChainId(#[from] ChainIdError),
    /// The validators of the genesis cannot be a set.
    #[error("the validators in genesis.toml cannot start a network")]
    Genesis(#[from] ValidatorSetError),
}

/// How far a node has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The newest executed block.
    pub tip: Tip,
    /// Root of the state tree after it: nodes with the same root have the same rows.
    pub root: Root,
    /// How many validators its epoch has.
    pub validators: usize,
    /// When the earliest deadline is due.
    pub next_due: Option<BlockTime>,
    /// How fast blocks have to be made until a change of the validators takes effect, or until a node
    /// that was approved may connect.
    pub pace: Pace,
}

/// What became of a block.
#[derive(Debug, Default)]
pub struct Executed {
    /// What became of its entries.
    pub outcomes: Vec<EntryOutcome>,
    /// Its entries that had no turn. It is as if they had been in no block, and a later one may have them.
    pub left: HashSet<Digest>,
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
pub struct Verified(HashMap<Digest, Entry>);

impl Verified {
    /// Verifies entries of blocks of this chain, on all cores. Those that are not valid are left
    /// out: they are in no valid block.
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>, chain_id: &str) -> Self {
        let items: Vec<_> = items.into_iter().collect();
        let entries: Vec<_> = Entry::parse_all(&items, chain_id);
        let entries: Vec<_> = entries.into_iter().flatten().collect();
        Entry::prove_all(&entries);
        let known = |entry: Entry| (entry.item().hash, entry);
        Self(entries.into_iter().map(known).collect())
    }
}

/// Executes blocks on a database, with everything that execution needs and nothing that a network
/// does.
pub struct Executor {
    writer: Writer,
    network: Network,
    chain_id: ChainId,
    /// Header of the newest executed block.
    header: Header,
    progress: Progress,
    certificates: Vec<(u64, Arc<Vec<u8>>)>,
}

impl Executor {
    /// Goes on where the database stopped; a new one starts at the genesis. Refuses a state that is
    /// damaged.
    pub fn new(writer: Writer, genesis: &Genesis) -> Result<Self, ExecutionError> {
        Self::open(writer, genesis, None)
    }

    /// The same with a state whose tree was checked before and has this root.
    pub(crate) fn of_checked(
        writer: Writer,
        genesis: &Genesis,
        root: Root,
    ) -> Result<Self, ExecutionError> {
        Self::open(writer, genesis, Some(root))
    }

    fn open(
        mut writer: Writer,
        genesis: &Genesis,
        checked: Option<Root>,
    ) -> Result<Self, ExecutionError> {
        if writer.sync_mark()?.is_some() {
            return Err(ExecutionError::Syncing);
        }
        let first = genesis_header(genesis);
        let name = first.hash().to_string();
        match (check_network(&writer, genesis)?, &genesis.origin) {
            (true, _) if writer.head()?.is_some() => {}
            (_, Some(_)) => return Err(ExecutionError::NoState),
            (_, None) => {
                let validators = ledger::genesis(&genesis.validators)?;
                let block = NewBlock {
                    hash: first.hash(),
                    time: first.time,
                    header: first.encode(),
                };
                writer.start(&validators, block, GENESIS, &name)?;
            }
        }
        let root = match checked {
            Some(root) => root,
            None => writer.check_tree()?,
        };
        let header = match writer.head()? {
            Some(head) => Header::decode(&head.header)?,
            None => first,
        };
        let earlier_blocks = genesis.earlier_blocks();
        writer.count_from(earlier_blocks);
        let network = Network {
            chain_id: genesis.chain_id.clone(),
            owner: genesis.owner.clone(),
            epoch: genesis.epoch_blocks,
            body_retention_seconds: genesis.body_retention_seconds,
            earlier_blocks,
        };
        Ok(Self {
            chain_id: ChainId::new(&network.chain_id)?,
            progress: progress(&writer, &network, &header, root)?,
            writer,
            network,
            header,
            certificates: Vec::new(),
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

    /// Header of the newest executed block.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Checks that the state tree is the one of the rows, and returns its root. Reads every row.
    pub fn check_rows(&self) -> Result<Root, ExecutionError> {
        Ok(self.writer.check_rows()?)
    }

    /// The newest state, between blocks.
    pub fn state(&self) -> &dyn State {
        &self.writer
    }

    /// Since when bodies are kept, in milliseconds since 1970.
    fn kept_since(&self, now: BlockTime) -> Result<u64, ExecutionError> {
        let height = self.progress.tip.height;
        Ok(prunable(&self.writer, &self.network, height, now)?)
    }

    /// What this node vouches for: the state after the newest executed block.
    pub(crate) fn statement(&self) -> RootStatement {
        self.statement_of(&self.header, self.progress.root)
    }

    /// What this node vouches for at the heights after `certified`, as far as it has them and they
    /// are not too many, and at the heights before that fixed validators and were never certified:
    /// light clients walk along their certificates.
    pub(crate) fn statements_after(
        &self,
        certified: u64,
    ) -> Result<Vec<RootStatement>, ExecutionError> {
        let newest = self.header.height;
        let first = certified.max(newest.saturating_sub(UNCERTIFIED_BLOCKS)) + 1;
        let mut heights = self.writer.uncertified_set_changes()?;
        heights.retain(|height| *height < first);
        let mut statements = Vec::new();
        for height in heights.into_iter().chain(first..=newest) {
            let Some(block) = self.writer.block(height)? else {
                continue;
            };
            if block.is_root_unknown() {
                continue;
            }
            let header = Header::decode(&block.header)?;
            statements.push(self.statement_of(&header, block.root));
        }
        Ok(statements)
    }

    fn statement_of(&self, header: &Header, root: Root) -> RootStatement {
        let epochs = self.network.epoch;
        RootStatement {
            chain_id: self.chain_id.clone(),
            epoch: epochs.epoch_of(header.height),
            height: header.height,
            ends_epoch: epochs.ended_by(header.height).is_some(),
            header: header.hash(),
            root,
            time: header.time,
        }
    }

    /// The name of the chain in what is signed.
    pub(crate) fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// The engine's certificate of a block that the state contains: a node whose engine lost what it
    /// had, or whose state is a copy, goes on from there.
    pub(crate) fn floor(&self) -> Result<Option<Vec<u8>>, ExecutionError> {
        let floor = self.writer.meta(FLOOR)?;
        Ok(floor.and_then(|floor| hex::decode(floor).ok()))
    }

    /// Remembers such a certificate.
    pub(crate) fn set_floor(&mut self, certificate: &[u8]) -> Result<(), ExecutionError> {
        Ok(self.writer.set_meta(FLOOR, &hex::encode(certificate))?)
    }

    /// What no certificate showed when this state came from a copy, if it did.
    pub(crate) fn unproved(&self) -> Result<Option<Unproved>, ExecutionError> {
        let note = self.writer.meta(UNPROVED)?.unwrap_or_default();
        let genesis = self.writer.meta(GENESIS)?.unwrap_or_default();
        Ok(Unproved::read(&note, &genesis))
    }

    /// Forgets it, once a certificate shows it.
    pub(crate) fn forget_unproved(&mut self) -> Result<(), ExecutionError> {
        Ok(self.writer.set_meta(UNPROVED, "")?)
    }

    /// Adds certificates of states, by height, to what the next block writes.
    pub(crate) fn add_certificates(&mut self, certificates: Vec<(u64, Arc<Vec<u8>>)>) {
        self.certificates.extend(certificates);
    }

    /// Whether certificates wait to be written.
    pub(crate) fn has_certificates(&self) -> bool {
        !self.certificates.is_empty()
    }

    /// Writes the certificates that wait, without a block.
    pub(crate) fn write_certificates(&mut self) -> Result<(), ExecutionError> {
        let certificates = std::mem::take(&mut self.certificates);
        let certificates = certificates
            .iter()
            .map(|(height, certificate)| (*height, certificate.as_slice()));
        Ok(self.writer.put_certificates(certificates)?)
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
        known: &HashMap<Digest, Entry>,
    ) -> Result<Executed, ExecutionError> {
        let unknown = block
            .items
            .iter()
            .filter(|item| !known.contains_key(&item.hash));
        let others = Verified::of(unknown, &self.network.chain_id);
        // What is not valid is not from this node: whoever proposed it erred, and nobody is to
        // answer.
        let entries: Vec<_> = block
            .items
            .iter()
            .map(|item| known.get(&item.hash).or_else(|| others.0.get(&item.hash)))
            .collect();
        let (root, executed) = self.run(&block.header, &entries)?;
        self.certificates.clear();
        self.header = block.header;
        self.progress = progress(&self.writer, &self.network, &block.header, root)?;
        Ok(executed)
    }

    /// Runs what is due and the entries, each at its position, and commits the block. What comes of it
    /// does not depend on savepoints, which are seldom needed.
    fn run(
        &mut self,
        header: &Header,
        entries: &[Option<&Entry>],
    ) -> Result<(Root, Executed), ExecutionError> {
        match self.run_within(Savepoints::WhereRulesRefuse, header, entries) {
            Err(ExecutionError::Store(StoreError::Constraint { table, source })) => {
                warn!(table, error = %source, "a block is executed again, with savepoints");
                self.run_within(Savepoints::Everywhere, header, entries)
            }
            outcome => outcome,
        }
    }

    fn run_within(
        &mut self,
        savepoints: Savepoints,
        header: &Header,
        entries: &[Option<&Entry>],
    ) -> Result<(Root, Executed), ExecutionError> {
        let mut run = Run {
            savepoints,
            network: &self.network,
            block: self.network.block(header.height, header.time),
            height: header.height,
            write: self.writer.begin_block(header.height)?,
            touched: HashMap::new(),
            cost: Cost::default(),
        };
        for (height, certificate) in &self.certificates {
            run.write.put_certificate(*height, certificate)?;
        }
        run.work_off_due()?;
        let mut outcomes = Vec::with_capacity(entries.len());
        let mut left = HashSet::new();
        for (position, entry) in entries.iter().enumerate() {
            let Some(entry) = entry else { continue };
            match run.enter(position, entry)? {
                Some(outcome) => outcomes.push(outcome),
                None => {
                    left.insert(entry.item().hash);
                }
            }
        }
        if let Some(epoch) = self.network.epoch.ended_by(header.height) {
            run.end_epoch(epoch)?;
        }
        let older_than = prunable(&run.write, &self.network, header.height, header.time)?;
        run.write.prune_bodies(older_than, PRUNED_AT_ONCE)?;
        let Run { write, touched, .. } = run;
        let root = write.commit(NewBlock {
            hash: header.hash(),
            time: header.time,
            header: header.encode(),
        })?;
        let executed = Executed {
            outcomes,
            left,
            touched: touched.into_iter().collect(),
        };
        Ok((root, executed))
    }

    /// Removes bodies that are old enough while no block is made, and the ends of sessions that have ended by
    /// themselves. Returns whether there were any.
    pub fn prune(&mut self, now: BlockTime) -> Result<bool, ExecutionError> {
        let older_than = self.kept_since(now)?;
        let bodies = self.writer.prune_bodies(older_than, PRUNED_AT_ONCE)?;
        let sessions = self
            .writer
            .forget_ended_sessions(now.millis(), PRUNED_AT_ONCE)?;
        Ok(bodies + sessions > 0)
    }

    /// Clears removed bytes from the write-ahead log, as far as no open read holds them.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, ExecutionError> {
        Ok(self.writer.checkpoint()?)
    }

    /// Moves the write-ahead log to the database, so that it does not grow while little happens.
    pub fn move_log(&mut self) -> Result<(), ExecutionError> {
        Ok(self.writer.move_log()?)
    }

    /// Ends sessions before they end by themselves, durably and together.
    pub(crate) fn end_sessions(
        &mut self,
        ended: &[EndedSession],
        now: BlockTime,
    ) -> Result<(), StoreError> {
        let sessions = ended.iter().map(|ended| (&ended.session, ended.expires_ms));
        self.writer.revoke_sessions(sessions, now.millis())
    }

    /// The header of an executed block, if this node has it.
    pub(crate) fn header_at(&self, height: u64) -> Result<Option<Header>, ExecutionError> {
        let block = self.writer.block(height)?;
        Ok(block
            .map(|block| Header::decode(&block.header))
            .transpose()?)
    }

    /// The first height whose body is to be kept.
    pub(crate) fn first_kept(&self, now: BlockTime) -> Result<u64, ExecutionError> {
        let since = self.kept_since(now)?;
        let tip = self.progress.tip.height;
        Ok(self.writer.first_block_since(since, tip)?)
    }
}

/// What is to be known of the state after a block.
fn progress(
    writer: &Writer,
    network: &Network,
    header: &Header,
    root: Root,
) -> Result<Progress, ExecutionError> {
    // What the next block will be part of.
    let epoch = network.epoch.epoch_of(header.height.saturating_add(1));
    let first_of_epoch = network.counted(network.epoch.first_height(epoch));
    let millis = |due| u64::try_from(due).unwrap_or_default().saturating_mul(1000);
    Ok(Progress {
        tip: Tip {
            height: header.height,
            hash: header.hash(),
            time: header.time,
        },
        root,
        validators: writer.validator_set(epoch)?.unwrap_or_default().len(),
        next_due: writer
            .next_due()?
            .map(|due| BlockTime::from_millis(millis(due))),
        pace: if ledger::is_observer_waiting(writer, first_of_epoch)? {
            Pace::Quick
        } else {
            ledger::pace(writer, epoch)?
        },
    })
}

/// Whether the database is of this network, and not new. One of another network is an error.
pub(crate) fn check_network(writer: &Writer, genesis: &Genesis) -> Result<bool, ExecutionError> {
    match writer.meta(GENESIS)? {
        Some(known) if known == genesis_header(genesis).hash().to_string() => Ok(true),
        Some(_) => Err(ExecutionError::OtherNetwork),
        None => Ok(false),
    }
}

/// The header that the first block follows.
pub(crate) fn genesis_header(genesis: &Genesis) -> Header {
    Header::genesis(BlockTime::from_millis(genesis.time_millis), genesis.hash())
}

/// Bodies of blocks before this time, in milliseconds since 1970, are old enough to go.
fn prunable(
    state: &dyn State,
    network: &Network,
    height: u64,
    now: BlockTime,
) -> Result<u64, StateError> {
    let name = ParameterName::BodyRetentionSeconds;
    let seconds = ledger::parameter(state, network, name, network.counted(height))?;
    Ok(now.millis().saturating_sub(seconds.saturating_mul(1000)))
}

#[cfg(test)]
mod tests;
