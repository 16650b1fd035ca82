use super::*;
use crate::testing::{CHAIN, near_twins};

#[test]
fn of_two_spellings_of_one_signature_blocks_hold_one() {
    let [one, other] = near_twins(7, 1).map(|twin| Item::new(twin.encode()));
    assert_ne!(one.hash, other.hash);
    assert!(Entry::parse(&one, CHAIN).is_ok());
    let refused = Entry::parse(&other, CHAIN).err().unwrap();
    assert_eq!(refused.code, TxCode::InvalidSignature);
    assert!(
        refused.message.contains("spelled in another way"),
        "{refused}"
    );
}

#[test]
fn what_clients_send_in_another_spelling_becomes_the_one_of_blocks() {
    let [one, mut other] = near_twins(7, 1);
    respell(&mut other);
    assert_eq!(other, one);
    respell(&mut other);
    assert_eq!(other, one);
    for broken in [
        idos_wire::Transaction {
            scheme: "none".to_owned(),
            ..one.clone()
        },
        idos_wire::Transaction {
            sender: vec![1],
            ..one
        },
    ] {
        let mut same = broken.clone();
        respell(&mut same);
        assert_eq!(same, broken);
    }
}

/// What nobody signed is not unfolded in memory.
#[test]
fn the_payload_is_read_after_the_signature() {
    let [signed, _] = near_twins(7, 1);
    let broken = |payload: Vec<u8>| {
        let transaction = idos_wire::Transaction {
            payload,
            ..signed.clone()
        };
        let item = Item::new(transaction.encode());
        Transaction::verify(transaction, item, CHAIN).err().unwrap()
    };
    assert_eq!(broken(vec![9]).code, TxCode::InvalidSignature);
}
