//! Errors of JSON-RPC.

use idos_types::Digest;
use serde::{Serialize, Serializer};

use crate::{TxCode, results::text};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal),* $(,)?) => {
        /// The codes of kwil-db and of its gateway. Clients act on some of them: at
        /// [`ErrorCode::NotAuthorized`] they sign in, at [`ErrorCode::Challenge`] they ask for a
        /// challenge.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name),*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The number on the wire.
            pub fn code(self) -> i32 {
                match self {
                    $(Self::$name => $code),*
                }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    Parse = -32700,
    /// The envelope is not one of JSON-RPC 2.0.
    InvalidRequest = -32600,
    /// There is no such method.
    UnknownMethod = -32601,
    /// The parameters do not fit the method.
    InvalidParams = -32602,
    /// Something broke.
    Internal = -32603,
    /// The result cannot be rendered.
    ResultEncoding = -32000,
    /// The request took too long as a whole, or there was no room for its answer.
    RequestTimeout = -32001,
    /// A read of the database took too long.
    DatabaseTimeout = -32001,
    /// A transaction could not be handled.
    TransactionInternal = -200,
    /// A transaction is refused; the data says why.
    BroadcastRejected = -201,
    /// No transaction of that hash is known.
    TransactionNotFound = -202,
    /// The payload of a transaction is not valid.
    TransactionPayload = -203,
    /// No such block is known.
    BlockNotFound = -204,
    /// An action or query is refused before it runs.
    Engine = -300,
    /// No such namespace exists.
    DatasetNotFound = -301,
    /// The namespace exists already.
    DatasetExists = -302,
    /// The database failed.
    Database = -400,
    /// An account could not be read.
    Account = -500,
    /// An identifier could not be derived.
    IdentifierInternal = -600,
    /// A sender does not fit its scheme.
    InvalidIdentifier = -601,
    /// The node failed.
    Node = -700,
    /// The validators could not be read.
    ValidatorsInternal = -800,
    /// No such validator is known.
    ValidatorNotFound = -801,
    /// Signing in failed on this side.
    GatewayInternal = -900,
    /// The call needs a session of its sender; clients sign in and try again.
    NotAuthorized = -901,
    /// What was sent to sign in cannot be read.
    GatewayPayload = -902,
    /// Signing in is refused.
    GatewayForbidden = -903,
    /// There is no such thing behind the gateway.
    GatewayNotFound = -904,
    /// Too many requests, from there or in all.
    TooManyRequests = -905,
    /// The gateway does not let this method through.
    GatewayMethod = -906,
    /// A challenge is missing or unknown; clients ask for one.
    Challenge = -1001,
    /// A challenge is not 32 bytes long.
    ChallengeLength = -1002,
    /// A challenge is too old.
    ChallengeExpired = -1003,
    /// The signature of a call does not verify.
    CallSignature = -1004,
    /// The scheme of a call is not that of its signature.
    CallScheme = -1005,
    /// Challenges are asked for or answered too fast.
    ChallengeRate = -1006,
    /// Queries are refused in private mode.
    NoQueries = -1007,
}

impl ErrorCode {
    /// The first code of this number, if there is one.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// Whether the node could not do what it should, as far as the code says. Not with -200: it is
    /// the answer to a type of transactions that does not exist.
    pub fn is_of_node(self) -> bool {
        matches!(
            self,
            Self::Internal
                | Self::ResultEncoding
                | Self::RequestTimeout
                | Self::DatabaseTimeout
                | Self::Database
                | Self::Account
                | Self::IdentifierInternal
                | Self::Node
                | Self::ValidatorsInternal
                | Self::GatewayInternal
        )
    }

    /// Whether another node may well do what this one does not: it failed, or too much is asked of it.
    pub fn may_pass_elsewhere(self) -> bool {
        self.is_of_node() || matches!(self, Self::TooManyRequests | Self::ChallengeRate)
    }

    /// The status of the HTTP response: 200 but for errors of the envelope, and where the node has no answer at
    /// all. Clients read the error object only of a 200.
    pub fn http_status(self) -> u16 {
        match self {
            Self::UnknownMethod => 404,
            Self::Parse | Self::InvalidRequest | Self::InvalidParams => 400,
            Self::Internal => 500,
            Self::RequestTimeout => 503,
            _ => 200,
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.code())
    }
}

/// The error object of a response.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RpcError {
    /// What kind of error.
    pub code: ErrorCode,
    /// The same for a person.
    pub message: String,
    /// Why a transaction is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<BroadcastRejection>>,
}

/// Why a transaction is refused before it is in any block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BroadcastRejection {
    /// What kind of refusal.
    pub code: TxCode,
    /// The transaction.
    #[serde(serialize_with = "text")]
    pub hash: Digest,
    /// The same for a person.
    pub message: String,
}

impl RpcError {
    /// An error without data.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// A transaction is refused.
    pub fn rejected(code: TxCode, hash: Digest, message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::BroadcastRejected,
            message: "broadcast error".to_owned(),
            data: Some(Box::new(BroadcastRejection {
                code,
                hash,
                message: message.into(),
            })),
        }
    }

    /// The parameters do not fit the method.
    pub(crate) fn params(error: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::InvalidParams, error.to_string())
    }

    /// The status of the HTTP response.
    pub fn http_status(&self) -> u16 {
        self.code.http_status()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_of_the_envelope_change_the_http_status() {
        assert_eq!(ErrorCode::UnknownMethod.http_status(), 404);
        assert_eq!(ErrorCode::Internal.http_status(), 500);
        assert_eq!(ErrorCode::RequestTimeout.http_status(), 503);
        assert_eq!(ErrorCode::DatabaseTimeout.http_status(), 200);
        assert_eq!(ErrorCode::NotAuthorized.http_status(), 200);
        for code in ErrorCode::ALL {
            assert_eq!(
                code.http_status() == 200,
                code.code() > -32600 && *code != ErrorCode::RequestTimeout
            );
        }
    }

    #[test]
    fn a_refused_transaction_is_explained_in_the_data() {
        let error = RpcError::rejected(TxCode::InvalidNonce, Digest::default(), "invalid nonce");
        assert_eq!(
            serde_json::to_value(error).unwrap(),
            serde_json::json!({
                "code": -201,
                "message": "broadcast error",
                "data": {"code": 4, "hash": "0".repeat(64), "message": "invalid nonce"},
            })
        );
        assert_eq!(
            serde_json::to_string(&RpcError::new(ErrorCode::NotAuthorized, "sign in")).unwrap(),
            r#"{"code":-901,"message":"sign in"}"#
        );
    }
}
