//! What nodes say to each other while one of them fetches a state. A message has one encoding: what is
//! read is written as the same bytes.
#![no_main]

use idos_node::fuzzing::sync_message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(again) = sync_message(bytes) {
        assert_eq!(again, bytes);
    }
});
