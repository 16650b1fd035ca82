//! Entries are given out once and set together; lists have one issuer.

use super::*;

const LIST: &str = "ed25519-revocation";
const PURPOSE: StatusPurpose = StatusPurpose::Revocation;

fn lists() -> StatusLists {
    StatusLists::of(Connection::open_in_memory().unwrap()).unwrap()
}

#[test]
fn an_entry_is_given_out_once_and_set_by_the_credentials_id() {
    let lists = lists();
    let first = lists.allocate(LIST, Some("urn:a")).unwrap();
    let second = lists.allocate(LIST, None).unwrap();
    assert_ne!(first, second);
    lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
    let bits = lists.list(LIST).unwrap();
    assert_eq!(bits.get(first as usize), Some(true));
    assert_eq!(bits.get(second as usize), Some(false));
    lists
        .set(PURPOSE, None, Some((LIST, second)), true)
        .unwrap();
    assert_eq!(lists.list(LIST).unwrap().get(second as usize), Some(true));
    assert_eq!(
        lists.list("p256-revocation").unwrap().get(first as usize),
        Some(false)
    );
}

#[test]
fn an_entry_and_an_id_have_to_be_of_one_credential() {
    let lists = lists();
    let first = lists.allocate(LIST, Some("urn:a")).unwrap();
    let second = lists.allocate(LIST, Some("urn:b")).unwrap();
    let nameless = lists.allocate(LIST, None).unwrap();
    for (id, position) in [("urn:a", second), ("urn:b", first), ("urn:a", nameless)] {
        let refused = lists.set(PURPOSE, Some(id), Some((LIST, position)), true);
        assert!(
            matches!(&refused, Err(StatusListsError::OtherCredential(it)) if it == id),
            "{refused:?}"
        );
        assert_eq!(
            lists.list(LIST).unwrap().get(position as usize),
            Some(false)
        );
    }
    lists
        .set(PURPOSE, Some("urn:a"), Some((LIST, first)), true)
        .unwrap();
    let bits = lists.list(LIST).unwrap();
    assert_eq!(bits.get(first as usize), Some(true));
    assert_eq!(bits.get(second as usize), Some(false));
}

#[test]
fn a_grant_has_one_entry_of_a_list_for_one_credential() {
    let lists = lists();
    let (grant, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let first = lists.allocate_for_grant(LIST, "urn:a", grant).unwrap();
    for _ in 0..3 {
        let again = lists.allocate_for_grant(LIST, "urn:a", grant).unwrap();
        assert_eq!(again, first);
    }
    lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
    // Another grant, another credential, another list.
    for (list, credential, grant) in [
        (LIST, "urn:b", grant),
        (LIST, "urn:b", other),
        ("p256-revocation", "urn:a", grant),
    ] {
        lists.allocate_for_grant(list, credential, grant).unwrap();
    }
    let count = "SELECT count(*) FROM entries";
    let entries = lists.connection().query_one(count, [], |row| row.get(0));
    assert_eq!(entries, Ok(4));
}

#[test]
fn the_entry_of_a_grant_is_not_given_out_to_another_credential() {
    let lists = lists();
    let grant = Uuid::from_u128(1);
    let entry = lists.allocate_for_grant(LIST, "urn:a", grant).unwrap();
    // Another process found it too, and issues with it.
    assert_eq!(
        lists.allocate_for_grant(LIST, "urn:a", grant).unwrap(),
        entry
    );
    lists.release(LIST, entry).unwrap();
    let taken = lists.connection().execute(
        "INSERT OR IGNORE INTO entries (list, position, credential) VALUES (?1, ?2, 'urn:b')",
        params![LIST, entry],
    );
    assert_eq!(taken, Ok(0));
    lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
    assert_eq!(lists.list(LIST).unwrap().get(entry as usize), Some(true));
}

#[test]
fn every_entry_of_an_id_is_set() {
    let lists = lists();
    let first = lists.allocate_for_grant(LIST, "urn:a", Uuid::from_u128(1));
    let second = lists.allocate_for_grant(LIST, "urn:a", Uuid::from_u128(2));
    let other = lists.allocate(LIST, Some("urn:b")).unwrap();
    lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
    let bits = lists.list(LIST).unwrap();
    for position in [first.unwrap(), second.unwrap()] {
        assert_eq!(bits.get(position as usize), Some(true));
    }
    assert_eq!(bits.get(other as usize), Some(false));
    // One that is not revoked makes the others none the less final.
    lists.allocate(LIST, Some("urn:a")).unwrap();
    let back = lists.set(PURPOSE, Some("urn:a"), None, false);
    assert!(matches!(back, Err(StatusListsError::Final)));
}

#[test]
fn each_issuer_has_lists_of_its_own() {
    let lists = lists();
    let list_of = |issuer| lists.list_of(issuer, "ed25519", PURPOSE).unwrap();
    assert_eq!(lists.issuer_of(LIST).unwrap(), None);
    for _ in 0..2 {
        assert_eq!(list_of("did:web:a"), LIST);
        assert_eq!(list_of("did:key:a"), "ed25519-2-revocation");
        assert_eq!(list_of("did:web:b"), "ed25519-3-revocation");
    }
    let suspension = StatusPurpose::Suspension;
    let list = lists.list_of("did:key:a", "ed25519", suspension).unwrap();
    assert_eq!(list, "ed25519-suspension");
    let found = lists.issuer_of("ed25519-2-revocation").unwrap();
    assert_eq!(found, Some(("did:key:a".to_owned(), PURPOSE)));
}

#[test]
fn one_issuer_too_many_is_told_apart_from_a_full_list() {
    let lists = lists();
    let made = "WITH RECURSIVE numbers (number) AS
                    (SELECT 2 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1)
                INSERT INTO lists
                SELECT 'ed25519-' || number || '-revocation', 'did:web:' || number, 'revocation'
                FROM numbers";
    lists.connection().execute(made, [1000]).unwrap();
    let list_of = |issuer| lists.list_of(issuer, "ed25519", PURPOSE);
    assert_eq!(list_of("did:web:1").unwrap(), LIST);
    let refused = list_of("did:web:1001");
    assert!(matches!(refused, Err(StatusListsError::TooManyIssuers)));
    assert_eq!(list_of("did:web:1000").unwrap(), "ed25519-1000-revocation");
}

#[test]
fn what_commands_gave_out_before_is_the_keys() {
    let lists = lists();
    lists.adopt(LIST, PURPOSE, "did:key:a").unwrap();
    assert_eq!(lists.issuer_of(LIST).unwrap(), None);
    lists
        .allocate_for_grant(LIST, "urn:a", Uuid::from_u128(1))
        .unwrap();
    lists.adopt(LIST, PURPOSE, "did:key:a").unwrap();
    assert_ne!(
        lists.list_of("did:web:a", "ed25519", PURPOSE).unwrap(),
        LIST
    );
    assert_eq!(
        lists.list_of("did:key:a", "ed25519", PURPOSE).unwrap(),
        LIST
    );
}

#[test]
fn only_an_issuers_folder_has_them_and_only_its_owner_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let refused = StatusLists::open(folder.path()).map(drop);
    assert!(matches!(refused, Err(StatusListsError::NoIssuer(_))));
    assert!(!path.exists());
    make_keys(folder.path());
    let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
    StatusLists::open(folder.path()).unwrap();
    assert_eq!(mode(), 0o600);
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    StatusLists::open(folder.path()).unwrap();
    assert_eq!(mode(), 0o600);
}

