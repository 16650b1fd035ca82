//! The JSON-RPC surface as types: payloads, signed texts, parameters, results, error codes.
//!
//! The formats are those of kwil-db and of its client kwil-js, so that unmodified clients work.
//! Everything here is a pure function of bytes: no input, no output, no clock, no keys. All bytes
//! are taken as hostile: bounded before they are copied, refused with a typed error.

mod account;
mod broadcast;
mod call;
mod encoding;
mod error;
mod fee;
mod field;
mod id;
mod methods;
mod node_status;
mod openrpc;
mod outgoing;
mod params;
pub mod payload;
mod prove;
mod query;
mod received;
mod request;
mod results;
mod rows;
mod rpc;
mod set_changes;
mod sign_in;
mod statement;
mod transaction;
mod transaction_bytes;
mod transaction_json;
mod tx_code;
mod tx_results;

pub use account::{AccountId, AccountParams};
pub use broadcast::{BroadcastParams, TRANSACTION_EXISTS, refusal, refusal_log};
pub use call::{Call, CallError, CallProof};
pub use encoding::EncodingError;
pub use error::{BroadcastRejection, ErrorCode, RpcError};
pub use fee::{Fee, FeeError};
pub use field::FieldError;
pub use id::Id;
pub use methods::Method;
pub use node_status::NodeStatus;
pub use openrpc::openrpc;
pub use prove::{ProveResult, ProvedClaim, ProvedRow};
pub use query::{Query, QueryError};
pub use received::{ReceivedError, ReceivedRejection, Unreadable, read};
pub use request::Request;
pub use results::{
    API_VERSION, Account, CallResult, ChainInfo, Challenge, Done, Health, Mode, NumAccounts, Pong,
    Reply, Version,
};
pub use rows::{Column, QueryResult};
pub use rpc::{RPC_PATH, Response, parse};
pub use set_changes::SetChanges;
pub use sign_in::{Authn, AuthnParam, Logout, SIGN_IN_STATEMENT, SignInText};
pub use statement::{InfoActions, QueryRefusal};
pub use transaction::{Transaction, TransactionError};
pub use transaction_json::{BodyJson, SignatureJson, TransactionJson};
pub use tx_code::TxCode;
pub use tx_results::{BroadcastResult, Price, TxQueryResult, TxResult};
