//! Networks in which people have profiles.

use super::{call::call, id, key::Key, network::Network, signed::upsert_wallet};

/// A network with people of these names, made by an issuer of their own.
pub(crate) fn people(names: &[&str]) -> Network {
    let mut network = Network::new();
    let (issuer, owner) = (Key::of("issuer"), Network::owner());
    network.must(
        &owner,
        call!("add_inserter_as_owner", id("issuer"), "issuer"),
    );
    network.must(
        &owner,
        call!("add_delegate_as_owner", issuer.text(), id("issuer")),
    );
    for name in names {
        network.must(
            &issuer,
            call!("add_user_as_inserter", id(name), "encryption key", "user"),
        );
        let wallet = upsert_wallet(
            id(&format!("wallet of {name}")),
            id(name),
            &Key::of(name),
            "1",
        );
        network.must(&issuer, wallet);
    }
    network
}
