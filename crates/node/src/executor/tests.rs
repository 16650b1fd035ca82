mod cost;

use std::time::Duration;

use idos_proof::{Freshness, LightClient, RootCertificate, SetChange, ValidatorSet};
use idos_types::{
    Uuid, Value,
    limits::{BODY_RETENTION_SECONDS, FEWEST_EPOCH_BLOCKS, UNCERTIFIED_BLOCKS},
};

use super::*;
use crate::testing::{Bench, CHAIN, OWNER, at, call, node_key, profile_of, transaction};

const VALIDATORS: u8 = 4;

/// What three of the four validators sign.
fn certificate(set: &ValidatorSet, statement: RootStatement) -> RootCertificate {
    let sign = |number| {
        let key = node_key(number);
        let position = set.position(&key.public().0).unwrap();
        (position, key.sign_root(&statement))
    };
    let mut signatures: Vec<_> = (0..3).map(sign).collect();
    signatures.sort_unstable();
    RootCertificate::new(statement, VALIDATORS.into(), signatures).unwrap()
}

fn set(bench: &Bench) -> ValidatorSet {
    let row = bench.executor.state().validator_set(0).unwrap();
    ValidatorSet::of(row.unwrap()).unwrap()
}

fn change(bench: &Bench, epoch: u64) -> Option<SetChange> {
    let read = bench.readers.read(|snapshot| snapshot.set_change(epoch));
    let bytes = read.unwrap().unwrap();
    bytes.map(|bytes| SetChange::decode(&bytes).unwrap())
}

/// Executes empty blocks until so many epochs have ended, and returns what was stated of the last
/// height of each.
fn end_epochs(bench: &mut Bench, epochs: u64) -> Vec<RootStatement> {
    let mut ends = Vec::new();
    for height in 1..FEWEST_EPOCH_BLOCKS * epochs {
        let block = bench.next(height, Vec::new());
        bench.execute(&block);
        let statement = bench.executor.statement();
        if statement.ends_epoch {
            ends.push(statement);
        }
    }
    ends
}

fn certify(bench: &mut Bench, statement: &RootStatement) {
    let certificate = certificate(&set(bench), statement.clone());
    let bytes = Arc::new(certificate.encode());
    bench
        .executor
        .add_certificates(vec![(statement.height, bytes)]);
    bench.executor.write_certificates().unwrap();
}

