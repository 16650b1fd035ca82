//! Every question of the rules, against rows.

use idos_ledger::{Deadline, HeldCredentials, Key, ListedCredential, Page, State, StateResult};
use idos_types::{Digest, Identity, WalletType};

use super::{
    every_row::{due, rows},
    *,
};

pub(super) const FIRST: Page = Page {
    offset: 0,
    rows: 10,
};
fn ids<T>(rows: StateResult<Vec<T>>, id: impl Fn(&T) -> Uuid) -> Vec<u128> {
    rows.unwrap().iter().map(|row| id(row).as_u128()).collect()
}

/// A credential of person 1 in their list.
fn listed(number: u128, original: Option<u128>) -> ListedCredential {
    let CredentialHeader {
        id,
        public_notes,
        issuer_auth_public_key,
        inserter,
        ..
    } = credential(number, 1).header;
    ListedCredential {
        id,
        public_notes,
        issuer_auth_public_key,
        inserter,
        original_id: original.map(self::id),
    }
}

pub(super) fn check(state: &impl State) {
    assert_eq!(state.user(id(1)).unwrap(), Some(user(1)));
    let erased = state.user(id(2)).unwrap().unwrap();
    assert!(erased.erased && !erased.claimed && erased.gas_allowance == 0);
    assert_eq!(state.user(id(3)).unwrap(), None);

    let wallet_ids = |wallets| ids(wallets, |wallet: &Wallet| wallet.id.0);
    assert_eq!(state.wallet(id(11)).unwrap(), Some(wallet(11, 1)));
    assert_eq!(state.wallet(id(1)).unwrap(), None);
    let of = |text| {
        state
            .wallet_of(&Identity::of(text))
            .unwrap()
            .map(|wallet| wallet.id)
    };
    assert_eq!(of("0xABC11"), Some(id(11)));
    assert_eq!(of("ed25519:Key"), Some(id(12)));
    assert_eq!(of("ed25519:key"), None, "base58 does not fold");
    assert_eq!(of("Alice.Near"), None, "a name of NEAR does not sign");
    assert_eq!(wallet_ids(state.wallets(id(1))), [11, 12]);
    assert_eq!(wallet_ids(state.wallets_with_public_key("pk13")), [13]);
    assert_eq!(wallet_ids(state.wallets_with_public_key("PK13")), []);
    assert_eq!(wallet_ids(state.wallets_with_address("0XaBc13")), [13]);
    assert_eq!(wallet_ids(state.wallets_with_address("aLICE.nEAR")), [12]);

    let credential_ids = |listed| ids(listed, |id: &idos_types::CredentialId| id.0);
    assert_eq!(state.credential(id(21)).unwrap(), Some(credential(21, 1)));
    assert_eq!(state.credential(id(1)).unwrap(), None);
    assert_eq!(
        state.credential_header(id(21)).unwrap(),
        Some(credential(21, 1).header)
    );
    assert_eq!(state.credential_header(id(1)).unwrap(), None);
    assert_eq!(
        state.credentials(id(1)).unwrap(),
        [listed(23, None), listed(21, Some(23)), listed(24, None),]
    );
    let content_bytes = [21, 23, 24]
        .map(|number| credential(number, 1).content.len())
        .iter()
        .sum();
    let held = HeldCredentials {
        credentials: 3,
        content_bytes,
    };
    assert_eq!(state.held_credentials(id(1)).unwrap(), held);
    assert_eq!(
        state.held_credentials(id(3)).unwrap(),
        HeldCredentials::default()
    );
    assert_eq!(
        state.content_digest(id(21)).unwrap(),
        Some(Digest::of(credential(21, 1).content.as_bytes()))
    );
    assert_eq!(state.content_digest(id(1)).unwrap(), None);
    assert_eq!(credential_ids(state.credential_ids(id(1))), [23, 21, 24]);
    assert_eq!(credential_ids(state.credential_ids(id(3))), []);
    let issued = |issuer, named, except, limit| {
        let found = state.credentials_issued(issuer, named, except, limit);
        ids(found, |header: &CredentialHeader| header.id.0)
    };
    // Notes whose digests are on either side of that of theirs.
    for other in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        assert_eq!(issued("aBcD", "vc22", other, 9), [22]);
    }
    assert_eq!(issued("aBcD", "vc22", "{}", 9), [], "they have the notes");
    assert_eq!(issued("aBcD", "vc22", "", 0), []);
    assert_eq!(issued("other", "vc22", "", 9), []);
    assert_eq!(issued("abcd", "VC22", "", 9), []);
    assert_eq!(
        state.credential_copy(id(21)).unwrap(),
        Some(copy(21, Some(23)))
    );
    assert_eq!(state.credential_copy(id(24)).unwrap(), Some(copy(24, None)));
    assert_eq!(state.credential_copy(id(23)).unwrap(), None);
    assert_eq!(credential_ids(state.copies_of_credential(id(23))), [21]);
    assert_eq!(credential_ids(state.copies_of_credential(id(21))), []);
    assert_eq!(state.count_copies(id(23)).unwrap(), 1);
    assert_eq!(state.count_copies(id(21)).unwrap(), 0);

    assert_eq!(state.attribute(id(31)).unwrap(), Some(attribute(31, 1)));
    assert_eq!(state.attribute(id(1)).unwrap(), None);
    assert_eq!(
        state.attributes(id(1)).unwrap(),
        [
            (attribute(33, 1), None),
            (attribute(31, 1), Some(attribute_copy(31, 33)))
        ]
    );
    assert_eq!(state.attribute_ids(id(1)).unwrap(), [id(33), id(31)]);
    assert_eq!(state.count_attributes(id(1)).unwrap(), 2);
    assert_eq!(
        state.attribute_copy(id(31)).unwrap(),
        Some(attribute_copy(31, 33))
    );
    assert_eq!(state.attribute_copy(id(33)).unwrap(), None);
    assert_eq!(state.copies_of_attribute(id(33)).unwrap(), [id(31)]);
    assert_eq!(state.copies_of_attribute(id(31)).unwrap(), []);
    assert_eq!(
        state.attribute_grant(id(31)).unwrap(),
        Some(attribute_grant(31, 1, "0xAA"))
    );
    assert_eq!(state.attribute_grant(id(33)).unwrap(), None);
    let attributes_to = |grantee, owner, page| {
        ids(
            state.attribute_grants_to(grantee, owner, page),
            |grant: &AttributeGrant| grant.copy_id.0,
        )
    };
    assert_eq!(attributes_to("0XaA", None, FIRST), [32, 31]);
    assert_eq!(attributes_to("0xaa", Some(id(1)), FIRST), [31]);
    assert_eq!(attributes_to("0xaa", Some(id(3)), FIRST), []);
    assert_eq!(attributes_to("0xbb", None, FIRST), []);
    for (offset, expected) in [(1, [31].as_slice()), (2, &[]), (i64::MAX, &[])] {
        let page = Page { offset, rows: 1 };
        assert_eq!(attributes_to("0xaa", None, page), expected);
    }

    let grant_ids = |grants| ids(grants, |grant: &AccessGrant| grant.id.0);
    assert_eq!(
        state.grant(id(41)).unwrap(),
        Some(grant(41, 1, "0xaa", 21, 5))
    );
    assert_eq!(state.grant(id(1)).unwrap(), None);
    assert_eq!(grant_ids(state.grants_on(id(21))), [43, 41, 42]);
    let mut on_copies = state.grants_on_copies(id(23)).unwrap();
    on_copies.sort_by_key(|(grant, _)| grant.id);
    let on_copies = on_copies
        .iter()
        .map(|(grant, by)| (grant.id.0.as_u128(), by.as_str()));
    let expected = [(41, "AbCd"), (42, "AbCd"), (43, "AbCd")];
    assert!(on_copies.eq(expected));
    assert_eq!(state.grants_on_copies(id(21)).unwrap(), []);
    assert_eq!(grant_ids(state.grants_owned(id(2))), [44, 45]);
    assert_eq!(
        grant_ids(state.grants_to("0XAA", None, FIRST)),
        [42, 41, 43, 44]
    );
    assert_eq!(
        grant_ids(state.grants_to("0XAA", Some(id(1)), FIRST)),
        [42, 41, 43]
    );
    assert_eq!(
        grant_ids(state.grants_to("0xaa", None, Page { offset: 1, rows: 2 })),
        [41, 43]
    );
    for (owner, all) in [
        (None, [42, 41, 43, 44].as_slice()),
        (Some(id(1)), &[42, 41, 43]),
    ] {
        for offset in 0..all.len() {
            for rows in 1..=all.len() {
                let expected: Vec<u128> = all.iter().copied().skip(offset).take(rows).collect();
                let number = |at: usize| i64::try_from(at).unwrap();
                let page = Page {
                    offset: number(offset),
                    rows: number(rows),
                };
                let found = grant_ids(state.grants_to("0xaa", owner, page));
                assert_eq!(found, expected, "{page:?}");
            }
        }
    }
    let second = Page { offset: 2, rows: 2 };
    assert_eq!(
        grant_ids(state.grants_to("0xaa", Some(id(1)), second)),
        [43]
    );
    for page in [
        Page { offset: 4, rows: 1 },
        Page {
            offset: i64::MAX,
            rows: i64::MAX,
        },
        Page { offset: 0, rows: 0 },
        Page {
            offset: 0,
            rows: -1,
        },
    ] {
        assert_eq!(
            grant_ids(state.grants_to("0xaa", None, page)),
            [],
            "{page:?}"
        );
    }
    assert_eq!(state.count_grants_to("0XAA", None).unwrap(), 4);
    assert_eq!(state.count_grants_to("0XAA", Some(id(1))).unwrap(), 3);
    assert_eq!(state.count_grants_to("0xcc", None).unwrap(), 0);
    let hashed = |hash, limit| grant_ids(state.grants_with_content_hash("0xAa", hash, limit));
    assert_eq!(hashed("hash", 9), [41, 43, 44]);
    assert_eq!(hashed("hash", 1), [41]);
    assert_eq!(hashed("HASH", 9), []);

    assert_eq!(state.inserter(id(51)).unwrap(), Some(inserter(51, "one")));
    assert_eq!(
        state.inserter_named("two").unwrap(),
        Some(inserter(52, "two"))
    );
    assert_eq!(state.inserter_named("TWO").unwrap(), None);
    assert_eq!(state.delegate("xx").unwrap(), Some(delegate("xx", 52)));
    assert_eq!(state.delegate("XX").unwrap(), None);
    assert_eq!(
        state.delegates(id(51)).unwrap(),
        [delegate("zz", 51), delegate("yy", 51)]
    );

    let party_ids = |role, page| ids(state.parties(role, page), |party: &Party| party.id.0);
    assert_eq!(
        state.party(id(61)).unwrap(),
        Some(party(61, "issuer,consumer,operator"))
    );
    assert_eq!(state.party_at("0x62").unwrap(), Some(party(62, "issuer")));
    assert_eq!(party_ids(None, FIRST), [62, 61, 63]);
    assert_eq!(party_ids(None, Page { offset: 1, rows: 1 }), [61]);
    assert_eq!(party_ids(Some("issuer"), FIRST), [62, 61]);
    assert_eq!(party_ids(Some("consumer"), FIRST), [61, 63]);
    assert_eq!(party_ids(Some("operator"), FIRST), [61]);
    assert_eq!(party_ids(Some("king"), FIRST), []);
    assert_eq!(
        state.party_keys(id(61), 2).unwrap(),
        Some(party_keys(61, 2))
    );
    assert_eq!(state.party_keys(id(61), 3).unwrap(), None);
    assert_eq!(
        state.party_history(id(61)).unwrap(),
        [party_keys(61, 1), party_keys(61, 2)]
    );

    assert!(state.is_write_grant_used(id(71)).unwrap());
    assert!(!state.is_write_grant_used(id(72)).unwrap());
    assert!(state.is_spent(&Digest::of(b"spent")).unwrap());
    assert!(!state.is_spent(&Digest::of(b"other")).unwrap());

    check_governance(state);

    let all = [
        due(-8, Deadline::EndGrant(id(9))),
        due(8, Deadline::EndGrant(id(9))),
        due(8, Deadline::ReleaseCredential(id(1))),
        due(8, Deadline::ReleaseCredential(id(2))),
        due(8, Deadline::ForgetWriteGrant(id(1))),
        due(8, Deadline::EndMotion(Digest([1; 32]))),
        due(8, Deadline::EndRequest(ValidatorKey([1; 32]))),
    ];
    assert_eq!(state.due(8, 9).unwrap(), all);
    assert_eq!(state.due(7, 9).unwrap(), all[..1]);
    assert_eq!(state.due(8, 2).unwrap(), all[..2]);
    assert!(
        all.is_sorted(),
        "deadlines come in the order that the rules give them"
    );
    assert_eq!(state.next_due().unwrap(), Some(-8));
}

