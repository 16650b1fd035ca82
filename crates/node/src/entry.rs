//! What a block orders: transactions, and sign-in proofs of people who act for the first time.
//! Only verified ones exist as values.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use idos_consensus::Item;
use idos_ledger::{Action, CallError, Caller, Claims, Proofs, find};
use idos_types::{DataType, Digest, Value, limits::TRANSACTION_BYTES};
use idos_wallet::{AccountKey, AuthType, Sender};
use idos_wire::{
    TxCode,
    payload::{ActionExecution, EXECUTE, EncodedValue},
};
use rayon::{
    iter::{FromParallelIterator, IntoParallelRefIterator, ParallelIterator},
    slice::ParallelSlice,
};
use thiserror::Error;

use crate::sign_in_proof::SignInProof;

/// Most transactions that have the signatures of their issuers verified together: of more, each takes
/// hardly less.
const TOGETHER: usize = 16;

/// So few entries are verified sooner by one thread than by several that have to be woken.
const FEW: usize = 4;

/// A verified entry of a block. A clone is the same one.
#[derive(Clone)]
pub(crate) enum Entry {
    /// A signed transaction.
    Transaction(Arc<Transaction>),
    /// The proof that somebody signed in, which claims a profile for its owner.
    SignIn(Arc<SignedIn>),
}

/// A sign-in proof as an entry.
pub(crate) struct SignedIn {
    pub(crate) item: Item,
    pub(crate) proof: SignInProof,
}

/// A transaction whose form, chain and signature have been verified.
pub(crate) struct Transaction {
    /// Its bytes and their hash, which is the transaction's.
    pub(crate) item: Item,
    pub(crate) sender: Sender,
    pub(crate) account: AccountKey,
    pub(crate) caller: Caller,
    pub(crate) nonce: u64,
    pub(crate) action: ActionExecution,
    /// Which action of the catalogue that is. One that there is not fails in its block.
    pub(crate) target: Result<&'static Action, CallError>,
    /// Secret of whoever has the transaction: the salts of its rows come from it.
    pub(crate) salt_seed: Digest,
    /// Which of its credentials are signed by their issuers, once that was looked at.
    proofs: OnceLock<Proofs>,
}

/// Why a transaction is refused before it is in a block.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub(crate) struct Rejection {
    pub(crate) code: TxCode,
    pub(crate) message: String,
}

impl Rejection {
    pub(crate) fn new(code: TxCode, message: impl ToString) -> Self {
        Self {
            code,
            message: message.to_string(),
        }
    }
}

/// The nonce of a transaction is not the next one of its account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid nonce for account {account}: got {got}, expected {expected}")]
pub(crate) struct WrongNonce {
    account: String,
    pub(crate) got: u64,
    pub(crate) expected: u64,
}

impl WrongNonce {
    /// `used` is the nonce that the account used last.
    pub(crate) fn of(transaction: &Transaction, used: u64) -> Self {
        Self {
            account: hex::encode(transaction.sender.bytes()),
            got: transaction.nonce,
            expected: used.saturating_add(1),
        }
    }
}

impl From<WrongNonce> for Rejection {
    fn from(wrong: WrongNonce) -> Self {
        Self::new(TxCode::InvalidNonce, wrong)
    }
}

impl Entry {
    /// Reads and verifies entries of blocks, on all cores. Whatever `collect` makes of them may end it
    /// early, as the first that is wrong of a whole that has to be right.
    pub(crate) fn parse_all<C>(items: &[&Item], chain_id: &str) -> C
    where
        C: FromIterator<Result<Self, Rejection>> + FromParallelIterator<Result<Self, Rejection>>,
    {
        let parse = |item: &&Item| Self::parse(item, chain_id);
        if items.len() <= FEW {
            return items.iter().map(parse).collect();
        }
        items.par_iter().map(parse).collect()
    }

