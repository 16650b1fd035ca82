//! The light client believes what enough validators certified, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "helpers of tests may fail like tests, and are shared"
)]

#[path = "support/network.rs"]
mod network;
mod support;

use std::time::Duration;

use idos_proof::{
    CertificateError, ChainId, ClaimError, DecodeError, Freshness, LightClient, LightClientError,
    Proof, RootCertificate, RootStatement, SetChange, SetChangeError,
};
use idos_types::{BlockTime, ReadError};
use network::{
    EPOCH, certificate, certified, chain_id, change, change_at, salt, set, set_leaf, signing_key,
    state, statement, time,
};

fn client() -> LightClient {
    LightClient::genesis(chain_id(), set(0), set(1))
}

/// What somebody wants who asks just after `height`.
fn after(height: u64) -> Freshness {
    Freshness {
        min_height: height,
        max_age: Duration::from_secs(60),
        now: time(height + 1),
    }
}

#[test]
fn a_client_walks_from_genesis_to_the_newest_answer() {
    let mut client = client();
    let changes: Vec<_> = (0..4).map(change).collect();
    let height = 4 * EPOCH + 3;
    let newest = certified(height);
    let mut walk = |change: &SetChange| {
        client.advance(change).unwrap();
        client.certified(&newest, &after(height)).cloned()
    };
    // Epoch 4 needs its set, which the end of epoch 2 fixes.
    for (change, known) in changes.iter().zip(1..3) {
        let unknown = LightClientError::EpochUnknown { known, got: 4 };
        assert_eq!(walk(change), Err(unknown));
    }
    for change in &changes[2..] {
        assert_eq!(walk(change).as_ref(), Ok(newest.statement()));
    }
    assert_eq!(client.epoch(), 4);
    assert_eq!(client.sets(), [&set(4), &set(5)]);
    let checkpoint = LightClient::checkpoint(chain_id(), 4, set(4), set(5));
    assert_eq!(client, checkpoint);
    assert_eq!(client.chain_id(), &chain_id());
}

#[test]
fn both_known_epochs_can_answer() {
    for height in [0, EPOCH - 1, EPOCH, 2 * EPOCH - 1] {
        let certificate = certified(height);
        let statement = client().certified(&certificate, &after(height)).cloned();
        assert_eq!(statement, Ok(certificate.statement().clone()));
    }
}

fn refused(certificate: &RootCertificate, freshness: &Freshness) -> LightClientError {
    client().certified(certificate, freshness).unwrap_err()
}

#[test]
fn another_chain_is_refused() {
    let other = ChainId::new("idos-test-2").unwrap();
    let statement = RootStatement {
        chain_id: other.clone(),
        ..statement(0, 3)
    };
    let expected = chain_id();
    assert_eq!(
        refused(&certificate(statement, 0, 4), &after(3)),
        LightClientError::OtherChain {
            expected,
            got: other
        }
    );
}

#[test]
fn epochs_that_passed_are_refused() {
    let mut client = client();
    client.advance(&change(0)).unwrap();
    let passed = LightClientError::EpochPassed { known: 1, got: 0 };
    assert_eq!(
        client.certified(&certified(3), &after(3)),
        Err(passed.clone())
    );
    assert_eq!(client.advance(&change(0)), Err(passed));
}

#[test]
fn epochs_that_are_not_proved_are_refused() {
    let height = 2 * EPOCH;
    let unknown = LightClientError::EpochUnknown { known: 0, got: 2 };
    assert_eq!(refused(&certified(height), &after(height)), unknown);
    assert_eq!(client().advance(&change(2)), Err(unknown));
    // The set of epoch 1 is known, but epoch 0 is not left yet.
    let unknown = LightClientError::EpochUnknown { known: 0, got: 1 };
    assert_eq!(client().advance(&change(1)), Err(unknown));
}

