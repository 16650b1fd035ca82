//! Transactions: signed texts, binary forms, hashes, and the requests around them.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use idos_types::Digest;
use idos_wire::{
    BroadcastResult, Fee, Request, Transaction, parse,
    payload::{EXECUTE, payload_digest},
};
use serde_json::{Value as Json, json};

use crate::recorded::{bytes, flipped, kwil, request, text, transaction, vectors};

#[test]
fn transactions_have_the_recorded_text_bytes_and_hash() {
    for vector in vectors("execute") {
        let transaction = transaction(&vector["broadcast_request_json"]);
        assert_eq!(transaction.payload_type, EXECUTE);
        assert_eq!(transaction.payload, bytes(&vector["payload_hex"]));
        assert_eq!(transaction.scheme, text(&vector["signature_type"]));
        assert_eq!(transaction.sender, bytes(&vector["sender_hex"]));
        assert_eq!(transaction.signature, bytes(&vector["signature_hex"]));
        let signature = BASE64_STANDARD.encode(&transaction.signature);
        assert_eq!(signature, text(&vector["signature_base64"]));
        assert_eq!(transaction.chain_id, text(&kwil()["meta"]["chain_id"]));
        let digest = text(&vector["payload_digest20_hex"]);
        assert_eq!(payload_digest(&transaction.payload), digest);
        let signed = transaction.signed_text();
        assert_eq!(signed, text(&vector["signed_message_text"]));
        assert_eq!(signed.as_bytes(), bytes(&vector["signed_message_hex"]));

        let encoded = transaction.encode();
        assert_eq!(hex::encode(&encoded), text(&vector["tx_bytes_hex"]));
        let body = text(&vector["tx_body_bytes_hex"]);
        assert!(hex::encode(&encoded).contains(body));
        assert_eq!(transaction.hash().to_string(), text(&vector["tx_hash_hex"]));
        assert_eq!(Transaction::decode(&encoded), Ok(transaction.clone()));

        let sent: Json = serde_json::from_str(text(&vector["broadcast_request_json"])).unwrap();
        let json = serde_json::to_value(transaction.to_json()).unwrap();
        assert_eq!(json, sent["params"]["tx"]);
    }
}

/// The vector of a transfer has neither the signed text nor the hash of the others. The text is
/// that of the one recorded layout, written out; `crates/wallet` verifies the recorded signature
/// over it. The hash was made outside of this project, by an encoder that was written anew after
/// kwil-db and gives the recorded hashes of all other vectors.
#[test]
fn a_transfer_has_a_text_and_a_hash_although_none_was_recorded() {
    let vectors = vectors("transfer");
    let [vector] = vectors.as_slice() else {
        panic!("{vectors:?}");
    };
    let transaction = transaction(&vector["broadcast_request_json"]);
    assert_eq!(
        transaction.signed_text(),
        "pay\n\nPayloadType: transfer\nPayloadDigest: 11f53d0b3dd8e25dab5e4ba257e8300b84f7c312\n\
         Fee: 0\nNonce: 1\n\nKwil Chain ID: idos-testchain-1\n"
    );
    assert_eq!(
        transaction.hash().to_string(),
        "de26aecec679496991742b695721180e498492a1af2bcfc71286c7a84080da4b"
    );
    assert_eq!(Transaction::decode(&transaction.encode()), Ok(transaction));
}

/// Whatever still decodes is another transaction, of another text or by another signature, and
/// has another hash.
#[test]
fn no_flipped_bit_leaves_a_transaction_the_same() {
    for kind in ["execute", "raw_statement", "transfer"] {
        for vector in vectors(kind) {
            let good = transaction(&vector["broadcast_request_json"]);
            let encoded = good.encode();
            for bit in 0..encoded.len() * 8 {
                let changed = flipped(&encoded, bit);
                let Ok(other) = Transaction::decode(&changed) else {
                    continue;
                };
                assert_eq!(other.encode(), changed, "{kind} {bit}");
                assert_ne!(other.hash(), good.hash(), "{kind} {bit}");
                let is_signed = |tx: &Transaction| {
                    let (scheme, sender) = (tx.scheme.clone(), tx.sender.clone());
                    (tx.signed_text(), tx.signature.clone(), scheme, sender)
                };
                assert!(is_signed(&other) != is_signed(&good), "{kind} {bit}");
            }
        }
    }
}

