//! The frozen format: what these tests compute is what `fixtures/proof` says, byte by byte. Other
//! implementations read the same files. `IDOS_WRITE_VECTORS=1` writes them anew, which is the
//! approval of another format.

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

use std::{env, fmt, fs, path::Path};

use idos_proof::{
    Claim, Element, Leaf, LeafKey, LeafValue, LightClient, ListId, Proof, Root, root_of,
};
use idos_types::Digest;
use network::{
    EPOCH, certificate, certified, chain_id, change, change_at, row, salt, set, state, statement,
};
use serde_json::{Value, json};
use support::Store;

/// Compares with the committed file, or writes it.
fn check(name: &str, computed: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/proof")
        .join(name);
    if env::var_os("IDOS_WRITE_VECTORS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = serde_json::to_string_pretty(computed).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
    }
    let committed: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(committed == *computed, "{name}: the format has changed");
}

/// The name of a reason for refusal, without its details.
fn reason<E: fmt::Debug>(verified: Result<(), E>) -> Option<String> {
    let reason = format!("{:?}", verified.err()?);
    let name = reason
        .split(|letter: char| !letter.is_alphanumeric())
        .next();
    name.map(str::to_owned)
}

fn root(root: &Root) -> Value {
    json!({ "hash": root.hash.to_string(), "count": root.count.to_string() })
}

fn leaf(leaf: &Leaf) -> Value {
    json!({ "key": hex::encode(leaf.key.0), "value": leaf.value.0.to_string() })
}

fn elements(elements: &[(Element, LeafValue)]) -> Value {
    elements
        .iter()
        .map(|(element, value)| json!({ "element": element.0.to_string(), "value": value.0.to_string() }))
        .collect()
}

/// Leaves with simple keys: a first byte of the list, a last byte of the element.
fn plain(list: u8, element: u8) -> Leaf {
    let mut key = [0; 64];
    (key[0], key[63]) = (list, element);
    Leaf {
        key: LeafKey(key),
        value: LeafValue(Digest::of(&[list, element])),
    }
}

/// The state that proofs are about: three lists of grants, and rows of people.
fn people() -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (owner, grants) in [("alice", 20_u8), ("bob", 1), ("carol", 3)] {
        for number in 0..grants {
            leaves.push(Leaf {
                key: LeafKey::new(&grants_of(owner), &Element::new(&[number])),
                value: LeafValue::row("access_grants", 1, &[number], &Digest([number; 32])),
            });
        }
    }
    leaves.push(row());
    leaves.sort();
    leaves
}

fn grants_of(owner: &str) -> ListId {
    ListId::new("grants_to", owner.as_bytes())
}

fn store(leaves: &[Leaf]) -> Store {
    Store::of(&leaves.iter().map(|leaf| (leaf.key, leaf.value)).collect())
}

