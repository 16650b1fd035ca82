//! The recordings, and how their parts compare with ours.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use idos_types::{Scalar, Uuid, Value};
use idos_wire::{
    Method, Request, Transaction, parse,
    payload::{EncodedValue, payload_digest},
};
use serde_json::Value as Json;

fn recorded(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn kwil() -> Json {
    recorded(include_str!(
        "../../../../fixtures/protocol/kwil-vectors.json"
    ))
}

pub(crate) fn sdk() -> Json {
    recorded(include_str!(
        "../../../../fixtures/protocol/sdk-vectors.json"
    ))
}

/// The vectors of a kind; there has to be at least one.
pub(crate) fn vectors(kind: &str) -> Vec<Json> {
    let kwil = kwil();
    let all = kwil["vectors"].as_array().unwrap().clone();
    assert_eq!(kwil["meta"]["count"], all.len());
    let found: Vec<_> = all
        .into_iter()
        .filter(|vector| vector["kind"] == kind)
        .collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

pub(crate) fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

pub(crate) fn bytes(json: &Json) -> Vec<u8> {
    hex::decode(text(json)).unwrap()
}

/// The bytes of a member that is recorded in both spellings.
pub(crate) fn payload(vector: &Json) -> Vec<u8> {
    let payload = bytes(&vector["payload_hex"]);
    assert_eq!(BASE64_STANDARD.encode(&payload), vector["payload_base64"]);
    payload
}

pub(crate) fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_owned();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// The end of an encoded value: its items, each behind its length.
pub(crate) fn behind_lengths(items: &[Vec<u8>]) -> Vec<u8> {
    let each = items.iter().flat_map(|item| {
        let len = u32::try_from(item.len()).unwrap();
        [&len.to_le_bytes(), item.as_slice()].concat()
    });
    each.collect()
}

pub(crate) fn request(json: &Json) -> Request {
    let (id, request) = parse(text(json).as_bytes()).unwrap();
    let sent: Json = serde_json::from_str(text(json)).unwrap();
    assert_eq!(serde_json::to_value(&id).unwrap(), sent["id"]);
    assert_eq!(Method::parse(text(&sent["method"])), Some(request.method()));
    request
}

pub(crate) fn transaction(json: &Json) -> Transaction {
    match request(json) {
        Request::Broadcast(params) => params.transaction,
        other => panic!("{other:?}"),
    }
}

/// A recorded value as one of ours.
pub(crate) fn value(scalar: Scalar, json: &Json) -> Value {
    match (scalar, json) {
        (_, Json::Null) => Value::Null,
        (scalar, Json::Array(elements)) => {
            Value::Array(elements.iter().map(|json| value(scalar, json)).collect())
        }
        (Scalar::Text, json) => text(json).into(),
        (Scalar::Int8, json) => json.as_i64().unwrap().into(),
        (Scalar::Bool, json) => json.as_bool().unwrap().into(),
        (Scalar::Uuid, json) => text(json).parse::<Uuid>().unwrap().into(),
        (Scalar::Bytea, json) => Value::Bytes(bytes(&json["bytes_hex"])),
        (Scalar::Numeric, Json::String(text)) => Value::Numeric(text.clone()),
        (Scalar::Numeric, json) => Value::Numeric(json.to_string()),
        (Scalar::Null, json) => panic!("{json}"),
    }
}

pub(crate) fn check_arguments(arguments: &[EncodedValue], recorded: &Json) {
    let recorded = recorded.as_array().unwrap();
    assert_eq!(arguments.len(), recorded.len());
    for (argument, recorded) in arguments.iter().zip(recorded) {
        let scalar = Scalar::parse(text(&recorded["type"])).unwrap();
        assert_eq!(argument.data_type().scalar, scalar);
        assert!(!argument.data_type().is_array);
        assert_eq!(argument.value(), &value(scalar, &recorded["value"]));
    }
}

/// Every single change of a payload is seen: in its digest always, and in what it decodes to.
pub(crate) fn check_changes<T: PartialEq, E>(payload: &[u8], decode: fn(&[u8]) -> Result<T, E>) {
    let decoded = decode(payload).ok().unwrap();
    for bit in 0..payload.len() * 8 {
        let changed = flipped(payload, bit);
        assert_ne!(payload_digest(&changed), payload_digest(payload));
        if let Ok(other) = decode(&changed) {
            assert!(other != decoded, "bit {bit}");
        }
    }
    for len in 0..payload.len() {
        assert!(decode(&payload[..len]).is_err(), "{len} bytes");
    }
    assert!(decode(&[payload, &[0]].concat()).is_err());
}
