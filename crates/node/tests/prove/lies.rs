//! Nodes that lie, each in a way of its own.

use std::time::Duration;

use idos_ledger::{AnswerError, Call, ClaimFault, Claimed, Kind, ProvedAnswer, RowError, Table};
use idos_proof::{CertificateError, ChainId, ClaimError, Freshness, LightClientError};
use idos_types::{BlockTime, Digest};

use crate::{
    support::{call::call, id, key::Key, validators::voting},
    world::{World, caller, certificate, grantee, person},
};

fn claim(number: usize, source: impl Into<ClaimFault>) -> AnswerError {
    let source = source.into();
    AnswerError::Claim { number, source }
}

/// Lets a liar edit the honest answer, and tells why it is not believed.
#[track_caller]
fn refused(
    world: &World,
    key: &Key,
    call: &Call,
    lie: impl FnOnce(&mut ProvedAnswer),
) -> AnswerError {
    let mut given = world.ask(key, call);
    assert!(world.verify(key, call, &given).is_ok(), "the honest answer");
    lie(&mut given);
    world.verify(key, call, &given).unwrap_err()
}

/// A row in an answer is other bytes: the last one is turned.
fn turn(claim: &mut Claimed) {
    let byte = claim.rows[0].bytes.last_mut().unwrap();
    *byte ^= 1;
}

#[test]
fn a_changed_row() {
    let world = World::new();
    let other_root = ClaimError::OtherRoot;
    // The wallet, then the profile: the last byte says whether it is erased.
    let user = call!("get_user");
    let lie = |given: &mut ProvedAnswer| turn(&mut given.claims[1]);
    assert_eq!(refused(&world, &person(), &user, lie), claim(2, other_root));
    let lie = |given: &mut ProvedAnswer| given.claims[1].rows[0].salt = Digest([0; 32]);
    assert_eq!(refused(&world, &person(), &user, lie), claim(2, other_root));
    // The wallet is proved by its entry in an index, which commits the row as well.
    let lie = |given: &mut ProvedAnswer| given.claims[0].rows[0].salt = Digest([0; 32]);
    assert_eq!(refused(&world, &person(), &user, lie), claim(1, other_root));
    let lie = |given: &mut ProvedAnswer| given.claims[1].rows[0].schema_version = 2;
    assert!(matches!(
        refused(&world, &person(), &user, lie),
        AnswerError::Claim {
            number: 2,
            source: ClaimFault::Row(RowError::Version { .. })
        }
    ));
    // A content that is not the one whose digest is in the row; and one where none was asked for.
    let owned = call!("get_credential_owned", id("first original"));
    let lie = |given: &mut ProvedAnswer| given.claims[1].rows[0].content = Some("other".into());
    assert_eq!(
        refused(&world, &person(), &owned, lie),
        claim(2, RowError::Content)
    );
    let lie = |given: &mut ProvedAnswer| given.claims[1].rows[0].content = None;
    assert_eq!(
        refused(&world, &person(), &owned, lie),
        claim(2, RowError::Content)
    );
    let all = call!("get_credentials");
    let lie = |given: &mut ProvedAnswer| given.claims[1].rows[0].content = Some("x".into());
    assert_eq!(
        refused(&world, &person(), &all, lie),
        claim(2, RowError::Content)
    );
    // A grant whose last byte, of who made it, is another.
    let granted = World::granted();
    let lie = |given: &mut ProvedAnswer| turn(&mut given.claims[0]);
    assert_eq!(
        refused(&world, &grantee(), &granted, lie),
        claim(1, other_root)
    );
}

