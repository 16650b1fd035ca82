//! Answers as a client reads them. Everything in them is hostile: a node may lie or be broken.

use idos_types::Digest;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::{ErrorCode, TxCode};

/// The error object of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceivedError {
    /// The number, which need not be one of ours.
    pub number: i64,
    /// The same for a person.
    pub message: String,
    /// Why a transaction is refused.
    pub rejection: Option<ReceivedRejection>,
}

/// Why a transaction is refused before it is in any block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceivedRejection {
    /// What kind of refusal; `None` if its number is unknown.
    pub code: Option<TxCode>,
    /// The same for a person.
    pub message: String,
}

/// The answer is none of JSON-RPC.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// It is no JSON, or not of the form that the method answers with.
    #[error("the answer cannot be read")]
    Json(#[from] serde_json::Error),
    /// It answers another request.
    #[error("the answer is to another request")]
    OtherRequest,
    /// It has neither result nor error.
    #[error("the answer has neither result nor error")]
    Empty,
}

impl ReceivedError {
    /// What kind of error, if its number is known.
    pub fn code(&self) -> Option<ErrorCode> {
        i32::try_from(self.number)
            .ok()
            .and_then(ErrorCode::from_code)
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    id: Option<i64>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ErrorJson<'a> {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RejectionJson {
    code: u16,
    #[serde(default)]
    message: String,
}

/// Reads the answer to the request `id`: what the method gives, or the error of the node. An error
/// may come without the id, when the node could not read it.
pub fn read<T: DeserializeOwned>(
    body: &[u8],
    id: u64,
) -> Result<Result<T, ReceivedError>, Unreadable> {
    let envelope: Envelope<'_> = serde_json::from_slice(body)?;
    if let Some(error) = envelope.error {
        let error: ErrorJson<'_> = serde_json::from_str(error.get())?;
        // Data of other forms belongs to other errors.
        let rejection = error
            .data
            .and_then(|data| serde_json::from_str::<RejectionJson>(data.get()).ok());
        return Ok(Err(ReceivedError {
            number: error.code,
            message: error.message,
            rejection: rejection.map(|rejection| ReceivedRejection {
                code: TxCode::from_code(rejection.code),
                message: rejection.message,
            }),
        }));
    }
    if envelope.id.and_then(|id| u64::try_from(id).ok()) != Some(id) {
        return Err(Unreadable::OtherRequest);
    }
    let result = envelope.result.ok_or(Unreadable::Empty)?;
    Ok(Ok(serde_json::from_str(result.get())?))
}

/// A digest of 64 hexadecimal digits.
pub(crate) fn digest<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(from)?;
    Digest::from_hex(&text)
        .ok_or_else(|| serde::de::Error::custom("a digest has to be 64 hexadecimal digits"))
}

