//! What can go wrong, and who has to do something about it.

use idos_ledger::{AnswerError, CallError, Failure};
use idos_proof::LightClientError;
use idos_types::Digest;
use idos_wire::{ErrorCode, ReceivedError, TxCode, Unreadable, payload::ValueError};
use thiserror::Error;

use crate::wallet::SignError;

/// Whose fault an error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Whoever called: what was asked for is not possible, or not for this wallet.
    Caller,
    /// A node: it is broken, lies, or does not work as a node at the moment.
    Node,
    /// What is between here and the nodes.
    Network,
    /// Another party: who sealed, shared, issued or published something that is not right.
    Counterparty,
}

/// Why something did not work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The catalogue has no such action, or other parameters.
    #[error("the call does not fit the catalogue of actions: {0}")]
    Catalogue(#[from] CallError),
    /// The answer to this view cannot be proved, or the view refuses such arguments.
    #[error("there is no proof of that: {0}")]
    NotProvable(#[from] Failure),
    /// An argument cannot be sent.
    #[error("an argument cannot be sent")]
    Argument(#[from] ValueError),
    /// The call is longer than a payload may be.
    #[error("the call cannot be sent")]
    Layout(#[from] idos_wire::payload::LayoutError),
    /// It would not fit a transaction. Nothing was signed or sent. A content takes four thirds of its
    /// length there, and what is issued holds it twice.
    #[error(
        "the write has {len} bytes, a transaction holds at most {max}: whoever writes must shorten it"
    )]
    TooLarge {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// Without a wallet there is nobody who could sign.
    #[error("this needs a wallet: give the client one")]
    NoWallet,
    /// The wallet did not sign.
    #[error("the wallet did not sign")]
    Sign(#[from] SignError),
    /// Without a light client nothing can be verified.
    #[error("proofs need a light client: give the client one")]
    NoTrust,
    /// A node refuses: the rules, the catalogue or the arguments say so. Of a read with proof every
    /// node that answered refuses, of a write that is in no block one more than may lie, or all that are
    /// named; otherwise it is that node's word.
    #[error("refused: {message}")]
    Refused {
        /// The kind by the codes of JSON-RPC; `None` for what the rules of a view or of a block
        /// refuse.
        code: Option<ErrorCode>,
        /// The kind by the codes of transactions.
        tx_code: Option<TxCode>,
        /// The node's text.
        message: String,
    },
    /// No node did what was asked for.
    #[error("none of {tried} nodes did that; the last was {url}")]
    Nodes {
        /// How many were asked.
        tried: usize,
        /// The last one.
        url: String,
        /// What was wrong with it.
        source: NodeFault,
    },
    /// Of several nodes only one said which transaction of the wallet is next, and it could lie. Nothing
    /// was signed.
    #[error(
        "of several nodes only {url} said which transaction of the wallet is next, and one alone is not \
         believed: nothing was signed; try again, or name more nodes"
    )]
    Alone {
        /// Its URL.
        url: String,
    },
    /// A node answered with other columns than the catalogue has.
    #[error("the node's answer has no column {column} of that type")]
    Column {
        /// Which one.
        column: String,
    },
    /// The transaction was sent, but nobody said what became of it. It may be executed still.
    #[error("it is unknown whether transaction {hash} was executed: ask for it later")]
    Unknown {
        /// The transaction.
        hash: Digest,
    },
}

/// What is wrong with one node.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeFault {
    /// There is no connection to it. Nothing was sent.
    #[error("no connection")]
    Connection(#[source] reqwest::Error),
    /// The connection broke, or it did not answer in time.
    #[error("no answer")]
    Answer(#[source] reqwest::Error),
    /// The answer is longer than any may be.
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
    /// Something else than a node answered.
    #[error("HTTP status {0} without an answer of JSON-RPC")]
    Status(u16),
    /// The answer cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The node says that it cannot do that now.
    #[error("error {}: {}", .0.number, .0.message)]
    Busy(ReceivedError),
    /// It is of another chain.
    #[error("it is a node of another chain, {0:?}")]
    OtherChain(String),
    /// It wants something signed for somewhere else.
    #[error("it wants a sign-in for {0:?} signed")]
    OtherDomain(String),
    /// It wants something signed that no sign-in has.
    #[error(
        "the {0} of the sign-in that it wants signed is not right, by the clock of this machine"
    )]
    SignInText(&'static str),
    /// It gave no session for a sign-in.
    #[error("it gave no session")]
    NoSession,
    /// What it says proves who validates cannot be read.
    #[error("its set change cannot be read")]
    SetChange(#[from] idos_proof::SetChangeError),
    /// What it says proves who validates does not.
    #[error("its set change does not hold")]
    LightClient(#[from] LightClientError),
    /// Its answer is not true, or cannot be shown to be.
    #[error("its answer is not proved")]
    NotProved(#[from] AnswerError),
    /// The attempt ended without an outcome.
    #[error("the attempt was given up")]
    Ended,
    /// Its answer has a part that does not exist.
    #[error("its answer has a claim of an unknown kind")]
    Claim,
}

impl Error {
    /// Who has to do something about it.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Catalogue(_)
            | Self::NotProvable(_)
            | Self::Argument(_)
            | Self::Layout(_)
            | Self::TooLarge { .. }
            | Self::NoWallet
            | Self::Sign(_)
            | Self::NoTrust
            | Self::Refused { .. } => Owner::Caller,
            Self::Column { .. } => Owner::Node,
            Self::Unknown { .. } | Self::Alone { .. } => Owner::Network,
            Self::Nodes { source, .. } => match source {
                NodeFault::Connection(_) | NodeFault::Answer(_) => Owner::Network,
                // More than two thirds of the validators say another time.
                NodeFault::NotProved(
                    AnswerError::LightClient(LightClientError::Ahead { .. })
                    | AnswerError::Ended { .. },
                ) => Owner::Caller,
                _ => Owner::Node,
            },
        }
    }

    /// What a node said, if that is what is wrong with it or with the request.
    pub(crate) fn of(error: ReceivedError) -> Result<Self, NodeFault> {
        let tx_code = error.rejection.as_ref().and_then(|it| it.code);
        if is_of_node(&error) {
            return Err(NodeFault::Busy(error));
        }
        let code = error.code();
        let message = match error.rejection {
            Some(rejection) => rejection.message,
            None => error.message,
        };
        Ok(Self::Refused {
            code,
            tx_code,
            message,
        })
    }

    /// Whether a session is asked for.
    pub(crate) fn is_not_authorized(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: Some(ErrorCode::NotAuthorized),
                ..
            }
        )
    }
}