#[test]
fn a_hidden_row() {
    let world = World::new();
    let other_root = ClaimError::OtherRoot;
    let hide = |given: &mut ProvedAnswer| {
        given.claims[0].rows.pop();
        given.claims[0].count -= 1;
    };
    let granted = World::granted();
    assert_eq!(
        refused(&world, &grantee(), &granted, hide),
        claim(1, other_root)
    );
    // All of them: no list is where one is.
    let hide_all = |given: &mut ProvedAnswer| {
        given.claims[0].rows.clear();
        given.claims[0].count = 0;
    };
    let fault = ClaimError::NoWitness;
    assert_eq!(
        refused(&world, &grantee(), &granted, hide_all),
        claim(1, fault)
    );
    // Of an index, one entry: the second claim is the index of three grants.
    let owned = call!("get_access_grants_owned");
    let hide = |given: &mut ProvedAnswer| {
        given.claims[1].rows.pop();
        given.claims[1].count -= 1;
    };
    assert_eq!(
        refused(&world, &person(), &owned, hide),
        claim(2, other_root)
    );
    // A number instead of the rows, as if there were too many.
    let count = |given: &mut ProvedAnswer| {
        let list = given.claims[0].list;
        let (_, proof) = world
            .network
            .read(|snapshot| snapshot.tree().unwrap().prove_count(&list).unwrap());
        given.claims[0].kind = Kind::Count;
        given.claims[0].rows.clear();
        given.claims[0].proof = proof.encode();
    };
    let fault = ClaimFault::TooFew(2);
    assert_eq!(
        refused(&world, &grantee(), &granted, count),
        claim(1, fault)
    );
    // What is there is said to be absent.
    let deny = |given: &mut ProvedAnswer| {
        given.claims[1].kind = Kind::Absent;
        given.claims[1].rows.clear();
        given.claims[1].count = 0;
    };
    let wrong = refused(&world, &person(), &call!("get_user"), deny);
    assert!(matches!(
        wrong,
        AnswerError::Claim {
            number: 2,
            source: ClaimFault::NotProved(_)
        }
    ));
}

#[test]
fn an_added_row() {
    let world = World::new();
    let granted = World::granted();
    // A grant that the grantee was given, twice; and one that somebody else was given.
    let twice = |given: &mut ProvedAnswer| {
        let row = given.claims[0].rows[0].clone();
        given.claims[0].rows.push(row);
        given.claims[0].count += 1;
    };
    let fault = ClaimError::Order;
    assert_eq!(
        refused(&world, &grantee(), &granted, twice),
        claim(1, fault)
    );
    let foreign = world.ask(&Key::of("other grantee"), &granted).claims[0].rows[0].clone();
    let add = |given: &mut ProvedAnswer| {
        given.claims[0].rows.push(foreign);
        given.claims[0].count += 1;
    };
    let fault = ClaimFault::OtherRow;
    assert_eq!(refused(&world, &grantee(), &granted, add), claim(1, fault));
    let more = |given: &mut ProvedAnswer| given.claims.push(given.claims[0].clone());
    let fault = AnswerError::Superfluous(1);
    assert_eq!(refused(&world, &grantee(), &granted, more), fault);
    let shape = |given: &mut ProvedAnswer| given.claims[0].count += 1;
    let fault = ClaimFault::Shape;
    assert_eq!(
        refused(&world, &grantee(), &granted, shape),
        claim(1, fault)
    );
}

#[test]
fn the_answer_to_another() {
    let world = World::new();
    let instead = |key: Key, call: Call| {
        let other = world.ask(&key, &call);
        move |given: &mut ProvedAnswer| *given = other
    };
    let other_list = || ClaimFault::OtherList;
    // Another person's.
    for call in [call!("get_user"), call!("get_wallets"), World::granted()] {
        let lie = instead(person(), call.clone());
        assert_eq!(
            refused(&world, &grantee(), &call, lie),
            claim(1, other_list())
        );
    }
    // As if the caller had the other's wallet.
    let wallet = world.ask(&person(), &call!("get_user")).claims[0].clone();
    let lie = |given: &mut ProvedAnswer| {
        given.claims[0].rows = wallet.rows;
        given.claims[0].count = 1;
    };
    let fault = ClaimFault::OtherRow;
    assert_eq!(
        refused(&world, &grantee(), &call!("get_user"), lie),
        claim(1, fault)
    );
    // Another credential, another epoch, another party.
    let owned = |name: &str| call!("get_credential_owned", id(name));
    let lie = instead(person(), owned("second original"));
    let fault = ClaimFault::OtherRow;
    assert_eq!(
        refused(&world, &person(), &owned("first original"), lie),
        claim(2, fault)
    );
    let set = |epoch: i64| call!("get_validator_set", epoch);
    let lie = instead(person(), set(1));
    let fault = ClaimFault::OtherRow;
    assert_eq!(refused(&world, &person(), &set(0), lie), claim(1, fault));
    // The absence of another one.
    let lie = instead(person(), owned("nothing"));
    let wrong = refused(&world, &person(), &owned("first original"), lie);
    assert!(matches!(
        wrong,
        AnswerError::Claim {
            number: 2,
            source: ClaimFault::NotProved(_)
        }
    ));
    // Another question, and nothing.
    let lie = instead(person(), call!("get_attributes"));
    let wrong = refused(&world, &person(), &call!("get_wallets"), lie);
    assert_eq!(wrong, claim(2, other_list()));
    let wrong = refused(&world, &person(), &call!("get_wallets"), |given| {
        given.claims.clear()
    });
    assert_eq!(wrong, claim(1, ClaimFault::Missing));
    // A grant to the caller that lets read something else.
    let shared = |name: &str| call!("get_credential_shared", id(name));
    let lie = instead(grantee(), shared("second copy"));
    let wrong = refused(&world, &grantee(), &shared("first copy"), lie);
    assert_eq!(wrong, claim(1, ClaimFault::OtherRow));
}

