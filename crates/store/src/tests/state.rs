//! Every question of the rules, against rows.

mod questions;

use idos_ledger::{Deadline, Key, State};
use idos_types::{Digest, Identity, WalletType};

use super::{
    every_row::{due, rows},
    *,
};
use questions::ids;

pub(super) use questions::{FIRST, check};

#[test]
fn blocks_and_snapshots_answer_every_question_of_the_rules() {
    let mut node = Node::new();
    let changes: Vec<_> = rows().into_iter().map(Change::Put).collect();
    node.block(|block| {
        block.apply(&changes, &SEED).unwrap();
        check(block);
        // Replacing every row by itself changes nothing, the order of lists included.
        block
            .apply(&changes, &SaltSeed::System { height: 1 })
            .unwrap();
        check(block);
    });
    node.read(|snapshot| check(snapshot));
}

#[test]
fn replacing_a_row_replaces_every_column() {
    let mut node = Node::new();
    node.put(rows());
    // The same keys with everything else different, as far as no other row refers to it.
    let changed = [
        Row::User(User {
            recipient_encryption_public_key: "other".into(),
            encryption_password_store: PasswordStore::User,
            inserter: "other".into(),
            gas_allowance: 1,
            claimed: false,
            erased: true,
            ..user(1)
        }),
        Row::Wallet(Wallet {
            user_id: id(2),
            address: "r1".into(),
            public_key: None,
            wallet_type: WalletType::Xrpl,
            message: "other".into(),
            signature: "other".into(),
            inserter: Some("other".into()),
            ..wallet(11, 1)
        }),
        Row::Credential(Credential {
            header: CredentialHeader {
                user_id: id(2),
                verifiable_credential_id: None,
                public_notes: "other".into(),
                encryptor_public_key: "other".into(),
                issuer_auth_public_key: "other".into(),
                inserter: None,
                ..credential(21, 1).header
            },
            content: "other".into(),
        }),
        Row::CredentialCopy(copy(21, Some(22))),
        Row::Attribute(Attribute {
            user_id: id(2),
            attribute_key: "other".into(),
            value: "other".into(),
            inserter: Some("other".into()),
            ..attribute(31, 1)
        }),
        Row::AttributeCopy(attribute_copy(31, 32)),
        Row::AttributeGrant(attribute_grant(31, 2, "other")),
        Row::AccessGrant(AccessGrant {
            owner: id(2),
            grantee: "other".into(),
            data_id: id(22),
            locked_until: 55,
            expires_at: 66,
            content_hash: None,
            height: 77,
            origin: GrantOrigin::User,
            origin_id: "other".into(),
            ..grant(41, 1, "", 0, 0)
        }),
        Row::Inserter(inserter(51, "other")),
        Row::Delegate(delegate("zz", 52)),
        Row::Party(Party {
            address: "other".into(),
            version: 5,
            ..party(62, "operator")
        }),
        Row::PartyKeys(PartyKeys {
            name: "other".into(),
            did: None,
            signing_public_key: "other".into(),
            encryption_public_key: "other".into(),
            signature: "other".into(),
            height: 99,
            ..party_keys(61, 1)
        }),
        Row::Validator(Validator {
            operator: "changed".into(),
            address: "[2001:db8::1]:1".parse().unwrap(),
            status: ValidatorStatus::Leaving,
            expires_at: 0,
            height: 9,
            ..validator(2, "")
        }),
        Row::ValidatorSet(1, validator_set(&[3])),
        Row::Motion(Motion {
            action: "changed".into(),
            arguments: "[1]".into(),
            expires_at: 55,
            height: 66,
            ..motion("b", "other")
        }),
        Row::Parameter(retention(Some(NextValue {
            value: 61,
            from_height: 9,
        }))),
    ];
    node.put(changed.clone());
    node.root();
    node.read(|state| {
        for row in changed {
            let found = match row.clone() {
                Row::User(user) => state.user(user.id).unwrap().map(Row::User),
                Row::Wallet(wallet) => state.wallet(wallet.id).unwrap().map(Row::Wallet),
                Row::Credential(credential) => state
                    .credential(credential.header.id)
                    .unwrap()
                    .map(Row::Credential),
                Row::CredentialCopy(copy) => state
                    .credential_copy(copy.copy_id)
                    .unwrap()
                    .map(Row::CredentialCopy),
                Row::Attribute(attribute) => {
                    state.attribute(attribute.id).unwrap().map(Row::Attribute)
                }
                Row::AttributeCopy(copy) => state
                    .attribute_copy(copy.copy_id)
                    .unwrap()
                    .map(Row::AttributeCopy),
                Row::AttributeGrant(grant) => state
                    .attribute_grant(grant.copy_id)
                    .unwrap()
                    .map(Row::AttributeGrant),
                Row::AccessGrant(grant) => state.grant(grant.id).unwrap().map(Row::AccessGrant),
                Row::Inserter(inserter) => state.inserter(inserter.id).unwrap().map(Row::Inserter),
                Row::Delegate(delegate) => state
                    .delegate(&delegate.address)
                    .unwrap()
                    .map(Row::Delegate),
                Row::Party(party) => state.party(party.id).unwrap().map(Row::Party),
                Row::PartyKeys(keys) => state
                    .party_keys(keys.party_id, keys.version)
                    .unwrap()
                    .map(Row::PartyKeys),
                Row::Validator(validator) => {
                    state.validator(validator.key).unwrap().map(Row::Validator)
                }
                Row::ValidatorSet(epoch, _) => state
                    .validator_set(epoch)
                    .unwrap()
                    .map(|set| Row::ValidatorSet(epoch, set)),
                Row::Motion(motion) => state.motion(&motion.id).unwrap().map(Row::Motion),
                Row::Parameter(parameter) => {
                    state.parameter(parameter.name).unwrap().map(Row::Parameter)
                }
                Row::UsedWriteGrant(_)
                | Row::SpentMessage(_)
                | Row::Vote(_)
                | Row::Due(_)
                | Row::Account(_) => None,
            };
            assert_eq!(found, Some(row));
        }
        // What is derived follows.
        assert_eq!(state.wallet_of(&Identity::of("0xabc11")).unwrap(), None);
        assert_eq!(
            state.wallet_of(&Identity::of("r1")).unwrap().unwrap().id,
            id(11)
        );
        assert_eq!(state.count_grants_to("0xaa", None).unwrap(), 3);
        assert_eq!(state.count_grants_to("OTHER", Some(id(2))).unwrap(), 1);
    });
}

