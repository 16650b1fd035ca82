//! Operators bring a network from one node to four, and back, by the commands alone; and a node's
//! state out of a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

use std::{fs, thread};

use support::{
    client::{Client, new_id, text, uuid},
    operator::{Node, done, is_of_four, page_config, refused, role, validating},
};
use tempfile::TempDir;

#[test]
fn from_one_node_to_four_and_back_to_three_by_commands() {
    let folder = TempDir::new().unwrap();
    let mut first = Node::new(folder.path(), "1", None);
    first.start();
    let genesis = first.home.join("genesis.toml");
    let mut others: Vec<Node> = ["2", "3", "4"]
        .iter()
        .map(|name| Node::new(folder.path(), name, Some(&genesis)))
        .collect();
    let (url, key_file) = (first.url(), first.key_file());
    first.wait("the first votes", |status| role(status) == "validator");

    // Whoever is no party operates no node, and is told so.
    let stranger = others[0].key_file();
    let asks = ["node", "join", "--node", &url, "--key-file", &stranger];
    let refusal = refused(&others[0].home, &asks);
    assert!(refusal.contains("operator"), "{refusal}");
    // Without a key there is nobody who could act.
    let refusal = refused(&first.home, &["node", "leave"]);
    assert!(refusal.contains("--key-file"), "{refusal}");
    let refusal = refused(&first.home, &["node", "leave", "--key-file", &key_file]);
    assert!(refusal.contains("no validator would be left"), "{refusal}");

    for node in &others {
        let own = node.owner().address();
        let party = vec![uuid(new_id()), text(&own), text("operator")];
        first.owner().execute(&url, "add_party_as_owner", party);
        let own_key = node.key_file();
        let asks = ["node", "join", "--node", &url, "--key-file", &own_key];
        let asked = done(&node.home, &asks);
        assert_eq!(asked["key"], node.key());
        assert_eq!(asked["address"], format!("127.0.0.1:{}", node.nodes));
        let agrees = ["node", "approve", asked["key"].as_str().unwrap()];
        let agrees = [&agrees[..], &["--key-file", &key_file]].concat();
        let decided = done(&first.home, &agrees);
        assert_eq!(decided["event"], "decided");
        assert_eq!(decided["status"], "observer");
    }
    // One that does not run cannot say that it follows the network.
    let own_key = others[0].key_file();
    let refusal = refused(
        &others[0].home,
        &["node", "ready", "--node", &url, "--key-file", &own_key],
    );
    assert!(refusal.contains("start it"), "{refusal}");
    for node in &mut others {
        node.start();
    }
    for node in &others {
        node.wait("it follows", |status| role(status) == "observer");
    }
    for node in &others[1..] {
        assert!(node.make_ready(&[])["from_epoch"].as_u64().unwrap() >= 2);
    }
    // Who is asked when that is does not answer: it is ready all the same.
    let own = others[0].url();
    let nodes = ["http://127.0.0.1:1", &own, &url];
    let sent = others[0].make_ready(&nodes.map(|url| ["--node", url]).concat());
    assert_eq!(sent["event"], "sent");
    assert!(
        sent["reason"].as_str().unwrap().contains("127.0.0.1:1"),
        "{sent}"
    );
    for node in &others {
        node.wait("it votes with all", |status| {
            role(status) == "validator" && validating(status) == 4
        });
    }

    // Whoever knows the genesis alone, which is of one, comes to the four, and begins there again.
    let urls: Vec<_> = others.iter().map(Node::url).chain([url.clone()]).collect();
    let of = |option| urls.iter().flat_map(move |url| [option, url.as_str()]);
    let genesis = ["--genesis", genesis.to_str().unwrap()];
    let reader = folder.path().join("reader");
    let keys = ["consumer", "keys"].into_iter().chain(of("--url"));
    done(&reader, &keys.chain(genesis).collect::<Vec<_>>());
    done(&reader, &["consumer", "grants"]);
    let kept = fs::read(reader.join("checkpoint.json")).unwrap();
    is_of_four(&serde_json::from_slice(&kept).unwrap());
    let enclave = ["enclave", "serve", "--listen", "127.0.0.1:0"];
    let enclave = enclave.into_iter().chain(of("--node")).chain(genesis);
    is_of_four(&page_config(&enclave.collect::<Vec<_>>())["network"]["checkpoint"]);

    // Four decide by vote: three of them are needed to take one out.
    let gone = others[2].key();
    let votes = |node: &Node| {
        let own_key = node.key_file();
        done(
            &node.home,
            &["node", "remove", &gone, "--key-file", &own_key],
        )
    };
    let voted = votes(&first);
    assert_eq!(
        (&voted["approvals"], &voted["needed"]),
        (&1.into(), &3.into())
    );
    assert_eq!(first.status()["motions"].as_array().unwrap().len(), 1);
    assert_eq!(votes(&others[0])["event"], "voted");
    let decided = votes(&others[1]);
    assert_eq!(
        (&decided["event"], &decided["status"]),
        (&"decided".into(), &"leaving".into())
    );
    first.wait("three are left", |status| {
        status["validators"].as_array().unwrap().len() == 3
    });
    others[2].stop();
    // And another leaves by itself.
    let own_key = others[1].key_file();
    let leaving = done(&others[1].home, &["node", "leave", "--key-file", &own_key]);
    assert_eq!(leaving["event"], "leaving");
    first.wait("two are left", |status| validating(status) == 2);
}

