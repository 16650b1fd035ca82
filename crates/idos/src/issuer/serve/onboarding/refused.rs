//! What a network's refusal means to a person.

use axum::http::StatusCode;
use idos_client::{Error, FlowError};
use idos_ledger::Refusal;

use crate::web::problem::Problem;

/// The problem that a flow met. Errors of nodes go to the log: they name nodes, never persons.
pub(super) fn problem(error: FlowError) -> Problem {
    match error {
        error if error.is_used_write_grant() => conflict(
            "grant-used",
            "this write grant was used before: look whether the credential is there, or sign another one",
        ),
        FlowError::Client(Error::Refused { message, .. }) if is_of_taken_wallet(&message) => {
            conflict("wallet-taken", TAKEN)
        }
        FlowError::Client(Error::Refused { message, .. }) => {
            conflict("refused", format!("the network refuses that: {message}"))
        }
        FlowError::Key { source, .. } => {
            Problem::bad("not-a-key", format!("encryptionPublicKey: {source}"))
        }
        FlowError::OtherGrant(what) => Problem::bad(
            "other-grant",
            format!("the write grant is for another {what}: sign one for this issuer"),
        ),
        FlowError::Seal(error) => Problem::bad("not-a-key", error.to_string()),
        FlowError::Client(
            error @ (Error::Nodes { .. } | Error::Unknown { .. } | Error::Alone { .. }),
        ) => {
            tracing::warn!(%error, "the network did not take somebody on");
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "network-away",
                "the network does not answer at the moment: try the same again in a while",
            )
        }
        other => Problem::internal(format_args!(
            "somebody could not be taken on, which is for {:?} to mend: {other}",
            other.owner()
        )),
    }
}

/// What is wrong with a wallet that is linked.
pub(super) const TAKEN: &str = "this wallet is linked to a profile already";

/// Whether the network refuses a wallet because it is linked already.
fn is_of_taken_wallet(message: &str) -> bool {
    [Refusal::AddressExists, Refusal::PublicKeyExists]
        .iter()
        .any(|refusal| message.contains(&refusal.to_string()))
}

/// It is in the way of something that is there.
pub(super) fn conflict(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> Problem {
        problem(FlowError::Client(Error::Refused {
            code: None,
            tx_code: None,
            message: message.to_owned(),
        }))
    }

    #[test]
    fn each_refusal_has_its_status() {
        let used = refused("duplicate key \"consumed_write_grants_pkey\"");
        assert_eq!(used.status, StatusCode::CONFLICT);
        assert_eq!(used.body()["title"], "grant-used");
        assert_eq!(refused("anything").status, StatusCode::CONFLICT);
        for taken in [Refusal::AddressExists, Refusal::PublicKeyExists] {
            assert_eq!(refused(&taken.to_string()).body()["title"], "wallet-taken");
        }
        let alone = problem(FlowError::Client(Error::Alone {
            url: "https://node.test".to_owned(),
        }));
        assert_eq!(alone.status, StatusCode::SERVICE_UNAVAILABLE);
        let other = problem(FlowError::OtherGrant("issuer"));
        assert_eq!(other.status, StatusCode::BAD_REQUEST);
        let internal = problem(FlowError::OtherAnswer);
        assert_eq!(internal.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
