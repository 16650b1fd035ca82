//! Ids that clients compute as nodes do.

use idos_types::Uuid;

use crate::recorded::{flipped, text, vectors};

/// That grants get ids of these names in this namespace, `crates/ledger` tests.
#[test]
fn ids_of_grants_are_those_of_their_names_and_no_flipped_bit_is() {
    for vector in vectors("uuid_v5") {
        let uuid = |json| text(json).parse::<Uuid>().unwrap();
        let (namespace, id) = (uuid(&vector["namespace"]), uuid(&vector["uuid"]));
        let name = text(&vector["name"]).as_bytes();
        assert_eq!(Uuid::new_v5(&namespace, name), id);
        assert_eq!(id.to_string(), text(&vector["uuid"]));
        for bit in 0..name.len() * 8 {
            let other = Uuid::new_v5(&namespace, &flipped(name, bit));
            assert_ne!(other, id, "bit {bit} of the name");
        }
        for bit in 0..128 {
            let other = Uuid::from_u128(namespace.as_u128() ^ (1 << bit));
            assert_ne!(Uuid::new_v5(&other, name), id, "bit {bit} of the namespace");
        }
    }
}
