//! The JSON form of a transaction.

use serde::{Deserialize, Serialize};

/// A transaction as JSON. Clients leave nearly everything null when they only ask for the price.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TransactionJson {
    /// The signature.
    pub signature: Option<SignatureJson>,
    /// What is signed.
    pub body: Option<BodyJson>,
    /// How the signed bytes are made; `concat` always.
    pub serialization: Option<String>,
    /// The sender in hexadecimal.
    pub sender: Option<String>,
}

/// A signature with its scheme.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureJson {
    /// The signature in base64.
    pub sig: Option<String>,
    /// The name of the scheme.
    #[serde(rename = "type")]
    pub scheme: Option<String>,
}

/// The part of a transaction that its signature covers.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BodyJson {
    /// The text shown to the signer.
    pub desc: Option<String>,
    /// The payload in base64.
    pub payload: Option<String>,
    /// The type of the payload.
    #[serde(rename = "type")]
    pub payload_type: Option<String>,
    /// The fee in decimal.
    pub fee: Option<String>,
    /// The place of the transaction among those of its account, counted from 1.
    pub nonce: Option<u64>,
    /// The chain it is meant for.
    pub chain_id: Option<String>,
}