#[test]
fn a_row_is_deleted_by_its_key_and_only_it() {
    let mut node = Node::new();
    node.put(rows());
    let count = node.row_count();
    // A due row and a second version of keys: keys of several columns.
    let gone = [
        Key::Due(due(8, Deadline::ReleaseCredential(id(2)))),
        Key::PartyKeys(id(61), 2),
        Key::Delegate("zz".into()),
        Key::Vote(Digest::of(b"b"), "runner".into()),
        Key::Due(due(8, Deadline::EndMotion(Digest([1; 32])))),
        Key::ValidatorSet(0),
    ];
    let changes = gone.map(Change::Delete);
    node.block(|block| {
        block.apply(&changes, &SEED).unwrap();
        block.apply(&changes, &SEED).unwrap();
    });
    // One more block, six rows fewer.
    assert_eq!(node.row_count(), count + 1 - 6);
    node.root();
    node.read(|state| {
        assert_eq!(state.due(8, 9).unwrap().len(), 5);
        assert_eq!(
            state.votes(&Digest::of(b"b")).unwrap(),
            [vote("b", "other")]
        );
        assert_eq!(state.validator_set(0).unwrap(), None);
        assert!(state.validator_set(1).unwrap().is_some());
        assert_eq!(state.party_history(id(61)).unwrap(), [party_keys(61, 1)]);
        assert_eq!(state.delegates(id(51)).unwrap(), [delegate("yy", 51)]);
    });
}

#[test]
fn the_state_starts_whole_or_not_at_all() {
    let mut node = Node::new();
    let put = |row| Change::Put(row);
    let orphan = put(Row::Vote(vote("none", "runner")));
    let validator = put(Row::Validator(validator(1, "runner")));
    let refused = node
        .writer
        .start(&[validator.clone(), orphan], new_block(0), "key", "value");
    assert!(refused.is_err());
    assert_eq!(node.writer.meta("key").unwrap(), None);
    assert!(node.writer.validators().unwrap().is_empty());
    node.writer
        .start(&[validator], new_block(0), "key", "value")
        .unwrap();
    assert_eq!(node.writer.head().unwrap(), Some(head(0, node.root())));
    assert_eq!(node.writer.meta("key").unwrap().unwrap(), "value");
    assert_eq!(node.writer.validators().unwrap().len(), 1);
}

#[test]
fn texts_with_a_zero_byte_are_told_apart() {
    let mut node = Node::new();
    node.put([
        Row::User(user(1)),
        Row::Credential(credential(2, 1)),
        Row::AccessGrant(grant(3, 1, "0xA\0b", 2, 1)),
        Row::AccessGrant(grant(4, 1, "0xA\0c", 2, 1)),
        Row::AccessGrant(grant(5, 1, "0xA", 2, 1)),
    ]);
    node.read(|state| {
        for (grantee, number) in [("0xa\0B", 3), ("0xa\0C", 4), ("0xa", 5)] {
            let grants = state.grants_to(grantee, None, FIRST);
            assert_eq!(ids(grants, |grant: &AccessGrant| grant.id.0), [number]);
            assert_eq!(state.count_grants_to(grantee, None).unwrap(), 1);
        }
    });
}
