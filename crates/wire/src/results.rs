//! The results of all methods. Clients take a falsy result for an error, so each is an object.

use std::fmt::Display;

use base64::{display::Base64Display, prelude::BASE64_STANDARD};
use idos_types::Digest;
use serde::{Serialize, Serializer};

use crate::{
    AccountId, AuthnParam, BroadcastResult, Fee, Price, ProveResult, QueryResult, SetChanges,
    TxQueryResult,
};

/// The version of this surface: that of kwil-db's user service.
pub const API_VERSION: &str = "0.2.0";

/// The result of a method.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// Of `user.chain_info`.
    ChainInfo(ChainInfo),
    /// Of `user.health`.
    Health(Health),
    /// Of `user.version`.
    Version(Version),
    /// Of `user.ping`.
    Ping(Pong),
    /// Of `user.num_accounts`.
    NumAccounts(NumAccounts),
    /// Of `user.account`.
    Account(Account),
    /// Of `user.estimate_price`.
    EstimatePrice(Price),
    /// Of `user.broadcast`.
    Broadcast(BroadcastResult),
    /// Of `user.tx_query`.
    TxQuery(TxQueryResult),
    /// Of `user.call`.
    Call(CallResult),
    /// Of `idos.prove`.
    Prove(ProveResult),
    /// Of `idos.set_changes`.
    SetChanges(SetChanges),
    /// Of `user.query`.
    Query(QueryResult),
    /// Of `user.challenge`.
    Challenge(Challenge),
    /// Of `kgw.authn_param`.
    AuthnParam(AuthnParam),
    /// Of `kgw.authn` and `kgw.logout`: what counts is the cookie.
    Done(Done),
}

/// The state of the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChainInfo {
    /// The chain.
    pub chain_id: String,
    /// The height of the last block.
    pub block_height: u64,
    /// The hash of the last block.
    #[serde(serialize_with = "text")]
    pub block_hash: Digest,
    /// Whether transactions cost anything.
    pub gas: bool,
}

/// The state of the node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Health {
    /// The state of the chain.
    #[serde(flatten)]
    pub chain: ChainInfo,
    /// Whether the node works.
    pub healthy: bool,
    /// The version of this surface, [`API_VERSION`].
    pub version: &'static str,
    /// The time of the last block in milliseconds since 1970.
    pub block_time: u64,
    /// How long ago that was, in milliseconds.
    pub block_age: u64,
    /// Whether the node is still catching up.
    pub syncing: bool,
    /// The height of the last block again.
    pub height: u64,
    /// The digest of the state after the last block.
    #[serde(serialize_with = "text")]
    pub app_hash: Digest,
    /// How many other nodes are connected.
    pub peer_count: u64,
    /// Whether calls have to be signed; clients look at nothing else in this object.
    pub mode: Mode,
}

/// Whether view calls have to be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They need not; a session protects the views that need it.
    Open,
    /// Each of them answers a challenge.
    Private,
}

/// The version of the node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Version {
    service: &'static str,
    api_ver: &'static str,
    major: u16,
    minor: u16,
    patch: u16,
    kwil_ver: String,
}

impl Version {
    /// [`API_VERSION`], and the version of the software.
    pub fn of(software: impl Into<String>) -> Self {
        let mut parts = API_VERSION.split('.').map(|part| part.parse().ok());
        let mut part = || parts.next().flatten().unwrap_or_default();
        Self {
            service: "user",
            api_ver: API_VERSION,
            major: part(),
            minor: part(),
            patch: part(),
            kwil_ver: software.into(),
        }
    }
}

/// A sign of life.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Pong {
    message: &'static str,
}

impl Default for Pong {
    fn default() -> Self {
        Self { message: "pong" }
    }
}

/// How many accounts exist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NumAccounts {
    /// How many.
    pub count: u64,
    /// At which height.
    pub height: u64,
}

/// The state of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Account {
    /// Which one; absent if it has never been used.
    pub id: Option<AccountId>,
    /// What it could pay.
    #[serde(serialize_with = "text")]
    pub balance: Fee,
    /// The last nonce used, 0 before the first.
    pub nonce: u64,
}

/// The rows of a view.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct CallResult {
    /// The rows.
    pub query_result: QueryResult,
    /// Numbered notices, one a line.
    pub logs: String,
    /// Why the view refused; clients see no rows then, and nothing of this text.
    pub error: Option<String>,
}

/// What a call of private mode has to answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Challenge {
    challenge: String,
}

impl Challenge {
    /// A challenge; clients get it in hexadecimal, and send it back in base64.
    pub fn new(challenge: [u8; 32]) -> Self {
        Self {
            challenge: hex::encode(challenge),
        }
    }
}

/// An empty object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Done {}

/// As the text that is displayed.
pub(crate) fn text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// As base64.
pub(crate) fn base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &BASE64_STANDARD))
}

/// How long the base64 of so many bytes is.
pub(crate) fn base64_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn health_is_one_flat_object() {
        let chain = ChainInfo {
            chain_id: "c".to_owned(),
            block_height: 7,
            block_hash: Digest::default(),
            gas: false,
        };
        let health = Health {
            chain,
            healthy: true,
            version: API_VERSION,
            block_time: 1_700_000_000_000,
            block_age: 10,
            syncing: false,
            height: 7,
            app_hash: Digest::default(),
            peer_count: 0,
            mode: Mode::Open,
        };
        let zeros = "0".repeat(64);
        assert_eq!(
            to_value(Reply::Health(health)).unwrap(),
            json!({
                "chain_id": "c", "block_height": 7, "block_hash": zeros, "gas": false,
                "healthy": true, "version": "0.2.0", "block_time": 1_700_000_000_000_u64,
                "block_age": 10, "syncing": false, "height": 7, "app_hash": zeros,
                "peer_count": 0, "mode": "open",
            })
        );
    }

    #[test]
    fn the_version_is_told_in_text_and_in_numbers() {
        assert_eq!(
            to_value(Version::of("9")).unwrap(),
            json!({
                "service": "user", "api_ver": "0.2.0", "major": 0, "minor": 2, "patch": 0,
                "kwil_ver": "9",
            })
        );
    }

    #[test]
    fn amounts_are_texts() {
        let account = Account {
            id: None,
            balance: Fee(0),
            nonce: 0,
        };
        let expected = json!({"id": null, "balance": "0", "nonce": 0});
        assert_eq!(to_value(account).unwrap(), expected);
    }

    #[test]
    fn small_results_have_their_documented_form() {
        assert_eq!(
            to_value(Pong::default()).unwrap(),
            json!({"message": "pong"})
        );
        assert_eq!(to_value(Reply::Done(Done {})).unwrap(), json!({}));
        assert_eq!(
            to_value(Challenge::new([1; 32])).unwrap(),
            json!({"challenge": "01".repeat(32)})
        );
        assert_eq!(
            to_value(CallResult::default()).unwrap(),
            json!({
                "query_result": {"column_names": null, "column_types": null, "values": null},
                "logs": "",
                "error": null,
            })
        );
    }
}
