//! What the state of the examples answers to every question of the rules.

use idos_ledger::{Deadline, HeldCredentials, ListedCredential, Page, State, StateResult};
use idos_types::{CredentialId, Digest, Identity};

use super::super::{every_row::due, *};

pub(crate) const FIRST: Page = Page {
    offset: 0,
    rows: 10,
};

pub(super) fn ids<T>(rows: StateResult<Vec<T>>, id: impl Fn(&T) -> Uuid) -> Vec<u128> {
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

fn credential_ids(ids: StateResult<Vec<CredentialId>>) -> Vec<u128> {
    self::ids(ids, |id| id.0)
}

fn grant_ids(grants: StateResult<Vec<AccessGrant>>) -> Vec<u128> {
    ids(grants, |grant| grant.id.0)
}

/// Asks everything.
pub(crate) fn check(state: &impl State) {
    users(state);
    wallets(state);
    credentials(state);
    issued_credentials(state);
    copies_of_credentials(state);
    attributes(state);
    attribute_grants(state);
    grants(state);
    pages_of_grants(state);
    counts_and_hashes_of_grants(state);
    inserters(state);
    parties(state);
    spent(state);
    governance(state);
    deadlines(state);
}

fn users(state: &impl State) {
    assert_eq!(state.user(id(1)).unwrap(), Some(user(1)));
    let erased = state.user(id(2)).unwrap().unwrap();
    assert!(erased.erased && !erased.claimed && erased.gas_allowance == 0);
    assert_eq!(state.user(id(3)).unwrap(), None);
}

fn wallets(state: &impl State) {
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
}

fn credentials(state: &impl State) {
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
    assert_eq!(
        state.content_bytes(id(21)).unwrap(),
        Some(credential(21, 1).content.len())
    );
    assert_eq!(state.content_bytes(id(1)).unwrap(), None);
    assert_eq!(credential_ids(state.credential_ids(id(1))), [23, 21, 24]);
    assert_eq!(credential_ids(state.credential_ids(id(3))), []);
}

fn issued_credentials(state: &impl State) {
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
}

fn copies_of_credentials(state: &impl State) {
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
}

fn attributes(state: &impl State) {
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
}

fn attribute_grants(state: &impl State) {
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
}

fn grants(state: &impl State) {
    assert_eq!(
        state.grant(id(41)).unwrap(),
        Some(grant(41, 1, "0xaa", 21, 5))
    );
    assert_eq!(state.grant(id(1)).unwrap(), None);
    assert_eq!(grant_ids(state.grants_on(id(21))), [43, 41, 42]);
    let mut on_copies = state.grants_on_copies(id(23), 3).unwrap();
    on_copies.sort_by_key(|(grant, _)| grant.id);
    let on_copies = on_copies
        .iter()
        .map(|(grant, by)| (grant.id.0.as_u128(), by.as_str()));
    let expected = [(41, "AbCd"), (42, "AbCd"), (43, "AbCd")];
    assert!(on_copies.eq(expected));
    assert_eq!(state.grants_on_copies(id(23), 2).unwrap().len(), 2);
    assert_eq!(state.grants_on_copies(id(21), 3).unwrap(), []);
    assert_eq!(grant_ids(state.grants_owned(id(2))), [44, 45]);
}

fn pages_of_grants(state: &impl State) {
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
}

fn counts_and_hashes_of_grants(state: &impl State) {
    assert_eq!(state.count_grants_to("0XAA", None).unwrap(), 4);
    assert_eq!(state.count_grants_to("0XAA", Some(id(1))).unwrap(), 3);
    assert_eq!(state.count_grants_to("0xcc", None).unwrap(), 0);
    assert_eq!(state.count_grants_of(id(1)).unwrap(), 3);
    assert_eq!(state.count_grants_of(id(2)).unwrap(), 2);
    let hashed = |hash, limit| grant_ids(state.grants_with_content_hash("0xAa", hash, limit));
    assert_eq!(hashed("hash", 9), [41, 43, 44]);
    assert_eq!(hashed("hash", 1), [41]);
    assert_eq!(hashed("HASH", 9), []);
}

fn inserters(state: &impl State) {
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
}

fn parties(state: &impl State) {
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
}

fn spent(state: &impl State) {
    assert!(state.is_write_grant_used(id(71)).unwrap());
    assert!(!state.is_write_grant_used(id(72)).unwrap());
    assert!(state.is_spent(&Digest::of(b"spent")).unwrap());
    assert!(!state.is_spent(&Digest::of(b"other")).unwrap());
}

fn governance(state: &impl State) {
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

fn deadlines(state: &impl State) {
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
