//! The parameters of `user.broadcast` and `user.estimate_price`.

use serde::Deserialize;

use crate::{FieldError, RpcError, Transaction, TransactionJson, field};

/// How a node refuses what waits there for a block, or is in one. Clients know it by this text.
pub const TRANSACTION_EXISTS: &str = "transaction already exists";

/// What the log of a failed transaction begins with; what follows is why.
const REFUSAL: &str = "ERROR: ";

/// The log of a transaction that failed for this reason.
pub fn refusal_log(reason: impl std::fmt::Display) -> String {
    format!("{REFUSAL}{reason}")
}

/// Why a transaction failed, by its log.
pub fn refusal(log: &str) -> &str {
    log.strip_prefix(REFUSAL).unwrap_or(log)
}

/// A transaction to be put into a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BroadcastParams {
    /// The transaction.
    pub transaction: Transaction,
    /// Whether the answer waits for the block.
    pub wait: bool,
}

/// The parameters as sent.
#[derive(Deserialize)]
pub(crate) struct BroadcastParamsJson {
    tx: TransactionJson,
    sync: Option<u8>,
}

impl TryFrom<BroadcastParamsJson> for BroadcastParams {
    type Error = RpcError;

    fn try_from(json: BroadcastParamsJson) -> Result<Self, RpcError> {
        Ok(Self {
            wait: match json.sync {
                None | Some(0) => false,
                Some(1) => true,
                Some(_) => return Err(RpcError::params("sync has to be 0 or 1")),
            },
            transaction: json.tx.try_into().map_err(RpcError::params)?,
        })
    }
}

/// The parameters of a price estimate as sent. The price depends on the type of the payload only,
/// so nothing else is looked at.
#[derive(Deserialize)]
pub(crate) struct EstimatePriceJson {
    tx: TransactionJson,
}

impl EstimatePriceJson {
    /// The type of the payload.
    pub(crate) fn payload_type(self) -> Result<String, RpcError> {
        self.tx
            .body
            .and_then(|body| body.payload_type)
            .ok_or(FieldError::Missing("payload type"))
            .and_then(|name| field::name("payload type", name))
            .map_err(RpcError::params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_failure_is_in_its_log() {
        assert_eq!(refusal_log("no"), "ERROR: no");
        for reason in ["no", "", "1. a\nERROR: b", "ERROR: no"] {
            assert_eq!(refusal(&refusal_log(reason)), reason);
        }
        assert_eq!(refusal("invalid nonce"), "invalid nonce");
    }
}
