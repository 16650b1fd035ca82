//! Values that nobody wrote are reported, never repeated.

use idos_ledger::State as _;

use super::*;

#[test]
fn a_set_that_is_none_is_reported_as_corrupt() {
    let mut node = Node::new();
    node.put([Row::ValidatorSet(0, validator_set(&[1]))]);
    node.raw()
        .execute("UPDATE validator_sets SET members = x'01'", [])
        .unwrap();
    node.read(|state| {
        let error = state.validator_set(0).unwrap_err();
        let error = error.0.downcast::<crate::StoreError>().unwrap();
        assert!(matches!(
            *error,
            crate::StoreError::Corrupt {
                table: "validator_sets",
                ..
            }
        ));
    });
}

#[test]
fn a_value_that_nobody_wrote_is_reported_as_corrupt() {
    let mut node = Node::new();
    node.put([
        Row::User(user(1)),
        Row::Party(party(1, "")),
        Row::PartyKeys(party_keys(1, 1)),
    ]);
    let conn = node.raw();
    // More than 128 bits; the schema can only check that it is digits.
    let digits = "9".repeat(60);
    conn.execute("UPDATE users SET gas_allowance = ?1", [&digits])
        .unwrap();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE party_keys SET height = -1;")
        .unwrap();
    node.read(|state| {
        let error = state.user(id(1)).unwrap_err();
        let error = error.0.downcast::<crate::StoreError>().unwrap();
        assert!(
            matches!(*error, crate::StoreError::Corrupt { table: "users", .. }),
            "{error:?}"
        );
        assert!(
            !format!("{error:?}").contains(&digits),
            "errors repeat no stored values"
        );
        let error = state.party_keys(id(1), 1).unwrap_err();
        let error = error.0.downcast::<crate::StoreError>().unwrap();
        assert!(matches!(
            *error,
            crate::StoreError::Corrupt {
                table: "party_keys",
                ..
            }
        ));
    });
}
