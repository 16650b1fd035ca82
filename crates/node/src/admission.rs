//! Which transactions may wait for a block.

use std::{cell::Cell, net::IpAddr};

use idos_connections::household;
use idos_ledger::{self as ledger, Block, CallerWallet, Context, Failure, Network, StateError};
use idos_store::{AccountDigest, Snapshot, StoreError};
use idos_types::{BlockTime, limits::ACCOUNT_BYTES_PER_MINUTE};
use idos_wallet::AccountKey;
use idos_wire::TxCode;
use thiserror::Error;

use crate::{
    entry::{Rejection, Transaction},
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
    strangers: Quota<IpAddr>,
    /// Bytes of whoever the network knows, by account.
    accounts: Quota<AccountKey>,
}

impl Quotas {
    pub(crate) fn new(stranger_writes_per_minute: u32) -> Self {
        Self {
            strangers: Quota::new(u64::from(stranger_writes_per_minute)),
            accounts: Quota::new(ACCOUNT_BYTES_PER_MINUTE),
        }
    }

    /// Counts a transaction of a stranger.
    fn take_of_stranger(&self, peer: IpAddr, now: BlockTime) -> Result<(), Rejection> {
        let text = match self.strangers.take(household(peer), 1, now) {
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
    fn take_of_account(&self, transaction: &Transaction, now: BlockTime) -> Result<(), Rejection> {
        let size = u64::try_from(transaction.item.bytes.len()).unwrap_or(u64::MAX);
        match self.accounts.take(transaction.account, size, now) {
            // Whoever has so many accounts needs no more bytes of one, and a crowd refuses nobody:
            // what waits for a block is bounded by account all the same.
            Taken::Counted | Taken::Crowded => Ok(()),
            Taken::UsedUp => {
                let text = "too many bytes of this account within a minute, wait for the next";
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
    /// Checks a verified transaction against the newest state. Returns the nonce that its account
    /// used last in a block.
    ///
    /// Whoever the network knows may fail at their own expense: the failure uses up a nonce of
    /// theirs. Strangers are admitted only if what they want would succeed now and change
    /// something, and only so often.
    pub(crate) fn admit(&self, transaction: &Transaction) -> Result<u64, AdmissionError> {
        if self.snapshot.receipt(&transaction.item.hash)?.is_some() {
            return Err(Rejection::new(TxCode::Unknown, "transaction already exists").into());
        }
        let account = AccountDigest(transaction.account.0);
        let committed = self.snapshot.nonce(&account)?.unwrap_or(0);
        if transaction.nonce <= committed {
            let text = format!(
                "invalid nonce for account {}: got {}, expected {}",
                hex::encode(transaction.sender.bytes()),
                transaction.nonce,
                committed.saturating_add(1)
            );
            return Err(Rejection::new(TxCode::InvalidNonce, text).into());
        }
        if ledger::has_standing(self.snapshot, self.network, &transaction.caller)? {
            if let Some(Visitor { quotas, .. }) = self.visitor.get() {
                quotas.take_of_account(transaction, self.now)?;
                self.visitor.set(None);
            }
        } else {
            if let Some(Visitor { quotas, peer }) = self.visitor.get() {
                quotas.take_of_stranger(peer, self.now)?;
                self.visitor.set(None);
            }
            self.rehearse(transaction)?;
        }
        Ok(committed)
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
        for call in transaction.calls() {
            match ledger::execute(&context, call) {
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