#[test]
fn a_copy_taken_under_load_brings_a_node_back() {
    let folder = TempDir::new().unwrap();
    let mut node = Node::new(folder.path(), "1", None);
    node.start();
    node.wait("it votes", |status| role(status) == "validator");
    let url = node.url();
    let owner = node.owner();
    let seed = fs::read_to_string(node.home.join("owner.key")).unwrap();
    let person = Client::random();
    person.make_profile(&url, seed.trim());
    let file = folder.path().join("copy");
    let file = file.to_str().unwrap();
    let copied = thread::scope(|scope| {
        let copy = scope.spawn(|| done(&node.home, &["node", "backup", file, "--with-key"]));
        while !copy.is_finished() {
            let id = new_id();
            owner.execute(
                &url,
                "add_inserter_as_owner",
                vec![uuid(id), text(&id.to_string())],
            );
        }
        copy.join().unwrap()
    });
    let height = copied["state"]["height"].as_u64().unwrap();
    assert!(height > 0);
    let refusal = refused(&node.home, &["node", "backup", file]);
    assert!(refusal.contains("not overwritten"), "{refusal}");
    // One that fails in the end leaves nothing, least of all the key, and takes no file of others away.
    let place = TempDir::new().unwrap();
    let names = || -> Vec<_> {
        let entries = fs::read_dir(place.path()).unwrap();
        let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let failing = place.path().join("copy");
    fs::write(place.path().join("copy.new"), "kept").unwrap();
    std::os::unix::fs::symlink("nowhere", place.path().join("copy.json")).unwrap();
    let backup = ["node", "backup", failing.to_str().unwrap(), "--with-key"];
    let refusal = refused(&node.home, &backup);
    assert!(refusal.contains("copy.json"), "{refusal}");
    assert_eq!(names(), ["copy.json", "copy.new"]);
    fs::remove_file(place.path().join("copy.json")).unwrap();
    done(&node.home, &backup);
    assert_eq!(names(), ["copy", "copy.json", "copy.new", "copy.node.key"]);
    // A node with a state keeps it.
    let refusal = refused(&node.home, &["node", "restore", file]);
    assert!(
        refusal.contains("nothing in it is overwritten"),
        "{refusal}"
    );
    node.stop();

    let mut other = Node::new(
        folder.path(),
        "other",
        Some(&node.home.join("genesis.toml")),
    );
    let key = format!("{file}.node.key");
    assert_eq!(
        fs::read(&key).unwrap(),
        fs::read(node.home.join("node.key")).unwrap()
    );
    // A manifest that names another root: nothing is in its place afterwards.
    let manifest = format!("{file}.json");
    let told = fs::read_to_string(&manifest).unwrap();
    let root = copied["state"]["root"].as_str().unwrap();
    fs::write(&manifest, told.replace(root, &"7".repeat(64))).unwrap();
    let refusal = refused(&other.home, &["node", "restore", file]);
    assert!(refusal.contains("the one that it should have"), "{refusal}");
    assert!(!other.home.join("database").exists());
    fs::write(&manifest, told).unwrap();
    let restored = done(&other.home, &["node", "restore", file]);
    assert_eq!(restored["height"], height);
    other.start();
    // It has no validator to follow, but it shows what it has.
    let health = other
        .owner()
        .rpc(&other.url(), "user.health", &serde_json::json!({}));
    let health = health.unwrap();
    assert_eq!(health["result"]["height"], height);
    assert_eq!(health["result"]["app_hash"], copied["state"]["root"]);

    // Another network, and a file that was changed.
    let stranger = Node::new(folder.path(), "stranger", None);
    let refusal = refused(&stranger.home, &["node", "restore", file]);
    assert!(refusal.contains("another network"), "{refusal}");
    let mut bytes = fs::read(file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(file, bytes).unwrap();
    let refusal = refused(&stranger.home, &["node", "restore", file]);
    assert!(refusal.contains("manifest"), "{refusal}");
}

/// What is decided at a node that shows no views is decided all the same, and no failure.
#[test]
fn a_private_node_takes_decisions_and_does_not_show_them() {
    let folder = TempDir::new().unwrap();
    let mut first = Node::new(folder.path(), "1", None);
    let config = first.home.join("config.toml");
    let text_of = fs::read_to_string(&config).unwrap();
    assert!(text_of.contains("mode = \"open\""), "{text_of}");
    let private = text_of.replace("mode = \"open\"", "mode = \"private\"");
    fs::write(&config, &private).unwrap();
    first.start();
    let other = Node::new(folder.path(), "2", Some(&first.home.join("genesis.toml")));
    let (url, owner, own) = (first.url(), first.key_file(), other.key_file());
    let party = vec![
        uuid(new_id()),
        text(&other.owner().address()),
        text("operator"),
    ];
    first.owner().execute(&url, "add_party_as_owner", party);
    let asked = done(
        &other.home,
        &["node", "join", "--node", &url, "--key-file", &own],
    );
    let key = asked["key"].as_str().unwrap();
    let approve = ["node", "approve", key, "--key-file", &owner];
    let leave = ["node", "leave", "--node", &url, "--key-file", &own];
    for (home, arguments) in [(&first.home, &approve[..]), (&other.home, &leave[..])] {
        let sent = done(home, arguments);
        assert_eq!(
            (&sent["event"], &sent["key"]),
            (&"sent".into(), &key.into())
        );
        let reason = sent["reason"].as_str().unwrap();
        assert!(reason.contains("challenge"), "{reason}");
    }
    // What the rules refuse is refused there as well.
    let refusal = refused(&first.home, &approve);
    assert!(refusal.contains("does not exist"), "{refusal}");

    first.stop();
    fs::write(&config, text_of).unwrap();
    first.start();
    first.wait("the request is gone", |status| {
        let listed = status["validators"].as_array().unwrap();
        listed.iter().all(|one| one["key"] != key)
    });
}
