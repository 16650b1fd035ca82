//! Executes blocks: what is due, then each entry, in one database transaction.

use std::{collections::HashMap, sync::Arc};

use idos_consensus::{Block, Item, Tip};
use idos_ledger::{self as ledger, Context, Effects, Failure, Network, State, StateError};
use idos_store::{
    AccountDigest, BlockWrite, Checkpoint, Head, Receipt, SaltSeed, StoreError, Writer,
};
use idos_types::{
    BlockTime, Digest,
    limits::{DUE_PER_BLOCK, LOG_BYTES},
};
use idos_wallet::AccountKey;
use idos_wire::TxCode;
use thiserror::Error;

use crate::{
    entry::{Entry, SignedIn, Transaction, sender_proof},
    genesis::Genesis,
};

/// Name under which the database remembers which network it belongs to.
const GENESIS: &str = "genesis";
/// Bodies removed in one go.
const PRUNED_AT_ONCE: usize = 4_096;

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
    /// Whether rows or bodies were removed, of which bytes may be left until a checkpoint.
    pub removed: bool,
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

/// Executes blocks on a database, with everything that execution needs and nothing that a network
/// does.
pub struct Executor {
    writer: Writer,
    network: Network,
    progress: Progress,
    body_retention_ms: u64,
}

impl Executor {
    /// Goes on where the database stopped; a new one starts at the genesis.
    pub fn new(mut writer: Writer, genesis: &Genesis) -> Result<Self, ExecutionError> {
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

    /// When the earliest deadline is due, in seconds since 1970.
    pub fn next_due(&self) -> Result<Option<i64>, ExecutionError> {
        Ok(self.writer.next_due()?)
    }

    /// Executes the next block for good, verifying its entries. When it returns, the block survives
    /// a crash; if it fails, nothing of the block is left.
    pub fn execute(&mut self, block: &Block) -> Result<Executed, ExecutionError> {
        self.execute_verified(block, &HashMap::new())
    }

    /// The same; entries in `known` were verified before they were ordered.
    pub(crate) fn execute_verified(
        &mut self,
        block: &Block,
        known: &HashMap<Digest, Arc<Entry>>,
    ) -> Result<Executed, ExecutionError> {
        let header = block.header;
        let mut run = Run {
            network: &self.network,
            block: ledger::Block {
                height: header.height,
                time: header.time,
            },
            write: self.writer.begin_block()?,
            touched: HashMap::new(),
            removed: false,
        };
        run.work_off_due()?;
        let mut outcomes = Vec::with_capacity(block.items.len());
        for (position, item) in block.items.iter().enumerate() {
            let outcome = match known.get(&item.hash) {
                Some(entry) => run.enter(position, entry)?,
                None => match Entry::parse(item, &run.network.chain_id) {
                    Ok(entry) => run.enter(position, &entry)?,
                    // Not from this node: whoever proposed it erred, and nobody is to answer.
                    Err(_) => None,
                },
            };
            outcomes.extend(outcome);
        }
        let older_than = header.time.millis().saturating_sub(self.body_retention_ms);
        let pruned = run.write.prune_bodies(older_than, PRUNED_AT_ONCE)?;
        let removed = run.removed || pruned > 0;

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
        Ok(Executed {
            outcomes,
            touched,
            removed,
        })
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

/// Result of one entry before it is written down.
struct Verdict {
    code: TxCode,
    notices: Vec<String>,
    error: String,
}

impl Verdict {
    fn refused(code: TxCode, error: String) -> Self {
        Self {
            code,
            notices: Vec::new(),
            error,
        }
    }

    /// The log of a receipt in the incumbent's form.
    fn log(&self) -> String {
        let mut lines: Vec<String> = self
            .notices
            .iter()
            .enumerate()
            .map(|(at, text)| format!("{}. {text}", at + 1))
            .collect();
        if !self.error.is_empty() {
            lines.push(self.error.clone());
        }
        bounded(lines.join("\n"))
    }
}

/// Cuts a log at its limit, at a character.
fn bounded(mut log: String) -> String {
    if log.len() > LOG_BYTES {
        let end = (0..=LOG_BYTES)
            .rev()
            .find(|end| log.is_char_boundary(*end))
            .unwrap_or(0);
        log.truncate(end);
    }
    log
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

/// A block on its way.
struct Run<'a> {
    network: &'a Network,
    block: ledger::Block,
    write: BlockWrite<'a>,
    touched: HashMap<AccountKey, u64>,
    removed: bool,
}

impl Run<'_> {
    fn work_off_due(&mut self) -> Result<(), ExecutionError> {
        let nobody = ledger::Caller::nobody();
        for due in self.write.due(self.block.time.seconds(), DUE_PER_BLOCK)? {
            let context = Context {
                network: self.network,
                block: self.block,
                caller: &nobody,
                state: &self.write,
            };
            let effects = ledger::work_off(&context, due)?;
            self.apply(
                &effects,
                &SaltSeed::System {
                    height: self.block.height,
                },
            )?;
        }
        Ok(())
    }

    fn apply(&mut self, effects: &Effects, salt: &SaltSeed) -> Result<(), StoreError> {
        self.removed |= effects
            .changes
            .iter()
            .any(|change| matches!(change, ledger::Change::Delete(_)));
        self.write.apply(&effects.changes, salt)
    }

    /// Executes one entry and writes down what became of it. `None` if it is in the chain already.
    fn enter(
        &mut self,
        position: usize,
        entry: &Entry,
    ) -> Result<Option<EntryOutcome>, ExecutionError> {
        let (item, sender, kind) = match entry {
            Entry::Transaction(transaction) => (
                &transaction.item,
                &transaction.sender,
                transaction.action.action(),
            ),
            Entry::SignIn(signed_in) => (&signed_in.item, &signed_in.proof.sender, "sign_in"),
        };
        if self.write.receipt(&item.hash)?.is_some() {
            return Ok(None);
        }
        let verdict = match entry {
            Entry::Transaction(transaction) => self.transaction(transaction)?,
            Entry::SignIn(signed_in) => self.sign_in(signed_in)?,
        };
        self.write_down(position, item, kind, sender_proof(sender), &verdict)?;
        let log = verdict.log();
        Ok(Some(EntryOutcome {
            hash: item.hash,
            code: verdict.code,
            log,
        }))
    }

    fn write_down(
        &mut self,
        position: usize,
        item: &Item,
        kind: &str,
        sender_proof: Digest,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        self.write.put_receipt(&Receipt {
            hash: item.hash,
            height: self.block.height,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            kind: kind.to_ascii_lowercase(),
            code: verdict.code.code(),
            log: bounded(verdict.error.clone()),
            sender_proof,
        })?;
        let notices = verdict.notices.join("\n");
        self.write.put_body(
            &item.hash,
            self.block.height,
            self.block.time,
            &item.bytes,
            &bounded(notices),
        )
    }

    fn transaction(&mut self, transaction: &Transaction) -> Result<Verdict, ExecutionError> {
        let account = AccountDigest(transaction.account.0);
        let salt = SaltSeed::Private(transaction.salt_seed);
        let committed = self.write.nonce(&account)?;
        let used = committed.unwrap_or(0);
        let expected = used.saturating_add(1);
        if transaction.nonce != expected {
            self.touched.insert(transaction.account, used);
            let text = format!(
                "invalid nonce: got {}, expected {expected}",
                transaction.nonce
            );
            return Ok(Verdict::refused(TxCode::InvalidNonce, text));
        }
        let (network, block) = (self.network, self.block);
        let attempt = self.write.attempt(|write| -> Result<_, Attempt> {
            let mut notices = Vec::new();
            let mut removed = false;
            if let Some(claim) = ledger::claim(write, &transaction.caller)? {
                write.apply(&[claim], &salt)?;
            }
            for call in transaction.calls() {
                let caller = &transaction.caller;
                let context = Context {
                    network,
                    block,
                    caller,
                    state: write,
                };
                let effects = ledger::execute(&context, call)?;
                removed |= effects
                    .changes
                    .iter()
                    .any(|change| matches!(change, ledger::Change::Delete(_)));
                write.apply(&effects.changes, &salt)?;
                notices.extend(effects.notices);
            }
            Ok((notices, removed))
        })?;
        let verdict = match attempt {
            Ok((notices, removed)) => {
                self.removed |= removed;
                Verdict {
                    code: TxCode::Ok,
                    notices,
                    error: String::new(),
                }
            }
            Err(Attempt::Refused(text)) => Verdict::refused(TxCode::Unknown, error_text(&text)),
            Err(Attempt::Store(error)) => return Err(error.into()),
            Err(Attempt::State(error)) => return Err(error.into()),
        };
        // A stranger's failure leaves nothing behind, not even an account.
        let is_stranger = committed.is_none();
        if verdict.code == TxCode::Ok || !is_stranger {
            self.write.set_nonce(&account, transaction.nonce, &salt)?;
            self.touched.insert(transaction.account, transaction.nonce);
        } else {
            self.touched.insert(transaction.account, used);
        }
        Ok(verdict)
    }

    fn sign_in(&mut self, signed_in: &SignedIn) -> Result<Verdict, ExecutionError> {
        let caller = ledger::Caller::new(signed_in.proof.sender.caller());
        if let Some(claim) = ledger::claim(&self.write, &caller)? {
            let seed = Digest::of_parts("idos/salt-seed/v1", &[&signed_in.item.bytes]);
            self.write.apply(&[claim], &SaltSeed::Private(seed))?;
        }
        Ok(Verdict {
            code: TxCode::Ok,
            notices: Vec::new(),
            error: String::new(),
        })
    }
}

/// Why the attempt of a transaction ended.
enum Attempt {
    /// A rule or the catalogue refuses: the outcome of the transaction.
    Refused(String),
    Store(StoreError),
    State(StateError),
}

impl From<StoreError> for Attempt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<StateError> for Attempt {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

impl From<Failure> for Attempt {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::State(error) => Self::State(error),
            Failure::Call(error) => Self::Refused(error.to_string()),
            Failure::Refused(refusal) => Self::Refused(refusal.to_string()),
        }
    }
}

/// The text of a failed action in a log.
fn error_text(text: &str) -> String {
    format!("ERROR: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_number_their_notices_and_end_with_the_error() {
        let verdict = Verdict {
            code: TxCode::Unknown,
            notices: vec!["a".into(), "b".into()],
            error: error_text("no"),
        };
        assert_eq!(verdict.log(), "1. a\n2. b\nERROR: no");
    }

    #[test]
    fn logs_are_cut_at_a_character() {
        let log = bounded("é".repeat(LOG_BYTES));
        assert!(log.len() <= LOG_BYTES && log.len() >= LOG_BYTES - 1);
    }
}
