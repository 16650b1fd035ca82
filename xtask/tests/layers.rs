//! Crates use only crates of lower layers.
#![allow(clippy::expect_used, reason = "a failing helper fails the test")]

use std::collections::BTreeMap;

use cargo_metadata::MetadataCommand;

/// The layer of each crate; development crates are above all.
const LAYERS: [(&str, u8); 18] = [
    ("idos-types", 0),
    ("idos-pages", 0),
    ("idos-connections", 1),
    ("idos-crypto", 1),
    ("idos-wallet", 1),
    ("idos-proof", 1),
    ("idos-linked-data", 1),
    ("idos-disclosure", 1),
    ("idos-credential", 2),
    ("idos-ledger", 2),
    ("idos-wire", 2),
    ("idos-consensus", 2),
    ("idos-store", 3),
    ("idos-client", 3),
    ("idos-explorer", 3),
    ("idos-node", 4),
    ("idos-sim", 5),
    ("idos", 5),
];

/// Crates that may use any other, since no other uses them.
const DEVELOPMENT: [&str; 2] = ["xtask", "idos-benches"];

/// Arrows of the workspace that do not point down, as `from -> to`.
fn wrong_arrows(crates: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let layer = |name: &str| {
        LAYERS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, layer)| layer)
    };
    let mut wrong = Vec::new();
    for (from, dependencies) in crates {
        if DEVELOPMENT.contains(&from.as_str()) {
            continue;
        }
        let Some(from_layer) = layer(from) else {
            wrong.push(format!("{from} has no layer"));
            continue;
        };
        // A crate may test itself with another feature.
        for to in dependencies
            .iter()
            .filter(|to| *to != from && crates.contains_key(*to))
        {
            if layer(to).is_none_or(|to_layer| to_layer >= from_layer) {
                wrong.push(format!("{from} -> {to}"));
            }
        }
    }
    wrong
}

/// What each crate of the workspace depends on, also for its tests.
fn crates() -> BTreeMap<String, Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("the workspace's metadata");
    let crates: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| {
            let dependencies = package
                .dependencies
                .iter()
                .map(|dependency| dependency.name.clone());
            (package.name.to_string(), dependencies.collect())
        })
        .collect();
    assert!(crates.len() > 8, "the workspace was not read");
    crates
}

#[test]
fn every_arrow_of_the_workspace_points_down() {
    assert_eq!(wrong_arrows(&crates()), Vec::<String>::new());
}

/// Families of crates that are behind one crate of ours, also in tests: how their names begin, and behind which.
const BEHIND: [(&str, &str); 3] = [
    ("commonware-", "idos-consensus"),
    ("ssi-json-ld", "idos-linked-data"),
    ("affinidi-", "idos-disclosure"),
];

#[test]
fn each_family_is_used_by_one_crate() {
    let crates = crates();
    for (family, behind) in BEHIND {
        let uses =
            |dependencies: &[String]| dependencies.iter().any(|name| name.starts_with(family));
        let users = crates.iter().filter(|(_, dependencies)| uses(dependencies));
        assert_eq!(
            users.map(|(name, _)| name).collect::<Vec<_>>(),
            [behind],
            "{family}"
        );
    }
}

#[test]
fn arrows_up_and_sideways_are_found() {
    let crates = BTreeMap::from([
        (
            "idos-types".to_owned(),
            vec!["idos-node".to_owned(), "serde".to_owned()],
        ),
        (
            "idos-wire".to_owned(),
            vec!["idos-ledger".to_owned(), "idos-types".to_owned()],
        ),
        ("idos-ledger".to_owned(), vec![]),
        ("idos-node".to_owned(), vec!["idos-wire".to_owned()]),
    ]);
    assert_eq!(
        wrong_arrows(&crates),
        ["idos-types -> idos-node", "idos-wire -> idos-ledger"]
    );
}
