use std::net::Ipv4Addr;

use idos_consensus::Item;
use idos_ledger::{PasswordStore, Row, User, Wallet};
use idos_types::{UserId, Uuid, WalletId, WalletType};
use idos_wallet::{AuthType, Sender};

use super::*;
use crate::testing::{Bench, OWNER, at, sender};

const HOUSEHOLD: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn known(nonce: u8, size: usize) -> Transaction {
    let bytes = [vec![nonce], vec![0; size - 1]].concat();
    Transaction::for_test(Item::new(bytes), sender(OWNER), nonce.into())
}

/// A person with two wallets.
fn person() -> [Row; 3] {
    let id = UserId(Uuid::from_u128(1));
    let user = User {
        id,
        recipient_encryption_public_key: String::new(),
        encryption_password_store: PasswordStore::User,
        inserter: String::new(),
        gas_allowance: 0,
        claimed: true,
        erased: false,
    };
    let wallet = |number: u8| {
        let address = hex::encode([number; 20]);
        Row::Wallet(Wallet {
            id: WalletId(Uuid::from_u128(number.into())),
            user_id: id,
            address: format!("0x{address}"),
            public_key: None,
            wallet_type: WalletType::Evm,
            message: String::new(),
            signature: String::new(),
            inserter: None,
        })
    };
    [Row::User(user), wallet(1), wallet(2)]
}

/// A transaction of a wallet of the person, of 600 bytes.
fn of_wallet(number: u8) -> Transaction {
    let sender = Sender::parse(AuthType::Secp256k1Ep, &[number; 20]).unwrap();
    Transaction::for_test(Item::new(vec![number; 600]), sender, 1)
}

fn stranger(number: u8) -> Transaction {
    let sender = Sender::parse(AuthType::Secp256k1Ep, &[number; 20]).unwrap();
    Transaction::for_test(Item::new(vec![255, number]), sender, 1)
}

/// Quotas of few keys, with so many transactions of strangers and bytes of an account.
fn quotas(strangers: u64, bytes: u64) -> Quotas {
    Quotas {
        strangers: Quota::of_at_most(8, strangers),
        known: Quota::of_at_most(8, bytes),
    }
}

/// The text of the refusal, if it is refused.
fn refused(
    bench: &Bench,
    quotas: &Quotas,
    peer: IpAddr,
    transaction: &Transaction,
) -> Option<String> {
    let visitor = Cell::new(Some(Visitor { quotas, peer }));
    let admitted = bench.readers.read(|snapshot| {
        let network = bench.executor.network();
        let admission = Admission {
            snapshot,
            network,
            block: network.block(0, at(0)),
            visitor: &visitor,
            now: at(0),
        };
        admission.admit(transaction)
    });
    let refused = admitted.unwrap().err().map(|error| error.to_string());
    // Whoever is refused by a quota was not counted, and is held against it again.
    let is_quota = refused
        .as_ref()
        .is_some_and(|text| text.contains("too many"));
    assert_eq!(visitor.get().is_some(), is_quota, "{refused:?}");
    refused
}

#[test]
fn strangers_of_one_household_take_the_room_of_no_account() {
    let bench = Bench::new(4);
    let quotas = quotas(4, 1_000);
    let from_there = |transaction| refused(&bench, &quotas, HOUSEHOLD, &transaction);
    for number in 0..100 {
        let text = from_there(stranger(number)).unwrap();
        let is_counted_out = text.contains("unknown senders from this address");
        assert_eq!(is_counted_out, number >= 4, "{number}: {text}");
    }
    assert_eq!(from_there(known(1, 10)), None);
    // Nor of strangers from elsewhere, who are told what is wrong with what they want.
    let elsewhere = refused(&bench, &quotas, ELSEWHERE, &stranger(100)).unwrap();
    assert!(!elsewhere.contains("too many"), "{elsewhere}");
}

#[test]
fn strangers_of_very_many_households_leave_known_accounts_admissible() {
    let bench = Bench::new(4);
    let quotas = quotas(4, 1_000);
    for number in 0..100 {
        let peer = IpAddr::from([192, 0, 2, number]);
        let text = refused(&bench, &quotas, peer, &stranger(number)).unwrap();
        let is_crowded = text.contains("from too many addresses");
        assert_eq!(is_crowded, number >= 8, "{number}: {text}");
        assert!(!text.contains("of this sender"), "{text}");
    }
    assert_eq!(refused(&bench, &quotas, HOUSEHOLD, &known(1, 10)), None);
}

#[test]
fn bytes_of_a_known_account_are_counted_and_a_crowd_of_accounts_refuses_nobody() {
    let bench = Bench::new(4);
    let used_up = quotas(1, 1_000);
    let of_owner = |quotas, nonce| refused(&bench, quotas, HOUSEHOLD, &known(nonce, 600));
    assert_eq!(of_owner(&used_up, 1), None);
    let text = of_owner(&used_up, 2).unwrap();
    assert!(text.contains("too many bytes of this sender"), "{text}");

    let crowded = quotas(1, 1_000);
    for number in 0..8 {
        let other = Principal::Account(stranger(number).account);
        assert_eq!(crowded.known.take(other, 1, at(0)), Taken::Counted);
    }
    assert_eq!(of_owner(&crowded, 1), None);
}

#[test]
fn all_wallets_of_a_person_have_one_quota() {
    let bench = Bench::beginning_with(4, &person());
    let of_both = quotas(0, 1_000);
    let admitted = |number| refused(&bench, &of_both, HOUSEHOLD, &of_wallet(number));
    assert_eq!(admitted(1), None);
    let text = admitted(2).unwrap();
    assert!(text.contains("too many bytes of this sender"), "{text}");
    // Somebody else has a quota of their own.
    assert_eq!(refused(&bench, &of_both, HOUSEHOLD, &known(1, 600)), None);
}
