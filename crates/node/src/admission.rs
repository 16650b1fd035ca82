//! Which transactions may wait for a block.

use std::net::IpAddr;

use idos_ledger::{self as ledger, Block, Context, Failure, Network, State, StateError};
use idos_store::{AccountDigest, Snapshot, StoreError};
use idos_types::BlockTime;
use idos_wire::TxCode;
use thiserror::Error;

use crate::{
    entry::{Rejection, Transaction},
    quota::Quota,
};

/// Why a transaction is not admitted.
#[derive(Debug, Error)]
pub(crate) enum AdmissionError {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    State(#[from] StateError),
}

/// Checks a verified transaction against the newest state. Returns the nonce that its account used
/// last in a block.
///
/// Whoever the network knows may fail at their own expense: the failure uses up a nonce of theirs.
/// Strangers are admitted only if what they want would succeed now, and only so often.
pub(crate) fn admit(
    snapshot: &Snapshot<'_>,
    network: &Network,
    block: Block,
    transaction: &Transaction,
    strangers: &Quota,
    peer: IpAddr,
    now: BlockTime,
) -> Result<u64, AdmissionError> {
    if snapshot.receipt(&transaction.item.hash)?.is_some() {
        return Err(Rejection::new(TxCode::Unknown, "transaction already exists").into());
    }
    let committed = snapshot
        .nonce(&AccountDigest(transaction.account.0))?
        .unwrap_or(0);
    if !ledger::has_standing(snapshot, network, &transaction.caller)? {
        if !strangers.take(peer, now) {
            let text = "too many transactions of unknown senders from this address, wait a minute";
            return Err(Rejection::new(TxCode::MempoolFull, text).into());
        }
        rehearse(snapshot, network, block, transaction)?;
    }
    Ok(committed)
}

/// Runs the calls of a transaction without any effect.
fn rehearse(
    state: &dyn State,
    network: &Network,
    block: Block,
    transaction: &Transaction,
) -> Result<(), AdmissionError> {
    let context = Context {
        network,
        block,
        caller: &transaction.caller,
        state,
    };
    for call in transaction.calls() {
        match ledger::execute(&context, call) {
            Ok(_) => {}
            Err(Failure::State(error)) => return Err(error.into()),
            Err(refused @ (Failure::Call(_) | Failure::Refused(_))) => {
                return Err(Rejection::new(TxCode::Unknown, refused).into());
            }
        }
    }
    Ok(())
}
