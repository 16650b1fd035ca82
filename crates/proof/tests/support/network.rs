//! A chain of a few epochs, whose validators change every epoch, and who signs what.

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_proof::{
    ChainId, Change, Element, Leaf, LeafKey, LeafValue, ListId, RootCertificate, RootStatement,
    SetChange, ValidatorSet,
};
use idos_types::{BlockTime, Digest, Member, ValidatorKey};

use crate::support::Store;

pub const VALIDATORS: u8 = 4;
/// Heights of one epoch.
pub const EPOCH: u64 = 10;

/// The key of a validator; in each epoch one of four is new.
pub fn signing_key(epoch: u64, number: u8) -> SigningKey {
    SigningKey::from([u8::try_from(epoch).unwrap() + number; 32])
}

pub fn set(epoch: u64) -> ValidatorSet {
    let member = |number| Member {
        key: ValidatorKey(VerificationKey::from(&signing_key(epoch, number)).into()),
        address: format!("192.0.2.{}:8485", 1 + number).parse().unwrap(),
    };
    let members = (0..VALIDATORS).map(member).collect();
    ValidatorSet::of(idos_types::ValidatorSet::new(members).unwrap()).unwrap()
}

/// The salt of the row of an epoch's set.
pub fn salt(epoch: u64) -> Digest {
    Digest::of(&epoch.to_be_bytes())
}

/// The leaf of the set of an epoch.
pub fn set_leaf(epoch: u64) -> Leaf {
    set(epoch).leaf(epoch, &salt(epoch))
}

pub fn chain_id() -> ChainId {
    ChainId::new("idos-test-1").unwrap()
}

/// When a height's block was made: ten seconds after the one before.
pub fn time(height: u64) -> BlockTime {
    BlockTime::from_millis(1_700_000_000_000 + height * 10_000)
}

/// Whatever the state says about people, and the sets that are fixed so far: at the last height of
/// an epoch, the set of the one after the next.
pub fn state(epoch: u64, is_last: bool) -> Store {
    let mut store = Store::default();
    let mut leaves: Vec<Leaf> = (0..epoch + 2 + u64::from(is_last)).map(set_leaf).collect();
    leaves.push(row());
    leaves.sort();
    let set = |leaf: &Leaf| (leaf.key, Some(leaf.value));
    let batch: Vec<Change> = leaves.iter().map(set).collect();
    store.apply(&batch);
    store
}

/// A row that is there at all heights.
pub fn row() -> Leaf {
    let list = ListId::new("users", b"");
    Leaf {
        key: LeafKey::new(&list, &Element::new(b"one")),
        value: LeafValue::row("users", 1, b"one", &Digest([1; 32])),
    }
}

pub fn statement(epoch: u64, height: u64) -> RootStatement {
    let ends_epoch = height % EPOCH == EPOCH - 1;
    RootStatement {
        chain_id: chain_id(),
        epoch,
        height,
        ends_epoch,
        header: Digest::of(&height.to_be_bytes()),
        root: *state(epoch, ends_epoch).tree().root(),
        time: time(height),
    }
}

/// A certificate that the first `signers` of the validators of `epoch` signed.
pub fn certificate(statement: RootStatement, epoch: u64, signers: usize) -> RootCertificate {
    let set = set(epoch);
    let message = statement.signed_bytes();
    let mut signatures: Vec<_> = (0..VALIDATORS)
        .map(|number| signing_key(epoch, number))
        .map(|key| {
            let number = set.position(&VerificationKey::from(&key).into()).unwrap();
            (number, key.sign(&message).to_bytes())
        })
        .collect();
    signatures.sort_unstable_by_key(|(number, _)| *number);
    signatures.truncate(signers);
    RootCertificate::new(statement, set.len(), signatures).unwrap()
}

/// The certificate of a height.
pub fn certified(height: u64) -> RootCertificate {
    let epoch = height / EPOCH;
    certificate(statement(epoch, height), epoch, 3)
}

/// What leads from `epoch` to the next.
pub fn change(epoch: u64) -> SetChange {
    change_at(epoch * EPOCH + EPOCH - 1, epoch + 2)
}

/// The set of an epoch as the certified state of a height has it.
pub fn change_at(height: u64, epoch: u64) -> SetChange {
    let store = state(height / EPOCH, height % EPOCH == EPOCH - 1);
    let leaf = set_leaf(epoch);
    let (value, proof) = store.tree().prove_leaf(&leaf.key).unwrap();
    assert_eq!(value, Some(leaf.value));
    SetChange {
        certificate: certified(height),
        set: set(epoch),
        salt: salt(epoch),
        proof,
    }
}
