//! Requests as a client sends them: what [`parse`](crate::parse) reads on the other side.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value, json};

use crate::{Call, Query, Request, TransactionJson, transaction_json::BodyJson};

impl Request {
    /// The body of the HTTP request that asks for this. `id` comes back with the answer; zero is
    /// none.
    pub fn to_body(&self, id: u64) -> Vec<u8> {
        let body = json!({
            "jsonrpc": "2.0",
            "id": id,
            "method": self.method().name(),
            "params": self.params(),
        });
        body.to_string().into_bytes()
    }

    /// The parameters.
    fn params(&self) -> Value {
        match self {
            Self::ChainInfo
            | Self::Health
            | Self::Version
            | Self::Ping
            | Self::NumAccounts
            | Self::Challenge
            | Self::AuthnParam => json!({}),
            Self::Account(asked) => json!({
                "id": asked.id,
                "status": u8::from(asked.with_pending),
            }),
            Self::EstimatePrice { payload_type } => {
                let body = BodyJson {
                    payload_type: Some(payload_type.clone()),
                    ..BodyJson::default()
                };
                let tx = TransactionJson {
                    body: Some(body),
                    ..TransactionJson::default()
                };
                json!({ "tx": tx })
            }
            Self::Broadcast(asked) => json!({
                "tx": asked.transaction.to_json(),
                "sync": u8::from(asked.wait),
            }),
            Self::TxQuery { hash } => json!({ "tx_hash": hash.to_string() }),
            Self::SetChanges { from_epoch } => json!({ "from_epoch": from_epoch }),
            Self::Call(call) | Self::Prove(call) => call_params(call),
            Self::Query(query) => query_params(query),
            Self::Authn(authn) => json!({
                "nonce": authn.nonce,
                "sender": hex::encode(&authn.sender),
                "signature": {
                    "sig": BASE64_STANDARD.encode(&authn.signature),
                    "type": authn.scheme,
                },
            }),
            Self::Logout(logout) => {
                let account = logout.account.as_deref().unwrap_or_default();
                json!({ "account": hex::encode(account) })
            }
        }
    }
}

fn call_params(call: &Call) -> Value {
    let mut body = Map::new();
    let payload = BASE64_STANDARD.encode(call.action.encode());
    body.insert("payload".to_owned(), payload.into());
    let mut signature = String::new();
    if let Some(proof) = &call.proof {
        let challenge = BASE64_STANDARD.encode(proof.challenge);
        body.insert("challenge".to_owned(), challenge.into());
        signature = BASE64_STANDARD.encode(&proof.signature);
    }
    json!({
        "body": body,
        "auth_type": call.auth_type,
        "sender": hex::encode(&call.sender),
        "signature": signature,
    })
}

fn query_params(query: &Query) -> Value {
    let parameters = query.parameters.iter().map(|(name, value)| {
        let data_type = value.data_type();
        let items = value.items();
        let items: Vec<_> = items.map(|item| BASE64_STANDARD.encode(item)).collect();
        let parameter = json!({
            "type": {
                "name": data_type.scalar.name(),
                "is_array": data_type.is_array,
                "metadata": data_type.metadata,
            },
            "data": items,
        });
        (name.clone(), parameter)
    });
    json!({ "query": query.statement, "params": parameters.collect::<Map<_, _>>() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use idos_types::{DataType, Digest, Value};

    use super::*;
    use crate::{
        AccountId, AccountParams, Authn, BroadcastParams, CallProof, Fee, Logout, Transaction,
        parse,
        payload::{ActionCall, EncodedValue},
    };

    fn call(proof: Option<CallProof>) -> Call {
        let id = EncodedValue::new(DataType::INT8, Value::Int(-7)).unwrap();
        let action = ActionCall::new("main", "get_thing", vec![id]).unwrap();
        Call::new(action, "ed25519", vec![7; 32], proof)
    }

    /// One of every method.
    fn requests() -> Vec<Request> {
        let transaction = Transaction {
            signature: vec![1; 64],
            scheme: "ed25519".to_owned(),
            sender: vec![2; 32],
            description: "what \"for\"".to_owned(),
            payload_type: "execute".to_owned(),
            payload: vec![3; 70],
            fee: Fee(0),
            nonce: u64::MAX,
            chain_id: "chain".to_owned(),
        };
        let numbers = Value::Array(vec![Value::Int(1), Value::Null]);
        let array = DataType {
            is_array: true,
            ..DataType::INT8
        };
        let parameters = BTreeMap::from([
            ("$a".to_owned(), EncodedValue::new(array, numbers).unwrap()),
            (
                "$b".to_owned(),
                EncodedValue::new(DataType::TEXT, Value::from("é")).unwrap(),
            ),
        ]);
        vec![
            Request::ChainInfo,
            Request::Health,
            Request::Version,
            Request::Ping,
            Request::NumAccounts,
            Request::Challenge,
            Request::AuthnParam,
            Request::Account(AccountParams {
                id: AccountId {
                    identifier: vec![9; 20],
                    key_type: "secp256k1".to_owned(),
                },
                with_pending: true,
            }),
            Request::EstimatePrice {
                payload_type: "execute".to_owned(),
            },
            Request::Broadcast(BroadcastParams {
                transaction,
                wait: true,
            }),
            Request::TxQuery {
                hash: Digest([5; 32]),
            },
            Request::SetChanges { from_epoch: 3 },
            Request::Call(call(None)),
            Request::Prove(call(Some(CallProof {
                challenge: [4; 32],
                signature: vec![6; 64],
            }))),
            Request::Query(Query {
                statement: "SELECT 'x'".to_owned(),
                parameters,
            }),
            Request::Authn(Authn {
                nonce: "nonce".to_owned(),
                sender: vec![8; 33],
                signature: vec![9; 70],
                scheme: "xrpl".to_owned(),
            }),
            Request::Logout(Logout {
                account: Some(vec![1; 32]),
            }),
            Request::Logout(Logout { account: None }),
        ]
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        let all = requests();
        for method in crate::Method::ALL {
            let is_there = all.iter().any(|request| request.method() == method);
            assert!(is_there, "{method:?}");
        }
        for request in all {
            let (_, read) = parse(&request.to_body(1)).unwrap();
            assert_eq!(read, request);
        }
    }
}
