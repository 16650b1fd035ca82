//! Payloads and transactions from bytes. What decodes could have been constructed, encodes to bytes
//! that decode to the same, and, apart from the spelling of type names, to the very bytes it was
//! decoded from: no two encodings of one transaction, or it would have two hashes.
#![no_main]

use idos_types::Scalar;
use idos_wire::{
    Transaction,
    payload::{ActionCall, ActionExecution, EncodedValue, RawStatement},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(transaction) = Transaction::decode(bytes) {
        assert_eq!(transaction.encode(), bytes);
        payload(&transaction.payload);
    }
    payload(bytes);
});

fn payload(bytes: &[u8]) {
    if let Ok(value) = EncodedValue::decode(bytes) {
        let encoded = value.encode();
        let new = EncodedValue::new(value.data_type(), value.value().clone());
        assert_eq!(new.as_ref(), Ok(&value));
        assert_eq!(EncodedValue::decode(&encoded).as_ref(), Ok(&value));
        let is_short = value.data_type().scalar == Scalar::Null && items(bytes) == [0, 0];
        assert!(is_short || items(&encoded) == items(bytes));
    }
    if let Ok(payload) = ActionExecution::decode(bytes) {
        let (namespace, action) = (payload.namespace(), payload.action());
        let new = ActionExecution::new(namespace, action, payload.calls().to_vec());
        assert_eq!(new.as_ref(), Ok(&payload));
        assert_eq!(ActionExecution::decode(&payload.encode()), Ok(payload));
    }
    if let Ok(payload) = ActionCall::decode(bytes) {
        let (namespace, action) = (payload.namespace(), payload.action());
        let new = ActionCall::new(namespace, action, payload.arguments().to_vec());
        assert_eq!(new.as_ref(), Ok(&payload));
        assert_eq!(ActionCall::decode(&payload.encode()), Ok(payload));
    }
    if let Ok(payload) = RawStatement::decode(bytes) {
        assert_eq!(RawStatement::decode(&payload.encode()), Ok(payload));
    }
}

/// What follows the type in an encoded value: the count of its items, and the items.
fn items(value: &[u8]) -> &[u8] {
    let (_version, rest) = value.split_at(2);
    let (len, rest) = rest.split_first_chunk().expect("it was decoded");
    let (_data_type, items) = rest.split_at(u32::from_le_bytes(*len) as usize);
    items
}