/// A grant that ended cannot stand in for one that has not; but that it did by the caller's clock
/// alone is nobody's lie.
#[test]
fn a_grant_that_ended() {
    let mut world = World::new();
    let call = call!("get_credential_shared", id("first copy"));
    let given = world.ask(&grantee(), &call);
    let expiry = world.network.now() + 10;
    let rows = world
        .network
        .view(Some(&grantee()), World::granted())
        .unwrap();
    let grant = rows[0][0].clone();
    world
        .network
        .must(&person(), call!("set_access_grant_expiry", grant, expiry));
    let given_after = world.ask(&grantee(), &call);
    assert!(
        world
            .verify_at(expiry - 1, &grantee(), &call, &given_after)
            .is_ok()
    );
    let wrong = world.verify_at(expiry, &grantee(), &call, &given_after);
    let expires_at = expiry;
    assert_eq!(wrong, Err(AnswerError::Ended { expires_at }));
    // A node that shows one which had ended before its block was made.
    let mut statement = world.statement();
    statement.time = BlockTime::from_millis(u64::try_from(expiry).unwrap() * 1000);
    let mut late = given_after.clone();
    late.certificate = certificate(statement, 0..3).encode();
    let wrong = world.verify_at(expiry, &grantee(), &call, &late);
    assert_eq!(wrong, Err(claim(1, ClaimFault::OtherRow)));
    // What was true before is still proved of the state before.
    assert!(world.verify(&grantee(), &call, &given).is_ok());
}

#[test]
fn a_stale_certificate() {
    let mut world = World::new();
    let call = World::granted();
    let old = world.ask(&grantee(), &call);
    let wrong = world.verify_at(world.network.now() + 7_200, &grantee(), &call, &old);
    assert!(matches!(
        wrong,
        Err(AnswerError::LightClient(LightClientError::TooOld { .. }))
    ));
    let past = world.network.now() - 3_600;
    let wrong = world.verify_at(past, &grantee(), &call, &old);
    assert!(matches!(
        wrong,
        Err(AnswerError::LightClient(LightClientError::Ahead { .. }))
    ));
    // The caller knows of a later height.
    world.network.wait_until(world.network.now() + 1);
    let freshness = Freshness {
        min_height: old.height + 1,
        max_age: Duration::from_secs(60),
        now: BlockTime::from_millis(u64::try_from(world.network.now()).unwrap() * 1000),
    };
    let question = idos_ledger::Question::of(call.clone()).unwrap();
    let wrong = idos_ledger::verify(
        &world.client(),
        &freshness,
        &question,
        &caller(&grantee()),
        &old,
    );
    let (height, min_height) = (old.height, old.height + 1);
    let fault = LightClientError::TooLow { height, min_height };
    assert_eq!(wrong, Err(fault.into()));
    // The rows of then, with the certificate of now.
    network_changes(&mut world);
    let new = world.ask(&grantee(), &call);
    let mixed = ProvedAnswer {
        claims: old.claims,
        ..new
    };
    let wrong = world.verify(&grantee(), &call, &mixed);
    assert_eq!(wrong, Err(claim(1, ClaimError::OtherRoot)));
}

fn network_changes(world: &mut World) {
    let added = call!("add_attribute", id("later"), "later", "value");
    world.network.must(&person(), added);
}

