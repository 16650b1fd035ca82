//! Why the server answers a JSON-RPC request itself instead of passing it on.

use axum::http::StatusCode;
use serde_json::json;
use thiserror::Error;

/// A request that never reached the backend, or whose answer did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// The body is longer than a request may be.
    #[error("the request body is longer than {max} bytes, the client must send less")]
    BodyTooLong {
        /// The limit in bytes.
        max: usize,
    },
    /// The body did not arrive in time.
    #[error(
        "the request body did not arrive within {seconds} seconds, the client must send it faster"
    )]
    BodyTooSlow {
        /// The limit in whole seconds.
        seconds: u64,
    },
    /// The body ended before its announced length or its framing is broken.
    #[error("the request body is cut off or malformed")]
    BodyBroken,
    /// A header is longer than it may be.
    #[error("the header {name} is longer than {max} bytes, the client must shorten it")]
    HeaderTooLong {
        /// The header.
        name: &'static str,
        /// The limit in bytes.
        max: usize,
    },
    /// A header that may be sent once is sent twice, or is no UTF-8.
    #[error("the header {name} is given twice or is not text")]
    HeaderMalformed {
        /// The header.
        name: &'static str,
    },
    /// Only `POST` calls methods.
    #[error("methods are called with POST")]
    NotPost,
    /// The node holds as many bytes for others as it can.
    #[error("the node is busy, try again in a moment")]
    Busy,
    /// The node holds as many bytes for the client's household as it may.
    #[error(
        "too many bytes at the same time are sent from or not yet taken by this address, \
         let some requests end first"
    )]
    ManyBytes,
    /// The client has as many connections as one household may have.
    #[error("too many connections from this address, close some or use one for several requests")]
    ManyConnections,
    /// There was no answer in time. Clients know this text.
    #[error("RPC timeout")]
    Timeout,
    /// The backend's answer is no HTTP answer.
    #[error("internal error, the node's log has details")]
    Internal,
}

impl Refusal {
    /// The HTTP status.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::BodyTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::HeaderMalformed { .. } => StatusCode::BAD_REQUEST,
            Self::HeaderTooLong { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::NotPost => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy | Self::ManyBytes | Self::ManyConnections | Self::Timeout => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The JSON-RPC body; its id is -1, since the request's own was not read.
    pub(super) fn body(self) -> String {
        let code = match self {
            Self::BodyTooLong { .. }
            | Self::BodyTooSlow { .. }
            | Self::BodyBroken
            | Self::HeaderTooLong { .. }
            | Self::HeaderMalformed { .. }
            | Self::NotPost => -32600,
            Self::Busy | Self::ManyBytes | Self::ManyConnections | Self::Timeout => -32001,
            Self::Internal => -32603,
        };
        json!({
            "jsonrpc": "2.0",
            "id": -1,
            "error": { "code": code, "message": self.to_string() },
        })
        .to_string()
    }

    /// Whether the rest of the request may still be to come, so that the connection cannot be used
    /// again.
    pub(super) fn ends_connection(self) -> bool {
        match self {
            Self::BodyTooLong { .. }
            | Self::BodyTooSlow { .. }
            | Self::BodyBroken
            | Self::HeaderTooLong { .. }
            | Self::HeaderMalformed { .. }
            | Self::NotPost
            | Self::Busy
            | Self::ManyBytes => true,
            Self::ManyConnections | Self::Timeout | Self::Internal => false,
        }
    }
}
