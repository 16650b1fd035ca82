//! Runs what is due and the entries of one block, within the database transaction of the block.

use std::collections::HashMap;

use idos_consensus::Item;
use idos_ledger::{self as ledger, Context, Effects, Failure, Network, State, StateError};
use idos_store::{AccountDigest, BlockWrite, Receipt, SaltSeed, StoreError};
use idos_types::{Digest, limits::DUE_PER_BLOCK};
use idos_wallet::AccountKey;
use idos_wire::TxCode;

use crate::{
    entry::{Entry, SignedIn, Transaction, sender_proof},
    executor::{EntryOutcome, ExecutionError},
    verdict::Verdict,
};

/// A block on its way.
pub(crate) struct Run<'a> {
    pub(crate) network: &'a Network,
    pub(crate) block: ledger::Block,
    pub(crate) write: BlockWrite<'a>,
    pub(crate) touched: HashMap<AccountKey, u64>,
    pub(crate) removed: bool,
}

impl Run<'_> {
    pub(crate) fn work_off_due(&mut self) -> Result<(), ExecutionError> {
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
    /// A transaction out of turn takes no place in it: with another nonce it never happened.
    pub(crate) fn enter(
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
        if verdict.code != TxCode::InvalidNonce {
            self.write_down(position, item, kind, sender_proof(sender), &verdict)?;
        }
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
            log: verdict.error.clone(),
            sender_proof,
        })?;
        self.write.put_body(
            &item.hash,
            self.block.height,
            self.block.time,
            &item.bytes,
            &verdict.notices,
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
                Verdict::done(&notices)
            }
            Err(Attempt::Refused(text)) => Verdict::failed(&text),
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
        Ok(Verdict::done(&[]))
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