#[test]
fn hashes() {
    let list = ListId::new("grants_to", b"alice");
    let element = Element::new(b"row key");
    let salt = Digest([0x5a; 32]);
    let value = LeafValue::row("users", 1, b"row", &salt);
    let sets = [
        vec![],
        vec![plain(1, 1)],
        vec![plain(1, 1), plain(1, 2)],
        vec![plain(1, 1), plain(0x81, 1)],
        vec![
            plain(1, 0),
            plain(1, 1),
            plain(1, 0x80),
            plain(2, 0),
            plain(0xff, 0xff),
        ],
        people(),
    ];
    let roots: Vec<_> = sets
        .iter()
        .map(|leaves| {
            json!({
                "leaves": leaves.iter().map(leaf).collect::<Vec<_>>(),
                "root": root(&root_of(leaves)),
                "pages": store(leaves).0.iter().map(|(id, body)| json!({
                    "id": hex::encode(id.to_bytes()),
                    "body": hex::encode(body),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let left = Root::leaf(&plain(1, 1));
    let right = Root::leaf(&plain(1, 2));
    let prefix = plain(1, 1).key.prefix(510);
    check(
        "tree.json",
        &json!({
            "list": { "name": "grants_to", "owner": hex::encode("alice"), "id": list.0.to_string() },
            "element": { "row_key": hex::encode("row key"), "id": element.0.to_string() },
            "row": {
                "table": "users",
                "schema_version": 1,
                "row": hex::encode("row"),
                "salt": salt.to_string(),
                "value": value.0.to_string(),
            },
            "index": {
                "list": list.0.to_string(),
                "row": value.0.to_string(),
                "salt": salt.to_string(),
                "value": LeafValue::index(&list, &value, &salt).0.to_string(),
            },
            "leaf": {
                "leaf": leaf(&plain(1, 1)),
                "entry": plain(1, 1).entry().to_string(),
                "root": root(&left),
            },
            "branch": {
                "bits": prefix.bits(),
                "prefix": hex::encode(prefix.bytes()),
                "left": root(&left),
                "right": root(&right),
                "root": root(&Root::branch(&prefix, &left, &right)),
            },
            "roots": roots,
        }),
    );
}

/// One claim with its proof, and whether it holds; what is claimed falsely says why it is refused.
fn case(name: &str, of: &Root, claim: &Claim<'_>, proof: &Proof) -> Value {
    let said = match claim {
        Claim::Leaf(it) => json!({ "kind": "leaf", "leaf": leaf(it) }),
        Claim::Absent(key) => json!({ "kind": "absent", "key": hex::encode(key.0) }),
        Claim::List { list, elements: it } => {
            json!({ "kind": "list", "list": list.0.to_string(), "elements": elements(it) })
        }
        Claim::Count { list, count } => {
            json!({ "kind": "count", "list": list.0.to_string(), "count": count.to_string() })
        }
        Claim::Page {
            list,
            offset,
            limit,
            total,
            elements: it,
        } => json!({
            "kind": "page",
            "list": list.0.to_string(),
            "offset": offset.to_string(),
            "limit": limit.to_string(),
            "total": total.to_string(),
            "elements": elements(it),
        }),
    };
    json!({
        "name": name,
        "root": root(of),
        "claim": said,
        "proof": hex::encode(proof.encode()),
        "refused": reason(proof.verify(of, claim)),
    })
}

#[test]
fn proofs() {
    let (full, none) = (store(&people()), store(&[]));
    let (tree, empty) = (full.tree(), none.tree());
    let of = tree.root();
    let there = row();
    let absent = plain(7, 7);
    let mut cases = Vec::new();

    let (_, proof) = tree.prove_leaf(&there.key).unwrap();
    cases.push(case("a leaf", of, &Claim::Leaf(&there), &proof));
    let changed = Leaf {
        value: absent.value,
        ..there
    };
    cases.push(case("a changed leaf", of, &Claim::Leaf(&changed), &proof));
    let (_, proof) = tree.prove_leaf(&absent.key).unwrap();
    cases.push(case("no leaf", of, &Claim::Absent(&absent.key), &proof));
    cases.push(case(
        "no leaf where one is",
        of,
        &Claim::Absent(&there.key),
        &proof,
    ));
    let (_, proof) = empty.prove_leaf(&absent.key).unwrap();
    cases.push(case(
        "no leaf at all",
        empty.root(),
        &Claim::Absent(&absent.key),
        &proof,
    ));

    // What is there instead is a leaf of another list: that one may say no more than its list.
    let one = store(&[there]);
    let (of_one, claim) = (root_of(&[there]), Claim::Absent(&absent.key));
    let (_, proof) = one.tree().prove_leaf(&absent.key).unwrap();
    let name = "no leaf beside one of another list";
    cases.push(case(name, &of_one, &claim, &proof));
    let shown = [&[2, 1][..], &there.key.0, &there.value.0.0, &[0; 4]].concat();
    let proof = Proof::decode(&shown).unwrap();
    let name = "no leaf beside one of another list that is shown";
    cases.push(case(name, &of_one, &claim, &proof));
    let (list, entry) = (there.key.list(), there.entry());
    let hidden = [&[2, 3][..], &list.0.0, &entry.0, &[0; 4]].concat();
    let proof = Proof::decode(&hidden).unwrap();
    let (list, count) = (&list, 1);
    let claim = Claim::Count { list, count };
    let name = "a list of one leaf that is not shown";
    cases.push(case(name, &of_one, &claim, &proof));
    let nothing = LeafKey::new(list, &Element::new(b"none"));
    let claim = Claim::Absent(&nothing);
    let name = "no leaf beside one of its list that is not shown";
    cases.push(case(name, &of_one, &claim, &proof));

    for owner in ["alice", "bob", "carol", "dave"] {
        let list = grants_of(owner);
        let page = tree.prove_page(&list, 0, u64::MAX).unwrap();
        let all = &page.elements;
        let (count, proof) = tree.prove_list(&list).unwrap();
        let claim = Claim::List {
            list: &list,
            elements: all,
        };
        cases.push(case(&format!("all grants of {owner}"), of, &claim, &proof));
        if let [_, some @ ..] = all.as_slice() {
            let claim = Claim::List {
                list: &list,
                elements: some,
            };
            cases.push(case(
                &format!("all but one grant of {owner}"),
                of,
                &claim,
                &proof,
            ));
        }
        let (_, proof) = tree.prove_count(&list).unwrap();
        let claim = Claim::Count { list: &list, count };
        cases.push(case(
            &format!("how many grants {owner} has"),
            of,
            &claim,
            &proof,
        ));
        let claim = Claim::Count {
            list: &list,
            count: count + 1,
        };
        cases.push(case(
            &format!("one grant too many of {owner}"),
            of,
            &claim,
            &proof,
        ));
    }

    let list = grants_of("alice");
    for (offset, limit) in [(0, 5), (5, 10), (15, 10), (20, 5), (3, 0)] {
        let page = tree.prove_page(&list, offset, limit).unwrap();
        let claim = |offset, elements| Claim::Page {
            list: &list,
            offset,
            limit,
            total: page.total,
            elements,
        };
        let name = format!("grants of alice from {offset}, at most {limit}");
        cases.push(case(&name, of, &claim(offset, &page.elements), &page.proof));
        if let [some @ .., _] = page.elements.as_slice() {
            let name = format!("grants of alice from {offset} as if from {}", offset + 1);
            cases.push(case(
                &name,
                of,
                &claim(offset + 1, &page.elements),
                &page.proof,
            ));
            let name = format!("grants of alice from {offset}, one left out");
            cases.push(case(&name, of, &claim(offset, some), &page.proof));
        }
    }
    check("proofs.json", &json!(cases));
}

#[test]
fn certificates() {
    let statement = statement(0, 3);
    let case = |name: &str, signers| {
        let certificate = certificate(statement.clone(), 0, signers);
        json!({
            "name": name,
            "certificate": hex::encode(certificate.encode()),
            "refused": reason(certificate.verify(&set(0))),
        })
    };
    check(
        "certificates.json",
        &json!({
            "set": {
                "keys": set(0).keys().map(hex::encode).collect::<Vec<_>>(),
                "encoded": hex::encode(set(0).row().encode()),
                "salt": salt(2).to_string(),
                "leaf_of_epoch_2": leaf(&set(0).leaf(2, &salt(2))),
            },
            "statement": {
                "chain_id": statement.chain_id.as_str(),
                "epoch": statement.epoch.to_string(),
                "height": statement.height.to_string(),
                "ends_epoch": statement.ends_epoch,
                "header": statement.header.to_string(),
                "root": root(&statement.root),
                "time_millis": statement.time.millis().to_string(),
                "encoded": hex::encode(statement.encode()),
                "signed": hex::encode(statement.signed_bytes()),
            },
            "certificates": [case("all signed", 4), case("enough signed", 3), case("too few signed", 2)],
        }),
    );
}

#[test]
fn light_client() {
    let mut client = LightClient::genesis(chain_id(), set(0), set(1));
    let changes: Vec<_> = (0..4).map(change).collect();
    for change in &changes {
        client.advance(change).unwrap();
    }
    let height = 4 * EPOCH + 3;
    let store = state(4, false);
    let (_, proof) = store.tree().prove_leaf(&row().key).unwrap();
    let claim = case("a row", store.tree().root(), &Claim::Leaf(&row()), &proof);
    check(
        "light-client.json",
        &json!({
            "chain_id": chain_id().as_str(),
            "sets_of_epochs_0_and_1": [hex::encode(set(0).row().encode()), hex::encode(set(1).row().encode())],
            "changes": changes.iter().map(|it| hex::encode(it.encode())).collect::<Vec<_>>(),
            "first_change_by_a_later_height": hex::encode(change_at(EPOCH + 3, 2).encode()),
            "first_set_by_a_height_too_late": hex::encode(change_at(2 * EPOCH - 1, 2).encode()),
            "epoch": client.epoch(),
            "sets": client.sets().map(|set| hex::encode(set.row().encode())),
            "certificate": hex::encode(certified(height).encode()),
            "answer": claim,
        }),
    );
}
