//! Properties of the decoders: what is encoded decodes to the same, and no bytes can harm.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

use idos_types::{DataType, Scalar, Uuid, Value};
use idos_wire::{
    Fee, Transaction,
    payload::{ActionCall, ActionExecution, EncodedValue, RawStatement},
};
use proptest::{collection::vec, prelude::*};

/// A number within the type, in any of its spellings.
fn numeric([precision, scale]: [u16; 2]) -> BoxedStrategy<Value> {
    let digits = |most: u16| {
        vec(0..10_u8, 0..=usize::from(most))
            .prop_map(|digits| digits.iter().map(ToString::to_string).collect::<String>())
    };
    ("[+-]?", digits(precision - scale), digits(scale))
        .prop_map(|(sign, whole, fraction)| {
            let whole = if whole.is_empty() { "0" } else { &whole };
            let point = if fraction.is_empty() { "" } else { "." };
            Value::Numeric(format!("{sign}{whole}{point}{fraction}"))
        })
        .boxed()
}

fn scalar_value(scalar: Scalar, metadata: [u16; 2]) -> BoxedStrategy<Value> {
    let present = match scalar {
        Scalar::Text => any::<String>().prop_map(Value::Text).boxed(),
        Scalar::Int8 => any::<i64>().prop_map(Value::Int).boxed(),
        Scalar::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Scalar::Uuid => any::<[u8; 16]>()
            .prop_map(|bytes| Value::Uuid(Uuid::from_bytes(bytes)))
            .boxed(),
        Scalar::Bytea => any::<Vec<u8>>().prop_map(Value::Bytes).boxed(),
        Scalar::Numeric => numeric(metadata),
        Scalar::Null => Just(Value::Null).boxed(),
    };
    prop_oneof![4 => present, 1 => Just(Value::Null)].boxed()
}

fn typed() -> impl Strategy<Value = (DataType, Value)> {
    let scalar = prop_oneof![
        Just(Scalar::Text),
        Just(Scalar::Int8),
        Just(Scalar::Bool),
        Just(Scalar::Uuid),
        Just(Scalar::Bytea),
        Just(Scalar::Numeric),
        Just(Scalar::Null),
    ];
    (scalar, any::<bool>(), 1..=40_u16, 0..=40_u16).prop_flat_map(
        |(scalar, is_array, precision, scale)| {
            let data_type = DataType {
                scalar,
                is_array,
                metadata: [precision, scale.min(precision)],
            };
            let value = scalar_value(scalar, data_type.metadata);
            let value = if is_array {
                vec(value, 0..5).prop_map(Value::Array).boxed()
            } else {
                value
            };
            (Just(data_type), value)
        },
    )
}

fn arguments() -> impl Strategy<Value = Vec<EncodedValue>> {
    let argument = typed().prop_map(|(data_type, value)| EncodedValue::new(data_type, value));
    vec(argument.prop_map(Result::unwrap), 0..4)
}

fn transaction() -> impl Strategy<Value = Transaction> {
    (
        (any::<Vec<u8>>(), "[a-z0-9_]{1,20}", vec(any::<u8>(), 1..64)),
        (".{0,50}", "[a-z_]{1,20}", any::<Vec<u8>>()),
        (any::<u128>(), any::<u64>(), "[a-z0-9-]{0,20}"),
    )
        .prop_map(
            |(
                (signature, scheme, sender),
                (description, payload_type, payload),
                (fee, nonce, chain_id),
            )| Transaction {
                signature,
                scheme,
                sender,
                description,
                payload_type,
                payload,
                fee: Fee(fee),
                nonce,
                chain_id,
            },
        )
}

/// Bytes that get further than random ones: something valid with a few bytes changed.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let valid = prop_oneof![
        arguments().prop_map(|arguments| {
            ActionExecution::new("main", "act", vec![arguments])
                .unwrap()
                .encode()
        }),
        arguments()
            .prop_map(|arguments| { ActionCall::new("main", "act", arguments).unwrap().encode() }),
        transaction().prop_map(|transaction| transaction.encode()),
    ];
    (
        valid,
        vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    )
        .prop_map(|(mut bytes, changes)| {
            for (index, byte) in changes {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        })
}

/// Feeds bytes to every decoder; what decodes has to survive another round.
fn decode_all(bytes: &[u8]) {
    if let Ok(value) = EncodedValue::decode(bytes) {
        assert_eq!(EncodedValue::decode(&value.encode()), Ok(value));
    }
    if let Ok(payload) = ActionExecution::decode(bytes) {
        assert_eq!(ActionExecution::decode(&payload.encode()), Ok(payload));
    }
    if let Ok(payload) = ActionCall::decode(bytes) {
        assert_eq!(ActionCall::decode(&payload.encode()), Ok(payload));
    }
    if let Ok(payload) = RawStatement::decode(bytes) {
        assert_eq!(RawStatement::decode(&payload.encode()), Ok(payload));
    }
    if let Ok(transaction) = Transaction::decode(bytes) {
        assert_eq!(transaction.encode(), bytes);
    }
    let _ = idos_wire::parse(bytes);
}

proptest! {
    #[test]
    fn values_round_trip((data_type, value) in typed()) {
        let encoded = EncodedValue::new(data_type, value.clone()).unwrap();
        let decoded = EncodedValue::decode(&encoded.encode()).unwrap();
        prop_assert_eq!(decoded.data_type(), data_type);
        prop_assert_eq!(decoded.value(), &value);
    }

    #[test]
    fn executions_round_trip(calls in vec(arguments(), 0..4)) {
        let payload = ActionExecution::new("main", "act", calls).unwrap();
        prop_assert_eq!(ActionExecution::decode(&payload.encode()), Ok(payload));
    }

    #[test]
    fn transactions_round_trip(transaction in transaction()) {
        prop_assert_eq!(&Transaction::decode(&transaction.encode()).unwrap(), &transaction);
    }

    #[test]
    fn random_bytes_do_no_harm(bytes: Vec<u8>) {
        decode_all(&bytes);
    }

    #[test]
    fn damaged_bytes_do_no_harm(bytes in damaged()) {
        decode_all(&bytes);
    }

    #[test]
    fn random_statements_do_no_harm(statement in "[ -~é\n]{0,80}") {
        let query = idos_wire::Query { statement, parameters: Default::default() };
        let _ = query.recognize();
    }

    #[test]
    fn random_requests_do_no_harm(
        method in "(user|kgw)\\.(call|query|account|broadcast|authn|logout|ping)",
        params in "(\\{|\\}|\\[|\\]|\"|:|,|[a-z]|[0-9]|\"body\"|\"tx\"|\"id\"){0,30}",
    ) {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let _ = idos_wire::parse(body.as_bytes());
    }
}