#[test]
fn certificates_that_do_not_hold_are_refused() {
    let refused = |certificate: &RootCertificate| match refused(certificate, &after(3)) {
        LightClientError::Certificate { height: 3, source } => source,
        other => unreachable!("{other}"),
    };
    let (signers, validators) = (2, 4);
    assert_eq!(
        refused(&certificate(statement(0, 3), 0, signers)),
        CertificateError::TooFew {
            signers,
            validators
        }
    );
    // Two are more than a third, one is not.
    let vouched = |signers| {
        let certificate = certificate(statement(0, 3), 0, signers);
        client().vouched(&certificate, &after(3)).map(|_| ())
    };
    assert_eq!(vouched(2), Ok(()));
    let source = CertificateError::TooFewToVouch {
        signers: 1,
        validators,
    };
    assert!(source.to_string().ends_with("not more than a third"));
    let too_few = LightClientError::Certificate { height: 3, source };
    assert_eq!(vouched(1), Err(too_few));
    // Signed by the validators of another epoch: three of the four are the same, in other places.
    assert!(matches!(
        refused(&certificate(statement(0, 3), 1, 4)),
        CertificateError::Signature(_)
    ));
    let honest = certified(3);
    let bytes = honest.encode();
    let signed = honest.statement().encode().len();
    // Of the last signature: its first byte and its last; then the first signature, and of what is
    // signed: time, number of leaves, root, header.
    for (place, signer) in [
        (bytes.len() - 64, 2),
        (bytes.len() - 1, 2),
        (signed + 3, 0),
        (signed - 1, 0),
        (signed - 9, 0),
        (signed - 17, 0),
        (signed - 49, 0),
    ] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let certificate = RootCertificate::decode(&changed).unwrap();
        let number = honest.signers().nth(signer).unwrap();
        assert_eq!(refused(&certificate), CertificateError::Signature(number));
    }
    let statement = statement(0, 3);
    let message = statement.signed_bytes();
    let sign = |number| {
        (
            usize::from(number),
            signing_key(0, number).sign(&message).to_bytes(),
        )
    };
    let larger = RootCertificate::new(statement, 5, (0..4).map(sign).collect()).unwrap();
    let (expected, actual) = (4, 5);
    assert_eq!(
        refused(&larger),
        CertificateError::OtherSet { expected, actual }
    );
}

#[test]
fn set_changes_are_not_of_a_height_before_the_last() {
    let mut early = change(0);
    early.certificate = certified(3);
    let (epoch, height) = (0, 3);
    assert_eq!(
        client().advance(&early),
        Err(LightClientError::EpochGoesOn { epoch, height })
    );
}

#[test]
fn an_epoch_is_ended_by_its_last_height_only() {
    assert!(change(0).ends(0) && change(1).ends(1));
    assert!(!change(0).ends(1));
    assert!(!change_at(EPOCH, 2).ends(1));
}

/// The last height of epoch 0 may never be certified.
#[test]
fn any_height_of_the_next_epoch_but_its_last_proves_the_same_set() {
    for height in EPOCH..2 * EPOCH - 1 {
        let late = change_at(height, 2);
        assert_eq!(late.epoch(), 2);
        let mut client = client();
        client.advance(&late).unwrap();
        let mut usual = self::client();
        usual.advance(&change(0)).unwrap();
        assert_eq!(client, usual);
        // From there it goes on as from any other.
        client.advance(&change(1)).unwrap();
        assert!(client.certified(&certified(25), &after(25)).is_ok());
        assert_eq!(client.epoch(), 2);
    }
    // The last one proves the set after that, and that one first needs the set before it.
    let last = change_at(2 * EPOCH - 1, 2);
    assert_eq!(last.epoch(), 3);
    assert_eq!(
        client().advance(&last),
        Err(LightClientError::EpochUnknown { known: 0, got: 1 })
    );
    // Signed by those of the epoch before, who have no say then.
    let mut old = change_at(EPOCH, 2);
    old.certificate = certificate(statement(1, EPOCH), 0, 3);
    assert!(matches!(
        client().advance(&old),
        Err(LightClientError::Certificate { .. })
    ));
    // A set that is not fixed yet is in no state.
    let mut other = change_at(EPOCH, 2);
    (other.set, other.salt) = (set(3), salt(3));
    assert!(matches!(
        client().advance(&other),
        Err(LightClientError::Set { epoch: 2, .. })
    ));
}