    /// Verifies what issuers are said to have signed in entries, on all cores and many together.
    pub(crate) fn prove_all<'e>(entries: impl IntoIterator<Item = &'e Self>) {
        let transaction = |entry: &'e Self| match entry {
            Self::Transaction(transaction) => Some(transaction.as_ref()),
            Self::SignIn(_) => None,
        };
        let transactions: Vec<_> = entries.into_iter().filter_map(transaction).collect();
        let of_each_core = transactions.len().div_ceil(rayon::current_num_threads());
        let together = of_each_core.clamp(FEW, TOGETHER);
        if transactions.len() <= together {
            return Transaction::prove_together(transactions);
        }
        transactions
            .par_chunks(together)
            .for_each(|some| Transaction::prove_together(some.iter().copied()));
    }

    /// Reads and verifies an entry of a block, but for what issuers are said to have signed in it.
    pub(crate) fn parse(item: &Item, chain_id: &str) -> Result<Self, Rejection> {
        if item
            .bytes
            .starts_with(&crate::sign_in_proof::KIND.to_le_bytes())
        {
            let proof = SignInProof::decode(&item.bytes)
                .map_err(|error| Rejection::new(TxCode::InvalidSignature, error))?;
            if proof.text.chain_id != chain_id {
                return Err(wrong_chain(&proof.text.chain_id));
            }
            return Ok(Self::SignIn(Arc::new(SignedIn {
                item: item.clone(),
                proof,
            })));
        }
        let transaction = idos_wire::Transaction::decode(&item.bytes)
            .map_err(|error| Rejection::new(TxCode::Encoding, error))?;
        let transaction = Transaction::verify(transaction, item.clone(), chain_id)?;
        Ok(Self::Transaction(Arc::new(transaction)))
    }

    /// Whether it was looked at what issuers are said to have signed in it.
    #[cfg(test)]
    pub(crate) fn is_proved(&self) -> bool {
        match self {
            Self::Transaction(transaction) => transaction.proofs.get().is_some(),
            Self::SignIn(_) => true,
        }
    }

    /// Its bytes and their hash.
    pub(crate) fn item(&self) -> &Item {
        match self {
            Self::Transaction(transaction) => &transaction.item,
            Self::SignIn(signed_in) => &signed_in.item,
        }
    }

    /// Its size in a block, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.item().bytes.len()
    }
}

impl Transaction {
    /// Verifies a transaction, of which `item` are the bytes.
    pub(crate) fn verify(
        transaction: idos_wire::Transaction,
        item: Item,
        chain_id: &str,
    ) -> Result<Self, Rejection> {
        if item.bytes.len() > TRANSACTION_BYTES {
            let text = format!(
                "transaction is {} bytes long, at most {TRANSACTION_BYTES} are allowed",
                item.bytes.len()
            );
            return Err(Rejection::new(TxCode::Encoding, text));
        }
        // Without a chain id in the signed text it would be good for every network.
        if transaction.chain_id != chain_id {
            return Err(wrong_chain(&transaction.chain_id));
        }
        if transaction.payload_type != EXECUTE {
            let text = format!("unknown payload type: {}", transaction.payload_type);
            return Err(Rejection::new(TxCode::InvalidType, text));
        }
        let unverified =
            |error: &dyn std::fmt::Display| format!("failed to verify the transaction: {error}");
        let auth = AuthType::parse(&transaction.scheme).ok_or_else(|| {
            let text = format!("authenticator not found: {}", transaction.scheme);
            Rejection::new(TxCode::InvalidSignature, unverified(&text))
        })?;
        let sender = Sender::parse(auth, &transaction.sender)
            .map_err(|error| Rejection::new(TxCode::InvalidSender, unverified(&error)))?;
        sender
            .verify_canonical(transaction.signed_text().as_bytes(), &transaction.signature)
            .map_err(|error| Rejection::new(TxCode::InvalidSignature, unverified(&error)))?;
        // Last: it takes more memory than its bytes do, which is for those who signed it.
        let action = ActionExecution::decode(&transaction.payload)
            .map_err(|error| Rejection::new(TxCode::Encoding, error))?;
        Ok(Self {
            account: sender.account(),
            caller: Caller::new(sender.caller()),
            nonce: transaction.nonce,
            salt_seed: Digest::of_parts("idos/salt-seed/v1", &[&transaction.signature]),
            item,
            sender,
            target: find(action.namespace(), action.action()),
            action,
            proofs: OnceLock::new(),
        })
    }

