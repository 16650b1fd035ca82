//! Runs what is due and the entries of one block, within the database transaction of the block.

use std::collections::HashMap;

use idos_consensus::Item;
use idos_ledger::{
    self as ledger, CallError, CallerWallet, Context, Cost, Failure, Network, Proofs, Standing,
    State, StateError,
};
use idos_store::{AccountDigest, BlockWrite, Receipt, SaltSeed, StoreError};
use idos_types::{
    Digest,
    limits::{DUE_CHANGES_PER_BLOCK, DUE_PER_BLOCK, EFFECT_BYTES, EFFECT_ROWS},
};
use idos_wallet::AccountKey;
use idos_wire::{TxCode, refusal_log};
use tracing::error;

use crate::{
    entry::{Entry, SignedIn, Transaction, WrongNonce, sender_proof},
    executor::{EntryOutcome, ExecutionError},
    sign_in_proof::TOO_OLD,
    verdict::Verdict,
};

/// What a receipt calls a transaction that names no action of the catalogue.
const UNKNOWN: &str = "unknown";

/// What a receipt calls an entry.
struct Kind {
    name: &'static str,
    /// What it says of why the entry failed, instead of the text that the sender is told: receipts stay
    /// for ever, so that nobody can write free text into them.
    log: Option<&'static str>,
}

impl Kind {
    fn of(entry: &Entry) -> Self {
        let (name, log) = match entry {
            Entry::SignIn(_) => ("sign_in", None),
            Entry::Transaction(transaction) => match &transaction.target {
                Ok(action) => (action.name, None),
                // The text names one of a few actions.
                Err(CallError::Private(_)) => (UNKNOWN, None),
                Err(CallError::UnknownNamespace(_)) => (UNKNOWN, Some("unknown namespace")),
                Err(_) => (UNKNOWN, Some("unknown action")),
            },
        };
        Self { name, log }
    }
}

/// What of a block is executed within a savepoint, so that it can be undone by itself. SQLite copies
/// every page that changes after one.
#[derive(Clone, Copy)]
pub(crate) enum Savepoints {
    /// What may have written something when a rule refuses.
    WhereRulesRefuse,
    /// Everything: the database refused what the rules had let through.
    Everywhere,
}

/// A block on its way.
pub(crate) struct Run<'a> {
    pub(crate) savepoints: Savepoints,
    pub(crate) network: &'a Network,
    /// The block as rules see it.
    pub(crate) block: ledger::Block,
    /// Its height in this chain, by which blocks, receipts and bodies are found.
    pub(crate) height: u64,
    pub(crate) write: BlockWrite<'a>,
    pub(crate) touched: HashMap<AccountKey, u64>,
    /// What its entries cost so far, whatever became of them.
    pub(crate) cost: Cost,
}

