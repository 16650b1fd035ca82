//! Which transactions may wait for a block.

use std::{cell::Cell, net::IpAddr};

use idos_connections::Group;
use idos_ledger::{
    self as ledger, Block, CallerWallet, Context, Failure, Network, Standing, StateError,
};
use idos_store::{AccountDigest, Snapshot, StoreError};
use idos_types::{BlockTime, limits::WRITTEN_BYTES_PER_MINUTE};
use idos_wire::{TRANSACTION_EXISTS, TxCode};
use thiserror::Error;

use crate::{
    entry::{Rejection, Transaction, WrongNonce},
    principal::Principal,
    quota::{Quota, Taken},
};

/// Why a transaction is not admitted.
#[derive(Debug, Error)]
pub(crate) enum AdmissionError {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Its nonce leaves a gap, which a transaction that is on its way may fill.
    #[error("{0}")]
    Early(Rejection),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    State(#[from] StateError),
}

/// Who sends how much. Keys of strangers cost nothing: they are counted by where they come from, or
/// they would take the place of those that the network knows.
pub(crate) struct Quotas {
    /// Transactions of strangers, by address.
    strangers: Quota<Group>,
    /// Bytes of whoever the network knows.
    known: Quota<Principal>,
}

impl Quotas {
    pub(crate) fn new(stranger_writes_per_minute: u32) -> Self {
        Self {
            strangers: Quota::new(u64::from(stranger_writes_per_minute)),
            known: Quota::new(WRITTEN_BYTES_PER_MINUTE),
        }
    }

    /// Counts a transaction of a stranger.
    fn take_of_stranger(&self, peer: IpAddr, now: BlockTime) -> Result<(), Rejection> {
        let text = match self.strangers.take_from(peer, now) {
            Taken::Counted => return Ok(()),
            Taken::UsedUp => {
                "too many transactions of unknown senders from this address, wait a minute"
            }
            Taken::Crowded => {
                "unknown senders write from too many addresses, wait a minute or use another node"
            }
        };
        Err(Rejection::new(TxCode::MempoolFull, text))
    }

    /// Counts a transaction of somebody whom the network knows.
    fn take_of_known(
        &self,
        principal: Principal,
        transaction: &Transaction,
        now: BlockTime,
    ) -> Result<(), Rejection> {
        let size = u64::try_from(transaction.item.bytes.len()).unwrap_or(u64::MAX);
        match self.known.take(principal, size, now) {
            // A crowd refuses nobody: what waits for a block is bounded by principal all the same.
            Taken::Counted | Taken::Crowded => Ok(()),
            Taken::UsedUp => {
                let text = "too many bytes of this sender within a minute, wait for the next";
                Err(Rejection::new(TxCode::MempoolFull, text))
            }
        }
    }
}

/// A client, as far as it is counted.
#[derive(Clone, Copy)]
pub(crate) struct Visitor<'a> {
    pub(crate) quotas: &'a Quotas,
    pub(crate) peer: IpAddr,
}

/// A transaction that was held against a state, and may wait for a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admitted {
    /// The nonce that its account used last in a block.
    pub(crate) committed: u64,
    /// The height of the state.
    pub(crate) height: u64,
    /// Whose room it takes.
    pub(crate) principal: Principal,
}

#[cfg(test)]
impl Admitted {
    /// As of a height, for an account that nobody knows.
    pub(crate) fn for_test(transaction: &Transaction, committed: u64, height: u64) -> Self {
        Self {
            committed,
            height,
            principal: Principal::Account(transaction.account),
        }
    }
}

/// What a transaction is held against.
pub(crate) struct Admission<'a, 'q> {
    pub(crate) snapshot: &'a Snapshot<'a>,
    pub(crate) network: &'a Network,
    pub(crate) block: Block,
    /// Who is counted, taken away once that is done; `None` if it was done on another node.
    pub(crate) visitor: &'a Cell<Option<Visitor<'q>>>,
    pub(crate) now: BlockTime,
}

impl Admission<'_, '_> {
    /// Checks a verified transaction against the newest state.
    ///
    /// Whoever the network knows may fail at their own expense: the failure uses up a nonce of
    /// theirs. Strangers are admitted only if what they want would succeed now and change
    /// something, and only so often.
    pub(crate) fn admit(&self, transaction: &Transaction) -> Result<Admitted, AdmissionError> {
        if self.snapshot.receipt(&transaction.item.hash)?.is_some() {
            return Err(Rejection::new(TxCode::Unknown, TRANSACTION_EXISTS).into());
        }
        let account = AccountDigest(transaction.account.0);
        let committed = self.snapshot.nonce(&account)?.unwrap_or(0);
        if transaction.nonce <= committed {
            let wrong = WrongNonce::of(transaction, committed);
            return Err(Rejection::from(wrong).into());
        }
        let standing = ledger::standing(self.snapshot, self.network, &transaction.caller)?;
        let principal = Principal::new(standing, transaction.account);
        if let Some(Visitor { quotas, peer }) = self.visitor.get() {
            match standing {
                Standing::Stranger => quotas.take_of_stranger(peer, self.now)?,
                Standing::Person(_) | Standing::Party => {
                    quotas.take_of_known(principal, transaction, self.now)?;
                }
            }
            self.visitor.set(None);
        }
        if standing == Standing::Stranger {
            self.rehearse(transaction)?;
        }
        Ok(Admitted {
            committed,
            height: self.snapshot.head()?.map_or(0, |head| head.height),
            principal,
        })
    }

    /// Runs the calls of a stranger's transaction without any effect.
    fn rehearse(&self, transaction: &Transaction) -> Result<(), AdmissionError> {
        let context = Context {
            network: self.network,
            block: self.block,
            caller: &transaction.caller,
            wallet: CallerWallet::Unread,
            state: self.snapshot,
            proofs: transaction.proofs(),
        };
        let action = transaction.target.clone();
        let action = action.map_err(|misfit| Rejection::new(TxCode::Unknown, misfit))?;
        for arguments in transaction.calls() {
            match ledger::execute(&context, action, arguments) {
                Ok(effects) if effects.changes.is_empty() => {
                    let text = "nothing would change: it is done already, or not for this sender";
                    return Err(Rejection::new(TxCode::Unknown, text).into());
                }
                Ok(_) => {}
                Err(Failure::State(error)) => return Err(error.into()),
                Err(refused @ (Failure::Call(_) | Failure::Refused(_))) => {
                    return Err(Rejection::new(TxCode::Unknown, refused).into());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