    /// Verifies the signatures of issuers in it: blocks are executed by one thread, which would do it
    /// otherwise.
    pub(crate) fn prove(&self) {
        Self::prove_together([self]);
    }

    /// The same for some, together; those of which it is known already cost nothing.
    fn prove_together<'t>(transactions: impl IntoIterator<Item = &'t Self>) {
        let is_unproved = |transaction: &&Self| transaction.proofs.get().is_none();
        let unproved: Vec<_> = transactions.into_iter().filter(is_unproved).collect();
        let claims = unproved.iter().map(|transaction| transaction.claims());
        for (transaction, proofs) in unproved.iter().zip(Proofs::of(claims.collect())) {
            // Whoever did it at the same time found the same.
            let _ = transaction.proofs.set(proofs);
        }
    }

    /// What it brings that issuers are said to have signed.
    fn claims(&self) -> Claims<'_> {
        let mut claims = Claims::default();
        if let Ok(action) = &self.target {
            for arguments in self.action.calls() {
                let arguments: Vec<_> = arguments.iter().map(EncodedValue::value).collect();
                claims.add(action, &arguments);
            }
        }
        claims
    }

    /// What is known of the signatures of issuers in it; rules verify what is not.
    pub(crate) fn proofs(&self) -> &Proofs {
        self.proofs.get().unwrap_or(Proofs::none())
    }

    /// The arguments of the calls it makes, in order. No calls at all means one without arguments. They
    /// are copied, since what a rule writes of them is its own.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Vec<(DataType, Value)>> {
        let none = self.action.calls().is_empty().then(Vec::new);
        let calls = self.action.calls().iter().map(|arguments| {
            arguments
                .iter()
                .map(|value| (value.data_type(), value.value().clone()))
                .collect()
        });
        none.into_iter().chain(calls)
    }

    /// A transaction that nobody signed.
    #[cfg(test)]
    pub(crate) fn for_test(item: Item, sender: Sender, nonce: u64) -> Self {
        Self {
            account: sender.account(),
            caller: Caller::new(sender.caller()),
            nonce,
            salt_seed: Digest::default(),
            item,
            sender,
            action: ActionExecution::new("", "", Vec::new()).unwrap(),
            target: find("", ""),
            proofs: OnceLock::new(),
        }
    }
}

/// Spells the signature of a client in the one way that blocks hold: the transaction's hash is that
/// of this spelling. What is no signature stays as it is, to be refused.
pub(crate) fn respell(transaction: &mut idos_wire::Transaction) {
    let sender = AuthType::parse(&transaction.scheme)
        .and_then(|auth| Sender::parse(auth, &transaction.sender).ok());
    if let Some(sender) = sender
        && let Cow::Owned(signature) = sender.canonical(&transaction.signature)
    {
        transaction.signature = signature;
    }
}

fn wrong_chain(chain_id: &str) -> Rejection {
    Rejection::new(TxCode::WrongChain, format!("wrong chain ID: {chain_id}"))
}

/// By whom an entry with this hash was sent, for its receipt: known again, but not told. Of each entry it is
/// another one, or receipts, which stay for ever, would show which are of one sender.
pub(crate) fn sender_proof(hash: &Digest, sender: &Sender) -> Digest {
    let sender = Digest::of_parts(
        "idos/receipt-sender/v1",
        &[sender.auth().name().as_bytes(), sender.bytes()],
    );
    Digest::of_parts("idos/receipt-sender/v2", &[&hash.0, &sender.0])
}

#[cfg(test)]
mod tests;
