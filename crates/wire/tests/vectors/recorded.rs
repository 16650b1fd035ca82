//! The recordings, and how their parts compare with ours.

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
    let all = kwil()["vectors"].as_array().unwrap().clone();
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
        let mut changed = payload.to_owned();
        changed[bit / 8] ^= 1 << (bit % 8);
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