#[test]
fn every_change_of_what_is_signed_changes_the_text() {
    let vector = &vectors("execute")[0];
    let good = transaction(&vector["broadcast_request_json"]);
    let changes: [fn(&mut Transaction); 6] = [
        |tx| tx.payload[40] ^= 1,
        |tx| tx.fee = Fee(tx.fee.0 + 1),
        |tx| tx.nonce += 1,
        |tx| tx.chain_id.push('x'),
        |tx| tx.description.push(' '),
        |tx| tx.payload_type.push('x'),
    ];
    for change in changes {
        let mut changed = good.clone();
        change(&mut changed);
        assert_ne!(changed.signed_text(), good.signed_text());
        assert_ne!(changed.hash(), good.hash());
    }
}

#[test]
fn requests_around_transactions_parse() {
    for vector in vectors("execute") {
        let Request::EstimatePrice { payload_type } =
            request(&vector["estimate_price_request_json"])
        else {
            panic!("{vector}");
        };
        assert_eq!(payload_type, EXECUTE);
        let Request::Account(params) = request(&vector["account_request_json"]) else {
            panic!("{vector}");
        };
        assert_eq!(params.id.identifier, bytes(&vector["sender_hex"]));
        assert!(!params.with_pending);
        let Request::Broadcast(params) = request(&vector["broadcast_request_json"]) else {
            panic!("{vector}");
        };
        let is_async = text(&vector["id"]).contains("async");
        assert_eq!(params.wait, !is_async);
    }
}

/// kwil-js takes the hash for base64 and hands out its bytes in hexadecimal; asking back it undoes
/// that. Both work for exactly the 64 digits that we send.
#[test]
fn hashes_survive_what_clients_do_to_them() {
    for vector in vectors("tx_hash_js") {
        let hash = Digest::from_hex(text(&vector["wire_tx_hash"])).unwrap();
        let result = BroadcastResult {
            tx_hash: hash,
            result: None,
        };
        let sent = serde_json::to_value(result).unwrap();
        assert_eq!(sent["tx_hash"], vector["wire_tx_hash"]);
        let mangled = BASE64_STANDARD.decode(text(&sent["tx_hash"])).unwrap();
        assert_eq!(
            hex::encode(&mangled),
            text(&vector["value_seen_by_js_caller"])
        );
        let asked = json!({
            "jsonrpc": "2.0", "id": 1, "method": "user.tx_query",
            "params": {"tx_hash": vector["wire_tx_query_param"]},
        });
        let (_, request) = parse(asked.to_string().as_bytes()).unwrap();
        assert_eq!(request, Request::TxQuery { hash });

        // Another hash is another one to clients, too, and asks for another transaction.
        for bit in 0..hash.0.len() * 8 {
            let other = Digest(flipped(&hash.0, bit).try_into().unwrap());
            let result = BroadcastResult {
                tx_hash: other,
                result: None,
            };
            let sent = serde_json::to_value(result).unwrap();
            assert_ne!(sent["tx_hash"], vector["wire_tx_hash"], "bit {bit}");
            let seen = BASE64_STANDARD.decode(text(&sent["tx_hash"])).unwrap();
            assert_ne!(seen, mangled, "bit {bit}");
            let mut asked = asked.clone();
            asked["params"]["tx_hash"] = json!(BASE64_STANDARD.encode(&seen));
            let (_, request) = parse(asked.to_string().as_bytes()).unwrap();
            assert_eq!(request, Request::TxQuery { hash: other }, "bit {bit}");
        }
    }
}
