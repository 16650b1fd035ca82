//! Payloads and values decode, and encode to the same bytes.

use idos_types::{DataType, Scalar};
use idos_wire::payload::{
    ActionCall, ActionExecution, EncodedValue, RAW_STATEMENT, RawStatement, payload_digest,
};

use crate::recorded::{
    behind_lengths, bytes, check_arguments, check_changes, payload, text, transaction, value,
    vectors,
};

#[test]
fn calls_decode_and_encode_to_the_same_bytes() {
    for vector in vectors("call") {
        let payload = payload(&vector);
        let call = ActionCall::decode(&payload).unwrap();
        assert_eq!(call.namespace(), "main");
        assert_eq!(call.action(), text(&vector["action"]));
        check_arguments(call.arguments(), &vector["args"]);
        assert_eq!(call.encode(), payload);
        assert_eq!(payload_digest(&payload), text(&vector["payload_sha256_20"]));
        check_changes(&payload, ActionCall::decode);
    }
}

#[test]
fn executions_decode_and_encode_to_the_same_bytes() {
    for vector in vectors("execute") {
        let payload = payload(&vector);
        let execution = ActionExecution::decode(&payload).unwrap();
        assert_eq!(execution.namespace(), "main");
        assert_eq!(execution.action(), text(&vector["action"]));
        let [arguments] = execution.calls() else {
            panic!("{vector}");
        };
        check_arguments(arguments, &vector["args"]);
        assert_eq!(execution.encode(), payload);
        check_changes(&payload, ActionExecution::decode);
    }
}

#[test]
fn raw_statements_decode_and_encode_to_the_same_bytes() {
    for vector in vectors("raw_statement") {
        let transaction = transaction(&vector["broadcast_request_json"]);
        assert_eq!(transaction.payload_type, RAW_STATEMENT);
        let payload = bytes(&vector["payload_hex"]);
        assert_eq!(transaction.payload, payload);
        let statement = RawStatement::decode(&payload).unwrap();
        assert_eq!(statement.statement(), "{main}INSERT INTO t (a) VALUES ($a)");
        let [(name, parameter)] = statement.parameters() else {
            panic!("{vector}");
        };
        assert_eq!((name.as_str(), parameter.value()), ("$a", &"x".into()));
        assert_eq!(statement.encode(), payload);
        check_changes(&payload, RawStatement::decode);
        assert_eq!(
            transaction.signed_text(),
            text(&vector["signed_message_text"])
        );
        assert_eq!(transaction.hash().to_string(), text(&vector["tx_hash_hex"]));
    }
}

#[test]
fn transfers_are_no_executions() {
    for vector in vectors("transfer") {
        let transaction = transaction(&vector["broadcast_request_json"]);
        assert_eq!(transaction.payload_type, "transfer");
        assert_eq!(transaction.payload, bytes(&vector["payload_hex"]));
        assert!(ActionExecution::decode(&transaction.payload).is_err());
    }
}

#[test]
fn values_decode_and_encode_to_the_same_bytes() {
    for vector in vectors("encoded_values") {
        for case in vector["cases"].as_array().unwrap() {
            let encoded = bytes(&case["encoded_value_hex"]);
            let scalar = Scalar::parse(text(&case["type"]["name"])).unwrap();
            let data_type = DataType {
                scalar,
                is_array: case["type"]["is_array"].as_bool().unwrap(),
                metadata: serde_json::from_value(case["type"]["metadata"].clone()).unwrap(),
            };
            let expected = value(scalar, &case["value"]);
            let decoded = EncodedValue::decode(&encoded).unwrap();
            assert_eq!(decoded.data_type(), data_type, "{case}");
            assert_eq!(decoded.value(), &expected, "{case}");
            assert_eq!(decoded.encode(), encoded, "{case}");
            let made = EncodedValue::new(data_type, expected).unwrap();
            assert_eq!(made.encode(), encoded, "{case}");
            let items = case["data_hex"].as_array().unwrap();
            let items: Vec<_> = items.iter().map(bytes).collect();
            assert!(encoded.ends_with(&behind_lengths(&items)), "{case}");
            check_changes(&encoded, EncodedValue::decode);
        }
    }
}