fn make_keys(folder: &Path) {
    for (name, ..) in CREDENTIAL_KEYS {
        std::fs::write(folder.join(name), "a key").unwrap();
    }
}

#[test]
fn folders_of_before_go_on() {
    let folder = tempfile::tempdir().unwrap();
    make_keys(folder.path());
    let older = Connection::open(folder.path().join(FILE)).unwrap();
    older.execute_batch(SCHEMA).unwrap();
    older.execute_batch("DROP TABLE lists").unwrap();
    let row = "INSERT INTO entries (list, position, credential) VALUES (?1, 7, 'urn:a')";
    older.execute(row, [LIST]).unwrap();
    drop(older);
    let mut entries = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let lists = StatusLists::open(folder.path()).unwrap();
        lists.set(PURPOSE, Some("urn:a"), None, true).unwrap();
        assert_eq!(lists.list(LIST).unwrap().get(7), Some(true));
        let grant = Uuid::from_u128(1);
        entries.insert(lists.allocate_for_grant(LIST, "urn:b", grant).unwrap());
    }
    assert_eq!(entries.len(), 1);
}

#[test]
fn only_what_is_known_and_not_final_is_changed() {
    let lists = lists();
    let set = |id, value| lists.set(PURPOSE, Some(id), None, value);
    assert!(matches!(set("urn:a", true), Err(StatusListsError::Unknown)));
    let entry = lists.allocate(LIST, Some("urn:a")).unwrap();
    lists.release(LIST, entry).unwrap();
    assert!(matches!(set("urn:a", true), Err(StatusListsError::Unknown)));
    lists.allocate(LIST, Some("urn:a")).unwrap();
    set("urn:a", false).unwrap();
    set("urn:a", true).unwrap();
    set("urn:a", true).unwrap();
    assert!(matches!(set("urn:a", false), Err(StatusListsError::Final)));
    let suspension = StatusPurpose::Suspension;
    assert!(matches!(
        lists.set(suspension, Some("urn:a"), None, true),
        Err(StatusListsError::Unknown)
    ));
    lists.allocate("ed25519-suspension", Some("urn:a")).unwrap();
    lists.set(suspension, Some("urn:a"), None, true).unwrap();
    lists.set(suspension, Some("urn:a"), None, false).unwrap();
}