/// Bytes in base64.
pub(crate) fn base64<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    let text = String::deserialize(from)?;
    BASE64_STANDARD
        .decode(text)
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CallResult, ChainInfo, Column, Id, ProveResult, ProvedClaim, ProvedRow, QueryResult, Reply,
        Response, RpcError, TxResult,
    };
    use idos_types::{DataType, Value};

    fn body(outcome: Result<Reply, RpcError>) -> Vec<u8> {
        let (id, _) = crate::parse(&crate::Request::Ping.to_body(3)).unwrap();
        Response { id, outcome }.to_bytes()
    }

    #[test]
    fn results_are_read_as_they_are_sent() {
        let info = ChainInfo {
            chain_id: "chain".to_owned(),
            block_height: 7,
            block_hash: Digest([1; 32]),
            gas: false,
        };
        let read_info = read::<ChainInfo>(&body(Ok(Reply::ChainInfo(info.clone()))), 3);
        assert_eq!(read_info.unwrap().unwrap(), info);

        let types = [
            ("a", DataType::TEXT),
            ("b", DataType::INT8),
            ("c", DataType::BOOL),
            ("d", DataType::UUID),
            ("e", DataType::AMOUNT),
            ("f", DataType::TEXT_ARRAY),
        ];
        let columns = types.map(|(name, data_type)| Column {
            name: name.into(),
            data_type,
        });
        let full = vec![
            Value::from("1"),
            Value::Int(i64::MIN),
            Value::Bool(true),
            Value::Uuid(idos_types::Uuid::from_u128(5)),
            Value::Numeric("12".to_owned()),
            Value::Array(vec![Value::from("x"), Value::Null]),
        ];
        let query_result = QueryResult {
            columns: columns.to_vec(),
            rows: vec![full, vec![Value::Null; 6]],
        };
        for query_result in [query_result, QueryResult::default()] {
            let sent = CallResult {
                query_result,
                ..CallResult::default()
            };
            let got = read::<CallResult>(&body(Ok(Reply::Call(sent.clone()))), 3);
            assert_eq!(got.unwrap().unwrap(), sent);
        }

        let proof = ProveResult {
            height: 9,
            certificate: vec![1, 2],
            claims: vec![ProvedClaim {
                kind: "row".into(),
                list: Digest([2; 32]),
                count: 1,
                rows: vec![ProvedRow {
                    table: "users".to_owned(),
                    schema_version: 1,
                    row: vec![3],
                    content: None,
                    salt: Digest([4; 32]),
                }],
                proof: vec![5],
            }],
        };
        let got = read::<ProveResult>(&body(Ok(Reply::Prove(proof.clone()))), 3);
        assert_eq!(got.unwrap().unwrap(), proof);
        let result = TxResult {
            code: TxCode::Unknown,
            gas: 0,
            log: String::new(),
        };
        let text = serde_json::to_vec(&result).unwrap();
        assert_eq!(serde_json::from_slice::<TxResult>(&text).unwrap(), result);
    }

    #[test]
    fn rows_that_do_not_fit_their_columns_are_no_result() {
        let text = r#"{"name":"text","is_array":false,"metadata":[0,0]}"#;
        let int = text.replace("text", "int8");
        for (names, types, values) in [
            ("[\"a\"]", format!("[{text}]"), "[[1]]"),
            ("[\"a\"]", format!("[{int}]"), "[[\"x\"]]"),
            ("[\"a\"]", format!("[{text}]"), "[[\"x\",\"y\"]]"),
            ("[\"a\",\"b\"]", format!("[{text}]"), "[[\"x\"]]"),
            ("null", "null".to_owned(), "[[\"x\"]]"),
        ] {
            let json =
                format!(r#"{{"column_names":{names},"column_types":{types},"values":{values}}}"#);
            assert!(
                serde_json::from_str::<QueryResult>(&json).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn errors_are_read_with_why_a_transaction_is_refused() {
        let hash = Digest([1; 32]);
        let sent = RpcError::rejected(TxCode::InvalidNonce, hash, "got 1, expected 2");
        let got = read::<ChainInfo>(&body(Err(sent)), 3).unwrap().unwrap_err();
        assert_eq!(got.code(), Some(ErrorCode::BroadcastRejected));
        let rejection = got.rejection.unwrap();
        assert_eq!(rejection.code, Some(TxCode::InvalidNonce));
        assert_eq!(rejection.message, "got 1, expected 2");
        // Of a node that could not read the id, and of one that is none of ours.
        let other = br#"{"jsonrpc":"2.0","id":-1,"error":{"code":12345,"message":"m","data":"x"}}"#;
        let got = read::<ChainInfo>(other, 3).unwrap().unwrap_err();
        assert_eq!((got.code(), got.number), (None, 12345));
        assert_eq!(got.rejection, None);
    }

    #[test]
    fn answers_to_others_and_no_answers_are_refused() {
        let info = || Ok(Reply::Done(crate::Done {}));
        assert!(matches!(
            read::<serde_json::Value>(&body(info()), 4),
            Err(Unreadable::OtherRequest)
        ));
        let unknown = Response {
            id: Id::UNKNOWN,
            outcome: info(),
        };
        assert!(matches!(
            read::<serde_json::Value>(&unknown.to_bytes(), 3),
            Err(Unreadable::OtherRequest)
        ));
        assert!(matches!(
            read::<serde_json::Value>(br#"{"id":3}"#, 3),
            Err(Unreadable::Empty)
        ));
        for bytes in [&b""[..], b"[]", b"<html>", b"{\"id\":"] {
            assert!(matches!(
                read::<serde_json::Value>(bytes, 3),
                Err(Unreadable::Json(_))
            ));
        }
    }
}