/// Whether another node may well do what this one does not.
fn is_of_node(error: &ReceivedError) -> bool {
    let tx_code = error.rejection.as_ref().and_then(|it| it.code);
    match error.code() {
        Some(ErrorCode::BroadcastRejected) => matches!(
            tx_code,
            Some(TxCode::CommitTimeout | TxCode::MempoolFull | TxCode::NetworkHalted)
        ),
        // No node of this protocol says what has no name here.
        code => code.is_none_or(ErrorCode::may_pass_elsewhere),
    }
}

#[cfg(test)]
mod tests {
    use idos_wire::ReceivedRejection;

    use super::*;

    fn received(code: ErrorCode, tx_code: Option<TxCode>) -> ReceivedError {
        ReceivedError {
            number: code.code().into(),
            message: "outer".to_owned(),
            rejection: tx_code.map(|code| ReceivedRejection {
                code: Some(code),
                message: "inner".to_owned(),
            }),
        }
    }

    #[test]
    fn what_every_node_would_refuse_is_the_callers() {
        for (code, tx_code, text) in [
            (ErrorCode::Engine, None, "outer"),
            (ErrorCode::InvalidParams, None, "outer"),
            (ErrorCode::NotAuthorized, None, "outer"),
            (
                ErrorCode::BroadcastRejected,
                Some(TxCode::InvalidNonce),
                "inner",
            ),
        ] {
            let error = Error::of(received(code, tx_code)).unwrap();
            assert_eq!(error.owner(), Owner::Caller);
            let Error::Refused { message, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(message, text);
        }
    }

    #[test]
    fn what_another_node_may_do_is_this_nodes() {
        for (code, tx_code) in [
            (ErrorCode::Internal, None),
            (ErrorCode::Node, None),
            (ErrorCode::DatabaseTimeout, None),
            (ErrorCode::TooManyRequests, None),
            (ErrorCode::ChallengeRate, None),
            (ErrorCode::BroadcastRejected, Some(TxCode::CommitTimeout)),
            (ErrorCode::BroadcastRejected, Some(TxCode::MempoolFull)),
        ] {
            assert!(Error::of(received(code, tx_code)).is_err(), "{code:?}");
        }
        let alien = ReceivedError {
            number: 77,
            message: String::new(),
            rejection: None,
        };
        assert!(Error::of(alien).is_err());
    }
}
