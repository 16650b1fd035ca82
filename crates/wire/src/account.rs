//! Accounts, as `user.account` names them.

use idos_types::limits::SENDER_BYTES;
use serde::{Deserialize, Serialize, Serializer};

use crate::{FieldError, RpcError, field};

/// The key that counts transactions: a sender and the type of its key.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AccountId {
    /// The bytes of the sender.
    #[serde(serialize_with = "hexadecimal")]
    pub identifier: Vec<u8>,
    /// The name of the key type.
    pub key_type: String,
}

/// The account that is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountParams {
    /// Which one.
    pub id: AccountId,
    /// Whether transactions count that still wait for a block.
    pub with_pending: bool,
}

/// The parameters as sent.
#[derive(Deserialize)]
pub(crate) struct AccountParamsJson {
    id: Option<AccountIdJson>,
    status: Option<u8>,
}

#[derive(Deserialize)]
struct AccountIdJson {
    identifier: Option<String>,
    key_type: Option<String>,
}

impl TryFrom<AccountParamsJson> for AccountParams {
    type Error = RpcError;

    fn try_from(json: AccountParamsJson) -> Result<Self, RpcError> {
        let missing = || RpcError::params(FieldError::Missing("account identifier"));
        let id = json.id.ok_or_else(missing)?;
        let identifier = id
            .identifier
            .filter(|text| !text.is_empty())
            .ok_or_else(missing)?;
        Ok(Self {
            id: AccountId {
                identifier: field::hex("account identifier", &identifier, SENDER_BYTES)
                    .map_err(RpcError::params)?,
                key_type: field::name("key type", id.key_type.unwrap_or_default())
                    .map_err(RpcError::params)?,
            },
            with_pending: match json.status {
                None | Some(0) => false,
                Some(1) => true,
                Some(_) => return Err(RpcError::params("status has to be 0 or 1")),
            },
        })
    }
}

/// Identifiers are personal data: `{:?}` hides them.
impl std::fmt::Debug for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountId({}, …)", self.key_type)
    }
}

fn hexadecimal<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<AccountParams, RpcError> {
        serde_json::from_str::<AccountParamsJson>(json)
            .unwrap()
            .try_into()
    }

    #[test]
    fn the_status_tells_whether_pending_transactions_count() {
        let params = |status| {
            parse(&format!(
                r#"{{"id":{{"identifier":"AA","key_type":"ed25519"}}{status}}}"#
            ))
        };
        assert!(!params("").unwrap().with_pending);
        assert!(!params(r#","status":0"#).unwrap().with_pending);
        assert!(params(r#","status":1"#).unwrap().with_pending);
        assert!(params(r#","status":2"#).is_err());
        assert_eq!(params("").unwrap().id.identifier, [0xaa]);
    }

    #[test]
    fn an_absent_identifier_is_told() {
        for json in ["{}", r#"{"id":null}"#, r#"{"id":{"identifier":""}}"#] {
            assert_eq!(
                parse(json).unwrap_err().message,
                "missing account identifier"
            );
        }
    }
}
