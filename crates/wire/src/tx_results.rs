//! The results of the methods about transactions.

use idos_types::Digest;
use serde::{Deserialize, Serialize};

use crate::{Fee, TransactionJson, TxCode, received::digest, results::text};

/// The height that `user.tx_query` gives for a transaction that still waits for a block.
const WAITING: i64 = -1;

/// The price of a transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Price {
    /// The price; clients insist on a text.
    #[serde(serialize_with = "text")]
    pub price: Fee,
}

/// What became of a broadcast.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BroadcastResult {
    /// The transaction.
    #[serde(serialize_with = "text", deserialize_with = "digest")]
    pub tx_hash: Digest,
    /// What became of it, if the client waited for the block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<TxResult>,
}

/// What became of a transaction in its block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TxResult {
    /// Whether it was executed.
    pub code: TxCode,
    /// What it cost.
    pub gas: u64,
    /// Notices, and why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub log: String,
}

/// A transaction and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxQueryResult {
    #[serde(serialize_with = "text", deserialize_with = "digest")]
    tx_hash: Digest,
    height: i64,
    tx: Option<TransactionJson>,
    tx_result: Option<TxResult>,
}

impl TxQueryResult {
    /// A transaction that still waits for a block.
    pub fn waiting(tx_hash: Digest, tx: TransactionJson) -> Self {
        Self {
            tx_hash,
            height: WAITING,
            tx: Some(tx),
            tx_result: None,
        }
    }

    /// In which block it is and what became of it there; `None` while it waits.
    pub fn outcome(&self) -> Option<(u64, &TxResult)> {
        Some((u64::try_from(self.height).ok()?, self.tx_result.as_ref()?))
    }

    /// A transaction of a block; its body may have been dropped since.
    pub fn included(
        tx_hash: Digest,
        height: u64,
        tx: Option<TransactionJson>,
        tx_result: TxResult,
    ) -> Self {
        Self {
            tx_hash,
            height: i64::try_from(height).unwrap_or(i64::MAX),
            tx,
            tx_result: Some(tx_result),
        }
    }
}

/// Transactions are personal data: `{:?}` names them by their hash.
impl std::fmt::Debug for TxQueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TxQueryResult({}, {})", self.tx_hash, self.height)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn prices_are_texts() {
        assert_eq!(
            to_value(Price { price: Fee(5) }).unwrap(),
            json!({"price": "5"})
        );
    }

    #[test]
    fn absent_parts_of_a_broadcast_are_left_out() {
        let mut result = BroadcastResult {
            tx_hash: Digest::default(),
            result: None,
        };
        let zeros = "0".repeat(64);
        assert_eq!(to_value(&result).unwrap(), json!({"tx_hash": zeros}));
        result.result = Some(TxResult {
            code: TxCode::Unknown,
            gas: 0,
            log: String::new(),
        });
        assert_eq!(
            to_value(&result).unwrap(),
            json!({"tx_hash": zeros, "result": {"code": 65535, "gas": 0}})
        );
    }

    #[test]
    fn a_waiting_transaction_has_no_block() {
        let waiting = TxQueryResult::waiting(Digest::default(), TransactionJson::default());
        let value = to_value(waiting).unwrap();
        assert_eq!(value["height"], json!(-1));
        assert_eq!(value["tx_result"], json!(null));
    }
}