#[test]
fn a_certificate_of_others() {
    let world = World::new();
    let call = World::granted();
    let certify = |given: &mut ProvedAnswer, certificate: idos_proof::RootCertificate| {
        given.certificate = certificate.encode();
    };
    // Another chain.
    let mut statement = world.statement();
    statement.chain_id = ChainId::new("other-chain").unwrap();
    let other = certificate(statement, 0..4);
    let wrong = refused(&world, &grantee(), &call, |given| certify(given, other));
    assert!(matches!(
        wrong,
        AnswerError::LightClient(LightClientError::OtherChain { .. })
    ));
    // An epoch whose validators are not known.
    let mut statement = world.statement();
    statement.epoch = 2;
    let other = certificate(statement, 0..4);
    let wrong = refused(&world, &grantee(), &call, |given| certify(given, other));
    let fault = LightClientError::EpochUnknown { known: 0, got: 2 };
    assert_eq!(wrong, fault.into());
    let holds_not = |certificate: idos_proof::RootCertificate| {
        let lie = |given: &mut ProvedAnswer| certify(given, certificate);
        match refused(&world, &grantee(), &call, lie) {
            AnswerError::LightClient(LightClientError::Certificate { source, .. }) => source,
            other => panic!("{other}"),
        }
    };
    // Two of four are too few.
    let fault = CertificateError::TooFew {
        signers: 2,
        validators: 4,
    };
    assert_eq!(holds_not(certificate(world.statement(), 0..2)), fault);
    // Keys that are not of the set sign.
    let message = world.statement().signed_bytes();
    let sign = |number: usize| {
        (
            number,
            voting(10 + number).sign(&message).try_into().unwrap(),
        )
    };
    let strangers = (0..3).map(sign).collect();
    let strangers = idos_proof::RootCertificate::new(world.statement(), 4, strangers).unwrap();
    assert_eq!(holds_not(strangers), CertificateError::Signature(0));
    // A larger set.
    let larger = idos_proof::RootCertificate::new(world.statement(), 5, vec![]).unwrap();
    let fault = CertificateError::OtherSet {
        expected: 4,
        actual: 5,
    };
    assert_eq!(holds_not(larger), fault);
    // Another root than the one that was signed, and another height than is said.
    let mut forged = world.ask(&grantee(), &call);
    let at = forged.certificate.len() - 3 * 64 - 3 - 8 - 8 - 1;
    forged.certificate[at] ^= 1;
    assert!(matches!(
        world.verify(&grantee(), &call, &forged),
        Err(AnswerError::LightClient(
            LightClientError::Certificate { .. }
        ))
    ));
    let wrong = refused(&world, &grantee(), &call, |given| given.height += 1);
    assert!(matches!(wrong, AnswerError::Height { .. }));
    let wrong = refused(&world, &grantee(), &call, |given| given.certificate.push(0));
    assert!(matches!(wrong, AnswerError::Certificate(_)));
}

/// Whatever bit of an answer is turned, it is not believed.
#[test]
fn no_bit_can_be_turned() {
    let world = World::new();
    let call = call!("get_credential_shared", id("first copy"));
    let honest = world.ask(&grantee(), &call);
    assert!(world.verify(&grantee(), &call, &honest).is_ok());
    let mut tried = 0;
    let mut check = |lie: &dyn Fn(&mut ProvedAnswer)| {
        let mut given = honest.clone();
        lie(&mut given);
        assert!(world.verify(&grantee(), &call, &given).is_err());
        tried += 1;
    };
    for at in 0..honest.claims.len() {
        let (proof, rows) = (&honest.claims[at].proof, &honest.claims[at].rows);
        for bit in (0..8 * proof.len()).step_by(11) {
            check(&|given| given.claims[at].proof[bit / 8] ^= 1 << (bit % 8));
        }
        for bit in 0..8 * rows.first().map_or(0, |row| row.bytes.len()) {
            check(&|given| given.claims[at].rows[0].bytes[bit / 8] ^= 1 << (bit % 8));
        }
        check(&|given| given.claims[at].list.0.0[0] ^= 1);
        check(&|given| given.claims[at].count += 1);
        for kind in Kind::ALL {
            if kind != honest.claims[at].kind {
                check(&|given| given.claims[at].kind = kind);
            }
        }
        if !rows.is_empty() {
            for table in Table::ALL {
                if table.name() != rows[0].table {
                    check(&|given| given.claims[at].rows[0].table = table.name().into());
                }
            }
        }
        check(&|given| {
            given.claims.remove(at);
        });
    }
    assert!(tried > 1_000, "{tried}");
}