/// How many proofs of sets are kept beside those by the ends of epochs.
fn later_proofs(bench: &Bench) -> i64 {
    let conn = rusqlite::Connection::open(bench.folder.path().join("state.db")).unwrap();
    let sql = "SELECT count(*) FROM later_set_proofs";
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_light_client_walks_from_the_genesis_along_what_is_kept() {
    let mut bench = Bench::new(VALIDATORS);
    let ends = end_epochs(&mut bench, 3);
    assert_eq!(ends.len(), 3);
    // Nothing is told before it is certified, nor of epochs that nothing has fixed.
    assert_eq!(change(&bench, 2), None);
    for statement in &ends {
        certify(&mut bench, statement);
    }
    assert_eq!(change(&bench, 1), None);
    assert_eq!(change(&bench, 5), None);

    let first = set(&bench);
    let chain = bench.executor.chain_id().clone();
    let mut client = LightClient::genesis(chain, first.clone(), first);
    for epoch in 2..5 {
        client.advance(&change(&bench, epoch).unwrap()).unwrap();
    }
    assert_eq!(client.epoch(), 3);
    // The proof is of the height that fixed the set, whatever came later.
    let block = bench.next(FEWEST_EPOCH_BLOCKS * 3, Vec::new());
    bench.execute(&block);
    let newest = certificate(&set(&bench), bench.executor.statement());
    let freshness = Freshness {
        min_height: 0,
        max_age: Duration::from_secs(1),
        now: at(FEWEST_EPOCH_BLOCKS * 3),
    };
    assert!(client.certified(&newest, &freshness).is_ok());
    assert_eq!(change(&bench, 2).unwrap().certificate.statement(), &ends[0]);
}

/// Validators can hold back their signatures at the end of an epoch and nowhere else, or sign late.
#[test]
fn a_later_certificate_proves_a_set_that_was_fixed_without_one() {
    let mut bench = Bench::new(VALIDATORS);
    let ends = end_epochs(&mut bench, 1);
    let mut later = Vec::new();
    for height in FEWEST_EPOCH_BLOCKS..FEWEST_EPOCH_BLOCKS + 5 {
        let block = bench.next(height, Vec::new());
        bench.execute(&block);
        later.push(bench.executor.statement());
    }
    assert_eq!(change(&bench, 2), None);
    // Not that of the newest state.
    certify(&mut bench, &later[2]);
    let late = change(&bench, 2).unwrap();
    assert_eq!(late.certificate.statement(), &later[2]);
    let first = set(&bench);
    let chain = bench.executor.chain_id().clone();
    let mut client = LightClient::genesis(chain, first.clone(), first);
    client.advance(&late).unwrap();
    // The others are not needed any more.
    let block = bench.next(FEWEST_EPOCH_BLOCKS + 5, Vec::new());
    bench.execute(&block);
    assert_eq!(later_proofs(&bench), 1);
    // The end is stated again all the same, and is what counts once it is certified.
    let newest = later[4].height + 1;
    assert_eq!(
        bench.executor.statements_after(newest).unwrap(),
        [ends[0].clone()]
    );
    certify(&mut bench, &ends[0]);
    let usual = change(&bench, 2).unwrap();
    assert_eq!(usual.certificate.statement(), &ends[0]);
    assert_eq!(bench.executor.statements_after(newest).unwrap(), []);
}

/// However long nothing is certified.
#[test]
fn later_proofs_are_as_many_as_there_may_be_heights_without_certificate() {
    let mut bench = Bench::new(VALIDATORS);
    let ends = end_epochs(&mut bench, 1);
    assert_eq!(later_proofs(&bench), 0);
    for height in FEWEST_EPOCH_BLOCKS..2 * FEWEST_EPOCH_BLOCKS - 2 {
        let block = bench.next(height, Vec::new());
        bench.execute(&block);
    }
    let most = i64::try_from(UNCERTIFIED_BLOCKS).unwrap() + 1;
    assert_eq!(later_proofs(&bench), most);
    certify(&mut bench, &ends[0]);
    let block = bench.next(2 * FEWEST_EPOCH_BLOCKS, Vec::new());
    bench.execute(&block);
    assert_eq!(later_proofs(&bench), 0);
}

/// A certificate of another epoch does not prove it, nor is one taken instead of that of the end.
#[test]
fn a_set_is_proved_by_its_end_or_within_the_next_epoch_only() {
    let mut bench = Bench::new(VALIDATORS);
    let ends = end_epochs(&mut bench, 1);
    certify(&mut bench, &ends[0]);
    let block = bench.next(FEWEST_EPOCH_BLOCKS, Vec::new());
    bench.execute(&block);
    let statement = bench.executor.statement();
    certify(&mut bench, &statement);
    let usual = change(&bench, 2).unwrap();
    assert_eq!(usual.certificate.statement(), &ends[0]);

    let mut bench = Bench::new(VALIDATORS);
    let ends = end_epochs(&mut bench, 2);
    certify(&mut bench, &ends[1]);
    assert_eq!(change(&bench, 2), None);
    assert!(change(&bench, 3).is_some());
}

#[test]
fn an_end_of_an_epoch_that_was_never_certified_is_stated_again() {
    let mut bench = Bench::new(VALIDATORS);
    let ends = end_epochs(&mut bench, 3);
    let newest = ends[2].height;
    certify(&mut bench, &ends[1]);
    certify(&mut bench, &ends[2]);
    assert_eq!(
        bench.executor.statements_after(newest).unwrap(),
        [ends[0].clone()]
    );
    certify(&mut bench, &ends[0]);
    assert_eq!(bench.executor.statements_after(newest).unwrap(), []);
}

/// Whatever fails before it writes leaves nothing to be cleared, and no block has to wait for that.
#[test]
fn a_call_that_a_rule_refuses_leaves_nothing_to_clear() {
    // The owner decides alone who makes profiles.
    let mut bench = Bench::new(1);
    let add = |nonce, value: &str| {
        let id = Value::from(Uuid::from_bytes([9; 16]));
        call(
            7,
            nonce,
            "add_attribute",
            vec![id, "key".into(), value.into()],
        )
    };
    let execute = |bench: &mut Bench, items: Vec<Item>| {
        let height = bench.executor.header().height + 1;
        let block = bench.next(height, items);
        bench.executor.execute(&block).unwrap().outcomes
    };
    execute(&mut bench, profile_of(7).into());
    let added = execute(&mut bench, vec![add(1, "value")]);
    assert_eq!(added[0].code, TxCode::Ok);
    assert!(bench.executor.checkpoint().unwrap().is_erased);
    let refused = execute(&mut bench, vec![add(2, "another")]);
    assert_ne!(refused[0].code, TxCode::Ok);
    // While it is read, the log could not be cleared.
    let (executor, readers) = (&mut bench.executor, &bench.readers);
    let checkpoint = readers.read(|snapshot| {
        snapshot.head().unwrap();
        executor.checkpoint().unwrap()
    });
    assert!(checkpoint.unwrap().is_erased);
}

/// Else the bodies of full blocks are left to be removed one bunch after the other between blocks.
#[test]
fn a_block_removes_as_many_bodies_as_one_may_add() {
    let mut bench = Bench::new(VALIDATORS);
    let nonces = 1..=600;
    let items = nonces.map(|nonce| transaction(OWNER, nonce, CHAIN));
    let block = bench.next(1, items.collect());
    bench.execute(&block);
    let late = 2 + 1_000 * BODY_RETENTION_SECONDS;
    let block = bench.next(late, Vec::new());
    bench.execute(&block);
    assert!(!bench.executor.prune(at(late)).unwrap());
}