#[test]
fn validators_that_are_not_proved_are_refused() {
    let not_proved = |source| Err(LightClientError::Set { epoch: 2, source });
    let mut other_set = change(0);
    other_set.set = set(3);
    let mut client = client();
    let before = client.clone();
    assert_eq!(
        client.advance(&other_set),
        not_proved(ClaimError::OtherRoot)
    );
    let mut other_salt = change(0);
    other_salt.salt = salt(3);
    assert_eq!(
        client.advance(&other_salt),
        not_proved(ClaimError::OtherRoot)
    );
    let mut other_epoch = change(0);
    let store = state(0, true);
    (other_epoch.set, other_epoch.salt) = (set(1), salt(1));
    other_epoch.proof = store.tree().prove_leaf(&set_leaf(1).key).unwrap().1;
    assert!(matches!(
        client.advance(&other_epoch),
        Err(LightClientError::Set { epoch: 2, .. })
    ));
    assert_eq!(client, before);
}

#[test]
fn stale_answers_are_refused() {
    let needs = |min_height, max_age, seconds: u64| Freshness {
        min_height,
        max_age: Duration::from_millis(max_age),
        now: BlockTime::from_millis(time(3).millis() + seconds * 1000),
    };
    let (height, min_height) = (3, 4);
    assert_eq!(
        refused(&certified(3), &needs(4, 1_000, 0)),
        LightClientError::TooLow { height, min_height }
    );
    let (age, max_age) = (Duration::from_secs(2), Duration::from_millis(1_999));
    assert_eq!(
        refused(&certified(3), &needs(3, 1_999, 2)),
        LightClientError::TooOld { age, max_age }
    );
    let certificate = certified(3);
    let fresh = client()
        .certified(&certificate, &needs(3, 2_000, 2))
        .is_ok();
    assert!(fresh);
}

#[test]
fn answers_from_the_future_are_refused() {
    let at = |millis| Freshness {
        min_height: 0,
        max_age: Duration::ZERO,
        now: BlockTime::from_millis(millis),
    };
    let time = time(3).millis();
    let ahead = Duration::from_millis(60_001);
    assert_eq!(
        refused(&certified(3), &at(time - 60_001)),
        LightClientError::Ahead { ahead }
    );
    let certificate = certified(3);
    assert!(client().certified(&certificate, &at(time - 60_000)).is_ok());
}

#[test]
fn a_certificate_has_one_encoding() {
    let certificate = certified(3);
    let bytes = certificate.encode();
    assert_eq!(RootCertificate::decode(&bytes), Ok(certificate.clone()));
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(read) = RootCertificate::decode(&changed) {
            assert_eq!(read.encode(), changed);
            assert!(read.verify(&set(0)).is_err(), "bit {bit}");
        }
    }
    for len in 0..bytes.len() {
        assert!(RootCertificate::decode(&bytes[..len]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    let trailing = ReadError::Trailing(1).into();
    assert_eq!(RootCertificate::decode(&longer), Err(trailing));
}

#[test]
fn signers_are_in_order_and_exist() {
    let make = |validators, numbers: &[usize]| {
        let signatures = numbers.iter().map(|number| (*number, [0; 64])).collect();
        RootCertificate::new(statement(0, 3), validators, signatures).map(|_| ())
    };
    assert_eq!(make(4, &[0, 1, 3]), Ok(()));
    for (numbers, wrong) in [([0, 0, 1], 0), ([0, 2, 1], 1), ([0, 1, 4], 4)] {
        assert_eq!(make(4, &numbers), Err(CertificateError::Signer(wrong)));
    }
    assert_eq!(make(128, &[127]), Ok(()));
    assert_eq!(make(0, &[]), Err(CertificateError::Size(0)));
    assert_eq!(make(129, &[]), Err(CertificateError::Size(129)));
    let mut bytes = certified(3).encode();
    let bits = statement(0, 3).encode().len() + 2;
    bytes[bits] |= 0x10;
    assert_eq!(
        RootCertificate::decode(&bytes),
        Err(CertificateError::Signer(4))
    );
}

#[test]
fn a_set_change_has_one_encoding() {
    let change = change(0);
    let bytes = change.encode();
    assert_eq!(SetChange::decode(&bytes), Ok(change.clone()));
    for len in 0..bytes.len() {
        assert!(SetChange::decode(&bytes[..len]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    let trailing = DecodeError::Read(ReadError::Trailing(1));
    assert_eq!(
        SetChange::decode(&longer),
        Err(SetChangeError::Proof(trailing))
    );
    let proof = Proof::decode(&bytes[bytes.len() - change.proof.encode().len()..]);
    assert_eq!(proof, Ok(change.proof));
}