impl Run<'_> {
    /// Works off what is due, as far as one block does. No deadline may stop the chain: one that
    /// would break the database is dropped, by every replica alike.
    pub(crate) fn work_off_due(&mut self) -> Result<(), ExecutionError> {
        let nobody = ledger::Caller::nobody();
        let (network, block) = (self.network, self.block);
        let salt = SaltSeed::System {
            height: block.height,
        };
        let mut changes = 0;
        for due in self.write.due(block.time.seconds(), DUE_PER_BLOCK)? {
            if changes >= DUE_CHANGES_PER_BLOCK {
                break;
            }
            let worked_off = self.write_last(|write| {
                let context = Context {
                    network,
                    block,
                    caller: &nobody,
                    wallet: CallerWallet::Read(None),
                    state: write,
                    proofs: Proofs::none(),
                };
                let effects = ledger::work_off(&context, due)?;
                write.apply(&effects.changes, &salt)?;
                Ok(effects.changes.len())
            })?;
            match worked_off.map_err(Attempt::outcome) {
                Ok(made) => changes += made,
                Err(refused) => {
                    let refusal = refused?;
                    error!(refusal, "a deadline cannot be worked off, and is dropped");
                    let dropped = ledger::Change::Delete(ledger::Key::Due(due));
                    self.write.apply(&[dropped], &salt)?;
                }
            }
        }
        Ok(())
    }

    /// Does what the last block of an epoch does, after everything else in it.
    pub(crate) fn end_epoch(&mut self, epoch: u64) -> Result<(), ExecutionError> {
        let nobody = ledger::Caller::nobody();
        let context = Context {
            network: self.network,
            block: self.block,
            caller: &nobody,
            wallet: CallerWallet::Read(None),
            state: &self.write,
            proofs: Proofs::none(),
        };
        let effects = ledger::end_epoch(&context, epoch)?;
        let salt = SaltSeed::System {
            height: self.block.height,
        };
        self.write.apply(&effects.changes, &salt)?;
        self.write.prove_set(ledger::epoch_fixed_by(epoch));
        Ok(())
    }

    /// Executes one entry and writes down what became of it, if it changed anything: what it did is
    /// a matter of the state alone, and whoever repeats an entry meets a state that it has changed
    /// already. Receipts tell what happened; they are local and decide nothing here.
    ///
    /// `None` if it had no turn: those before it cost as much as a block may, or others of its sender have
    /// to come before it. Nothing became of it, and a later block may have it.
    pub(crate) fn enter(
        &mut self,
        position: usize,
        entry: &Entry,
    ) -> Result<Option<EntryOutcome>, ExecutionError> {
        if self.cost.fills_block() {
            return Ok(None);
        }
        let item = entry.item();
        let (sender, entered) = match entry {
            Entry::Transaction(transaction) => {
                (&transaction.sender, self.transaction(transaction)?)
            }
            Entry::SignIn(signed_in) => (&signed_in.proof.sender, Some(self.sign_in(signed_in)?)),
        };
        let Some((verdict, trace)) = entered else {
            return Ok(None);
        };
        if trace == Trace::Left {
            let kind = Kind::of(entry);
            let sender_proof = sender_proof(&item.hash, sender);
            self.write_down(position, item, &kind, sender_proof, &verdict)?;
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
        kind: &Kind,
        sender_proof: Digest,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        let log = kind.log.map_or_else(|| verdict.error.clone(), refusal_log);
        self.write.put_receipt(&Receipt {
            hash: item.hash,
            height: self.height,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            kind: kind.name.to_owned(),
            code: verdict.code.code(),
            log,
            sender_proof,
        })?;
        self.write.put_body(
            &item.hash,
            self.height,
            self.block.time,
            &item.bytes,
            &verdict.notices,
        )
    }

    /// Executes a transaction. `None` if its nonce is not next yet: those before it may have had no turn.
    fn transaction(
        &mut self,
        transaction: &Transaction,
    ) -> Result<Option<(Verdict, Trace)>, ExecutionError> {
        let account = AccountDigest(transaction.account.0);
        let salt = SaltSeed::Private(transaction.salt_seed);
        let account = self.write.account(&account)?;
        let committed = account.nonce();
        let used = committed.unwrap_or(0);
        let next = used.saturating_add(1);
        if transaction.nonce != next {
            self.touched.insert(transaction.account, used);
            let wrong = WrongNonce::of(transaction, used).to_string();
            let refused = (Verdict::refused(TxCode::InvalidNonce, wrong), Trace::None);
            return Ok((transaction.nonce < next).then_some(refused));
        }
        let attempt = self.act(transaction, &salt)?;
        let verdict = match attempt {
            Ok(notices) => Verdict::done(&notices),
            Err(failure) => Verdict::failed(&failure.outcome()?),
        };
        // A stranger's failure leaves nothing behind, not even an account: repeated, it is as if it
        // happened for the first time.
        let is_known = verdict.code == TxCode::Ok
            || committed.is_some()
            || ledger::standing(&self.write, self.network, &transaction.caller)?
                != Standing::Stranger;
        if is_known {
            self.write.set_nonce(account, transaction.nonce, &salt)?;
            self.touched.insert(transaction.account, transaction.nonce);
            Ok(Some((verdict, Trace::Left)))
        } else {
            self.touched.insert(transaction.account, used);
            Ok(Some((verdict, Trace::None)))
        }
    }

    /// Does what a transaction asks for, all of it or nothing. Its notices, or why it is nothing.
    fn act(
        &mut self,
        transaction: &Transaction,
        salt: &SaltSeed,
    ) -> Result<Result<Vec<String>, Attempt>, ExecutionError> {
        let (network, block, caller) = (self.network, self.block, &transaction.caller);
        let calls = transaction.action.calls().len();
        let callable = |action| ledger::check_calls(action, calls).map(|()| action);
        let action = match transaction.target.clone().and_then(callable) {
            Ok(action) => action,
            Err(misfit) => return Ok(Err(Failure::from(misfit).into())),
        };
        let linked = caller.wallet(&self.write)?;
        let claim = ledger::claim(&self.write, linked.as_ref())?;
        let is_written_last = claim.is_none() && calls <= 1;
        let mut cost = Cost::default();
        let act = |write: &mut BlockWrite<'_>| {
            cost += Cost::of(claim.as_slice());
            write.apply(claim.as_slice(), salt)?;
            let mut wallet = CallerWallet::Read(linked.as_ref());
            let mut notices = Vec::new();
            for arguments in transaction.calls() {
                let context = Context {
                    network,
                    block,
                    caller,
                    wallet,
                    state: write,
                    proofs: transaction.proofs(),
                };
                let effects = ledger::execute(&context, action, arguments)?;
                cost += Cost::of(&effects.changes);
                if cost.is_too_much() {
                    return Err(Attempt::Refused(format!(
                        "a transaction can write at most {EFFECT_BYTES} bytes and change at most \
                         {EFFECT_ROWS} rows, send several"
                    )));
                }
                write.apply(&effects.changes, salt)?;
                if effects.change_wallets() {
                    wallet = CallerWallet::Unread;
                }
                notices.extend(effects.notices);
            }
            Ok(notices)
        };
        let attempt = if is_written_last {
            self.write_last(act)?
        } else {
            self.write.attempt(act)?
        };
        // What is undone was done first.
        self.cost += cost;
        Ok(attempt)
    }

    /// Does what writes only after every rule that could refuse it. So there is nothing to undo, unless
    /// the database refuses what the rules let through: then the block has to be executed again, with
    /// savepoints.
    fn write_last<T>(
        &mut self,
        f: impl FnOnce(&mut BlockWrite<'_>) -> Result<T, Attempt>,
    ) -> Result<Result<T, Attempt>, ExecutionError> {
        match self.savepoints {
            Savepoints::Everywhere => Ok(self.write.attempt(f)?),
            Savepoints::WhereRulesRefuse => match f(&mut self.write) {
                Err(Attempt::Store(error)) => Err(error.into()),
                outcome => Ok(outcome),
            },
        }
    }

    /// Claims the profile of whoever signed in. Repeated, there is nothing to claim.
    fn sign_in(&mut self, signed_in: &SignedIn) -> Result<(Verdict, Trace), ExecutionError> {
        if !signed_in.proof.is_timely(self.block.time) {
            let text = TOO_OLD.to_owned();
            return Ok((Verdict::refused(TxCode::InvalidNonce, text), Trace::None));
        }
        let caller = ledger::Caller::new(signed_in.proof.sender.caller());
        let wallet = caller.wallet(&self.write)?;
        let claim = ledger::claim(&self.write, wallet.as_ref())?;
        let trace = match claim {
            Some(claim) => {
                let seed = Digest::of_parts("idos/sign-in-salt-seed/v1", &[&signed_in.item.bytes]);
                let claim = [claim];
                self.write.apply(&claim, &SaltSeed::Private(seed))?;
                self.cost += Cost::of(&claim);
                Trace::Left
            }
            None => Trace::None,
        };
        Ok((Verdict::done(&[]), trace))
    }
}

/// Whether an entry changed the state, so that its receipt and its body are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trace {
    Left,
    None,
}

/// Why the attempt of a transaction ended.
enum Attempt {
    /// A rule or the catalogue refuses: the outcome of the transaction.
    Refused(String),
    Store(StoreError),
    State(StateError),
}

impl Attempt {
    /// The text of a refusal; or the failure of this node, which is no outcome.
    fn outcome(self) -> Result<String, ExecutionError> {
        match self {
            Self::Refused(text) => Ok(text),
            // A hole in the rules that the database closes, on every replica alike.
            Self::Store(StoreError::Constraint { table, source }) => {
                error!(table, error = %source, "a rule let through what the database refuses");
                Ok("the change contradicts other rows".to_owned())
            }
            Self::Store(error) => Err(error.into()),
            Self::State(error) => Err(error.into()),
        }
    }
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