fn check_governance(state: &impl State) {
    let (first, second) = (validator(1, "other"), validator(2, "runner"));
    assert_eq!(state.validator(first.key).unwrap().as_ref(), Some(&first));
    assert_eq!(state.validator(ValidatorKey([9; 32])).unwrap(), None);
    let at = |text: &str| state.validator_at(text.parse().unwrap()).unwrap();
    assert_eq!(at("192.0.2.2:8485").as_ref(), Some(&second));
    assert_eq!(at("192.0.2.2:8486"), None);
    let third = validator(3, "runner");
    let all = [third.clone(), first, second.clone()];
    assert_eq!(state.validators().unwrap(), all);
    assert_eq!(state.validators_of("runner").unwrap(), [third, second]);
    assert_eq!(state.validators_of("RUNNER").unwrap(), []);
    let set = |numbers| Some(validator_set(numbers));
    assert_eq!(state.validator_set(0).unwrap(), set(&[2]));
    assert_eq!(state.validator_set(2).unwrap(), None);
    assert_eq!(state.validator_set(u64::MAX).unwrap(), None);
    let newest = state.newest_validator_set().unwrap();
    assert_eq!(newest, Some((1, validator_set(&[1, 2]))));

    let motions = |page| state.motions(page).unwrap();
    let ordered = ["b", "a"].map(|name| motion(name, "runner"));
    assert_eq!(motions(FIRST)[..2], ordered);
    assert_eq!(motions(Page { offset: 2, rows: 9 }), [motion("c", "other")]);
    assert_eq!(
        state.motion(&ordered[0].id).unwrap().as_ref(),
        Some(&ordered[0])
    );
    assert_eq!(state.motion(&Digest::of(b"d")).unwrap(), None);
    assert_eq!(state.count_motions("runner").unwrap(), 2);
    assert_eq!(state.count_motions("nobody").unwrap(), 0);
    let votes = ["other", "runner"].map(|operator| vote("b", operator));
    assert_eq!(state.votes(&ordered[0].id).unwrap(), votes);
    assert_eq!(state.votes(&Digest::of(b"c")).unwrap(), []);

    let parameter = |name| state.parameter(name).unwrap();
    let (set, unset) = (
        ParameterName::BodyRetentionSeconds,
        ParameterName::ProtocolVersion,
    );
    assert_eq!(parameter(set), Some(retention(None)));
    assert_eq!(parameter(unset), None);
}

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

/// What SQLite says it does for a statement.
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
